//! How real exporters fare, and which defects were found: the pages of the book, compared with
//! what there is.

use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::conformance;
use crate::environment;
use crate::interpreter::Interpreter;
use crate::upstream_bugs::{self, Finding};
use crate::versions::WRITE;

/// A package of the table of requests that consumers send, which exports nothing.
const PILLOW: &str = "Pillow==13.0.0";
const MINOR: u32 = 13;

const SURVEY: &str = "book/src/survey.md";
const UPSTREAM_BUGS: &str = "book/src/upstream-bugs.md";
const MARKS: [&str; 2] = ["<!-- generated:begin -->\n\n", "\n<!-- generated:end -->"];

const SCRIPT: &str = "tests/python/survey.py";
/// Says which part of the survey the script runs.
const PART: &str = "BUFFERPROCS_SURVEY";
/// Where the columns of the table are put, below the target folder.
const COLUMNS: &str = "survey";

/// A few exporters again, with the versions of the committed survey; the pages, compared with it;
/// and the defects that have a script.
pub fn run(python: &Interpreter) -> Outcome {
    if python.minor() != MINOR {
        let found = python.version();
        return Err(format!(
            "the survey is compared on CPython 3.{MINOR}, this is {found}: set PYO3_PYTHON"
        ));
    }
    let write = std::env::var_os(WRITE).is_some();
    let arguments: &[&str] = if write { &["--write"] } else { &[] };
    let pages = python.run_with("tests/python/survey_pages.py", arguments)?;
    let folder = conformance::build(python)?;
    let version = python.version().to_owned();
    let packages = python.run_with_modules_and(SCRIPT, &folder, "", &[(PART, "packages")])?;
    let packages: Vec<&str> = packages.lines().chain([PILLOW]).collect();
    let python = environment::with(python, "survey", &packages)?;
    let asked = python.run_with_modules_and(SCRIPT, &folder, "", &[(PART, "again")])?;
    let (exporters, asked) = asked.split_once('\n').ok_or("the script says nothing")?;
    put(SURVEY, asked)?;
    let findings = upstream_bugs::all(&python, &folder)?;
    if let Some(lost) = findings.iter().find(|f| f.said.lines().last() != Some("reproduced")) {
        return Err(format!("{}:\n{}", lost.script, lost.said));
    }
    put(UPSTREAM_BUGS, &sections(&findings))?;
    Ok(format!(
        "CPython {version}: {exporters}, {} defects, as in the book; {}",
        findings.len(),
        pages.trim_end()
    ))
}

/// Every exporter on this Python, with the newest packages that pip finds for it: a column of the
/// table, put below the target folder. `.ci/run survey-all` makes the pages of all columns.
pub fn column(python: &Interpreter) -> Outcome {
    let folder = conformance::build(python)?;
    // The newest pip, which knows the newest tags of wheels.
    let with_pip = environment::with(python, "survey-all", &["pip"])?;
    let found = with_pip.run_with_modules_and(SCRIPT, &folder, "", &[(PART, "column")])?;
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().ok_or("no target folder")?;
    let place = target.join(COLUMNS);
    let file = place.join(format!("3.{}.json", python.minor()));
    fs::create_dir_all(&place)
        .and_then(|()| fs::write(&file, &found))
        .map_err(|error| format!("{}: {error}", file.display()))?;
    let exporters = found.matches("\"state\": \"examined\"").count();
    Ok(format!("CPython {}: {exporters} exporters examined", python.version()))
}

/// The packages of the survey of consumers.
const CONSUMERS: [&str; 15] = [
    "numpy==2.5.5",
    "scipy==1.18.1",
    "pandas==3.1.1",
    "pyarrow==26.0.1",
    "Pillow==13.0.0",
    "h5py==3.16.0",
    "blake3==1.0.11",
    "cramjam==2.14.0",
    "cffi==2.1.1",
    "orjson==3.13.0",
    "lz4==4.4.5",
    "zstandard==0.25.0",
    "xxhash==4.1.0",
    "msgpack==1.2.4",
    "bitarray==3.12.3",
];

const CONSUMER_SURVEY: &str = "book/src/consumer-survey.md";

/// The page on consumers, compared with what there is, or written.
pub fn consumers(python: &Interpreter) -> Outcome {
    if python.minor() != MINOR {
        let found = python.version();
        return Err(format!(
            "the survey is of CPython 3.{MINOR}, this is {found}: set PYO3_PYTHON"
        ));
    }
    let folder = conformance::build(python)?;
    let version = python.version().to_owned();
    let python = environment::with(python, "consumer-survey", &CONSUMERS)?;
    let surveyed = python.run_with_modules("tests/python/consumer_survey.py", &folder)?;
    put(CONSUMER_SURVEY, &surveyed)?;
    let rows = surveyed.lines().filter(|line| line.starts_with("| `")).count();
    Ok(format!("CPython {version}: {rows} consumers, as in the book"))
}

/// Whose defect a script shows, by the first word of its name.
const OWNERS: [(&str, &str); 5] = [
    ("cpython", "CPython"),
    ("numpy", "NumPy"),
    ("pyo3", "PyO3"),
    ("pyarrow", "pyarrow"),
    ("bitarray", "bitarray"),
];

fn sections(findings: &[Finding]) -> String {
    let of = |owner: &str| {
        let name = format!("/{owner}_");
        findings.iter().filter(move |finding| finding.script.contains(&name)).map(section)
    };
    let owners =
        OWNERS.map(|(owner, title)| format!("## {title}\n\n{}", of(owner).collect::<String>()));
    owners.concat()
}

/// A script, as the page shows it: what it is about, what it prints, the code.
fn section(finding: &Finding) -> String {
    let (title, rest, more, code) = finding.parts();
    let more =
        [rest.as_str(), more].map(|text| format!("{}\n\n", upstream_bugs::plain(text))).concat();
    let title = upstream_bugs::plain(&title);
    let code = code.trim_end();
    let said = finding.said.trim_end();
    format!(
        "### {title}\n\n{}```console\n$ python {}\n{said}\n```\n\n<details><summary>The script</summary>\n\n```python\n{code}\n```\n\n</details>\n\n",
        more.trim_start_matches('\n'),
        finding.script
    )
}

/// The parts of a page: before, between and after its marks.
fn parts(page: &str) -> Result<[String; 3], String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let text = fs::read_to_string(&path).map_err(|error| format!("{page}: {error}"))?;
    let without = || format!("{page} lacks its marks");
    let (before, rest) = text.split_once(MARKS[0]).ok_or_else(without)?;
    let (stands, after) = rest.split_once(MARKS[1]).ok_or_else(without)?;
    Ok([before, stands, after].map(str::to_owned))
}

/// The part of a page between its marks.
pub fn written(page: &str) -> Result<String, String> {
    parts(page).map(|[_, stands, _]| stands)
}

/// Compares what a page has between its marks, or writes it.
pub fn put(page: &str, generated: &str) -> Result<(), String> {
    let [before, stands, after] = parts(page)?;
    if stands == generated {
        return Ok(());
    }
    if std::env::var_os(WRITE).is_some() {
        let text = [before.as_str(), MARKS[0], generated, MARKS[1], &after].concat();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
        return fs::write(path, text).map_err(|error| format!("{page}: {error}"));
    }
    let mut lines = stands.lines().zip(generated.lines());
    let (was, is) = lines.find(|(was, is)| was != is).unwrap_or(("its end", "its end"));
    Err(format!("{page} has\n{was}\nand found was\n{is}\nset {WRITE}=1 to write it"))
}

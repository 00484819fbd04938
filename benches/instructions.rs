//! Instructions a pair, as callgrind counts them.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::interpreter::Interpreter;

const SCRIPT: &str = "benches/instructions/instructions.py";

/// What is divided by what, and the most that it may be. The last are linear in what doubles.
const ROWS: [(&str, &str, Option<f64>); 10] = [
    ("accelerated", "bytearray", None),
    ("accelerated, SIMPLE", "bytearray, SIMPLE", None),
    ("accelerated, 5-D", "bytearray", None),
    ("accelerated, rows behind pointers", "bytearray", None),
    ("slots by hand, 1-D", "bytearray", None),
    ("methods", "usual", None),
    ("refusal", "bytes", None),
    ("consumer", "bytearray", None),
    ("format of 2000 letters", "format of 1000 letters", Some(2.1)),
    ("layout of 64 axes", "layout of 32 axes", Some(2.1)),
];

/// Begins the name of each row, so that a count is held to more than a time.
pub const NAME: &str = "instructions: ";

/// Fails where there is no valgrind: before anything is measured.
pub fn check_valgrind() -> Result<(), String> {
    let found = Command::new("valgrind").arg("--version").output();
    match found.is_ok_and(|output| output.status.success()) {
        true => Ok(()),
        false => {
            Err("no valgrind: install it, or leave instructions out by naming the others"
                .to_owned())
        }
    }
}

pub fn run(python: &Interpreter, modules: &str) -> Result<String, String> {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("callgrind");
    let _ = fs::remove_dir_all(&place); // of an earlier run
    fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(SCRIPT);
    let start = "import runpy, sys; sys.path.insert(0, sys.argv[1]); runpy.run_path(sys.argv[2])";
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--dump-before=getbuffer_bench_mark"])
        .arg(format!("--callgrind-out-file={}", place.join("out").display()))
        .arg(python.executable())
        .args(["-I", "-B", "-c", start, modules])
        .arg(script)
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("valgrind {SCRIPT}: {}\n{why}", output.status));
    }
    // Each mark writes down what was counted since the one before; of two, the second ends a task.
    let mut counts = Vec::new();
    for (number, line) in said.lines().enumerate() {
        let (count, name) = line.split_once(' ').ok_or_else(|| format!("not a task: {line}"))?;
        let count: f64 = count.parse().map_err(|_| format!("not a count: {line}"))?;
        let total = total(&place.join(format!("out.{}", 2 * number + 2)))?;
        counts.push((name, total / count));
    }
    let of = |wanted: &str| {
        let found = counts.iter().find(|(name, _)| *name == wanted);
        found.map(|found| found.1).ok_or_else(|| format!("{SCRIPT} does not run: {wanted}"))
    };
    let mut text = String::from("# Instructions, as valgrind's callgrind counts them\n");
    for (ours, peer, allowed) in ROWS {
        let (mine, theirs) = (of(ours)?, of(peer)?);
        let ratio = mine / theirs;
        let target = allowed.map_or("-".to_owned(), |allowed| format!("{allowed:.2}"));
        let verdict = match allowed {
            None => "",
            Some(allowed) if ratio <= allowed => " holds",
            Some(_) => " misses",
        };
        text.push_str(&format!(
            "{NAME}{ours}/{peer} ours={mine:.0} peer={theirs:.0} ratio={ratio:.2} target={target}{verdict}\n"
        ));
    }
    Ok(text)
}

/// The `totals:` of a file that callgrind wrote.
fn total(file: &Path) -> Result<f64, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let line = text.lines().find_map(|line| line.strip_prefix("totals: "));
    line.and_then(|number| number.trim().parse().ok())
        .ok_or_else(|| format!("{}: no totals", file.display()))
}

//! The page of the book with the figures.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::instructions;

/// Each page with the benchmarks whose figures it has.
const PAGES: [(&str, &[&str]); 2] = [
    ("book/src/performance.md", &["getbuffer", "instructions", "copies", "book"]),
    ("book/src/performance-items.md", &["items"]),
];
const BEGIN: &str = "<!-- bench:begin -->";
const END: &str = "<!-- bench:end -->";

/// So many times the ratio that the page has is no noise, or no other compiler.
const TOO_MUCH: f64 = 3.0;
const TOO_MANY: f64 = 1.25;

/// A line that a script printed: `NAME ours=1.0 peer=2.0 ratio=0.50 target=0.60 holds`.
struct Row<'a> {
    name: &'a str,
    ours: &'a str,
    peer: &'a str,
    ratio: &'a str,
    target: &'a str,
    verdict: &'a str,
}

fn row(line: &str) -> Option<Row<'_>> {
    let (name, rest) = line.split_once(" ours=")?;
    let (ours, rest) = rest.split_once(" peer=")?;
    let (peer, rest) = rest.split_once(" ratio=")?;
    let (ratio, rest) = rest.split_once(" target=")?;
    let (target, verdict) = rest.split_once(' ').unwrap_or((rest, ""));
    Some(Row { name, ours, peer, ratio, target, verdict })
}

fn path(page: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(page)
}

fn read(page: &str) -> Result<String, String> {
    fs::read_to_string(path(page)).map_err(|error| format!("{page}: {error}"))
}

/// How many times the ratio of the page a row may have.
fn allowed(name: &str) -> f64 {
    match name {
        _ if name.starts_with(instructions::NAME) => TOO_MANY,
        // Threads that contend for one word meet or miss each other for a whole run: the same build
        // had ratios of 2.3 and 6.5, one after the other.
        _ if name.contains(" threads/") => 2.0 * TOO_MUCH,
        _ => TOO_MUCH,
    }
}

/// What a benchmark printed, by its name.
pub type Output<'a> = [(&'a str, String)];

fn rows<'a>(output: &'a Output<'_>) -> impl Iterator<Item = Row<'a>> {
    output.iter().flat_map(|(_, printed)| printed.lines()).filter_map(row)
}

/// All rows, as a list of objects.
pub fn write_json(output: &Output<'_>, file: &str) -> Result<(), String> {
    let number = |text: &str| text.parse::<f64>().ok();
    let object = |row: Row| {
        json!({
            "name": row.name,
            "ours": number(row.ours),
            "peer": number(row.peer),
            "ratio": number(row.ratio),
            "target": number(row.target),
            "verdict": row.verdict,
        })
    };
    let objects: Vec<Value> = rows(output).map(object).collect();
    let text = serde_json::to_string_pretty(&objects).map_err(|error| error.to_string())?;
    fs::write(file, text).map_err(|error| format!("{file}: {error}"))
}

/// Fails where a ratio is far from that of the page, or a row is missing there.
pub fn compare(output: &Output<'_>) -> Result<(), String> {
    let pages: Result<Vec<String>, String> = PAGES.iter().map(|(page, _)| read(page)).collect();
    let page = pages?.concat();
    let recorded = |name: &str| {
        let line = page.lines().find(|line| line.starts_with(&format!("| {name} |")))?;
        line.split(" | ").nth(3)?.parse::<f64>().ok()
    };
    let mut problems = Vec::new();
    for row in rows(output) {
        let ratio: f64 = row.ratio.parse().map_err(|_| format!("{}: no ratio", row.name))?;
        match recorded(row.name) {
            None => {
                problems.push(format!("no page has a row {}: `cargo bench -- --write`", row.name))
            }
            Some(recorded) if ratio > allowed(row.name) * recorded => {
                problems.push(format!("{}: the ratio was {recorded} and is {ratio}", row.name));
            }
            Some(_) => {}
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// `AMD EPYC, `, where the system tells.
fn processor() -> String {
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = told.lines().find(|line| line.starts_with("model name"));
    let name = line.and_then(|line| line.split_once(": "));
    name.map(|(_, name)| format!("{}, ", name.trim())).unwrap_or_default()
}

/// Whether these benchmarks are all of those of some page.
pub fn is_whole(chosen: &[&str]) -> bool {
    PAGES.iter().any(|(_, benchmarks)| benchmarks.iter().all(|name| chosen.contains(name)))
}

/// Puts the figures between the marks of the pages all of whose benchmarks ran.
pub fn write(output: &Output<'_>) -> Result<(), String> {
    let ran: Vec<&str> = output.iter().map(|(name, _)| *name).collect();
    let mut whole = PAGES.iter().filter(|(_, names)| names.iter().all(|name| ran.contains(name)));
    whole.try_for_each(|(page, benchmarks)| {
        let of_page = output.iter().filter(|(name, _)| benchmarks.contains(name));
        write_page(page, &of_page.map(|(_, printed)| printed.as_str()).collect::<String>())
    })
}

fn write_page(name: &str, printed: &str) -> Result<(), String> {
    let page = read(name)?;
    let marks = page.split_once(BEGIN).and_then(|(a, rest)| Some((a, rest.split_once(END)?.1)));
    let (before, after) = marks.ok_or_else(|| format!("{name} lacks {BEGIN} and {END}"))?;
    let mut table = String::new();
    for line in printed.lines() {
        match row(line) {
            Some(Row { name, ours, peer, ratio, target, verdict }) => {
                table.push_str(&format!(
                    "| {name} | {ours} | {peer} | {ratio} | {target} | {verdict} |\n"
                ));
            }
            // The first line of a script is printed above its table.
            None if line.starts_with("# ") => {
                let line = &line[2..];
                table.push_str(&format!(
                    "\n{line}\n\n| what / beside what | ours | theirs | ratio | target | verdict |\n|---|---|---|---|---|---|\n"
                ));
            }
            None => {}
        }
    }
    let machine = format!("{}{}, {}", processor(), std::env::consts::ARCH, std::env::consts::OS);
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let text = format!("{before}{BEGIN}\n{table}\n{machine}, {cores} cores.\n\n{END}{after}");
    fs::write(path(name), text).map_err(|error| format!("{name}: {error}"))
}

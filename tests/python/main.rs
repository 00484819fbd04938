//! The crate against a real Python: each case asks both the same questions and compares the
//! answers.
//!
//! Not a libtest harness, so that a missing Python can be counted as skipped and cannot read as
//! passed.

use std::panic::catch_unwind;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use interpreter::{Interpreter, SKIP};

mod absent;
mod adoption;
mod bridge;
mod by_hand;
mod c_compiler;
mod c_examples;
mod c_header;
mod c_projects;
mod c_sanitizers;
mod chapter_scripts;
mod choosing;
mod conformance;
mod copies;
mod dialects;
mod dtype;
mod environment;
#[allow(dead_code)] // a part of it is used here
#[path = "../../tools/book/src/example.rs"]
mod example;
mod examples;
mod exports;
mod first_functions;
mod formats;
mod frameworks;
mod fuzz;
mod generate;
mod getting;
mod interpreter;
mod layouts;
mod modules;
mod observed;
#[path = "../requests/oracle.rs"]
mod oracle;
mod projects;
mod pypy;
mod random;
mod refused;
mod requests;
mod scenarios;
mod strides;
mod suite;
mod survey;
mod symptoms;
mod tables;
mod upstream_bugs;
mod upstream_drafts;
mod versions;

/// What was compared, in one line, or what differed.
type Outcome = Result<String, String>;
type Case = fn(&Interpreter) -> Outcome;

/// Why no build of this version has what a case is about, if that is so: there is nothing to skip.
fn is_foreign_to(name: &str, python: &Interpreter) -> Option<&'static str> {
    match name {
        "bridge-abi3" if python.is_free_threaded => Some("which has no GIL and loads no abi3"),
        "choosing" if python.minor() < 10 => Some("whose NumPy has an older DLPack"),
        "examples-abi3t" if python.minor() < 15 => Some("which does not load abi3t"),
        // 3.14 tries that an older Python refuses the module.
        "bridge-abi3t" if python.minor() < 14 => Some("which does not load abi3t"),
        _ => None,
    }
}

/// What this Python lacks for a case, if it does.
fn lacks(name: &str, python: &Interpreter) -> Option<String> {
    match name {
        "suite" | "suite-time" if !python.can_import("test.test_buffer") => Some(format!(
            "CPython {} came without its tests (Debian, Ubuntu: apt install libpython3-testsuite)",
            python.version()
        )),
        "c" | "c-header" | "c-sanitizers" => c_compiler::lacks(python),
        "choosing" => choosing::lacks(python),
        "getting" => getting::lacks(),
        "c-projects" => c_projects::lacks(python),
        "frameworks" => frameworks::lacks(python),
        _ if WITH_NUMPY.contains(&name) && matches!(environment::numpy(python), Ok(None)) => {
            Some(no_numpy(python))
        }
        _ => None,
    }
}

fn no_numpy(python: &Interpreter) -> String {
    format!("pip finds no NumPy for CPython {}", python.version())
}

/// Cases that ask NumPy, and have nothing to compare without.
const WITH_NUMPY: [&str; 17] = [
    "adoption",
    "everyday-items",
    "formats",
    "exports",
    "dialects",
    "format-support",
    "consumers",
    "strides",
    "symptoms",
    "examples",
    "examples-abi3t",
    "requests-of-examples",
    "conformance",
    "consumer-check",
    "odd-exporters",
    "upstream-bugs",
    "fuzz",
];

/// Cases of which only some tests ask NumPy.
const BESIDE_NUMPY: [&str; 6] =
    ["bridge", "faults", "bridge-abi3", "bridge-abi3t", "bridge-second-newest-pyo3", "suite"];

/// The longest come first, so that no processor is left without work at the end.
const CASES: [(&str, Case); 36] = [
    ("projects", projects::run),
    ("c-projects", c_projects::run),
    ("refused", refused::compare),
    ("fuzz", fuzz::run),
    ("suite", suite::run),
    ("suite-differential", suite::differential),
    ("requests", requests::compare),
    ("layouts", layouts::compare),
    ("formats", formats::compare),
    ("exports", exports::compare),
    ("copies", copies::compare),
    ("dialects", dialects::compare),
    ("format-support", tables::format_support),
    ("consumers", tables::consumers),
    ("everyday-items", tables::everyday_items),
    ("version-changes", tables::version_changes),
    ("strides", strides::compare),
    ("symptoms", symptoms::compare),
    ("chapter-scripts", chapter_scripts::run),
    ("choosing", choosing::run),
    ("examples", examples::run),
    ("c", c_examples::run),
    ("c-header", c_header::compare),
    ("examples-abi3t", examples::abi3t),
    ("requests-of-examples", examples::requests),
    ("adoption", adoption::run),
    ("conformance", conformance::run),
    ("consumer-check", conformance::consumers),
    ("odd-exporters", conformance::odd),
    ("upstream-bugs", upstream_bugs::run),
    ("upstream-drafts", upstream_drafts::run),
    ("bridge", bridge::newest_pyo3),
    ("scenarios", scenarios::compare),
    ("faults", bridge::faults),
    ("bridge-abi3t", bridge::abi3t),
    ("suite-bad-input", suite::bad_input),
];

/// Run only if they are named. One compiles a dozen packages, which wants a crate that nothing else
/// does; one takes the crate as it was last committed; two show again what `bridge` shows, for
/// builds of the crate that take half a minute each; one makes environments that lack something,
/// and looks at the messages; two install a dozen packages, of which one version each is looked at;
/// one installs every package of the survey; one wants a PyPy; one measures, so that nothing else
/// may run; one wants the sanitizers of a C compiler; and one compiles C++ for most of a minute.
const BY_NAME: [(&str, Case); 12] = [
    ("first-functions", first_functions::compare),
    ("getting", getting::run),
    ("bridge-abi3", bridge::abi3),
    ("bridge-second-newest-pyo3", bridge::second_newest_pyo3),
    ("absent", absent::run),
    ("survey", survey::run),
    ("survey-column", survey::column),
    ("consumer-survey", survey::consumers),
    ("pypy", pypy::run),
    ("suite-time", suite::time),
    ("c-sanitizers", c_sanitizers::run),
    ("frameworks", frameworks::run),
];

/// Options of libtest that take a value as the next argument; `cargo test` and editors pass them
/// to all tests.
const WITH_VALUE: [&str; 5] = ["--color", "--format", "--logfile", "--test-threads", "-Z"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let cases = selected(&arguments);
    if arguments.iter().any(|argument| argument == "--list") {
        cases.iter().for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    let counts = if cases.is_empty() {
        Counts::default() // there is nothing to ask Python
    } else if std::env::var_os(SKIP).is_some() {
        println!("python: not compared, {SKIP} is set");
        Counts { skipped: cases.len(), ..Counts::default() }
    } else {
        match Interpreter::find() {
            Ok(python) => run(&cases, &python),
            Err(message) => {
                eprintln!("{message}");
                Counts { failed: cases.len(), ..Counts::default() }
            }
        }
    };
    let Counts { passed, failed, skipped } = counts;
    match skipped {
        0 => println!("{passed} passed, {failed} failed"),
        _ => println!("{passed} passed, {failed} failed, {skipped} skipped"),
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    skipped: usize,
}

/// Runs the cases, as many at a time as there are processors: one builds modules while another
/// waits for its script.
fn run(cases: &[(&'static str, Case)], python: &Interpreter) -> Counts {
    println!("CPython {}", python.version());
    let counts = Mutex::new(Counts::default());
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((name, case)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let of_this = run_case(name, *case, python);
            let mut counts = counts.lock().expect("no thread panics while it counts");
            counts.passed += of_this.passed;
            counts.failed += of_this.failed;
            counts.skipped += of_this.skipped;
        }
    };
    let threads = thread::available_parallelism().map_or(1, |threads| threads.get());
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    counts.into_inner().expect("no thread panics while it counts")
}

/// Runs a case and prints its outcome.
fn run_case(name: &str, case: Case, python: &Interpreter) -> Counts {
    let mut counts = Counts::default();
    if let Some(why) = is_foreign_to(name, python) {
        println!("{name}: not for CPython {}, {why}", python.version());
        return counts;
    }
    if let Some(why) = lacks(name, python) {
        println!("{name}: skipped, {why}");
        counts.skipped = 1;
        return counts;
    }
    let start = Instant::now();
    let outcome = catch_unwind(|| case(python)).unwrap_or_else(|_| Err("it panicked".to_owned()));
    let seconds = start.elapsed().as_secs();
    match outcome {
        Ok(compared) => {
            println!("{name}: ok, {compared} ({seconds} s)");
            counts.passed = 1;
            if BESIDE_NUMPY.contains(&name) && matches!(environment::numpy(python), Ok(None)) {
                println!("{name}: skipped beside NumPy, {}", no_numpy(python));
                counts.skipped = 1;
            }
        }
        Err(difference) => {
            println!("{name}: FAILED, {} ({seconds} s)", difference.trim_end());
            counts.failed = 1;
        }
    }
    counts
}

/// The cases that the arguments name, as libtest reads them: parts of names, or whole names with
/// `--exact`.
fn selected(arguments: &[String]) -> Vec<(&'static str, Case)> {
    let exact = arguments.iter().any(|argument| argument == "--exact");
    let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
    let mut arguments = arguments.iter().map(String::as_str);
    while let Some(argument) = arguments.next() {
        if argument == "--skip" {
            unwanted.extend(arguments.next());
        } else if WITH_VALUE.contains(&argument) {
            arguments.next();
        } else if !argument.starts_with('-') {
            wanted.push(argument);
        }
    }
    let named = |name: &str, part: &&str| if exact { name == *part } else { name.contains(*part) };
    let by_name = BY_NAME.into_iter().filter(|(name, _)| wanted.contains(name));
    CASES
        .into_iter()
        .chain(by_name)
        .filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|part| named(name, part)))
        .filter(|(name, _)| !unwanted.iter().any(|part| named(name, part)))
        .collect()
}

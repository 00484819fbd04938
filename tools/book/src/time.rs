//! `cargo book time`: how long testing and building take, beside stock mdBook, a line for each:
//! what `cargo bench` prints too.
//!
//! Commands that are compared take turns, after a round to warm up, so that a busy machine slows
//! both. `BUFFERPROCS_BENCH=short` leaves out all but the whole book.

use crate::browser::on_path;
use crate::stock_mdbook as stock;
use mdbook_proof::Project;
use mdbook_proof::book::Book;
use mdbook_proof::run::compiler::Compiler;
use mdbook_proof::run::rustdoc::{self, Verdict};
use mdbook_proof::run::toolchain::{Library, WorkDir, program, target_dir};
use mdbook_proof::source::blocks::{Block, Test};
use mdbook_proof::source::{Result, read_text};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// The most that ours may take of the time of stock mdBook.
const TARGET: f64 = 0.4;

/// How many blocks there are in the books whose times show how they grow.
const SIZES: [usize; 3] = [50, 200, 800];

/// A chapter that is changed to see what that costs.
const CHAPTER: &str = "book/src/copying.md";

pub fn run(project: &Project) -> Result<bool> {
    let (root, package) = (&project.root, project.package());
    let short = std::env::var_os("BUFFERPROCS_BENCH").is_some_and(|length| length == "short");
    let rounds = if short { 1 } else { 3 };
    let mdbook = mdbook()?;
    let book = Book::read(root, &project.settings)?;
    let folder = target_dir()?.join("book-stock");
    let copy = stock::write(&book, &folder.join("book"))?;
    let libraries =
        stock::build_library(&package, &project.settings.features, &folder.join("target"))?;
    let stock_test = |copy: &Path| {
        let mut command = Command::new(&mdbook);
        command.arg("test").arg(copy).arg("-L").arg(&libraries);
        command
    };
    let blocks = book.blocks().count();
    println!(
        "# Testing the book, {blocks} blocks: seconds, median of {rounds}; {}",
        compiler_version()
    );

    let mut ours = Command::new(&mdbook);
    ours.arg("test").arg(root.join("book"));
    let mut theirs = stock_test(&copy);
    let (ours, theirs) = compared(rounds, || timed(&mut ours), || timed(&mut theirs))?;
    row("whole book/mdbook test -L", ours, theirs, Some(TARGET));
    if short {
        return Ok(true);
    }

    let all: Vec<&Block> =
        book.blocks().filter(|block| !matches!(block.test, Test::CompileFail(_))).collect();
    for size in SIZES {
        let blocks: Vec<&Block> = all.iter().copied().cycle().take(size).collect();
        let copy = stock::write_blocks(&blocks, &folder.join("blocks"))?;
        let start = Instant::now();
        let library = Library::build(&package, &project.settings.features)?;
        let work = WorkDir::new()?;
        let compiler = Compiler { library: &library, work: &work, edition: project.edition };
        if let Some(Err(why)) = rustdoc::run(&blocks, compiler)?.into_iter().find(Verdict::is_err) {
            return Err(why);
        }
        let ours = start.elapsed().as_secs_f64();
        row(&format!("{size} blocks/mdbook test -L"), ours, timed(&mut stock_test(&copy))?, None);
    }

    let mut doc = program("CARGO", "cargo");
    doc.args(["test", "--doc", "--quiet", "--package", "bufferprocs-chapters"]).current_dir(root);
    timed(&mut doc)?;
    let unchanged = timed(&mut doc)?;
    let changed = {
        let _changed = Changed::new(root.join(CHAPTER))?;
        timed(&mut doc)?
    };
    row("cargo test --doc, one chapter changed/no chapter changed", changed, unchanged, None);
    timed(&mut doc)?; // as it was

    let mut ours = Command::new(std::env::current_exe().map_err(|error| error.to_string())?);
    let mut theirs = Command::new(&mdbook);
    theirs.arg("build").arg(&copy).arg("--dest-dir").arg(folder.join("site"));
    let (ours, theirs) = compared(rounds, || timed(&mut ours), || timed(&mut theirs))?;
    row("site built/mdbook build of the pages alone", ours, theirs, None);
    Ok(true)
}

/// The medians of two, which take turns.
fn compared(
    rounds: usize,
    mut ours: impl FnMut() -> Result<f64>,
    mut theirs: impl FnMut() -> Result<f64>,
) -> Result<(f64, f64)> {
    let mut seconds = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let taken = (ours()?, theirs()?);
        if round > 0 {
            seconds.0.push(taken.0);
            seconds.1.push(taken.1);
        }
    }
    Ok((median(seconds.0), median(seconds.1)))
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// As `cargo bench` prints it.
fn row(name: &str, ours: f64, peer: f64, target: Option<f64>) {
    let ratio = ours / peer;
    let (target, verdict) = match target {
        None => ("-".to_owned(), ""),
        Some(target) if ratio <= target => (format!("{target:.2}"), " holds"),
        Some(target) => (format!("{target:.2}"), " misses"),
    };
    println!("{name} ours={ours:.2} peer={peer:.2} ratio={ratio:.2} target={target}{verdict}");
}

/// A file with a comment more, until this is dropped.
struct Changed {
    path: PathBuf,
    text: String,
}

impl Changed {
    fn new(path: PathBuf) -> Result<Changed> {
        let text = read_text(&path)?;
        let explained = |error: std::io::Error| format!("{}: {error}", path.display());
        std::fs::write(&path, format!("{text}\n<!-- changed -->\n")).map_err(explained)?;
        Ok(Changed { path, text })
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        if let Err(error) = std::fs::write(&self.path, &self.text) {
            eprintln!("{} is left changed: {error}", self.path.display());
        }
    }
}

/// The mdBook to compare with.
pub fn mdbook() -> Result<PathBuf> {
    std::env::var_os("MDBOOK")
        .map(PathBuf::from)
        .or_else(|| on_path("mdbook"))
        .ok_or_else(|| {
            "no mdbook to compare with: `cargo install mdbook --version 0.5.4 --locked`, or set MDBOOK to its path"
                .to_owned()
        })
}

/// The seconds that a command takes. One that fails has nothing to compare.
fn timed(command: &mut Command) -> Result<f64> {
    let start = Instant::now();
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let taken = start.elapsed().as_secs_f64();
    if output.status.success() {
        Ok(taken)
    } else {
        Err(format!(
            "{command:?} failed:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ))
    }
}

fn compiler_version() -> String {
    let version = program("RUSTC", "rustc").arg("--version").output();
    version
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default()
}

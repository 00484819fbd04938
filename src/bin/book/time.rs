//! `cargo book time`: how long the runners take, measured side by side.
//!
//! Three ways to test the same blocks, in turn for some rounds, so that a busy machine slows all of them: our `mdbook
//! test`, mdBook's own with `-L` on a copy that has no preprocessor, and `cargo test --doc`. What is reported is the
//! median after a warm-up round.

use crate::check::on_path;
use crate::model::Book;
use crate::source::Result;
use crate::stock;
use crate::toolchain::{package_dir, program, target_dir};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const ROUNDS: usize = 5;

const PAGE: &str = "book/src/testing.md";
const BEGIN: &str = "<!-- time:begin -->";
const END: &str = "<!-- time:end -->";

struct Times {
    ours: f64,
    stock: f64,
    cargo: f64,
    blocks: usize,
    machine: String,
}

/// `cargo book time [--write]`.
pub fn run(root: &Path, write: bool) -> Result<bool> {
    let times = measure(root)?;
    print!("{}", times.lines());
    if write {
        times.write(&root.join(PAGE))?;
    }
    Ok(true)
}

fn measure(root: &Path) -> Result<Times> {
    let mdbook = mdbook()?;
    let book = Book::read(root)?;
    let folder = target_dir()?.join("book-stock");
    let copy = stock::write(&book, &folder.join("book"))?;
    let libraries = stock::build_library(&folder.join("target"))?;

    let mut ours = Command::new(&mdbook);
    ours.arg("test").arg(root.join("book"));
    let mut stock = Command::new(&mdbook);
    stock.arg("test").arg(copy).arg("-L").arg(libraries);
    let mut cargo = program("CARGO", "cargo");
    cargo.args(["test", "--doc"]).current_dir(package_dir());

    let mut commands = [ours, stock, cargo];
    let mut seconds: [Vec<f64>; 3] = Default::default();
    for round in 0..=ROUNDS {
        for (command, seconds) in commands.iter_mut().zip(&mut seconds) {
            let taken = timed(command)?;
            if round > 0 {
                seconds.push(taken);
            }
        }
    }
    let [ours, stock, cargo] = seconds.map(median);
    Ok(Times { ours, stock, cargo, blocks: book.blocks().count(), machine: machine() })
}

fn mdbook() -> Result<PathBuf> {
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

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    let version = program("RUSTC", "rustc").arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    format!("{cores} cores, {}", version.unwrap_or_default())
}

impl Times {
    fn ratio(&self) -> f64 {
        self.stock / self.ours
    }

    fn cargo_per_hundred(&self) -> f64 {
        self.cargo * 100.0 / self.blocks as f64
    }

    fn lines(&self) -> String {
        format!(
            "mdbook-test {:.2}\nmdbook-test-stock {:.2}\ncargo-test-doc {:.2}\n\
             cargo-test-doc-per-100-blocks {:.2}\nratio-stock-to-ours {:.1}\nblocks {}\nmachine {}\n",
            self.ours,
            self.stock,
            self.cargo,
            self.cargo_per_hundred(),
            self.ratio(),
            self.blocks,
            self.machine
        )
    }

    fn table(&self) -> String {
        format!(
            "| {} blocks, all results warm | seconds |\n|---|---|\n\
             | `mdbook test book` | {:.2} |\n\
             | stock `mdbook test -L` on the same blocks | {:.2} ({:.1} times as long) |\n\
             | `cargo test --doc` | {:.2} ({:.2} for 100 blocks) |\n\n\
             Median of {ROUNDS} rounds; {}.",
            self.blocks,
            self.ours,
            self.stock,
            self.ratio(),
            self.cargo,
            self.cargo_per_hundred(),
            self.machine
        )
    }

    /// Puts the table between the two marks of the page.
    fn write(&self, page: &Path) -> Result<()> {
        let text = crate::source::read_text(page)?;
        let marks = text
            .split_once(BEGIN)
            .and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
        let Some((before, after)) = marks else {
            return Err(format!("{PAGE}: `{BEGIN}` and `{END}` have to stand in it"));
        };
        let text = format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", self.table());
        std::fs::write(page, text).map_err(|error| format!("{}: {error}", page.display()))
    }
}

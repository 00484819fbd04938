//! The harness for another crate and its book: set up as README.md says, and then broken.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A copy of `tests/shelf`, a crate with a book of two chapters.
struct Shelf {
    root: PathBuf,
}

impl Shelf {
    fn new(name: &str) -> Shelf {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&root);
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        copy(&here.join("tests/shelf"), &root);
        let shelf = Shelf { root };
        let harness = format!("path = {:?}", here.to_string_lossy());
        let manifest = shelf.read("Cargo.toml").replace("path = \"../..\"", &harness);
        assert!(manifest.contains(&harness), "{manifest}");
        // A workspace of its own, which this repository is not a part of.
        shelf.write("Cargo.toml", &format!("{manifest}\n[workspace]\n"));
        let program = env!("CARGO_BIN_EXE_mdbook-proof");
        let config = shelf.read("book/book.toml");
        let call = format!("command = {:?}", format!("{program} preprocess"));
        let config = config.replace("command = \"mdbook-proof preprocess\"", &call);
        assert!(config.contains(program), "{config}");
        shelf.write("book/book.toml", &config);
        // The versions of this repository, and no request to a registry.
        let _ = fs::copy(here.join("../../Cargo.lock"), shelf.root.join("Cargo.lock"));
        shelf
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.root.join(file)).expect("a text")
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.root.join(file), text).expect("it can be written");
    }

    fn proof(&self, command: &[&str]) -> Output {
        let mut program = Command::new(env!("CARGO_BIN_EXE_mdbook-proof"));
        program.args(command).current_dir(&self.root).output().expect("the program runs")
    }

    #[track_caller]
    fn passes(&self, command: &[&str]) -> String {
        let output = self.proof(command);
        let said = said(&output);
        assert!(output.status.success(), "{said}");
        said
    }

    /// The same as stock mdBook does for `mdbook test book`.
    fn mdbook_test(&self) -> Result<(), String> {
        let mut book = mdbook_driver::MDBook::load(self.root.join("book"))
            .map_err(|error| format!("{error:#}"))?;
        book.test(Vec::new()).map_err(|error| format!("{error:#}"))
    }

    /// A change of one chapter that `test` and `mdbook test` have to report.
    #[track_caller]
    fn reports(&self, file: &str, from: &str, to: &str, message: &str) {
        let right = self.read(file);
        assert!(right.contains(from), "{right}");
        self.write(file, &right.replace(from, to));
        self.mdbook_test().expect_err("mdbook test fails");
        let output = self.proof(&["test"]);
        let said = said(&output);
        assert!(!output.status.success() && said.contains(message), "{message} is not in\n{said}");
        self.write(file, &right);
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        match path.is_dir() {
            true => copy(&path, &target),
            false => drop(fs::copy(&path, &target).expect("a copy")),
        }
    }
}

#[test]
fn the_harness_tests_the_book_of_another_crate() {
    let shelf = Shelf::new("shelf");
    shelf.passes(&["lock"]);
    let report = shelf.passes(&["test"]);
    assert!(report.contains("2 rules, 2 proved\n4 passed, 0 failed"), "{report}");
    shelf.passes(&[]);
    assert!(shelf.read("target/book/room.html").contains("id=\"r-room.whole-books\""));
    shelf.mdbook_test().expect("mdbook test passes");

    let thin = "book/src/thin.md";
    shelf.reports(thin, "0), None", "0), Some(0)", "book/src/thin.md:6: failed r[room.zero]");
    shelf.reports(thin, "```rust\n", "```rust,ignore\n", "book/src/thin.md:6: `ignore` in");
    shelf.reports(thin, "// r[room.zero]\n", "", "book/src/thin.md:3: r[room.zero] has no proof");
    shelf.mdbook_test().expect("mdbook test passes again");
}

/// The four blocks: by rustdoc, and by skeptic with the count of them.
#[test]
fn cargo_test_runs_the_chapters_too() {
    let shelf = Shelf::new("shelf-chapters");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.arg("test").current_dir(&shelf.root);
    // A folder of its own: this test's program may be running in the other.
    cargo.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("shelf-target"));
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0"); // built once
    let output = cargo.output().expect("cargo runs");
    let report = said(&output);
    assert!(output.status.success(), "{report}");
    assert!(report.contains("test result: ok. 5 passed"), "{report}");
    assert!(report.contains("compile fail ... ok"), "{report}");
}

/// The files that README.md tells an author to write are those of the shelf.
#[test]
fn the_readme_shows_the_files_of_the_shelf() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| fs::read_to_string(here.join(file)).expect("a text");
    let readme = read("README.md").replace("../bufferprocs/tools/proof", "../..");
    let blocks: Vec<&str> = readme.split("\n```").skip(1).step_by(2).collect();
    let mut compared = 0;
    for block in blocks {
        let Some((name, code)) = block.split_once('\n').and_then(|(_, text)| text.split_once('\n'))
        else {
            continue;
        };
        let Some(file) = name.strip_prefix("// ").or_else(|| name.strip_prefix("# ")) else {
            continue;
        };
        let text = read(&format!("tests/shelf/{file}"));
        assert!(text.contains(code.trim_end()), "{file} does not have\n{code}");
        compared += 1;
    }
    assert_eq!(compared, 4);
}

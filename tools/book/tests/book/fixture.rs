//! Books to break: copies of the real one, and small ones that are right except for one page.

use mdbook_proof::source::documents;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Where the real book is.
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The table of the harness in the real `book.toml`, for a book that lies elsewhere.
fn settings() -> String {
    let config = fs::read_to_string(repository().join("book/book.toml")).expect("the real one");
    let (_, table) = config.split_once("[preprocessor.proof]\n").expect("the table");
    let (table, _) = table.split_once("[output.html]").expect("its end");
    let package = repository().canonicalize().expect("it is there");
    let package = format!("package = {:?}", package.to_string_lossy());
    let table = table.replace("package = \".\"", &package);
    assert!(table.contains(&package));
    // Small books have no picture.
    let is_kept = |line: &&str| !line.starts_with("picture = ");
    let table = table.lines().filter(is_kept).collect::<Vec<_>>().join("\n");
    format!("[preprocessor.proof]\n{table}\n\n")
}

/// A book to break, in a folder of its own.
pub struct Fixture {
    pub root: PathBuf,
}

impl Fixture {
    pub fn folder(name: &str) -> Fixture {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("book-{name}"));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("book/src")).expect("a folder for the fixture");
        Fixture { root }
    }

    /// A copy of this repository's book.
    pub fn real(name: &str) -> Fixture {
        let fixture = Fixture::folder(name);
        for folder in [
            "book",
            "src",
            "examples",
            "tests/python",
            "tools/book/src/templates",
            "tools/proof/tests/shelf",
        ] {
            copy(&repository().join(folder), &fixture.root.join(folder));
        }
        let _ = fs::copy(repository().join("README.md"), fixture.root.join("README.md"));
        let config = fixture.read("book/book.toml");
        let (before, rest) = config.split_once("[preprocessor.proof]\n").expect("the table");
        let (_, after) = rest.split_once("[output.html]").expect("its end");
        fixture.write("book/book.toml", &format!("{before}{}[output.html]{after}", settings()));
        fixture
    }

    /// A book that is in order: every statement is answered by one rule, and `page` is added after
    /// it.
    pub fn with_page(name: &str, page: &str) -> Fixture {
        let fixture = Fixture::folder(name);
        let all: Vec<String> =
            (1..=26).map(|n| format!("N{n}")).chain((1..=6).map(|n| format!("L{n}"))).collect();
        let rows = all.iter().map(|id| format!("| {id} | s | {{{{#rules {id}}}}} |\n"));
        let told = (1..=9).map(|n| format!("| O{n} | s |\n"));
        let table = "| id | statement | rules |\n|---|---|---|\n";
        fixture.write(
            "book/src/statements.md",
            &format!(
                "# Map\n\nr[all.of-them] MUST; {}; own\nAll of them.\n\n```rust\n// r[all.of-them]\nassert!(true);\n```\n\n{table}{}{}",
                all.join(", "),
                rows.collect::<String>(),
                told.collect::<String>()
            ),
        );
        fixture.write("book/src/page.md", page);
        fixture.write("book/src/SUMMARY.md", "- [Map](statements.md)\n- [Page](page.md)\n");
        fixture.write(
            "book/book.toml",
            &format!(
                "[book]\ntitle = \"x\"\n[build]\nbuild-dir = \"../target/book\"\n\n{}",
                settings()
            ),
        );
        fixture.run(&["lock"]);
        fixture
    }

    pub fn write(&self, file: &str, text: &str) {
        let path = self.root.join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder of the fixture");
        fs::write(path, text).expect("a file of the fixture");
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.root.join(file)).expect("a file of the fixture")
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_book-site"));
        command.arg("--root").arg(&self.root).args(arguments);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the tool runs")
    }

    /// Runs a command that has to fail and to say `message`.
    #[track_caller]
    pub fn fails(&self, arguments: &[&str], message: &str) {
        let output = self.run(arguments);
        let said = said(&output);
        assert!(!output.status.success(), "passes, but should say {message}\n{said}");
        assert!(said.contains(message), "does not say {message}\n{said}");
    }

    #[track_caller]
    pub fn passes(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = said(&output);
        assert!(output.status.success(), "{said}");
        said
    }

    /// The pages of the book, each as its path and its text.
    pub fn pages(&self) -> Vec<(String, String)> {
        let mut pages: Vec<_> = documents(&self.root)
            .expect("the book can be read")
            .into_iter()
            .filter(|document| document.is_chapter())
            .map(|document| document.file)
            .collect();
        pages.dedup();
        pages.into_iter().map(|file| (file.clone(), self.read(&file))).collect()
    }
}

pub fn said(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    format!("{out}{}", String::from_utf8_lossy(&output.stderr))
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder of the copy");
    for entry in fs::read_dir(from).expect("a folder of the book") {
        let path = entry.expect("a file of the book").path();
        let target = to.join(path.file_name().expect("its name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a copy");
        }
    }
}

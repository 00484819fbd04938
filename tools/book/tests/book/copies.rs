//! What a reader copies builds: the programs of "Copy the complete program", with the `Cargo.toml`
//! that is in their first lines.

use crate::fixture::repository;
use mdbook_proof::book::Book;
use mdbook_proof::extension::Extension;
use mdbook_proof::render::Rendered;
use mdbook_proof::source::Result;
use mdbook_proof::{Project, source::documents};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The directives of this book are in its program, and no program to copy has one.
struct NoDirectives;

impl Extension for NoDirectives {
    fn expand(&self, _name: &str, _argument: &str) -> Result<String> {
        Ok(String::new())
    }
}

/// All programs to copy of the pages with these names, or of all pages.
fn programs(project: &Project) -> Vec<String> {
    let book = Book::read(&project.root, &project.settings).expect("the book");
    let pages = Rendered::of(&book, project).pages;
    let copied = pages.values().flat_map(|page| page.split("data-text=\"").skip(1));
    let texts = copied.filter_map(|rest| rest.split('"').next());
    let marks = [("&#10;", "\n"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    texts
        .map(|text| marks.iter().fold(text.to_owned(), |text, (mark, of)| text.replace(mark, of)))
        .collect()
}

/// The `Cargo.toml` in a program, with the crate taken from this clone as it is now.
fn manifest(project: &Project, program: &str) -> String {
    let mut lines = program.lines();
    let (start, mark) = match program.starts_with("// Cargo.toml:\n") {
        true => (lines.position(|line| line == "// Cargo.toml:"), "//"),
        false => (lines.position(|line| line == "//! ```toml"), "//!"),
    };
    start.expect("a manifest");
    let lines = lines.map_while(|line| line.strip_prefix(mark)).map(|line| line.trim_start());
    let lines: Vec<&str> = lines.take_while(|line| *line != "```").collect();
    let text = lines.join("\n");
    let from_repository = format!("git = {:?}", project.repository);
    assert!(text.contains(&from_repository), "{text}");
    let root = project.root.to_string_lossy();
    format!("{}\n", text.replace(&from_repository, &format!("path = {root:?}")))
}

fn project() -> Project {
    let root = repository().canonicalize().expect("it is there");
    Project::open(&root, &NoDirectives).expect("the book")
}

/// One program for each kind of `Cargo.toml` is compiled: the runners compile them all.
#[test]
fn copied_programs_build() {
    let project = project();
    let mut kinds: BTreeMap<String, String> = BTreeMap::new();
    for program in programs(&project).into_iter().filter(|text| text.starts_with("// Cargo.toml")) {
        kinds.entry(manifest(&project, &program)).or_insert(program);
    }
    assert!(kinds.len() > 3, "{} kinds", kinds.len());
    assert!(kinds.keys().any(|manifest| !manifest.contains("features")));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("copies");
    for (number, (manifest, program)) in kinds.iter().enumerate() {
        let package = folder.join(number.to_string());
        fs::create_dir_all(package.join("src")).expect("a folder");
        let write = |file: &str, text: &str| fs::write(package.join(file), text).expect("written");
        write("Cargo.toml", &format!("{manifest}\n[workspace]\n"));
        write("src/main.rs", program);
        // The versions that the tests use.
        let lock = fs::read_to_string(project.root.join("Cargo.lock")).expect("the lock");
        write("Cargo.lock", &lock);
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["check", "--quiet"]).current_dir(&package);
        cargo.env("CARGO_TARGET_DIR", folder.join("target")).env("CARGO_INCREMENTAL", "0");
        let output = cargo.output().expect("cargo runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{manifest}\n{said}");
    }
}

/// `cargo test --test python projects` builds the projects that `cargo book new` makes: here each
/// example names the same dependencies in its header.
#[test]
fn copied_examples_have_the_manifest_of_their_project() {
    let project = project();
    let copied: Vec<String> = programs(&project);
    let examples = fs::read_dir(project.root.join("examples")).expect("the folder");
    let names = examples.filter_map(|entry| {
        let name = entry.expect("an entry").file_name();
        Some(name.to_str()?.strip_suffix(".rs")?.to_owned())
    });
    let mut compared = 0;
    for name in names {
        let source = fs::read_to_string(project.root.join(format!("examples/{name}.rs"))).unwrap();
        let body = source.split_once("//! ```\n").expect("the end of its manifest").1;
        let Some(program) = copied.iter().find(|program| program.ends_with(body)) else {
            continue; // no page quotes it
        };
        let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join("copied-examples").join(&name);
        let _ = fs::remove_dir_all(&made);
        let mut book = Command::new(env!("CARGO_BIN_EXE_book"));
        let output = book.arg("new").arg(&made).args(["--example", &name]).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let wanted = fs::read_to_string(made.join("Cargo.toml")).expect("its manifest");
        let table = |text: &str| text.parse::<toml::Table>().expect("TOML");
        let (mut found, mut wanted) = (table(&manifest(&project, program)), table(&wanted));
        wanted.remove("workspace");
        // In the header it is a part of the table before it.
        found.remove("build-dependencies");
        wanted.remove("build-dependencies");
        assert_eq!(found, wanted, "{name}");
        compared += 1;
    }
    assert!(compared > 12, "{compared} examples");
}

/// No page shows the word that stands for the address, and every page with a program says where
/// the crate is.
#[test]
fn pages_say_how_to_get_the_crate() {
    let project = project();
    let book = Book::read(&project.root, &project.settings).expect("the book");
    let rendered = Rendered::of(&book, &project);
    let word = project.settings.repository_word.as_deref().expect("a word");
    for (name, page) in &rendered.pages {
        assert!(!page.contains(word), "{name}");
        let links = page.contains("getting.html") || page.contains("(getting.md");
        assert!(!page.contains("data-text=") || links || name == "getting.md", "{name}");
    }
    let documents = documents(&project.root).expect("the book");
    let with_commands = documents.iter().filter(|document| document.text.contains(word)).count();
    assert!(with_commands > 5, "{with_commands} pages");
}

//! The tool's own tests: the book passes its audit, rustdoc runs every block it declares, and
//! every mistake the audit exists for is caught.
//!
//! A check that never fails proves nothing, so each has a book that breaks it: a copy of the real
//! one where the real one is what matters, else a small [`Fixture`]. All of them go through the
//! program itself, as an author does.

use fixture::{Fixture, repository, said};
use mdbook_proof::source::{Kind, blocks, documents, flat_name, line_index};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

#[path = "book/copies.rs"]
mod copies;
#[path = "book/failures.rs"]
mod failures;
#[path = "book/fixture.rs"]
mod fixture;
#[path = "book/messages.rs"]
mod messages;
#[path = "book/mistakes.rs"]
mod mistakes;
#[path = "book/projects.rs"]
mod projects;
#[path = "book/reading.rs"]
mod reading;
#[path = "book/shape.rs"]
mod shape;
#[path = "book/symptoms.rs"]
mod symptoms;

#[test]
fn the_book_passes_its_audit() {
    let output = Command::new(env!("CARGO_BIN_EXE_book-site")).arg("audit").output();
    let output = output.expect("the tool runs");
    assert!(output.status.success(), "{}", said(&output));
}

/// A C name in the table of names is found by the crate's documentation too: as an alias, or as it
/// is.
#[test]
fn every_c_name_leads_to_the_crate() {
    let mut source = String::new();
    let mut folders = vec![repository().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => folders.push(path),
                false => source.push_str(&std::fs::read_to_string(&path).expect("a text")),
            }
        }
    }
    let page = std::fs::read_to_string(repository().join("book/src/names.md")).expect("the page");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" | "));
    let mut names = 0;
    for (row, _) in rows {
        let names_of_row = row.split('`').step_by(2);
        for name in names_of_row.filter(|name| name.starts_with(char::is_alphabetic)) {
            let is_found = source.contains(&format!("doc(alias = \"{name}\")"))
                || ["pub struct", "pub type", "pub const"].iter().any(|word| {
                    source.contains(&format!("{word} {name} "))
                        || source.contains(&format!("{word} {name}:"))
                });
            assert!(is_found, "{name} is nowhere in the crate");
            names += 1;
        }
    }
    assert!(names > 25, "{names} names");
}

/// What the page on differences says of a function, it cites a rule for that is about what the
/// item says.
#[test]
fn a_difference_cites_rules_on_its_own_subject() {
    let read = |file: &str| std::fs::read_to_string(repository().join(file)).expect("a text");
    let rules: serde_json::Value =
        serde_json::from_str(&read("book/src/rules.json")).expect("rules");
    let rules = rules["rules"].as_array().expect("a list");
    let page = read("book/src/differences.md");
    let (_, functions) = page.split_once("\n## Functions\n").expect("the part");
    let (functions, _) = functions.split_once("\n## ").expect("its end");
    let mut cited = 0;
    for item in functions.split("\n- ").skip(1) {
        let words: BTreeSet<&str> = item.split('`').skip(1).step_by(2).collect();
        for id in item.split("[r:").skip(1).filter_map(|rest| rest.split(']').next()) {
            let rule = rules.iter().find(|rule| rule["id"] == id).expect("a rule");
            let said = format!("{} {}", rule["text"], rule["source"]);
            let is_on_it = words.iter().any(|word| {
                let named = [format!("{word}`"), format!(", {word}")];
                named.iter().any(|named| said.contains(named)) || id.split('.').next() == Some(word)
            });
            assert!(is_on_it, "{id} has none of {words:?}");
            cited += 1;
        }
    }
    assert!(cited >= 7, "{cited} rules");
}

/// A quotation from a script proves something only if a test runs the script.
#[test]
fn every_script_is_run_by_a_case() {
    let folder = repository().join("tests/python");
    let files = |extension: &str| -> Vec<(String, String)> {
        let entries = std::fs::read_dir(&folder).expect("the folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let files = paths.filter(|path| path.extension().is_some_and(|found| found == extension));
        let read = |path: std::path::PathBuf| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a text"))
        };
        files.map(read).collect()
    };
    let (scripts, cases) = (files("py"), files("rs"));
    for (name, _) in &scripts {
        let is_run = cases.iter().any(|(_, text)| text.contains(&format!("{name}.py")));
        let is_imported = scripts.iter().any(|(_, text)| {
            text.contains(&format!("import {name}"))
                || text.contains(&format!("from {name} import"))
        });
        // By `.ci/run wheels`, with pytest.
        assert!(is_run || is_imported || name == "fixture_of_pytest", "nobody runs {name}.py");
    }
}

/// The harness on the real book: stable rustdoc does not look at error codes, and skeptic sees
/// only the fixed programs.
#[test]
fn every_block_passes_and_every_rule_is_proved() {
    let output = Command::new(env!("CARGO_BIN_EXE_book-site")).arg("test").output();
    let output = output.expect("the tool runs");
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    let counts = |line: &str, word: &str| -> Option<usize> {
        line.strip_suffix(word)?.rsplit(' ').next()?.parse().ok()
    };
    let rules = said.lines().find_map(|line| {
        let (all, proved) = line.split_once(", ")?;
        Some((counts(all, " rules")?, counts(proved, " proved")?))
    });
    assert!(matches!(rules, Some((all, proved)) if all == proved && all > 0), "{said}");
}

/// rustdoc may turn a block off without a warning; this test would show it.
#[test]
fn rustdoc_runs_every_declared_block() {
    let mut declared: BTreeMap<(String, usize), String> = BTreeMap::new();
    for document in documents(repository()).expect("the book can be read") {
        for block in blocks::find(&document).blocks {
            // rustdoc gets the text with includes expanded, and doc comments in place.
            let line = match document.kind {
                Kind::DocComment => block.place.line,
                _ => line_index(&document.text, block.offset) + 1,
            };
            declared.insert((flat_name(&document.file), line), block.place.to_string());
        }
    }
    let output = Command::new(env!("CARGO"))
        // Without naming packages, which would build all of them again for fewer features.
        .args(["test", "--doc"])
        .current_dir(repository())
        .output()
        .expect("cargo runs");
    let said = said(&output);
    assert!(output.status.success(), "{}\n{said}", advice(&said, &declared));
    // One that is ignored did not run.
    let ran = said.lines().filter_map(doctest).filter(|(_, _, result)| *result == "ok");
    for (name, line, _) in ran {
        let known = declared.remove(&(name.clone(), line));
        assert!(known.is_some(), "rustdoc runs {name}:{line}, which is not declared");
    }
    let missing: Vec<String> = declared.into_values().collect();
    assert!(missing.is_empty(), "rustdoc does not run {}\n{said}", missing.join(", "));
}

/// Advice after a failed run: rustdoc's report names generated files, and only our runner names
/// pages.
fn advice(report: &str, declared: &BTreeMap<(String, usize), String>) -> String {
    let failed: Vec<&str> = report
        .lines()
        .filter_map(doctest)
        .filter(|(_, _, result)| *result == "FAILED")
        .filter_map(|(name, line, _)| declared.get(&(name, line)).map(String::as_str))
        .collect();
    match failed.as_slice() {
        [] => "cargo test --doc fails, and names no block:".to_owned(),
        failed => format!("run `cargo book test`, which explains {}", failed.join(", ")),
    }
}

#[test]
fn a_failing_doctest_is_named_by_page_and_line() {
    let place = "book/src/x.md:73".to_owned();
    let declared = BTreeMap::from([(("book_src_x_md".to_owned(), 140), place)]);
    let name = "/generated/book_src_x_md.md - chapters::book_src_x_md (line 140)";
    assert_eq!(
        advice(
            &format!("test src/item.rs - item (line 3) ... ok\ntest {name} ... FAILED\n"),
            &declared
        ),
        "run `cargo book test`, which explains book/src/x.md:73"
    );
    assert_eq!(advice("error: x", &declared), "cargo test --doc fails, and names no block:");
}

/// `test src/x.rs - y (line 3) ... ok` and `test /some/page.md - book::page_md (line 3) ... ok`:
/// flat file name, line and result.
fn doctest(line: &str) -> Option<(String, usize, &str)> {
    let (test, result) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let (name, number) = test.rsplit_once(')')?.0.rsplit_once(" (line ")?;
    let (file, item) = name.split_once(" -")?;
    let name = match item.trim().strip_prefix("chapters::") {
        Some(module) if file.ends_with(".md") => module.to_owned(),
        _ => flat_name(file),
    };
    Some((name, number.parse().ok()?, result))
}

#[test]
fn a_broken_link_is_named() {
    let page = "# Page\n\n[gone](#nowhere), [also](gone.md), [fine](statements.md#N1)\n";
    let fixture = Fixture::with_page("link", page);
    let output = fixture.run(&[]);
    assert!(!output.status.success());
    let expected = "broken links:\n\
        book/src/page.md:3: #nowhere: no such id in that page\n\
        book/src/page.md:3: gone.md: no such file\n";
    assert!(said(&output).ends_with(expected), "{}", said(&output));
}

/// What `mdbook test` does: our runner instead of mdBook's, and nothing left for it.
#[test]
fn under_mdbook_test_the_blocks_run_and_the_pages_come_back_empty() {
    let fixture = Fixture::with_page("preprocess", "```rust\nassert!(true);\n```\n");
    let context = format!(
        r#"{{"root": {:?}, "config": {{}}, "renderer": "test", "mdbook_version": "0.5.4"}}"#,
        fixture.root.join("book")
    );
    let chapter = r#"{"Chapter": {"name": "Page", "content": "text", "number": null, "sub_items": [],
        "path": "page.md", "source_path": "page.md", "parent_names": []}}"#;
    let mut child = fixture
        .command(&["preprocess"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool runs");
    let mut input = child.stdin.take().expect("its input");
    write!(input, "[{context}, {{\"items\": [{chapter}]}}]").expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("2 passed, 0 failed"), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).contains(r#""content":"""#), "{said}");
}

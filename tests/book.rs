//! The tool's own tests: the book passes its audit, rustdoc runs every block it declares, and every mistake the audit exists for is caught.
//!
//! A check that never fails proves nothing, so each has a book that breaks it: a copy of the real one where the real one is
//! what matters, else a small [`Fixture`]. All of them go through the program itself, as an author does.

use fixture::{Fixture, repository, said};
use source::{Kind, blocks, documents, flat_name, line_index};
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

#[path = "book/fixture.rs"]
mod fixture;
#[path = "book/mistakes.rs"]
mod mistakes;
#[allow(dead_code)] // The tool uses the rest.
#[path = "../src/bin/book/source/mod.rs"]
mod source;

#[test]
fn the_book_passes_its_audit() {
    let output = Command::new(env!("CARGO_BIN_EXE_book")).arg("audit").output();
    let output = output.expect("the tool runs");
    assert!(output.status.success(), "{}", said(&output));
}

/// Several blocks hide the exporter that another one shows; it has to be the same.
#[test]
fn the_hidden_exporter_is_the_one_shown() {
    let code = repository().join("book/src/code");
    let read = |name| source::read_text(&code.join(name)).expect("a file of the book");
    let hide = |line: &str| format!("# {line}").trim_end().to_owned() + "\n";
    let hidden: String = read("samples.rs").lines().map(hide).collect();
    assert!(
        hidden == read("samples.hidden"),
        "samples.hidden: CONTRIBUTING.md says how to make it"
    );
}

/// rustdoc turns blocks off without a word; this is where that would show.
#[test]
fn rustdoc_runs_every_declared_block() {
    let mut declared: BTreeMap<(String, usize), String> = BTreeMap::new();
    for document in documents(repository()).expect("the book can be read") {
        for block in blocks::find(&document).blocks {
            // rustdoc sees the text with includes expanded, and doc comments where they stand.
            let line = match document.kind {
                Kind::DocComment => block.place.line,
                _ => line_index(&document.text, block.offset) + 1,
            };
            declared.insert((flat_name(&document.file), line), block.place.to_string());
        }
    }
    let output = Command::new(env!("CARGO"))
        .args(["test", "--doc"])
        .current_dir(repository())
        .output()
        .expect("cargo runs");
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    for line in said.lines() {
        let Some((name, line)) = doctest(line) else {
            continue;
        };
        let known = declared.remove(&(name.clone(), line));
        assert!(known.is_some(), "rustdoc runs {name}:{line}, which is not declared");
    }
    let missing: Vec<String> = declared.into_values().collect();
    assert!(missing.is_empty(), "rustdoc does not run {}\n{said}", missing.join(", "));
}

/// `test src/x.rs - y (line 3) ... ok` and `test /some/page.md - book::page_md (line 3) ... ok`: flat file name and line.
fn doctest(line: &str) -> Option<(String, usize)> {
    let (test, _) = line.strip_prefix("test ")?.strip_suffix(" ... ok")?.rsplit_once(')')?;
    let (name, number) = test.rsplit_once(" (line ")?;
    let (file, item) = name.split_once(" -")?;
    let name = match item.trim().strip_prefix("book::") {
        Some(module) if file.ends_with(".md") => module.to_owned(),
        _ => flat_name(file),
    };
    Some((name, number.parse().ok()?))
}

#[test]
fn the_book_builds_and_its_links_lead_somewhere() {
    let fixture = Fixture::real("build");
    let said = fixture.passes(&[]);
    assert!(said.trim_end().ends_with("index.html"), "{said}");
}

#[test]
fn a_broken_link_is_named() {
    let page = "# Page\n\n[gone](#nowhere), [also](gone.md), [fine](statements.md#N1)\n";
    let fixture = Fixture::with_page("link", page);
    fixture.fails(&[], "page.html: #nowhere: no such id in that page");
    fixture.fails(&[], "page.html: gone.html: no such file");
}

#[test]
fn failing_blocks_are_named_by_page_and_line() {
    let page = "\
r[a.b] MUST; own
Text.

```rust
// r[a.b]
assert_eq!(1, 2);
```

```rust,compile_fail,E0308
let x = y; // fix: let x = 1;
```

```rust,compile_fail,E0308
let x: u8 = \"\"; // fix: let x = z;
```

```rust,compile_fail,E0308
let x: u8 = 1; // fix: let x: u8 = 2;
```

```rust
fn parse() -> Option<u8> {
    \"5\".parse().ok()
}
assert_eq!(parse(), Some(5));
```

```rust
nonsense();
```
";
    let fixture = Fixture::with_page("failing", page);
    let output = fixture.run(&["test"]);
    let said = said(&output);
    assert!(!output.status.success(), "{said}");
    for expected in [
        "book/src/page.md:4: failed r[a.b]\n",
        "book/src/page.md:9: failed\n    should fail with E0308 only, but fails with E0425",
        "book/src/page.md:13: failed\n    its fixed twin does not compile",
        "book/src/page.md:17: failed\n    compiles, but should fail with E0308",
        "book/src/page.md:28: failed\n    error[E0425]",
        "--> book/src/page.md:29\n",
        "2 rules, 1 proved\n",
    ] {
        assert!(said.contains(expected), "does not say {expected}\n{said}");
    }
    assert!(said.ends_with("\n2 passed, 5 failed\n"), "{said}");
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

//! Tests of blocks, programs and includes.

use crate::source::blocks::{Block, Quoted, Test, find, parse_info, unhide};
use crate::source::program::{fence_for, fixed_program, locating, program};
use crate::source::{Document, Kind, Place};

fn document(text: &str) -> Document {
    Document {
        kind: Kind::Readme,
        file: "x.md".to_owned(),
        text: text.to_owned(),
        origin: (1..=text.lines().count()).map(|line| Place::new("x.md", line)).collect(),
    }
}

/// A block of this code. Its fence is line 1.
fn block(code: &str) -> Block {
    let mut blocks = find(&document(&format!("```rust\n{code}\n```\n"))).blocks;
    blocks.pop().expect("a block")
}

#[test]
fn blocks_that_need_python_or_a_compiler_are_quotations() {
    let text = "```pyo3\nlet x = 1;\n```\n\n```python\nx = 1\n```\n\n```c\nint x;\n```\n\n\
                ```cpp\nauto x = 1;\n```\n\n```cython\ncdef int x\n```\n";
    let found = find(&document(text));
    let expected = [
        (1, Quoted::Pyo3),
        (5, Quoted::Python),
        (9, Quoted::C),
        (13, Quoted::Cpp),
        (17, Quoted::Cython),
    ];
    let seen: Vec<_> = found.quotations.iter().map(|q| (q.place.line, q.language)).collect();
    assert_eq!(seen, expected);
    assert!(found.blocks.is_empty() && found.problems.is_empty());
}

#[test]
fn info_strings() {
    assert_eq!(parse_info("rust"), Ok(Some(Test::Run)));
    assert_eq!(parse_info("rust,no_run"), Ok(Some(Test::NoRun)));
    let code = Test::CompileFail("E0308".to_owned());
    assert_eq!(parse_info("rust,compile_fail,E0308"), Ok(Some(code)));
    assert_eq!(parse_info("toml"), Ok(None));
    for wrong in [
        "",
        "rust,",
        "rust, no_run",
        "rust no_run",
        "rust,ignore",
        "rust,should_panic",
        "rust,edition2021",
        "rust,foo=bar",
        "rust,no_run,no_run",
        "rust,compile_fail",
        "rust,compile_fail,E308",
        "rust,compile_fail,E0308,no_run",
        "Rust",
        "rs",
        "no_run",
    ] {
        assert!(parse_info(wrong).is_err(), "{wrong} is accepted");
    }
}

#[test]
fn blocks_are_found_in_containers_with_their_lines() {
    let text = "> [!NOTE]\n> ```rust\n> one\n> ```\n\n- a\n\n  ```rust\n  two\n    three\n  ```\n\n```rust\nfour\n```\n";
    let blocks = find(&document(text)).blocks;
    let seen: Vec<(usize, bool, String)> = blocks
        .iter()
        .map(|block| (block.place.line, block.top_level, block.code.join("/")))
        .collect();
    let expected = [
        (2, false, "one".to_owned()),
        (8, false, "two/  three".to_owned()),
        (13, true, "four".to_owned()),
    ];
    assert_eq!(seen, expected);
    assert_eq!(blocks[1].origin[1], Place::new("x.md", 10));
}

#[test]
fn a_block_of_a_doc_comment_may_go_without_a_language() {
    let mut bare = document("```\nx\n```\n");
    assert_eq!(find(&bare).problems.len(), 1);
    bare.kind = Kind::DocComment;
    assert_eq!(find(&bare).blocks.len(), 1);
}

#[test]
fn hidden_lines_as_rustdoc_reads_them() {
    assert_eq!(unhide("# let x = 1;"), "let x = 1;");
    assert_eq!(unhide("  # let x = 1;"), "  let x = 1;");
    assert_eq!(unhide("#"), "");
    assert_eq!(unhide("## x"), "# x");
    assert_eq!(unhide("#[derive(Debug)]"), "#[derive(Debug)]");
    assert_eq!(unhide("#![allow(unused)]"), "#![allow(unused)]");
}

#[test]
fn programs_are_complete() {
    let plain = program(&block("#![deny(unused)]\nlet x = 1;")).text;
    assert_eq!(plain, "#![allow(unused)]\n#![deny(unused)]\nfn main() {\nlet x = 1;\n}\n");
    let own = program(&block("# fn main() {\nx();\n# }")).text;
    assert_eq!(own, "#![allow(unused)]\nfn main() {\nx();\n}\n");
    let fallible = program(&block("f()?;\n# Ok::<(), E>(())")).text;
    assert!(fallible.contains("fn _inner() -> ::core::result::Result"));
    assert!(fallible.ends_with("Ok::<(), E>(())\n} _inner().unwrap() }\n"));
}

#[test]
fn programs_know_where_their_lines_were_written() {
    let program = program(&block("let x = 1;\n#![deny(unused)]\n# Ok::<(), E>(())"));
    let places: Vec<Option<usize>> =
        (0..8).map(|line| program.place(line).map(|place| place.line)).collect();
    assert_eq!(places, [None, None, Some(3), None, Some(2), Some(4), None, None]);
    let fixed = fixed_program(&block("a // fix:\nb // fix: c"));
    assert_eq!(fixed.place(3), Some(Place::new("x.md", 3)));
    let locating = locating(&block("f()?;\n# Ok::<(), E>(())")).expect("the block uses ?");
    let line = locating.text.lines().position(|line| line == "f()?;").expect("its line");
    assert_eq!(locating.place(line + 1), Some(Place::new("x.md", 2)));
}

#[test]
fn twins_keep_the_indentation_and_drop_empty_lines() {
    let fixed = fixed_program(&block("a\n    b // fix: c\nd // fix:\ne")).text;
    assert_eq!(fixed, "#![allow(unused)]\nfn main() {\na\n    c\ne\n}\n");
}

#[test]
fn fences_outlast_what_they_hold() {
    assert_eq!(fence_for("x"), "```");
    assert_eq!(fence_for("/// ```\n  ````\n"), "`````");
}

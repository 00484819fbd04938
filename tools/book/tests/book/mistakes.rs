//! Each mistake that the audit exists for, made in a book and found by it.

use crate::fixture::Fixture;

/// The first rule of the book that has to be proved, and the file it is in.
fn first_rule(fixture: &Fixture) -> (String, String) {
    fixture
        .pages()
        .into_iter()
        .find_map(|(file, text)| {
            let line = text.lines().find(|l| l.starts_with("r[") && !l.contains("workflow"))?;
            Some((line[2..].split(']').next()?.to_owned(), file))
        })
        .expect("the book has a rule")
}

fn is_claim(line: &str) -> bool {
    let code = line.trim_start().trim_start_matches("# ");
    code.starts_with("// r[")
}

#[test]
fn a_rule_that_lost_its_proof_is_named() {
    let fixture = Fixture::real("proof-removed");
    let (id, _) = first_rule(&fixture);
    for (file, text) in fixture.pages() {
        let kept =
            text.lines().filter(|line| !(is_claim(line) && line.contains(&format!("r[{id}]"))));
        fixture.write(&file, &kept.map(|line| format!("{line}\n")).collect::<String>());
    }
    fixture.fails(&["audit"], &format!("r[{id}] has no proof"));
}

#[test]
fn a_frozen_rule_that_changed_is_named() {
    let fixture = Fixture::real("text-changed");
    let (id, file) = first_rule(&fixture);
    let mark = format!("r[{id}] ");
    let mut text = String::new();
    for line in fixture.read(&file).lines() {
        text.push_str(line);
        text.push('\n');
        if line.starts_with(&mark) {
            text.push_str("Not any more: ");
        }
    }
    fixture.write(&file, &text);
    fixture.fails(&["audit"], &format!("text or level of r[{id}] changed"));
    fixture.fails(&["audit"], "run `cargo book lock`");
}

/// Takes the word `check` from the first rule that has it, and gives it to the first that has
/// none.
#[test]
fn a_lost_or_a_new_conformance_check_is_named() {
    let fixture = Fixture::real("check-lost");
    let text = fixture.read("book/rules.lock");
    let rules = || text.lines().filter(|line| !line.starts_with('#') && !line.starts_with("alias"));
    let checked = rules().find(|line| line.ends_with(" check")).unwrap();
    let unchecked = rules().find(|line| !line.ends_with(" check")).unwrap();
    let changed = text
        .replace(checked, checked.strip_suffix(" check").unwrap())
        .replace(unchecked, &format!("{unchecked} check"));
    fixture.write("book/rules.lock", &changed);
    let [known, unknown] = [checked, unchecked].map(|line| line.split(' ').next().unwrap());
    fixture.fails(&["audit"], &format!("r[{known}] has a conformance check, of which"));
    fixture.fails(&["audit"], &format!("a conformance check knows r[{unknown}], and none does"));
}

#[test]
fn a_check_of_another_level_or_page_is_named() {
    let fixture = Fixture::real("check-differs");
    let file = "book/src/py-buffer.md";
    let rule = "r[field.len.product] MUST";
    let text = fixture.read(file);
    fixture.write(file, &text.replace(rule, "r[field.len.product] SHOULD"));
    fixture.fails(&["audit"], "the check of r[field.len.product] has level MUST");
    let (before, after) = text.split_once(rule).unwrap();
    fixture.write(file, &format!("{before}{after}"));
    let other = "book/src/strides.md";
    let moved = format!("{}\n{rule}; own\nMoved.\n", fixture.read(other));
    fixture.write(other, &moved);
    fixture.fails(&["audit"], "the check of r[field.len.product] names the page py-buffer.md");
}

#[test]
fn rules_for_programs_that_are_stale_are_named() {
    let fixture = Fixture::real("json-stale");
    let file = "book/src/rules.json";
    fixture.write(file, &fixture.read(file).replace("MUST", "MAY"));
    fixture.fails(&["audit"], "book/src/rules.json:1: is not what the pages say");
    fixture.passes(&["lock"]);
    let real = std::fs::read_to_string(crate::fixture::repository().join(file)).unwrap();
    assert_eq!(fixture.read(file), real);
}

#[test]
fn a_proof_of_an_unknown_rule_is_named() {
    let fixture = Fixture::real("unknown-rule");
    let (id, _) = first_rule(&fixture);
    for (file, text) in fixture.pages() {
        fixture.write(&file, &text.replace(&format!("// r[{id}]"), "// r[no.such-rule]"));
    }
    fixture.fails(&["audit"], "the proof names an unknown rule, r[no.such-rule]");
}

#[test]
fn a_statement_without_a_row_is_named() {
    let fixture = Fixture::real("statement-dropped");
    let file = "book/src/statements.md";
    let text = fixture.read(file);
    let kept = text.lines().filter(|line| !line.starts_with("| N7 |"));
    fixture.write(file, &kept.map(|line| format!("{line}\n")).collect::<String>());
    fixture.fails(&["audit"], "the statement map has no row for N7");
}

/// A page with one mistake has to be reported at `line` of the page, with `message`.
#[track_caller]
fn case(name: &str, page: &str, line: usize, message: &str) {
    let fixture = Fixture::with_page(name, page);
    fixture.fails(&["audit"], &format!("book/src/page.md:{line}: "));
    fixture.fails(&["audit"], message);
}

#[test]
fn words_that_turn_blocks_off_are_named() {
    case(
        "stray",
        "x\n\n```rust,noplayground,no_run\n```\n",
        3,
        "`noplayground` in `rust,noplayground,no_run`",
    );
    case("ignore", "```rust,ignore\n```\n", 1, "`ignore` in `rust,ignore`");
    case("bare", "> - ```\n>   x\n>   ```\n", 1, "a block without a language");
    case("indented", "x\n\n    let x = 1;\n", 3, "an indented code block");
    case("code", "```rust,compile_fail\n```\n", 1, "exactly one error code");
    case(
        "unmarked",
        "```rust,compile_fail,E0308\nlet x: u8 = \"\";\n```\n",
        1,
        "has to mark its wrong line",
    );
    case("language", "```ruby\n```\n", 1, "`ruby` is not one of the languages");
}

#[test]
fn malformed_rules_and_proofs_are_named() {
    let rule = "r[a.b] MUST; own\nText.\n\n";
    let proof = "```rust\n// r[a.b]\nassert!(true);\n```\n";
    case("quoted", "> r[a.b] MUST; own\n> Text.\n", 1, "not in a list or a quotation");
    case(
        "twice",
        &format!("{rule}{rule}{proof}"),
        4,
        "duplicate rule id r[a.b]: it is already at book/src/page.md:1",
    );
    case(
        "python",
        "r[a.b] MUST; own\nText.\n\n```python\n# r[a.b]\nx = 1\n```\n",
        5,
        "it needs an assert statement",
    );
    case("level", "r[a.b] HAS; own\nText.\n", 1, "`HAS` is no level");
    case("source", "r[a.b] MUST; N1\nText.\n", 1, "the source is missing");
    case(
        "cited",
        &format!("r[a.b] MUST; N99; own\nText.\n\n{proof}"),
        1,
        "cites an unknown statement, N99",
    );
    case("alone", "r[a.b] MUST; own\n\nText.\n", 1, "has to follow directly");
    case(
        "vacuous",
        &format!("{rule}```rust\n// r[a.b]\nlet x = 1;\n```\n"),
        5,
        "nothing under this comment asserts",
    );
    case(
        "not-run",
        &format!("{rule}```rust,no_run\n// r[a.b]\nassert!(true);\n```\n"),
        5,
        "a no_run block proves nothing",
    );
    case("link", "See [r:no.rule].\n", 1, "[r:no.rule] names an unknown rule");
    case("directive", "x\n{{#nonsense 1}}\n", 2, "unknown directive `{{#nonsense 1}}`");
}

#[test]
fn the_lock_and_the_pages_agree() {
    let fixture = Fixture::with_page("lock", "# Page\n");
    fixture.passes(&["audit"]);
    let lock = fixture.read("book/rules.lock");
    fixture.write("book/rules.lock", &lock.replace("all.of-them", "all.of-these"));
    fixture.fails(&["audit"], "r[all.of-them] is not in book/rules.lock");
    fixture.fails(&["audit"], "no page has r[all.of-these] any more");
    fixture.write("book/rules.lock", &format!("{lock}alias all.of-these -> all.of-them\n"));
    fixture.passes(&["audit"]);
    fixture.passes(&["lock"]);
    assert!(fixture.read("book/rules.lock").contains("alias all.of-these -> all.of-them"));
}

/// One mistake, one message: what refers to a rule is not wrong because its line cannot be read.
#[test]
fn a_rule_that_cannot_be_read_is_named_alone() {
    let fixture = Fixture::with_page("unreadable", "See [r:all.of-them].\n");
    fixture.passes(&["audit"]);
    let file = "book/src/statements.md";
    let text = fixture.read(file);
    for (from, to) in [("MUST;", "MUSTT;"), ("; own", ""), ("r[", "- r["), ("\nAll", "\n\nAll")] {
        fixture.write(file, &text.replacen(from, to, 1));
        fixture.fails(
            &["audit"],
            "1 block, 0 that Python runs, 0 of C, 0 of C++, 0 of Cython, 0 rules, 1 problem\n",
        );
    }
    fixture.fails(&["lock"], "solve these first");
}

#[test]
fn a_hidden_copy_that_differs_is_named() {
    let fixture = Fixture::real("hidden");
    let file = "book/src/code/samples.hidden";
    let line = fixture.read("book/src/code/samples.rs").lines().count() + 1;
    fixture.write(file, &(fixture.read(file) + "# // more\n"));
    fixture.fails(
        &["audit"],
        &format!(
            "{file}:{line}: is not book/src/code/samples.rs with each line hidden: \
             run sed 's/^/# /; s/^# $/#/' book/src/code/samples.rs > {file}\n"
        ),
    );
    fixture.write("book/src/code/other.hidden", "#\n");
    fixture.fails(
        &["audit"],
        "book/src/code/other.hidden:1: the code that it hides, book/src/code/other.rs, is missing",
    );
}

#[test]
fn a_block_that_no_python_runs_is_named() {
    let page = "# Page\n\n```python\nassert 1 == 2\n```\n";
    let fixture = Fixture::with_page("quotation", page);
    let missing = "book/src/page.md:3: no .py file of examples, examples/c, examples/_testbuffer, tools/book/src/templates, tests/python, tests/python/bridge, tests/python/c/chapters, tests/python/frameworks, tests/python/upstream_bugs, tests/python/ways, tests/python/common_mistakes, python/src has these lines";
    fixture.fails(&["audit"], missing);
    fixture.write("examples/page.py", "import sys\n\nassert 1 == 2\n");
    assert!(fixture.run(&["audit"]).status.success());
    // One line less in the file that is run, and the page quotes nothing.
    fixture.write("examples/page.py", "import sys\n");
    fixture.fails(&["audit"], missing);
}

#[test]
fn a_block_of_c_that_nothing_compiles_is_named() {
    let page = "# Page\n\n```c\nint one(void) {\n/* … */\n}\n```\n";
    let fixture = Fixture::with_page("quotation-of-c", page);
    let missing = "book/src/page.md:3: no .c or .h file of examples, examples/c, examples/_testbuffer, tools/book/src/templates, tests/python, tests/python/bridge, tests/python/c/chapters, tests/python/frameworks, tests/python/upstream_bugs, tests/python/ways, tests/python/common_mistakes, python/src has these lines: a block of C is a part of a file that is compiled";
    fixture.fails(&["audit"], missing);
    fixture.write("examples/c/page.c", "int one(void) {\n    return 1;\n}\n");
    fixture.passes(&["audit"]);
    let audited = fixture.run(&["audit"]);
    let said = String::from_utf8_lossy(&audited.stdout);
    assert!(said.contains("0 that Python runs, 1 of C"), "{said}");
    // A script of that name does not compile it.
    fixture.write("examples/c/page.c", "int two(void) {\n    return 2;\n}\n");
    fixture.write("examples/c/page.py", "int one(void) {\n}\n");
    fixture.fails(&["audit"], missing);
}

#[test]
fn a_block_of_cpp_or_cython_that_nothing_compiles_is_named() {
    let folders = "examples, examples/c, examples/_testbuffer, tools/book/src/templates, tests/python, tests/python/bridge, tests/python/c/chapters, tests/python/frameworks, tests/python/upstream_bugs, tests/python/ways, tests/python/common_mistakes, python/src";
    let languages = [
        ("cpp", "C++", "auto one = 1;", "1 of C++, 0 of Cython"),
        ("cython", "Cython", "cdef int one = 1", "0 of C++, 1 of Cython"),
    ];
    for (language, name, line, count) in languages {
        let page = format!("# Page\n\n```{language}\n{line}\n```\n");
        let fixture = Fixture::with_page(&format!("quotation-of-{language}"), &page);
        let kind = if language == "cpp" { "cpp" } else { "pyx" };
        let missing = format!(
            "book/src/page.md:3: no .{kind} file of {folders} has these lines: a block of {name} is a part of a file that is compiled"
        );
        fixture.fails(&["audit"], &missing);
        // A file that is no source of the language.
        fixture.write("tests/python/frameworks/page.py", &format!("{line}\n"));
        fixture.fails(&["audit"], &missing);
        let source = format!("tests/python/frameworks/page.{kind}");
        fixture.write(&source, &format!("{line}\n"));
        fixture.passes(&["audit"]);
        let audited = fixture.run(&["audit"]);
        let said = String::from_utf8_lossy(&audited.stdout);
        assert!(said.contains(&format!("0 of C, {count}")), "{said}");
        // Another line in the file that is compiled, and the page quotes nothing.
        fixture.write(&source, &format!("{line}2\n"));
        fixture.fails(&["audit"], &missing);
    }
}

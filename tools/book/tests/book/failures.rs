//! What an author reads when a block fails: the page, the line, and nothing of the files that were
//! made of it.

use crate::fixture::{Fixture, said};

/// The parts that a report must have, in order, and its end. It names no file but those of the
/// book.
#[track_caller]
fn case(name: &str, page: &str, expected: &[&str], last: &str) {
    let fixture = Fixture::with_page(name, page);
    fixture.write("book/src/helper.hidden", "# fn helper() {\n#     panic!(\"inside\");\n# }\n");
    fixture.write("book/src/helper.rs", "fn helper() {\n    panic!(\"inside\");\n}\n");
    fixture.passes(&["lock"]);
    let output = fixture.run(&["test"]);
    let said = said(&output);
    assert!(!output.status.success(), "{said}");
    let mut rest = said.as_str();
    for expected in expected {
        let found = rest.split_once(expected);
        rest = found.unwrap_or_else(|| panic!("does not say {expected}\n{said}")).1;
    }
    assert!(said.ends_with(last), "{said}");
    for generated in ["book.md:", ".rs:"] {
        assert!(!said.contains(generated), "names a file that is gone\n{said}");
    }
}

#[test]
fn blocks_that_do_not_compile() {
    let page = "\
Text.

```rust
fn parse() -> Option<u8> {
    \"5\".parse().ok()
}
assert_eq!(parse(), Some(5));
```

```rust
# let hidden = 1;
nonsense();
```
";
    let expected = [
        "book/src/page.md:10: failed\n    error[E0425]",
        "--> book/src/page.md:12\n       |\n    12 | nonsense();\n",
    ];
    case("failing", page, &expected, "\n1 rule, 1 proved\n2 passed, 1 failed\n");
}

#[test]
fn compile_fail_blocks() {
    let page = "\
```rust,compile_fail,E0308
# let hidden = 1;
let x = y; // fix: let x = 1;
```

```rust,compile_fail,E0308
let y: u8 = \"\"; // fix:

let x: u8 = \"\"; // fix: let x = z;
```

```rust,compile_fail,E0308
let x: u8 = 1; // fix: let x: u8 = 2;
```

```rust,compile_fail,E0308
let x: u8 = \"\"; // fix: let x = 1;
let y: u8 = 1; // fix: let y = 2;
```
";
    let expected = [
        "book/src/page.md:1: failed\n    should fail with E0308 only, but fails with E0425\n",
        "--> book/src/page.md:3\n      |\n    3 | let x = y;",
        "book/src/page.md:6: failed\n    its fixed program does not compile",
        "--> book/src/page.md:9\n      |\n    9 | let x = z;\n",
        "book/src/page.md:12: failed\n    compiles, but should fail with E0308\n",
        "book/src/page.md:16: failed\n    has 2 lines marked as wrong and 1 errors",
    ];
    case("compile-fail", page, &expected, "\n1 passed, 4 failed\n");
}

#[test]
fn blocks_that_fail_when_they_run() {
    let page = "\
r[a.b] MUST; own
Text.

```rust
# let hidden = 1;
assert_eq!(hidden, 1);
// r[a.b]
assert_eq!(hidden, 2, \"here\");
```

```rust
{{#include helper.hidden}}
helper();
```

```rust
# fn main() {
assert!(false);
# }
```

```rust
std::process::exit(3);
```
";
    let expected = [
        "book/src/page.md:4: failed r[a.b]\n",
        " panicked at book/src/page.md:8:\n    assertion `left == right` failed: here\n",
        "book/src/page.md:11: failed\n",
        " panicked at book/src/helper.hidden:2:\n    inside\n",
        "book/src/page.md:16: failed\n",
        " panicked at book/src/page.md:18:\n",
        "book/src/page.md:22: failed\n    ended with exit ",
        ": 3\n2 rules, 1 proved\n",
    ];
    case("running", page, &expected, "\n1 passed, 4 failed\n");
}

#[test]
fn errors_that_a_block_returns() {
    let page = "\
```rust
let x: u8 = \"5\".parse()?;
let x: u8 = \"x\".parse()?;
# Ok::<(), std::num::ParseIntError>(())
```

```rust
# if false { return Err(std::fmt::Error); }
Err(std::fmt::Error)?;
# Ok::<(), std::fmt::Error>(())
```
";
    let expected = [
        "book/src/page.md:1: failed\n    error returned at book/src/page.md:3:\n    ParseIntError",
        // Here the type of the error cannot be another one, so the line stays unknown.
        "book/src/page.md:7: failed\n",
        " panicked at the program around the block:\n    called `Result::unwrap()` on an `Err` value: Error\n",
    ];
    case("returning", page, &expected, "\n1 passed, 2 failed\n");
}

#[test]
fn blocks_that_only_fail_beside_others() {
    let page = "\
```rust
let program = std::env::current_exe().unwrap();
assert!(program.file_name().unwrap().to_str().unwrap().starts_with(\"alone\"));
```
";
    let expected = [
        "book/src/page.md:1: failed\n    fails beside the other blocks, but passes alone:\n",
        " panicked:\n    assertion failed",
    ];
    case("beside", page, &expected, "\n1 passed, 1 failed\n");
}

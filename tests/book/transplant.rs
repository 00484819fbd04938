//! The harness in another book: what testing.md tells to copy, put beside another crate with two chapters.

use crate::fixture::{Fixture, copy, repository, said};
use mdbook_driver::MDBook;
use std::path::PathBuf;
use std::process::{Command, Output};

/// What testing.md lists.
const COPIED: [&str; 2] = ["src/bin/book", "tests/skeptic.rs"];

struct Transplant(Fixture);

impl Transplant {
    fn new() -> Transplant {
        let fixture = Fixture::folder("transplant");
        let here = repository();
        for part in COPIED {
            let (from, to) = (here.join(part), fixture.root.join(part));
            match from.is_dir() {
                true => copy(&from, &to),
                false => {
                    std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
                    std::fs::copy(&from, &to).expect("a copy");
                }
            }
        }
        std::fs::remove_dir_all(fixture.root.join("src/bin/book/subject")).expect("it was there");
        copy(&here.join("tests/book/transplant"), &fixture.root);
        // Dependencies from where this test was built. Nothing of this package has a name that ours has.
        let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("..");
        let config = fixture.read(".cargo/config.toml");
        fixture
            .write(".cargo/config.toml", &format!("{config}\n[build]\ntarget-dir = {target:?}\n"));
        let manifest = fixture.read("Cargo.toml");
        // This repository lies around it.
        fixture.write("Cargo.toml", &format!("{manifest}\n[workspace]\n"));
        // The versions that are built already, and no request to a registry.
        std::fs::copy(here.join("Cargo.lock"), fixture.root.join("Cargo.lock")).expect("a copy");
        Transplant(fixture)
    }

    fn cargo(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).current_dir(&self.0.root).output().expect("cargo runs")
    }

    /// What `mdbook test book` does, and the words it ends with.
    fn mdbook_test(&self) -> Result<(), String> {
        let mut book = MDBook::load(self.0.root.join("book")).map_err(|e| format!("{e:#}"))?;
        book.test(Vec::new()).map_err(|error| format!("{error:#}"))
    }
}

#[test]
fn the_harness_tests_the_book_of_another_crate() {
    let transplant = Transplant::new();
    let fixture = &transplant.0;
    let output = transplant.cargo(&["book", "lock"]);
    assert!(output.status.success(), "{}", said(&output));
    let output = transplant.cargo(&["book", "test"]);
    let report = said(&output);
    assert!(output.status.success(), "{report}");
    assert!(report.contains("2 rules, 2 proved\n4 passed, 0 failed"), "{report}");
    let output = transplant.cargo(&["book"]);
    assert!(output.status.success(), "{}", said(&output));
    let page = std::fs::read_to_string(fixture.root.join("target/book/room.html")).expect("a page");
    assert!(page.contains("has room for Some(32)"), "the directive of its own: {page}");

    transplant.mdbook_test().expect("mdbook test passes");
    let output = transplant.cargo(&["test"]);
    let report = said(&output);
    assert!(output.status.success(), "{report}");
    // The four blocks, by skeptic with the count of them, and by rustdoc.
    assert!(report.contains("test result: ok. 5 passed"), "{report}");
    assert!(report.contains("compile fail ... ok"), "{report}");

    let right = fixture.read("book/src/thin.md");
    fixture.write("book/src/thin.md", &right.replace("0), None", "0), Some(0)"));
    transplant.mdbook_test().expect_err("a block that fails fails mdbook test");
    let output = transplant.cargo(&["book", "test"]);
    let report = said(&output);
    assert!(!output.status.success(), "{report}");
    assert!(report.contains("book/src/thin.md:6: failed r[room.zero]"), "{report}");
}

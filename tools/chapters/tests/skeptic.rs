//! The second runner: every block of the book, README.md and the crate's documentation as a
//! program of its own, compiled by skeptic.
//!
//! rustdoc and skeptic read Markdown by different code and build for different editions. A block
//! that one of them passes over, or that only works under one of them, shows here.

mod programs {
    include!(concat!(env!("OUT_DIR"), "/skeptic-tests.rs"));
}

#[test]
fn declared_equals_executed() {
    mdbook_proof::executed::declared_equals_executed("../..".as_ref()).unwrap();
}

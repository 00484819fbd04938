//! Makes the book part of `cargo test`, and tells the bridge which Python it is built for.
//!
//! With the feature `book-tests`: a module for each page, so that rustdoc runs its blocks as it runs the crate's own, and a
//! copy of each page for skeptic, the second runner. With the feature `python`: PyO3's own names for the interpreter, as
//! `Py_LIMITED_API`. Without these features there is nothing to do.

#[cfg(feature = "book-tests")]
#[path = "src/bin/book/source/mod.rs"]
#[allow(dead_code)] // The tool uses the rest.
mod source;

#[cfg(feature = "book-tests")]
#[path = "src/bin/book/pages.rs"]
mod pages;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    #[cfg(feature = "python")]
    pyo3_build_config::use_pyo3_cfgs();
    #[cfg(feature = "book-tests")]
    if let Err(message) = pages::generate() {
        eprintln!("{message}");
        std::process::exit(1);
    }
}

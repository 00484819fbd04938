//! Makes the book part of `cargo test`, and tells the bridge which Python it is built for, and copies which processor.
//!
//! `cfg(x86_64_instructions)`: copies may use what every x86-64 has. Not under Miri, and not with `BUFFERPROCS_PORTABLE` set to
//! anything.
//! With the feature `book-tests`: a module for each page, so that rustdoc runs its blocks as it runs the crate's own, and a
//! copy of each page for skeptic, the second runner. With the feature `python`: PyO3's own names for the interpreter, as
//! `Py_LIMITED_API`.

#[cfg(feature = "book-tests")]
#[path = "src/bin/book/source/mod.rs"]
#[allow(dead_code)] // The tool uses the rest.
mod source;

#[cfg(feature = "book-tests")]
#[path = "src/bin/book/pages.rs"]
mod pages;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=BUFFERPROCS_PORTABLE");
    let set = |name: &str| std::env::var_os(name).is_some();
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    let x86_64 =
        is("CARGO_CFG_TARGET_ARCH", "x86_64") && is("CARGO_CFG_TARGET_POINTER_WIDTH", "64");
    if x86_64 && !set("CARGO_CFG_MIRI") && !set("BUFFERPROCS_PORTABLE") {
        println!("cargo:rustc-cfg=x86_64_instructions");
    }
    #[cfg(feature = "python")]
    pyo3_build_config::use_pyo3_cfgs();
    #[cfg(feature = "book-tests")]
    if let Err(message) = pages::generate() {
        eprintln!("{message}");
        std::process::exit(1);
    }
}

//! Tells the crate which processor it is compiled for, and which Python.
//!
//! `cfg(x86_64_instructions)`: copies may use what every x86-64 has. Not under Miri, and not with
//! `BUFFERPROCS_PORTABLE` set to anything. With the feature `python`: PyO3's own names for the
//! interpreter, as `Py_LIMITED_API`.

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
}

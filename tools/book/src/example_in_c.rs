//! The examples in C: their names, which modules the script of one needs, and which Pythons it is
//! built for.

use super::files_in;
use std::path::Path;

/// What the names of these examples begin with, for a user: `c/NAME` is `examples/c/NAME.c`.
pub const IN_C: &str = "c/";

/// The names without [`IN_C`], in order.
pub fn names(root: &Path) -> Result<Vec<String>, String> {
    files_in(&root.join("examples/c"), ".c")
}

/// Which Pythons one module of an example is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The build that it is compiled for.
    OneBuild,
    /// All from this minor version on that have a GIL.
    Abi3(u32),
    /// All builds from this minor version on.
    Abi3t(u32),
}

/// What a source says by a macro, as in `#define Py_LIMITED_API 0x030B0000`.
pub fn target(source: &str) -> Result<Target, String> {
    type OfMinor = fn(u32) -> Target;
    let macros: [(&str, OfMinor); 2] =
        [("Py_LIMITED_API", Target::Abi3), ("Py_TARGET_ABI3T", Target::Abi3t)];
    for (name, of_minor) in macros {
        let start = format!("#define {name} ");
        if let Some(value) = source.lines().find_map(|line| line.strip_prefix(&start)) {
            let number =
                value.trim().strip_prefix("0x").map(|digits| u32::from_str_radix(digits, 16));
            return match number {
                Some(Ok(number)) if number >> 24 == 3 => Ok(of_minor(number >> 16 & 0xFF)),
                _ => Err(format!("{name} is {value}, expected a version such as 0x030B0000")),
            };
        }
    }
    Ok(Target::OneBuild)
}

/// The example's own module first, then the others that its script imports.
pub fn modules_of(root: &Path, name: &str, script: &str) -> Result<Vec<String>, String> {
    let others = names(root)?.into_iter().filter(|other| {
        let imports = [format!("import {other}"), format!("from {other} import ")];
        other != name
            && script.lines().any(|line| line == imports[0] || line.starts_with(&imports[1]))
    });
    Ok([name.to_owned()].into_iter().chain(others).collect())
}

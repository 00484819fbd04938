//! The `Cargo.toml` of a program that a reader copies from a page.

use crate::project::Project;
use std::collections::BTreeSet;
use toml::{Table, Value};

/// A whole `Cargo.toml` for `program`: the lines of `dependencies`, with the features that the
/// program uses, and the other crates that it names.
pub fn of_program(project: &Project, program: &str) -> String {
    let package = project.package_manifest().unwrap_or_default();
    let name = package.get("package").and_then(|package| package.get("name"));
    let name = name.and_then(Value::as_str).unwrap_or_default();
    let mut text = format!(
        "[package]\nname = \"program\"\nversion = \"0.1.0\"\nedition = \"{}\"\n\n[dependencies]\n",
        project.edition
    );
    for line in project.with_address(&project.settings.dependencies).lines() {
        let features = features(project, program);
        let own = line.starts_with(&format!("{name} = {{ ")) && !features.is_empty();
        match line.strip_suffix(" }").filter(|_| own) {
            Some(line) => text.push_str(&format!("{line}, features = {features:?} }}\n")),
            None => text.push_str(&format!("{line}\n")),
        }
    }
    text + &others(&package, program)
}

/// The features of the crate that a program needs: those whose name is a module that it uses, and
/// all of them if it uses the module of their types.
fn features(project: &Project, program: &str) -> Vec<String> {
    let all = project.settings.features.iter();
    all.filter(|name| names(program, name) || names(program, "integrations")).cloned().collect()
}

/// The lines of other crates that a program names.
fn others(package: &Table, program: &str) -> String {
    // A crate of both tables is in the first as the library needs it.
    let tables = ["dependencies", "dev-dependencies"].map(|table| package.get(table));
    let mut seen = BTreeSet::new();
    let mut lines = String::new();
    for (name, value) in tables.into_iter().flatten().filter_map(Value::as_table).flatten() {
        let version = value.as_str().or_else(|| value.get("version").and_then(Value::as_str));
        let is_plain = value.get("path").is_none() && names(program, name) && seen.insert(name);
        if let Some(version) = version.filter(|_| is_plain) {
            lines.push_str(&format!("{name} = {version:?}\n"));
        }
    }
    lines
}

/// Whether a program has a path that starts with this name.
fn names(program: &str, name: &str) -> bool {
    let path = format!("{}::", name.replace('-', "_"));
    let is_start = |at: usize| !program[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    program.match_indices(&path).any(|(at, _)| is_start(at))
}

#[cfg(test)]
mod tests {
    use super::{names, others};

    #[test]
    fn only_crates_that_a_program_names_are_listed() {
        let package = "[dependencies]\nhalf = { version = \"2\", optional = true }\n\
                       own = { path = \"own\", version = \"1\" }\n\
                       [dev-dependencies]\nhalf = \"2.1\"\nnum-complex = \"0.4\"\n";
        let package = package.parse().unwrap();
        assert_eq!(others(&package, "use num_complex::Complex;"), "num-complex = \"0.4\"\n");
        assert_eq!(others(&package, "half::f16 own::T"), "half = \"2\"\n");
        assert_eq!(others(&package, "let half = 1; behalf::of()"), "");
    }

    #[test]
    fn a_name_is_a_whole_word_before_a_path() {
        assert!(names("use bytes::Bytes;", "bytes"));
        assert!(!names("let bytes = 1;", "bytes") && !names("to_bytes::<u8>()", "bytes"));
    }
}

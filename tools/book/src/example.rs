//! The examples: their names, and what the header of one in Rust says: which lines its user needs
//! in `Cargo.toml`.

use std::path::Path;

#[path = "example_in_c.rs"]
pub mod in_c;

/// The names of all examples in Rust, in order.
pub fn names(root: &Path) -> Result<Vec<String>, String> {
    files_in(&root.join("examples"), ".rs")
}

/// The names of all examples, those in C last.
pub fn all_names(root: &Path) -> Result<Vec<String>, String> {
    let in_c = in_c::names(root)?.into_iter().map(|name| format!("{}{name}", in_c::IN_C));
    Ok(names(root)?.into_iter().chain(in_c).collect())
}

/// The files of a folder with this ending, without it, in order.
fn files_in(folder: &Path, ending: &str) -> Result<Vec<String>, String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            Some(entry.ok()?.file_name().to_str()?.strip_suffix(ending)?.to_owned())
        })
        .collect();
    names.sort();
    Ok(names)
}

/// What the header of an example asks of a package.
pub struct Wanted<'a> {
    /// The lines below `[dependencies]`.
    pub dependencies: Vec<&'a str>,
    /// Those below `[build-dependencies]`, if there are any.
    pub build_dependencies: Vec<&'a str>,
    /// The build script: the header's block of text.
    pub build_script: Option<String>,
}

/// Reads the header's block of TOML, and the block of text if the example has a build script.
pub fn wanted(source: &str) -> Result<Wanted<'_>, String> {
    let (dependencies, build_dependencies) = match block(source, "```toml") {
        Some(lines) if lines.first() == Some(&"[dependencies]") => {
            let mut tables = lines[1..].split(|line| *line == "[build-dependencies]");
            let mut table = || tables.next().unwrap_or_default().iter().copied();
            (
                table().filter(|line| !line.is_empty()).collect::<Vec<_>>(),
                table().collect::<Vec<_>>(),
            )
        }
        _ => {
            return Err(
                "the header has no ```toml block that starts with [dependencies]".to_owned()
            );
        }
    };
    let build_script = block(source, "```text").map(|lines| lines.join("\n") + "\n");
    match build_script.is_none() == build_dependencies.is_empty() {
        true => Ok(Wanted { dependencies, build_dependencies, build_script }),
        false => Err("the header has only one of [build-dependencies] and a build script".into()),
    }
}

/// The lines of the header's first block that starts with `fence`.
fn block<'a>(source: &'a str, fence: &str) -> Option<Vec<&'a str>> {
    let header = source.lines().map_while(|line| line.strip_prefix("//!"));
    let lines = header.map(|line| line.strip_prefix(' ').unwrap_or(line));
    let mut lines = lines.skip_while(|line| *line != fence);
    lines.next()?;
    Some(lines.take_while(|line| *line != "```").collect())
}

//! The examples: their names, and what the header of one says: which lines its user needs in `Cargo.toml`.

use std::path::Path;

/// The names of all examples of a repository, in order.
pub fn names(root: &Path) -> Result<Vec<String>, String> {
    let folder = root.join("examples");
    let entries = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".rs")?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}

/// The lines below `[dependencies]` in the header's block of TOML.
pub fn dependencies(source: &str) -> Result<Vec<&str>, String> {
    let header = source.lines().map_while(|line| line.strip_prefix("//!"));
    let block = header.map(str::trim).skip_while(|line| *line != "```toml").skip(1);
    let mut lines = block.take_while(|line| *line != "```");
    match lines.next() {
        Some("[dependencies]") => Ok(lines.collect()),
        _ => Err("the header has no ```toml block that starts with [dependencies]".to_owned()),
    }
}

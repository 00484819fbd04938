//! What the header of an example says: which lines its user needs in `Cargo.toml`.

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

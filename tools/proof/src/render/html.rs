//! Small pieces of HTML: escaping, and addresses of pages seen from other pages.

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The address of the page `to` seen from the page `from`, both below `book/src`; empty where they
/// are the same.
pub fn link(from: &str, to: &str) -> String {
    if from == to { String::new() } else { link_to_top(from, to) }
}

/// Like [`link`], and never empty.
pub fn link_to_top(from: &str, to: &str) -> String {
    let from: Vec<&str> = from.split('/').collect();
    let to: Vec<&str> = to.split('/').collect();
    let folders = from.len().min(to.len()) - 1;
    let shared = (0..folders).take_while(|&i| from[i] == to[i]).count();
    let up = "../".repeat(from.len() - 1 - shared);
    format!("{up}{}", page(&to[shared..].join("/")))
}

/// The file that mdBook makes of a page.
pub fn page(path: &str) -> String {
    let stem = path.strip_suffix(".md").unwrap_or(path);
    match stem.strip_suffix("README") {
        Some(folder) if folder.is_empty() || folder.ends_with('/') => format!("{folder}index.html"),
        _ => format!("{stem}.html"),
    }
}

#[cfg(test)]
mod tests {
    use super::link;

    #[test]
    fn addresses_are_relative() {
        assert_eq!(link("a.md", "a.md"), "");
        assert_eq!(link("a.md", "b.md"), "b.html");
        assert_eq!(link("part/a.md", "b.md"), "../b.html");
        assert_eq!(link("part/a.md", "part/b.md"), "b.html");
        assert_eq!(link("a.md", "part/README.md"), "part/index.html");
        assert_eq!(link("one/a.md", "two/b.md"), "../two/b.html");
    }
}

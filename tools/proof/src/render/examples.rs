//! The page that shows the examples whole, and links to it.

use crate::book::quotations::Original;
use crate::source::program::fence_for;

pub const PAGE: &str = "examples.md";

/// The name of an example, of one of its two files.
pub fn name_of(file: &str) -> Option<&str> {
    let name = file.strip_prefix("examples/")?;
    let name = name.strip_suffix(".rs").or_else(|| name.strip_suffix(".py"))?;
    (!name.contains('/')).then_some(name)
}

/// Every example whole, folded.
pub fn html(originals: &[Original]) -> String {
    let mut out = String::new();
    let mut originals: Vec<&Original> = originals.iter().collect();
    // The program first, then the script that uses it.
    originals.sort_by_key(|original| (name_of(&original.file), original.file.ends_with(".py")));
    for original in originals {
        let Some(name) = name_of(&original.file) else { continue };
        let (language, anchor) = match original.file.ends_with(".rs") {
            true => ("rust", format!("<a id=\"example-{name}\"></a>")),
            false => ("python", String::new()),
        };
        let fence = fence_for(&original.text);
        out.push_str(&format!(
            "<details class=\"example\"><summary><code>{}</code> · {} lines</summary>\n{anchor}\n\n\
             {fence}{language}\n{}\n{fence}\n\n</details>\n\n",
            original.file,
            original.text.lines().count(),
            original.text.trim_end()
        ));
    }
    out
}

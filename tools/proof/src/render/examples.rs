//! The page that shows the examples whole, and links to it.

use crate::book::quotations::Original;
use crate::project::Project;
use crate::source::program::fence_for;

pub const PAGE: &str = "examples.md";

/// The name of an example, of one of its two files. Those in C are in a folder of their own.
pub fn name_of(file: &str) -> Option<&str> {
    let name = file.strip_prefix("examples/")?;
    let (name, kind) = name.rsplit_once('.')?;
    let in_folder = name.strip_prefix("c/");
    let is_example = match in_folder {
        Some(_) => ["c", "h", "py"].contains(&kind),
        None => ["rs", "py"].contains(&kind),
    };
    (is_example && !in_folder.unwrap_or(name).contains('/')).then_some(name)
}

/// The id of its place on the page.
pub fn anchor(name: &str) -> String {
    format!("example-{}", name.replace('/', "-"))
}

/// An example as its reader needs it: the header has a whole `Cargo.toml`, which takes the crate
/// from its repository until it is in a registry.
pub fn complete(original: &Original, project: &Project) -> String {
    let dependencies = &project.settings.dependencies;
    let Some((name, (krate, taken))) =
        name_of(&original.file).filter(|_| original.file.ends_with(".rs")).zip(
            dependencies
                .split_once(" = { ")
                .and_then(|(krate, rest)| Some((krate, rest.strip_suffix(" }")?))),
        )
    else {
        return original.text.clone();
    };
    let package = format!(
        "//! [package]\n//! name = \"{name}\"\n//! version = \"0.1.0\"\n//! edition = \"{}\"\n//!\n\
         //! [lib]\n//! crate-type = [\"cdylib\"]\n//!\n//! [dependencies]\n",
        project.edition
    );
    let text = original.text.replacen("//! [dependencies]\n", &package, 1);
    let registered = format!("//! {krate} = {{ version = \"");
    let lines = text.lines().map(|line| {
        let rest = line.strip_prefix(&registered).and_then(|version| version.split_once('"'));
        rest.map_or(line.to_owned(), |(_, rest)| format!("//! {krate} = {{ {taken}{rest}"))
    });
    project.with_address(&(lines.collect::<Vec<_>>().join("\n") + "\n"))
}

/// Every example whole, folded.
pub fn html(originals: &[Original], project: &Project) -> String {
    let mut out = String::new();
    let mut originals: Vec<&Original> = originals.iter().collect();
    // Those in C last; of each the program first, then the script that uses it.
    originals.sort_by_key(|original| {
        let name = name_of(&original.file);
        let is_in_c = name.is_some_and(|name| name.contains('/'));
        (is_in_c, name, original.file.ends_with(".py"))
    });
    for original in originals {
        let Some(name) = name_of(&original.file) else { continue };
        let id = || format!("<a id=\"{}\"></a>", anchor(name));
        let (language, anchor) = match original.file.rsplit_once('.') {
            Some((_, "rs")) => ("rust", id()),
            Some((_, "py")) => ("python", String::new()),
            _ => ("c", id()),
        };
        let text = complete(original, project);
        let fence = fence_for(&text);
        out.push_str(&format!(
            "<details class=\"example\"><summary><code>{}</code> · {} lines</summary>\n{anchor}\n\n\
             {fence}{language}\n{}\n{fence}\n\n</details>\n\n",
            original.file,
            text.lines().count(),
            text.trim_end()
        ));
    }
    out
}

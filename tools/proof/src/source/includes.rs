//! `{{#include file}}` and `{{#rustdoc_include file}}`: mdBook's own directives, expanded here so
//! that every runner tests the same text and every included line keeps the file and line it came
//! from.
//!
//! After the file name: `:anchor`, `:line`, `:from:to`, `:from:` or `::to`. `rustdoc_include`
//! keeps the lines outside the selection as hidden lines. Unlike mdBook, a directive has to stand
//! alone on its line.

use super::{Place, Result, read_text};
use std::path::{Component, Path, PathBuf};

/// More levels than any book needs: a file that includes itself ends here.
const DEEPEST: usize = 10;

type Line = (String, Place);

/// The lines of `text`, which is the content of `file`, with every include replaced by the lines
/// it names.
pub fn expand(root: &Path, file: &str, text: &str) -> Result<Vec<Line>> {
    expand_lines(root, numbered(file, text), 0)
}

fn numbered(file: &str, text: &str) -> Vec<Line> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (line.to_owned(), Place::new(file, index + 1)))
        .collect()
}

fn expand_lines(root: &Path, lines: Vec<Line>, depth: usize) -> Result<Vec<Line>> {
    let mut out = Vec::new();
    for (line, place) in lines {
        match Include::parse(&line).map_err(|message| format!("{place}: {message}"))? {
            None => out.push((line, place)),
            Some(_) if depth == DEEPEST => {
                return Err(format!("{place}: includes are nested too deeply"));
            }
            Some(include) => {
                let file = beside(&place.file, &include.file);
                let text = read_text(&root.join(&file))
                    .map_err(|error| format!("{place}: cannot include: {error}"))?;
                let chosen = include
                    .select(numbered(&file, &text))
                    .map_err(|message| format!("{place}: {message}"))?;
                out.extend(expand_lines(root, chosen, depth + 1)?);
            }
        }
    }
    Ok(out)
}

/// The path of `included`, which is relative to the folder of `file`, with `..` resolved.
fn beside(file: &str, included: &str) -> String {
    let mut path = PathBuf::new();
    let joined = Path::new(file).with_file_name("").join(included);
    for component in joined.components() {
        match component {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    path.to_string_lossy().replace('\\', "/")
}

struct Include {
    file: String,
    selection: Selection,
    keeps_the_rest_hidden: bool,
}

enum Selection {
    All,
    Anchor(String),
    /// First line and last line, from 1, both included.
    Lines(usize, usize),
}

impl Include {
    fn parse(line: &str) -> Result<Option<Include>> {
        let Some(start) = line.find("{{#include ").or(line.find("{{#rustdoc_include ")) else {
            return Ok(None);
        };
        if line[..start].ends_with('\\') {
            return Ok(None);
        }
        let alone = line.trim().strip_prefix("{{#").and_then(|rest| rest.strip_suffix("}}"));
        let Some((name, argument)) = alone.and_then(|inner| inner.split_once(' ')) else {
            return Err("an include has to stand alone on its line".to_owned());
        };
        let argument = argument.trim();
        let (file, selector) = argument.split_once(':').unwrap_or((argument, ""));
        Ok(Some(Include {
            file: file.to_owned(),
            selection: Selection::parse(selector)?,
            keeps_the_rest_hidden: name == "rustdoc_include",
        }))
    }

    fn select(&self, lines: Vec<Line>) -> Result<Vec<Line>> {
        let mut out = Vec::new();
        let mut inside = false;
        let mut found = false;
        for (line, place) in lines {
            let chosen = match &self.selection {
                Selection::All => true,
                Selection::Lines(first, last) => (*first..=*last).contains(&place.line),
                Selection::Anchor(name) => {
                    if let Some(end) = anchor(&line, "ANCHOR_END:") {
                        inside &= end != name;
                        continue;
                    }
                    if let Some(start) = anchor(&line, "ANCHOR:") {
                        inside |= start == name;
                        continue;
                    }
                    inside
                }
            };
            found |= chosen;
            if chosen {
                out.push((line, place));
            } else if self.keeps_the_rest_hidden {
                out.push((format!("# {line}"), place));
            }
        }
        if found { Ok(out) } else { Err(format!("nothing in `{}` is selected", self.file)) }
    }
}

fn anchor<'a>(line: &'a str, mark: &str) -> Option<&'a str> {
    let (_, name) = line.split_once(mark)?;
    name.split_whitespace().next()
}

impl Selection {
    fn parse(selector: &str) -> Result<Selection> {
        if selector.is_empty() {
            return Ok(Selection::All);
        }
        let Some((from, to)) = selector.split_once(':') else {
            return Ok(match selector.parse() {
                Ok(line) => Selection::Lines(line, line),
                Err(_) => Selection::Anchor(selector.to_owned()),
            });
        };
        let number = |text: &str, default| match text {
            "" => Ok(default),
            text => text.parse().map_err(|_| format!("`{text}` is not a line number")),
        };
        Ok(Selection::Lines(number(from, 1)?, number(to, usize::MAX)?))
    }
}

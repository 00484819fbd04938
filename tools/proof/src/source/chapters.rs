//! The pages of the book, in the order of SUMMARY.md, and README.md.

use super::{Document, Kind, Place, Result, includes, read_text};
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use std::path::Path;

const SUMMARY: &str = "book/src/SUMMARY.md";

/// The pages that SUMMARY.md links to, each once, with their includes expanded.
pub fn read(root: &Path) -> Result<Vec<Document>> {
    let summary = read_text(&root.join(SUMMARY))?;
    let mut documents: Vec<Document> = Vec::new();
    for (title, path) in links(&summary) {
        if documents.iter().any(|other| other.chapter_path() == path) {
            return Err(format!("{SUMMARY}: `{path}` is listed twice"));
        }
        let kind = Kind::Chapter { path: path.clone(), title };
        documents.push(document(root, &format!("book/src/{path}"), kind)?);
    }
    if documents.is_empty() {
        return Err(format!("{SUMMARY}: no page is listed"));
    }
    Ok(documents)
}

/// README.md, where there is one.
pub fn readme(root: &Path) -> Result<Option<Document>> {
    if root.join("README.md").exists() {
        document(root, "README.md", Kind::Readme).map(Some)
    } else {
        Ok(None)
    }
}

fn document(root: &Path, file: &str, kind: Kind) -> Result<Document> {
    let written = read_text(&root.join(file))?;
    let mut text = String::new();
    let mut origin: Vec<Place> = Vec::new();
    for (line, place) in includes::expand(root, file, &written)? {
        text.push_str(&line);
        text.push('\n');
        origin.push(place);
    }
    Ok(Document { kind, file: file.to_owned(), text, origin })
}

/// Title and path of every link of SUMMARY.md; a draft page has no path and nothing to test.
fn links(summary: &str) -> Vec<(String, String)> {
    let mut links = Vec::new();
    let mut open: Option<(String, String)> = None;
    for event in Parser::new(summary) {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => {
                open = Some((String::new(), dest_url.replace("%20", " ")));
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some((title, _)) = &mut open {
                    title.push_str(&text);
                }
            }
            Event::End(TagEnd::Link) => {
                links.extend(open.take().filter(|(_, path)| !path.is_empty()));
            }
            _ => {}
        }
    }
    links
        .into_iter()
        .map(|(title, path)| (title, path.trim_start_matches("./").to_owned()))
        .collect()
}

//! Every link inside the built site leads somewhere: the file exists, and the part after `#` is an
//! id in it.

use crate::checks::html_ids::{self, PageIds};
use crate::render::html;
use crate::source::{Document, Place, Result, chapters};
use percent_encoding::percent_decode_str;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use walkdir::WalkDir;

/// A link that leads nowhere.
struct Broken {
    /// The page, below the folder of the site.
    page: String,
    reference: String,
    why: &'static str,
}

/// One line for each broken link of the site, `book/src/page.md:3: #nowhere: no such id in that
/// page`.
pub fn check(site: &Path, root: &Path) -> Result<Vec<String>> {
    let pages = read_pages(site)?;
    let mut broken = Vec::new();
    for (path, page) in &pages {
        for reference in &page.references {
            if let Err(why) = resolve(path, reference, &pages) {
                let page = path.strip_prefix(site).unwrap_or(path).to_string_lossy();
                let (page, reference) = (page.replace('\\', "/"), reference.clone());
                broken.push(Broken { page, reference, why });
            }
        }
    }
    if broken.is_empty() {
        return Ok(Vec::new());
    }
    Ok(in_terms_of_the_source(&broken, &chapters::read(root)?))
}

/// Each link where an author wrote it. mdBook repeats pages, in print.html for one: what is broken
/// there only counts where no page explains it.
fn in_terms_of_the_source(broken: &[Broken], documents: &[Document]) -> Vec<String> {
    let mut written = BTreeSet::new();
    let (mut generated, mut elsewhere) = (Vec::new(), Vec::new());
    for Broken { page, reference, why } in broken {
        let Some(document) = documents.iter().find(|d| html::page(d.chapter_path()) == *page)
        else {
            elsewhere.push(format!("{page}: {reference}: {why}"));
            continue;
        };
        match written_at(document, reference) {
            Some((place, target)) => _ = written.insert((place, target, *why)),
            None => generated.push(format!("{}: {reference}: {why}", document.file)),
        }
    }
    let written = written.iter().map(|(place, target, why)| format!("{place}: {target}: {why}"));
    let of_pages: Vec<String> = written.chain(generated).collect();
    if of_pages.is_empty() { elsewhere } else { of_pages }
}

/// The first line of a page that has the link, and the link as it is written there.
fn written_at(document: &Document, reference: &str) -> Option<(Place, String)> {
    let decoded = decoded(reference);
    let spellings = [reference.replacen(".html", ".md", 1), reference.to_owned(), decoded];
    let lines = || document.text.lines().enumerate();
    spellings.into_iter().find_map(|target| {
        let (index, _) = lines().find(|(_, line)| links_to(line, &target))?;
        Some((document.place(index), target))
    })
}

/// Whether the line has `target` as a whole: `#a` is no part of `#a-b` or `x.md#a`.
fn links_to(line: &str, target: &str) -> bool {
    let ends = |c: char| c.is_whitespace() || "()<>\"'".contains(c);
    line.match_indices(target).any(|(at, _)| {
        let after = &line[at + target.len()..];
        line[..at].ends_with(ends) && (after.is_empty() || after.starts_with(ends))
    })
}

fn read_pages(site: &Path) -> Result<BTreeMap<PathBuf, PageIds>> {
    let mut pages = BTreeMap::new();
    for entry in WalkDir::new(site) {
        let path = entry.map_err(|error| error.to_string())?.into_path();
        if path.extension().is_some_and(|extension| extension == "html") {
            let html = crate::source::read_text(&path)?;
            pages.insert(path, html_ids::read(&html));
        }
    }
    Ok(pages)
}

fn resolve(
    page: &Path,
    reference: &str,
    pages: &BTreeMap<PathBuf, PageIds>,
) -> std::result::Result<(), &'static str> {
    if is_elsewhere(reference) {
        return Ok(());
    }
    let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let address = address.split('?').next().unwrap_or("");
    let target = if address.is_empty() { page.to_owned() } else { beside(page, &decoded(address)) };
    if !target.exists() {
        return Err("no such file");
    }
    match pages.get(&target) {
        Some(ids) if !fragment.is_empty() && !ids.ids.contains(&decoded(fragment)) => {
            Err("no such id in that page")
        }
        _ => Ok(()),
    }
}

/// Another site, or no place at all (`data:`, `mailto:`).
fn is_elsewhere(reference: &str) -> bool {
    let before_path = reference.split(['/', '#', '?']).next().unwrap_or("");
    reference.starts_with("//") || before_path.contains(':')
}

fn beside(page: &Path, address: &str) -> PathBuf {
    let mut target = page.with_file_name("");
    for component in Path::new(address).components() {
        match component {
            Component::ParentDir => {
                target.pop();
            }
            Component::Normal(name) => target.push(name),
            _ => {}
        }
    }
    if target.is_dir() {
        target.push("index.html");
    }
    target
}

/// `%20` and its like as the characters they stand for.
fn decoded(address: &str) -> String {
    percent_decode_str(address).decode_utf8_lossy().into_owned()
}

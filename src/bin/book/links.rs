//! Every link inside the built site leads somewhere: the file exists, and the part after `#` is an id in it.

use crate::page_ids::{self, PageIds};
use crate::source::Result;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// One line for each broken link of the site, `page.html: #nowhere`.
pub fn check(site: &Path) -> Result<Vec<String>> {
    let mut pages = BTreeMap::new();
    read_pages(site, &mut pages)?;
    let mut broken = Vec::new();
    for (path, page) in &pages {
        for reference in &page.references {
            if let Err(why) = resolve(path, reference, &pages) {
                let shown = path.strip_prefix(site).unwrap_or(path);
                broken.push(format!("{}: {reference}: {why}", shown.display()));
            }
        }
    }
    Ok(broken)
}

fn read_pages(folder: &Path, pages: &mut BTreeMap<PathBuf, PageIds>) -> Result<()> {
    let explained = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in std::fs::read_dir(folder).map_err(explained)? {
        let path = entry.map_err(explained)?.path();
        if path.is_dir() {
            read_pages(&path, pages)?;
        } else if path.extension().is_some_and(|extension| extension == "html") {
            let html = crate::source::read_text(&path)?;
            pages.insert(path, page_ids::read(&html));
        }
    }
    Ok(())
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
    let mut bytes = Vec::new();
    let mut rest = address.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = tail.get(..2).filter(|_| first == b'%');
        let byte = code
            .and_then(|code| std::str::from_utf8(code).ok())
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        match byte {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

//! The same blocks for mdBook's own test runner: a copy of the book without our preprocessor, to
//! compare with.
//!
//! mdBook cannot tell rustdoc where a crate is except by `-L`, and with that each block has to
//! name it by `extern crate`. So every block gets that line, hidden. README.md and the doc
//! comments become pages, or the two runners would not run the same blocks.

use mdbook_proof::book::Book;
use mdbook_proof::run::toolchain::program;
use mdbook_proof::source::blocks::{Block, Test};
use mdbook_proof::source::program::fence_for;
use mdbook_proof::source::{Document, Kind, Result, flat_name, line_index};
use std::path::{Path, PathBuf};

/// The crate that blocks use.
const CRATE: &str = "bufferprocs";

/// Crates that the blocks of its integrations use too.
const OTHERS: [&str; 3] = ["bytes", "memmap2", "ndarray"];

/// The hidden line that names the crates of a block.
fn extern_crates(code: &[String]) -> String {
    let uses = |name: &str| {
        let paths = [format!("use {name}::"), format!("{name}::array!")];
        code.iter().any(|line| paths.iter().any(|path| line.contains(path)))
    };
    let others = OTHERS.into_iter().filter(|name| uses(name));
    let crates: Vec<String> =
        std::iter::once(CRATE).chain(others).map(|name| format!("extern crate {name};")).collect();
    format!("# {}", crates.join(" "))
}

/// Writes the copy into `folder` and returns the folder.
pub fn write(book: &Book, folder: &Path) -> Result<PathBuf> {
    let source = folder.join("src");
    // A page of an earlier book must not be tested.
    let _ = std::fs::remove_dir_all(folder);
    let mut summary = String::new();
    for (index, page) in book.pages.iter().enumerate() {
        let name = match page.document.kind {
            Kind::Chapter { .. } => page.document.chapter_path().to_owned(),
            _ => format!("more/{index}_{}.md", flat_name(&page.document.file)),
        };
        let text = with_extern_crate(&page.document, &page.parsed.blocks);
        write_file(&source.join(&name), &text)?;
        summary.push_str(&format!("- [{name}]({name})\n"));
    }
    finished(folder, &summary)
}

/// Writes a book of just these blocks, ten to a chapter, and returns its folder.
pub fn write_blocks(blocks: &[&Block], folder: &Path) -> Result<PathBuf> {
    let _ = std::fs::remove_dir_all(folder);
    let mut summary = String::new();
    for (number, blocks) in blocks.chunks(10).enumerate() {
        let mut text = String::new();
        for block in blocks {
            let words = if block.test == Test::NoRun { "rust,no_run" } else { "rust" };
            let attributes = block.code.iter().take_while(|l| l.trim_start().starts_with("#!["));
            let (first, rest) = block.code.split_at(attributes.count());
            let code = [first.join("\n"), extern_crates(&block.code), rest.join("\n")];
            let fence = fence_for(&code[2]);
            text.push_str(&format!(
                "{fence}{words}\n{}\n{fence}\n\n",
                code.join("\n").trim_start()
            ));
        }
        write_file(&folder.join(format!("src/{number}.md")), &text)?;
        summary.push_str(&format!("- [{number}]({number}.md)\n"));
    }
    finished(folder, &summary)
}

/// The files of a book that are not chapters.
fn finished(folder: &Path, summary: &str) -> Result<PathBuf> {
    let config = "[book]\ntitle = \"stock\"\n\n[rust]\nedition = \"2024\"\n";
    write_file(&folder.join("src/SUMMARY.md"), summary)?;
    write_file(&folder.join("book.toml"), config)?;
    Ok(folder.to_owned())
}

fn write_file(path: &Path, text: &str) -> Result<()> {
    let explained = |error: std::io::Error| format!("{}: {error}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(explained)?;
    }
    std::fs::write(path, text).map_err(explained)
}

fn with_extern_crate(document: &Document, blocks: &[Block]) -> String {
    let mut lines: Vec<String> = document.text.lines().map(str::to_owned).collect();
    for block in blocks.iter().rev() {
        let fence = line_index(&document.text, block.offset);
        // Attributes of the crate have to stay first.
        let attributes = block.code.iter().take_while(|l| l.trim_start().starts_with("#!["));
        let at = fence + 1 + attributes.count();
        let prefix = container_prefix(&lines[fence]);
        lines.insert(at, format!("{prefix}{}", extern_crates(&block.code)));
    }
    lines.join("\n") + "\n"
}

/// What a further line of the block starts with: `>` again, and blanks under the mark of a list.
fn container_prefix(fence_line: &str) -> String {
    let before = fence_line.split("```").next().unwrap_or("");
    before.chars().map(|c| if c == '>' { c } else { ' ' }).collect()
}

/// Builds the crate where nothing else ever was built, and returns the folder for `-L`.
///
/// Anywhere else there may be several builds of it, and rustdoc refuses to choose.
pub fn build_library(package: &Path, features: &[String], target: &Path) -> Result<PathBuf> {
    let _ = std::fs::remove_dir_all(target);
    let status = program("CARGO", "cargo")
        .args(["build", "--quiet", "--lib", "--target-dir"])
        .arg(target)
        .arg("--features")
        .arg(features.join(","))
        .current_dir(package)
        .status()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if status.success() {
        Ok(target.join("debug/deps"))
    } else {
        Err("the crate does not build".to_owned())
    }
}

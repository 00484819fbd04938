//! What the build script writes: the pages as modules for rustdoc, and as complete programs for
//! skeptic.
//!
//! rustdoc reads a page where it lies, unless the page has includes, which rustdoc does not know.
//! skeptic knows neither `compile_fail` nor blocks without `fn main`, and builds everything as
//! edition 2021; so it gets whole programs, and the fixed program of each `compile_fail`. The
//! heading above each block names its line, so the line becomes a part of the test's name.

use crate::source::blocks::{Block, Test, find};
use crate::source::program::{fence_for, fixed_program, program};
use crate::source::{Document, Kind, Result, documents, flat_name, read_text};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Called by the build script of a package that has the tests of the chapters. `root` is the
/// repository, which has the folder `book/`. Writes `chapters.rs` and `skeptic-tests.rs` to
/// OUT_DIR.
pub fn generate(root: &Path) -> Result<()> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let root = &root.canonicalize().map_err(|error| format!("{}: {error}", root.display()))?;
    for watched in ["book/src", "README.md", "src"] {
        println!("cargo:rerun-if-changed={}", root.join(watched).display());
    }
    let documents = documents(root)?;
    write(&out.join("chapters.rs"), &modules(root, &out, &documents)?)?;
    skeptic_copies(root, &out, &documents)
}

fn variable(name: &str) -> Result<String> {
    std::env::var(name).map_err(|error| format!("{name}: {error}"))
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// `#[doc = include_str!("…")] mod NAME {}` for each page and README.md.
fn modules(root: &Path, out: &Path, documents: &[Document]) -> Result<String> {
    let mut text = String::new();
    let pages = documents.iter().filter(|d| d.kind != Kind::DocComment);
    for document in pages {
        let name = flat_name(&document.file);
        let mut path = root.join(&document.file);
        if read_text(&path)?.trim_end() != document.text.trim_end() {
            path = out.join(format!("{name}.md"));
            write(&path, &document.text)?;
        }
        let path = path.to_string_lossy().into_owned();
        text.push_str(&format!("#[doc = include_str!({path:?})]\nmod {name} {{}}\n"));
    }
    Ok(text)
}

fn skeptic_copies(root: &Path, out: &Path, documents: &[Document]) -> Result<()> {
    let folder = out.join("skeptic");
    // Pages that are gone must leave no copy behind.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut copies: BTreeMap<String, String> = BTreeMap::new();
    for document in documents {
        for block in find(document).blocks {
            let text = skeptic_block(&block);
            copies.entry(block.place.file).or_default().push_str(&text);
        }
    }
    let mut paths = Vec::new();
    for (file, text) in &copies {
        let path = folder.join(format!("{}.md", flat_name(file)));
        write(&path, text)?;
        // skeptic has cargo watch the copy, and one that is newer than the build would be a change.
        let dated = std::fs::metadata(root.join(file))
            .and_then(|page| page.modified())
            .and_then(|date| std::fs::File::options().append(true).open(&path)?.set_modified(date));
        dated.map_err(|error| format!("{}: {error}", path.display()))?;
        paths.push(path);
    }
    if paths.is_empty() {
        // skeptic writes nothing for nothing, and the test that includes the file would not
        // compile.
        return write(&out.join("skeptic-tests.rs"), "");
    }
    skeptic::generate_doc_tests(&paths);
    Ok(())
}

fn skeptic_block(block: &Block) -> String {
    let (words, program) = match block.test {
        Test::Run => ("rust", program(block)),
        Test::NoRun => ("rust,no_run", program(block)),
        // The fixed program is compiled only: the wrong block could not be run either.
        Test::CompileFail(_) => ("rust,no_run", fixed_program(block)),
    };
    let code = program.text;
    let fence = fence_for(&code);
    let line = block.place.line;
    format!("# line {line}\n\n{fence}{words}\n{code}{fence}\n\n")
}

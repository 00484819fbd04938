//! The surroundings of a block: the fold of a proof, the file that it is quoted from, and the
//! program that a button copies.

use super::{Edit, Renderer, examples, html, in_pieces, manifest};
use crate::book::Page;
use crate::book::proofs::Proof;
use crate::book::quotations;
use crate::source::blocks::{Block, Quotation, Quoted, Test, unhide};
use crate::source::program::program;
use crate::source::{Place, counted};

/// A longer proof is closed when the page opens. The first block of a page is always open, and so
/// is Rust beside C, and all of a page that the setting `unfolded` names.
const SHOWN_LINES: usize = 12;

impl Renderer<'_> {
    pub(super) fn block_edits(&self, page: &Page) -> Vec<Edit> {
        let mut edits = Vec::new();
        let mut getting = self.getting_link(page);
        for block in &page.parsed.blocks {
            let lines = block.code.iter().filter(|line| unhide(line) == **line).count();
            let proofs = self.proofs_by(page, &block.place);
            let error = match &block.test {
                Test::CompileFail(code) => Some(format!("must not compile: {code}")),
                _ => None,
            };
            let mut around = self.fold(page, block.offset, lines, &proofs, error.as_deref());
            let copied = self.copied(block);
            if !copied.is_empty() {
                around.1 = format!("{copied}{}{}", std::mem::take(&mut getting), around.1);
            }
            if let Some(error) = error.filter(|_| proofs.is_empty()) {
                around.0 = format!("<p class=\"quoted\">This {error}</p>\n\n");
            }
            edits.extend(inserted(block.offset..block.end, block.top_level, around));
        }
        for quotation in &page.parsed.quotations {
            let lines = quotation.code.len();
            let proofs = self.proofs_by(page, &quotation.place);
            let mut around = self.fold(page, quotation.offset, lines, &proofs, None);
            if let Some(original) = quotations::origin(&self.book.originals, quotation) {
                let file = &original.file;
                let mut name = format!("<code>{file}</code>");
                if let Some(example) = examples::name_of(file) {
                    let page = html::link(page.document.chapter_path(), examples::PAGE);
                    name = format!("<a href=\"{page}#{}\">{name}</a>", examples::anchor(example));
                    let text = examples::complete(original, self.project);
                    let getting = std::mem::take(&mut getting);
                    around.1 = format!("{}{getting}{}", program_to_copy(&text), around.1);
                }
                around.0.push_str(&format!("<p class=\"quoted\">Part of {name}</p>\n\n"));
                if is_beside_another(&page.document.text[..quotation.offset]) {
                    // One cell of the two.
                    around = (format!("<div>\n\n{}", around.0), format!("{}</div>\n\n", around.1));
                }
            }
            edits.extend(inserted(quotation.offset..quotation.end, quotation.top_level, around));
            edits.extend(coloured(page, quotation));
        }
        edits
    }

    /// Below the first program of a page: where its reader gets the crate.
    fn getting_link(&self, page: &Page) -> String {
        let chapter = page.document.chapter_path();
        let is_known = |target: &str| {
            self.book.pages.iter().any(|page| page.document.chapter_path() == target)
        };
        match &self.project.settings.getting_page {
            Some(target) if target != chapter && is_known(target) => format!(
                "<p class=\"getting\">It needs the crate: <a href=\"{}\">{}</a>.</p>\n\n",
                html::link(chapter, target),
                html::escape(self.book.title(target))
            ),
            _ => String::new(),
        }
    }

    /// The proofs that the block of a page gives.
    fn proofs_by(&self, page: &Page, block: &Place) -> Vec<&Proof> {
        let chapter = page.document.chapter_path();
        let here = |proof: &&Proof| proof.chapter == chapter && proof.block == *block;
        self.book.proofs.iter().filter(here).collect()
    }

    /// What goes before and after a block that proves something; nothing for any other.
    fn fold(
        &self,
        page: &Page,
        offset: usize,
        lines: usize,
        proofs: &[&Proof],
        error: Option<&str>,
    ) -> (String, String) {
        if proofs.is_empty() {
            return (String::new(), String::new());
        }
        let text = &page.document.text[..offset];
        let first = page.parsed.blocks.iter().map(|block| block.offset);
        let first =
            first.chain(page.parsed.quotations.iter().map(|quotation| quotation.offset)).min();
        let chapter = page.document.chapter_path();
        let unfolded = self.project.settings.unfolded.iter().any(|name| name == chapter);
        let open =
            unfolded || lines <= SHOWN_LINES || first == Some(offset) || is_beside_another(text);
        let rules: Vec<String> =
            proofs.iter().map(|proof| format!("<code>{}</code>", in_pieces(&proof.rule))).collect();
        let anchors: String = proofs
            .iter()
            .map(|proof| {
                format!("<a class=\"proof-anchor\" id=\"{}\"></a>", self.proof_anchor(proof))
            })
            .collect();
        let error = error.map_or(String::new(), |error| format!(" · {error}"));
        let before = format!(
            "<details class=\"proof\"{}><summary>Proof of {}{error} · {}</summary>\n{anchors}\n\n",
            if open { " open" } else { "" },
            rules.join(", "),
            counted(lines, "line"),
        );
        (before, "\n</details>\n\n".to_owned())
    }

    /// The program of a block as both runners compile it, below the lines of Cargo.toml that it
    /// needs.
    fn copied(&self, block: &Block) -> String {
        match block.test {
            // The page shows only the wrong program.
            Test::CompileFail(_) => String::new(),
            _ => {
                let program = program(block).text;
                let lines = manifest::of_program(self.project, &program);
                let lines = lines.lines().map(|line| format!("// {line}").trim_end().to_owned());
                let head = lines.collect::<Vec<_>>().join("\n");
                program_to_copy(&format!("// Cargo.toml:\n{head}\n\n{program}"))
            }
        }
    }
}

/// Whether C and Rust lie side by side at the end of this text.
fn is_beside_another(text: &str) -> bool {
    text.rfind("<div class=\"sides\">") > text.rfind("</div>")
}

/// Insertions around a block. One inside a list or a quotation has no place for any.
fn inserted(
    range: std::ops::Range<usize>,
    top_level: bool,
    (before, after): (String, String),
) -> Vec<Edit> {
    let mut edits = Vec::new();
    if top_level && !before.is_empty() {
        edits.push((range.start..range.start, before));
    }
    if top_level && !after.is_empty() {
        edits.push((range.end..range.end, format!("\n\n{}", after.trim_start())));
    }
    edits
}

/// mdBook colours neither `pyo3` nor `cython`: the one is Rust, and the other close to Python.
fn coloured(page: &Page, quotation: &Quotation) -> Option<Edit> {
    let (written, known) = match quotation.language {
        Quoted::Pyo3 => ("pyo3", "rust"),
        Quoted::Cython => ("cython", "python"),
        Quoted::Python | Quoted::C | Quoted::Cpp => return None,
    };
    let fence = &page.document.text[quotation.offset..];
    let at = quotation.offset + fence.find(written)?;
    Some((at..at + written.len(), known.to_owned()))
}

/// Kept in an attribute, which search does not read.
fn program_to_copy(text: &str) -> String {
    let text = html::escape(text).replace('\n', "&#10;");
    format!("<div class=\"program\" data-text=\"{text}\" hidden></div>\n\n")
}

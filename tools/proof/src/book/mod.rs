//! The book as its author wrote it: pages, blocks, rules and what proves them. Each page is read
//! once.

use crate::settings::Settings;
use crate::source::blocks::{self, Block, ParsedBlocks, Quotation, Quoted};
use crate::source::{self, Document, Problem, Result};
use directives::Use;
use glossary::Term;
use lock::Lock;
use proofs::Proof;
use quotations::Original;
use rules::{Rule, Unreadable};
use statements::Row;
use std::ops::Range;
use std::path::Path;

pub mod directives;
pub mod glossary;
pub mod lock;
pub mod proofs;
pub mod quotations;
pub mod rules;
pub mod statements;

pub struct Page {
    pub document: Document,
    pub parsed: ParsedBlocks,
    /// Only the pages of the book have any.
    pub directives: Vec<Use>,
    /// The bytes of the lines that name rules.
    pub rule_lines: Vec<Range<usize>>,
}

pub struct Book {
    pub pages: Vec<Page>,
    pub rules: Vec<Rule>,
    pub unreadable: Vec<Unreadable>,
    pub proofs: Vec<Proof>,
    pub rows: Vec<Row>,
    pub terms: Vec<Term>,
    pub lock: Lock,
    /// The files that blocks of Python are quoted from.
    pub originals: Vec<Original>,
    /// Lines that could not be read as they were meant.
    pub problems: Vec<Problem>,
}

impl Book {
    pub fn read(root: &Path, settings: &Settings) -> Result<Book> {
        let mut problems = Vec::new();
        let mut book = Book {
            pages: Vec::new(),
            rules: Vec::new(),
            unreadable: Vec::new(),
            proofs: Vec::new(),
            rows: Vec::new(),
            terms: Vec::new(),
            lock: Lock::read(root, &mut problems)?,
            originals: quotations::originals(root, &settings.quoted_from)?,
            problems,
        };
        for document in source::documents(root)? {
            book.add(document);
        }
        Ok(book)
    }

    fn add(&mut self, document: Document) {
        let found = blocks::find(&document);
        let (mut directives, mut rule_lines) = (Vec::new(), Vec::new());
        self.problems.extend(found.problems.iter().cloned());
        if document.is_chapter() {
            let problems = &mut self.problems;
            let (rules, unreadable) = rules::find(&document, &found, problems);
            rule_lines = rules.iter().map(|rule| rule.line.clone()).collect();
            self.rules.extend(rules);
            self.unreadable.extend(unreadable);
            for block in &found.blocks {
                let chapter = document.chapter_path();
                self.proofs.extend(proofs::find(chapter, block, problems));
            }
            for quotation in &found.quotations {
                let chapter = document.chapter_path();
                self.proofs.extend(proofs::find_quoted(chapter, quotation, problems));
            }
            self.rows.extend(statements::find(&document, &found));
            self.terms.extend(glossary::find(&document));
            directives = directives::find(&document, &found);
        }
        self.pages.push(Page { document, parsed: found, directives, rule_lines });
    }

    /// Every block of Rust, in the order of the pages.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.pages.iter().flat_map(|page| &page.parsed.blocks)
    }

    /// Every block that needs Python or another compiler, in the order of the pages.
    pub fn quotations(&self) -> impl Iterator<Item = &Quotation> {
        self.pages.iter().flat_map(|page| &page.parsed.quotations)
    }

    /// How many blocks are of a language that is quoted.
    pub fn blocks_of(&self, language: Quoted) -> usize {
        self.quotations().filter(|quotation| quotation.language == language).count()
    }

    /// How many blocks need Python and no other compiler than that of Rust.
    pub fn blocks_for_python(&self) -> usize {
        self.blocks_of(Quoted::Pyo3) + self.blocks_of(Quoted::Python)
    }

    /// The first heading of a page.
    pub fn title<'a>(&'a self, chapter: &'a str) -> &'a str {
        let is_it =
            |page: &&Page| page.document.is_chapter() && page.document.chapter_path() == chapter;
        let text = self.pages.iter().find(is_it).map_or("", |page| page.document.text.as_str());
        text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or(chapter)
    }

    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// Whether a line that cannot be read means to be this rule.
    pub fn is_unreadable(&self, id: &str) -> bool {
        self.unreadable.iter().any(|rule| rule.id == id)
    }

    pub fn proofs_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Proof> {
        self.proofs.iter().filter(move |proof| proof.rule == id)
    }
}

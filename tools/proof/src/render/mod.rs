//! Pages as mdBook gets them: rules with their headers, anchors at proofs, directives replaced.
//!
//! A page is rendered as a list of edits of its own text, so that everything an edit does not
//! touch stays as it was written. mdBook's Markdown still sees the paragraph of a rule: the HTML
//! around it is separated by blank lines.

use crate::book::directives::{Directive, Use};
use crate::book::proofs::Proof;
use crate::book::rules::{Level, Rule};
use crate::book::{Book, Page, statements};
use crate::project::Project;
use crate::source::Problem;
use crate::source::blocks::Quoted;
use std::collections::BTreeMap;
use std::ops::Range;

mod blocks;
mod console;
mod examples;
pub mod glossary;
pub mod html;
mod manifest;
pub mod rules_json;
mod sources;

/// The pages of a book, each rendered once.
#[derive(Debug, Default)]
pub struct Rendered {
    /// The Markdown of each page, by its path below `book/src`.
    pub pages: BTreeMap<String, String>,
    /// What is wrong with their directives.
    pub problems: Vec<Problem>,
}

impl Rendered {
    pub fn of(book: &Book, project: &Project) -> Rendered {
        let renderer = Renderer { book, project };
        let mut rendered = Rendered::default();
        for page in book.pages.iter().filter(|page| page.document.is_chapter()) {
            let (text, problems) = renderer.page(page);
            rendered.pages.insert(page.document.chapter_path().to_owned(), text);
            rendered.problems.extend(problems);
        }
        rendered
    }
}

struct Renderer<'a> {
    book: &'a Book,
    project: &'a Project,
}

type Edit = (Range<usize>, String);

impl Renderer<'_> {
    /// The Markdown of a page, and what could not be expanded in it.
    fn page(&self, page: &Page) -> (String, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut edits = self.rule_edits(page);
        edits.extend(self.block_edits(page));
        edits.extend(self.row_edits(page));
        edits.extend(self.console_edits(page));
        edits.extend(self.address_edits(page));
        edits.extend(glossary::edits(&self.book.terms, page));
        for used in &page.directives {
            match self.expand(page, used) {
                Ok(text) => edits.push((used.range.clone(), text)),
                Err(message) => problems.push(Problem::new(&used.place, message)),
            }
        }
        (apply(&page.document.text, edits), problems)
    }

    fn rule_edits(&self, page: &Page) -> Vec<Edit> {
        let chapter = page.document.chapter_path();
        let mut edits = Vec::new();
        for rule in self.book.rules.iter().filter(|rule| rule.chapter == chapter) {
            edits.push((
                rule.line.clone(),
                format!("{}\n<div class=\"rule-text\">\n", self.rule_header(rule)),
            ));
            let end = rule.paragraph.end;
            edits.push((end..end, "\n\n</div>\n".to_owned()));
        }
        edits
    }

    /// One line of HTML. The id is one unbroken word, because mdBook's search splits at tags;
    /// `rule-words` lets its parts be found.
    fn rule_header(&self, rule: &Rule) -> String {
        let id = &rule.id;
        let anchor = rule_anchor(id);
        let mut out = format!("<div class=\"rule\" id=\"{anchor}\">");
        for old in self.book.lock.aliases_of(id) {
            out.push_str(&format!("<a id=\"{}\"></a>", rule_anchor(old)));
        }
        out.push_str(&format!("<a class=\"rule-id\" href=\"#{anchor}\">{id}</a> "));
        out.push_str(&format!("{} ", level_badge(rule.level)));
        if let Some(pythons) = &rule.pythons {
            out.push_str(&format!(
                "<span class=\"rule-pythons\">{}</span> ",
                html::escape(pythons)
            ));
        }
        let statements = rule.statements.iter().map(|id| {
            let page = html::link(&rule.chapter, statements::PAGE);
            format!(" · <a href=\"{page}#{id}\">{id}</a>")
        });
        out.push_str(&format!(
            "<span class=\"rule-source\">{}{}</span> ",
            sources::linked(&self.project.settings.sources, &rule.source),
            statements.collect::<String>()
        ));
        let old: String = self.book.lock.aliases_of(id).map(|old| format!(" {old}")).collect();
        out.push_str(&format!(
            "<span class=\"rule-words\">{}{old}</span> ",
            id.replace(['.', '-'], " ")
        ));
        let mut proofs = self.proof_links(&rule.chapter, id);
        if self.project.extension.check_of(id).is_some() {
            let page = html::link(&rule.chapter, &self.project.settings.checks_page);
            proofs.push_str(&format!(" <a href=\"{page}\">check</a>"));
        }
        out.push_str(&format!("<span class=\"rule-proofs\">· {proofs}</span></div>\n"));
        out
    }

    fn console_edits(&self, page: &Page) -> Vec<Edit> {
        let chapter = page.document.chapter_path();
        let link = |word: &str| {
            self.book.rule(word)?;
            self.rule_link(chapter, word).ok()
        };
        let ranges = page.parsed.code_ranges.iter();
        let edits = ranges.filter_map(|range| {
            let html = console::html(&page.document.text[range.clone()], link)?;
            Some((range.clone(), html))
        });
        edits.collect()
    }

    /// The address of the repository in code. Blocks that became HTML name rules, and no address.
    fn address_edits(&self, page: &Page) -> Vec<Edit> {
        let Some(word) = &self.project.settings.repository_word else { return Vec::new() };
        let text = &page.document.text;
        let ranges = page.parsed.code_ranges.iter();
        let places = ranges.flat_map(|range| {
            text[range.clone()].match_indices(word.as_str()).map(|(at, _)| range.start + at)
        });
        places.map(|at| (at..at + word.len(), self.project.repository.clone())).collect()
    }

    /// `proof-ID`, and for the second and later blocks `proof-ID-2`.
    fn proof_anchor(&self, proof: &Proof) -> String {
        let before =
            self.book.proofs_of(&proof.rule).take_while(|other| other.block != proof.block).count();
        match before {
            0 => format!("proof-{}", proof.rule),
            n => format!("proof-{}-{}", proof.rule, n + 1),
        }
    }

    /// Links from `chapter` to the blocks that prove a rule.
    fn proof_links(&self, chapter: &str, rule: &str) -> String {
        let proofs: Vec<&Proof> = self.book.proofs_of(rule).collect();
        let links = proofs.iter().enumerate().map(|(index, proof)| {
            let text = match proofs.len() {
                1 => "proof".to_owned(),
                _ => format!("proof {}", index + 1),
            };
            format!("<a href=\"{}\">{text}</a>", self.proof_address(chapter, proof))
        });
        links.collect::<Vec<_>>().join(" ")
    }

    fn proof_address(&self, chapter: &str, proof: &Proof) -> String {
        if proof.top_level {
            let page = html::link(chapter, &proof.chapter);
            format!("{page}#{}", self.proof_anchor(proof))
        } else {
            html::link_to_top(chapter, &proof.chapter)
        }
    }

    fn row_edits(&self, page: &Page) -> Vec<Edit> {
        if page.document.chapter_path() != statements::PAGE {
            return Vec::new();
        }
        self.book
            .rows
            .iter()
            .map(|row| (row.offset..row.offset, format!("<a id=\"{}\"></a>", row.id)))
            .collect()
    }

    fn expand(&self, page: &Page, used: &Use) -> Result<String, String> {
        let chapter = page.document.chapter_path();
        match &used.directive {
            Directive::Escaped => Ok("{{#".to_owned()),
            Directive::RuleLink(id) => self.rule_link(chapter, id),
            Directive::Named { name, argument } => match (name.as_str(), argument.as_str()) {
                ("rules", statement) => self.rules_citing(chapter, statement),
                ("rule-index", "") => self.rule_index(chapter),
                ("rule-count", "") => Ok(self.book.rules.len().to_string()),
                ("quotation-count", "") => Ok(self.book.blocks_for_python().to_string()),
                ("c-count", "") => Ok(self.book.blocks_of(Quoted::C).to_string()),
                ("cpp-count", "") => Ok(self.book.blocks_of(Quoted::Cpp).to_string()),
                ("cython-count", "") => Ok(self.book.blocks_of(Quoted::Cython).to_string()),
                ("sources", "") => {
                    let sources = &self.project.settings.sources;
                    sources::html(self.book, sources, |id| self.rule_link(chapter, id))
                }
                ("external-links", "") => Ok(sources::external_links(self.book, chapter)),
                ("examples", "") => Ok(examples::html(&self.book.originals, self.project)),
                ("block-count", "") => Ok(self.book.blocks().count().to_string()),
                (name, argument) => self.project.extension.expand(name, argument),
            },
        }
    }

    fn rule_link(&self, chapter: &str, id: &str) -> Result<String, String> {
        if let Some(new) = self.book.lock.renamed(id) {
            return Err(format!("[r:{id}] was renamed: write [r:{new}]"));
        }
        if self.book.is_unreadable(id) {
            return Ok(format!("<code>{}</code>", html::escape(id)));
        }
        let rule = self.book.rule(id).ok_or_else(|| format!("[r:{id}] names an unknown rule"))?;
        let page = html::link(chapter, &rule.chapter);
        let text = in_pieces(id);
        Ok(format!("<a class=\"rule-link\" href=\"{page}#{}\">{text}</a>", rule_anchor(id)))
    }

    fn rules_citing(&self, chapter: &str, statement: &str) -> Result<String, String> {
        if !self.book.rows.iter().any(|row| row.id == statement) {
            return Err(format!("`{{{{#rules {statement}}}}}` names an unknown statement"));
        }
        let links: Result<Vec<String>, String> = self
            .book
            .rules
            .iter()
            .filter(|rule| rule.statements.iter().any(|cited| cited == statement))
            .map(|rule| self.rule_link(chapter, &rule.id))
            .collect();
        Ok(links?.join("<br>"))
    }

    /// A list and not a table: it has to be readable on a narrow screen. A heading for each page
    /// that states rules.
    fn rule_index(&self, chapter: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut page = "";
        for rule in &self.book.rules {
            if rule.chapter != page {
                page = &rule.chapter;
                out.push_str(&format!("\n## {}\n\n", self.book.title(page)));
            }
            out.push_str(&format!(
                "- {} {} {} <span class=\"rule-proofs\">{}</span>\n",
                self.rule_link(chapter, &rule.id)?,
                level_badge(rule.level),
                self.first_sentence(chapter, &rule.text),
                self.proof_links(chapter, &rule.id)
            ));
        }
        Ok(out)
    }

    /// A sentence of a rule, fit for an item of a list on another page.
    fn first_sentence(&self, chapter: &str, text: &str) -> String {
        let end = text.find(". ").map_or(text.len(), |end| end + 1);
        let mut sentence = String::new();
        let mut rest = &text[..end];
        while let Some((before, after)) = rest.split_once("[r:") {
            sentence.push_str(before);
            let (id, tail) = after.split_once(']').unwrap_or((after, ""));
            sentence.push_str(&self.rule_link(chapter, id).unwrap_or_default());
            rest = tail;
        }
        sentence.push_str(rest);
        sentence
    }
}

fn level_badge(level: Level) -> String {
    let level = level.word();
    format!("<span class=\"rule-level rule-{}\">{level}</span>", level.to_lowercase())
}

/// mdBook's search splits at tags: a search for the id finds the rule, and no page that mentions
/// it.
fn in_pieces(id: &str) -> String {
    id.replace('.', ".<wbr>")
}

fn rule_anchor(id: &str) -> String {
    format!("r-{id}")
}

/// `text` with every range replaced. Ranges do not overlap; insertions at one place keep their
/// order.
fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(range, _)| range.start);
    let mut out = String::new();
    let mut at = 0;
    for (range, replacement) in edits {
        out.push_str(&text[at..range.start]);
        out.push_str(&replacement);
        at = range.end;
    }
    out.push_str(&text[at..]);
    out
}

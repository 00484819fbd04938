//! The rules of the book: a line that names and grades a rule, and the paragraph under it that
//! states it.
//!
//! ```text
//! r[getbuffer.refuse.obj-null] MUST; N5; 3.9+; typeobj.rst, bf_getbuffer
//! A request that cannot be met leaves `obj` NULL.
//! ```
//!
//! After the level come fields in any order: the statements it answers to (`N5, L1`), the Pythons
//! it holds for (`3.12+`), the word `workflow` where only another machine can prove it, and the
//! sources, of which there is at least one.

use crate::source::blocks::ParsedBlocks;
use crate::source::{Document, Place, Problem};
use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Must,
    Should,
    May,
    Observed,
}

impl Level {
    pub fn parse(word: &str) -> Option<Level> {
        match word {
            "MUST" => Some(Level::Must),
            "SHOULD" => Some(Level::Should),
            "MAY" => Some(Level::May),
            "OBSERVED" => Some(Level::Observed),
            _ => None,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Level::Must => "MUST",
            Level::Should => "SHOULD",
            Level::May => "MAY",
            Level::Observed => "OBSERVED",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Rule {
    pub id: String,
    pub level: Level,
    pub statements: Vec<String>,
    pub pythons: Option<String>,
    /// Proved elsewhere: it may go without a proof here and is counted apart.
    pub workflow: bool,
    pub source: String,
    /// Its page, below `book/src`.
    pub chapter: String,
    pub place: Place,
    /// The paragraph on one line.
    pub text: String,
    /// The bytes of its line and of its paragraph in the text of the page, without the line end.
    pub line: Range<usize>,
    pub paragraph: Range<usize>,
}

/// A line that means to be a rule and cannot be read as one. That is an error; a reference to the
/// rule is not.
#[derive(Clone, Debug)]
pub struct Unreadable {
    pub id: String,
    line: String,
}

impl Unreadable {
    /// Whether the line has the name of this statement somewhere.
    pub fn cites(&self, statement: &str) -> bool {
        self.line.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == statement)
    }
}

/// What follows `r[id] ` on the line of a rule.
struct Grading {
    level: Level,
    statements: Vec<String>,
    pythons: Option<String>,
    workflow: bool,
    source: String,
}

/// The rules of one page, in its order, and the lines that fail to be one.
pub fn find(
    document: &Document,
    found: &ParsedBlocks,
    problems: &mut Vec<Problem>,
) -> (Vec<Rule>, Vec<Unreadable>) {
    let mut rules = Vec::new();
    let mut unreadable = Vec::new();
    let lines = lines_with_ranges(&document.text);
    for (index, (line, range)) in lines.iter().enumerate() {
        let is_code = found.code_ranges.iter().any(|c| c.contains(&range.start));
        if is_code || !looks_like_a_rule(line) {
            continue;
        }
        let place = document.place(index);
        let starts_paragraph = index == 0 || lines[index - 1].0.trim().is_empty();
        let paragraph = paragraph_after(&lines, index);
        let read = rule_line(line, starts_paragraph).and_then(|read| {
            if paragraph.is_empty() {
                let id = read.0;
                Err(format!("r[{id}]: the paragraph that states the rule has to follow directly"))
            } else {
                Ok(read)
            }
        });
        match read {
            Err(message) => {
                problems.push(Problem::new(&place, message));
                let id = line.split_once("r[").and_then(|(_, rest)| rest.split_once(']'));
                let id = id.map_or("", |(id, _)| id).to_owned();
                unreadable.push(Unreadable { id, line: (*line).to_owned() });
            }
            Ok((id, grading)) => rules.push(Rule {
                id: id.to_owned(),
                level: grading.level,
                statements: grading.statements,
                pythons: grading.pythons,
                workflow: grading.workflow,
                source: grading.source,
                chapter: document.chapter_path().to_owned(),
                place,
                text: normalised(&document.text[paragraph.clone()]),
                line: range.clone(),
                paragraph,
            }),
        }
    }
    (rules, unreadable)
}

/// Each line and its bytes, the line end left out.
pub fn lines_with_ranges(text: &str) -> Vec<(&str, Range<usize>)> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in text.lines() {
        lines.push((line, start..start + line.len()));
        start += line.len() + 1;
    }
    lines
}

/// The bytes from the line after `index` to the next blank line.
fn paragraph_after(lines: &[(&str, Range<usize>)], index: usize) -> Range<usize> {
    let start = lines[index].1.end + 1;
    let end = lines[index + 1..]
        .iter()
        .take_while(|(line, _)| !line.trim().is_empty())
        .last()
        .map_or(start, |(_, range)| range.end);
    start..end
}

fn normalised(paragraph: &str) -> String {
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Also in a list or a quotation, where it is an error and not prose.
fn looks_like_a_rule(line: &str) -> bool {
    line.trim_start_matches([' ', '>', '-', '*']).starts_with("r[")
}

fn rule_line(line: &str, starts_paragraph: bool) -> Result<(&str, Grading), String> {
    if !line.starts_with("r[") {
        return Err("a rule has to begin its line, not in a list or a quotation".to_owned());
    }
    let Some((id, rest)) = line[2..].split_once(']') else {
        return Err("a rule needs its closing `]`: r[area.name] MUST; source".to_owned());
    };
    if !is_id(id) {
        return Err(format!(
            "`{id}` is no rule id: words of a-z, 0-9 and `-`, joined by at least one `.`"
        ));
    }
    if !starts_paragraph {
        return Err(format!("r[{id}]: a rule needs a blank line before it"));
    }
    grading(rest).map(|grading| (id, grading)).map_err(|message| format!("r[{id}]: {message}"))
}

pub fn is_id(id: &str) -> bool {
    id.contains('.')
        && id.split('.').all(|part| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
}

fn grading(rest: &str) -> Result<Grading, String> {
    let mut fields = rest.split(';').map(str::trim);
    let level = fields.next().unwrap_or("");
    let Some(level) = Level::parse(level) else {
        return Err(format!("`{level}` is no level: MUST, SHOULD, MAY or OBSERVED"));
    };
    let mut grading = Grading {
        level,
        statements: Vec::new(),
        pythons: None,
        workflow: false,
        source: String::new(),
    };
    let mut sources = Vec::new();
    for field in fields.filter(|field| !field.is_empty()) {
        if let Some(statements) = statement_list(field) {
            grading.statements.extend(statements);
        } else if let Some((pythons, workflow)) = python_field(field) {
            grading.pythons = pythons.or(grading.pythons);
            grading.workflow |= workflow;
        } else {
            sources.push(field);
        }
    }
    grading.source = sources.join("; ");
    if grading.source.is_empty() {
        return Err("the source is missing, as in `; typeobj.rst, bf_getbuffer`".to_owned());
    }
    Ok(grading)
}

fn statement_list(field: &str) -> Option<Vec<String>> {
    field
        .split(',')
        .map(str::trim)
        .map(|word| is_statement(word).then(|| word.to_owned()))
        .collect()
}

/// `N5`: the form only; which ones exist is for the statement map to say.
pub fn is_statement(word: &str) -> bool {
    let digits = word.trim_start_matches(|c: char| c.is_ascii_uppercase());
    word.len() == digits.len() + 1
        && !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
}

/// `3.12+`, `workflow`, or both.
fn python_field(field: &str) -> Option<(Option<String>, bool)> {
    let workflow = field.split(' ').any(|word| word == "workflow");
    let versions: Vec<&str> = field.split(' ').filter(|word| *word != "workflow").collect();
    let is_version = |word: &&str| {
        word.starts_with("3.") && word.chars().all(|c| c.is_ascii_digit() || ".+-".contains(c))
    };
    if !versions.iter().all(is_version) {
        return None;
    }
    let versions = versions.join(" ");
    Some(((!versions.is_empty()).then_some(versions), workflow))
}

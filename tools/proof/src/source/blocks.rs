//! The code blocks of a document, and what the first line of each says.
//!
//! rustdoc turns a block off when its info string has a word that it does not know:
//! `rust,noplayground,no_run` runs nothing, and a block without a language is Rust. So the
//! spelling is narrow here, and everything else is an error that names the word. Only in doc
//! comments a block may go without a language: there everybody knows that it is Rust.

use super::{Document, Kind, Place, Problem, line_index};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// Languages a block may have besides Rust; nothing is run for them.
const OTHER_LANGUAGES: &[&str] = &["toml", "text", "console", "sh", "json"];

/// The language of a block that is quoted from a file which is built and run elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoted {
    /// Rust that needs PyO3: `pyo3`.
    Pyo3,
    /// `python`.
    Python,
    /// `c`.
    C,
    /// C++: `cpp`.
    Cpp,
    /// `cython`.
    Cython,
}

impl Quoted {
    fn of(info: &str) -> Option<Quoted> {
        match info {
            "pyo3" => Some(Quoted::Pyo3),
            "python" => Some(Quoted::Python),
            "c" => Some(Quoted::C),
            "cpp" => Some(Quoted::Cpp),
            "cython" => Some(Quoted::Cython),
            _ => None,
        }
    }

    /// Of the files that it is quoted from.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Quoted::Pyo3 => &[".rs"],
            Quoted::Python => &[".py"],
            Quoted::C => &[".c", ".h"],
            Quoted::Cpp => &[".cpp"],
            Quoted::Cython => &[".pyx"],
        }
    }
}

/// A block that is a part of a file which is built and run elsewhere.
#[derive(Clone, Debug)]
pub struct Quotation {
    /// The line of its opening fence.
    pub place: Place,
    pub language: Quoted,
    /// Its lines as written.
    pub code: Vec<String>,
    /// Where each line of `code` was written.
    pub origin: Vec<Place>,
    /// Byte offset of its opening fence in the text of the document, and of what follows its
    /// closing one.
    pub offset: usize,
    pub end: usize,
    /// Not in a list, a quotation or an admonition.
    pub top_level: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Compiled and run.
    Run,
    /// Compiled only.
    NoRun,
    /// Has to fail with this error code, and its fixed program has to compile.
    CompileFail(String),
}

/// A block of Rust.
#[derive(Clone, Debug)]
pub struct Block {
    /// The line of its opening fence.
    pub place: Place,
    pub test: Test,
    /// Its lines as written, hidden ones included.
    pub code: Vec<String>,
    /// Where each line of `code` was written.
    pub origin: Vec<Place>,
    /// Byte offset of its opening fence in the text of the document, and of what follows its
    /// closing one.
    pub offset: usize,
    pub end: usize,
    /// Not in a list, a quotation or an admonition.
    pub top_level: bool,
}

/// A link that leaves the book.
#[derive(Clone, Debug)]
pub struct OutsideLink {
    pub address: String,
    pub words: String,
}

/// All that [`find`] reads in one document: it is parsed once.
#[derive(Debug, Default)]
pub struct ParsedBlocks {
    pub blocks: Vec<Block>,
    pub quotations: Vec<Quotation>,
    pub problems: Vec<Problem>,
    /// The bytes that are code, blocks and inline: no directive is expanded there.
    pub code_ranges: Vec<Range<usize>>,
    /// The bytes of running text: neither heading, link nor code.
    pub prose: Vec<Range<usize>>,
    pub outside_links: Vec<OutsideLink>,
}

/// The constructs that mdBook turns on and that can hold or hide a fence.
pub fn markdown_options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM
}

pub fn find(document: &Document) -> ParsedBlocks {
    let mut found = ParsedBlocks::default();
    let mut open: Option<(String, Range<usize>, String)> = None;
    let mut link: Option<OutsideLink> = None;
    let mut containers = 0usize;
    // Headings, links, images and code, which may lie in one another.
    let mut not_prose = 0usize;
    let parser = Parser::new_ext(&document.text, markdown_options());
    for (event, range) in parser.into_offset_iter() {
        match &event {
            Event::Start(
                Tag::Heading { .. } | Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_),
            ) => not_prose += 1,
            Event::End(TagEnd::Heading(_) | TagEnd::Link | TagEnd::Image | TagEnd::CodeBlock) => {
                not_prose = not_prose.saturating_sub(1);
            }
            Event::InlineHtml(html) if html.starts_with("<a") => not_prose += 1,
            Event::InlineHtml(html) if html.starts_with("</a") => {
                not_prose = not_prose.saturating_sub(1);
            }
            Event::Text(_) if not_prose == 0 => found.prose.push(range.clone()),
            _ => {}
        }
        if let (Event::Text(text) | Event::Code(text), Some(link)) = (&event, &mut link) {
            link.words.push_str(text);
        }
        match event {
            Event::Start(Tag::Link { dest_url, .. }) if dest_url.contains("://") => {
                link = Some(OutsideLink { address: dest_url.to_string(), words: String::new() });
            }
            Event::End(TagEnd::Link) => found.outside_links.extend(link.take()),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                open = Some((info.to_string(), range.clone(), String::new()));
                found.code_ranges.push(range);
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => {
                let place = document.place_of_byte(range.start);
                found.problems.push(Problem::new(
                    &place,
                    "an indented code block, which rustdoc runs as Rust: write a fence with a language",
                ));
                found.code_ranges.push(range);
            }
            Event::Code(_) => found.code_ranges.push(range),
            Event::Text(text) => {
                if let Some((_, _, code)) = &mut open {
                    code.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some((info, fence, code)) = open.take() {
                    close(document, &info, fence, &code, containers == 0, &mut found);
                }
            }
            Event::Start(tag) if is_container(&tag) => containers += 1,
            Event::End(TagEnd::List(_) | TagEnd::BlockQuote(_) | TagEnd::FootnoteDefinition) => {
                containers = containers.saturating_sub(1);
            }
            _ => {}
        }
    }
    found
}

fn is_container(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::List(_) | Tag::BlockQuote(_) | Tag::FootnoteDefinition(_))
}

fn close(
    document: &Document,
    info: &str,
    fence: Range<usize>,
    code: &str,
    top_level: bool,
    found: &mut ParsedBlocks,
) {
    let first = line_index(&document.text, fence.start);
    let place = document.place(first);
    let info = match (info, &document.kind) {
        ("", Kind::DocComment) => "rust",
        (info, _) => info,
    };
    if let Some(language) = Quoted::of(info) {
        let code: Vec<String> = code.lines().map(str::to_owned).collect();
        let origin = (0..code.len()).map(|index| document.place(first + 1 + index)).collect();
        let (offset, end) = (fence.start, fence.end);
        let quotation = Quotation { place, language, code, origin, offset, end, top_level };
        found.quotations.push(quotation);
        return;
    }
    match parse_info(info) {
        Ok(None) => {}
        Ok(Some(test)) => {
            let code: Vec<String> = code.lines().map(str::to_owned).collect();
            found.blocks.push(Block {
                origin: (0..code.len()).map(|index| document.place(first + 1 + index)).collect(),
                place,
                test,
                code,
                offset: fence.start,
                end: fence.end,
                top_level,
            });
        }
        Err(message) => found.problems.push(Problem::new(&place, message)),
    }
}

/// The test that an info string describes: `None` for a language that is shown and not run.
pub fn parse_info(info: &str) -> Result<Option<Test>, String> {
    if info.trim().is_empty() {
        return Err(
            "a block without a language, which rustdoc runs as Rust: write ```rust or ```text"
                .to_owned(),
        );
    }
    if OTHER_LANGUAGES.contains(&info) {
        return Ok(None);
    }
    let words: Vec<&str> = info.split(',').collect();
    match words.as_slice() {
        ["rust"] => Ok(Some(Test::Run)),
        ["rust", "no_run"] => Ok(Some(Test::NoRun)),
        ["rust", "compile_fail", code] if is_error_code(code) => {
            Ok(Some(Test::CompileFail((*code).to_owned())))
        }
        ["rust", "compile_fail", ..] => Err(format!(
            "`{info}`: compile_fail needs exactly one error code, as in ```rust,compile_fail,E0308"
        )),
        ["rust", ..] => Err(format!(
            "`{}` in `{info}`: a Rust block is `rust`, `rust,no_run` or `rust,compile_fail,E0308`; \
             rustdoc may skip any other without saying so",
            stray_word(&words)
        )),
        _ => Err(format!(
            "`{info}` is not one of the languages of a book: rust, pyo3, python, c, cpp, cython, {}",
            OTHER_LANGUAGES.join(", ")
        )),
    }
}

fn is_error_code(word: &str) -> bool {
    word.len() == 5 && word.starts_with('E') && word[1..].bytes().all(|byte| byte.is_ascii_digit())
}

fn stray_word<'a>(words: &[&'a str]) -> &'a str {
    words.iter().skip(1).find(|word| **word != "no_run").unwrap_or(&"no_run")
}

/// A line without the mark that hides it in the rendered book; `##` stands for one `#`.
pub fn unhide(line: &str) -> String {
    let trimmed = line.trim_start();
    let indent = &line[..line.len() - trimmed.len()];
    if let Some(rest) = trimmed.strip_prefix("##") {
        format!("{indent}#{rest}")
    } else if let Some(rest) = trimmed.strip_prefix("# ") {
        format!("{indent}{rest}")
    } else if trimmed == "#" {
        String::new()
    } else {
        line.to_owned()
    }
}

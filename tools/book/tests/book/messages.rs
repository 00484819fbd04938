//! Every error message of this repository is in the symptom index or on a page of messages.
//!
//! The messages are collected from the sources: each string literal of several words that is not a
//! comment, a test or the text of an option. A new message is therefore found without being listed
//! here.

use crate::fixture::repository;
use std::fs;
use std::path::Path;

/// The pages that have them, those with messages of this repository alone first.
const PAGES: [&str; 3] =
    ["book/src/messages.md", "book/src/messages-checker.md", "book/src/symptoms.md"];

/// Where the messages come from.
const SOURCES: [(&str, &str); 6] = [
    ("src", "rs"),
    ("macros/src", "rs"),
    ("python/src", "rs"),
    ("python/bufferprocs", "py"),
    ("examples", "rs"),
    ("examples/c", "c h"),
];

/// Files whose texts reach a reader only within a finding, which names its rule and its page, or
/// not at all.
const WITHIN_FINDINGS: [&str; 16] = [
    "src/conformance/checks/",
    // Its reasons reach a reader within the line of a rule that was not checked.
    "src/conformance/consumer/coverage.rs",
    "src/conformance/consumer/ending.rs",
    "src/conformance/consumer/judge.rs",
    "src/conformance/consumer/scenario.rs",
    "src/conformance/consumer/values.rs",
    "src/conformance/consumer/watch.rs",
    "src/conformance/dialect.rs",
    "src/conformance/memory.rs",
    "src/conformance/probe.rs",
    "src/conformance/probe/",
    "src/conformance/view_state.rs",
    // Exporters and consumers that are wrong on purpose, and CPython's own test module.
    "src/exporters/broken",
    "examples/_testbuffer/",
    "src/loom_tests.rs",
    // JUnit's XML repeats the report.
    "python/bufferprocs/junit.py",
];

/// Literals of several words that are no message: the start of each, and why.
const NO_MESSAGES: [(&str, &str); 25] = [
    ("the block is borrowed from", "an assertion on a caller within the crate"),
    ("the block has room", "as above"),
    ("the buffer may be written:", "as above"),
    ("the buffer has the dimensions of its type", "as above"),
    ("both sides have as many items", "as above"),
    ("the text has no NUL", "as above"),
    ("the text is not UTF-8", "as above"),
    ("there is no interpreter", "as above"),
    ("left of the right size", "as above"),
    ("set before the release", "the name of an exception that a check sets and takes away"),
    ("TypeError: a bytes-like object is required", "compared with the message of CPython"),
    ("a call", "the name of a function that has none"),
    ("b = bufferprocs.watched(", "code to see a finding"),
    ("result = {called}(b)", "as above"),
    ("the result was", "a part of the sentence on a view that is never released"),
    ("its result", "as above"),
    ("the time limit", "a part of `ended by`"),
    ("(?:partially initialized )?module", "a pattern of a message of CPython's"),
    ("what counts for the fixtures", "help on an option"),
    ("failures that do not count", "as above"),
    ("an expected failure that does not come", "as above"),
    ("tuple[str, Expected, bool]", "a type"),
    ("  rule      {rule}", "the lines of a finding"),
    ("{rule['id']}: {rule['level']}", "the lines of a rule"),
    ("as in the format", "a static assertion of an example"),
];

struct Literal {
    place: String,
    text: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Language {
    Rust,
    Python,
    C,
}

fn files(folder: &Path, extensions: &str, found: &mut Vec<String>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    for entry in entries {
        let path = entry.expect("an entry").path();
        let is_wanted = path
            .extension()
            .is_some_and(|extension| extensions.split(' ').any(|wanted| extension == wanted));
        if path.is_dir() && extensions == "rs" {
            files(&path, extensions, found);
        } else if is_wanted {
            let name = path.strip_prefix(repository()).expect("below the repository");
            found.push(name.to_string_lossy().replace('\\', "/"));
        }
    }
}

fn messages() -> Vec<Literal> {
    let mut all = Vec::new();
    for (folder, extensions) in SOURCES {
        let mut names = Vec::new();
        files(&repository().join(folder), extensions, &mut names);
        names.sort();
        let is_test = |name: &str| name.ends_with("tests.rs") || name.contains("/tests/");
        names.retain(|name| {
            !is_test(name) && !WITHIN_FINDINGS.iter().any(|start| name.starts_with(start))
        });
        assert!(!names.is_empty(), "{folder} has no files of {extensions}");
        for name in names {
            let text = fs::read_to_string(repository().join(&name)).expect("a text");
            let language = match name.rsplit('.').next() {
                Some("rs") => Language::Rust,
                Some("py") => Language::Python,
                _ => Language::C,
            };
            collect(&name, &text, language, &mut all);
        }
    }
    all
}

/// The literals of one file that are messages.
fn collect(name: &str, text: &str, language: Language, all: &mut Vec<Literal>) {
    let text = match (language, text.find("\n#[cfg(test)]\nmod ")) {
        (Language::Rust, Some(tests)) => &text[..tests],
        _ => text,
    };
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let skipped = skipped(rest, language);
        if skipped > 0 {
            at += skipped;
        } else if bytes[at] == b'"' || (bytes[at] == b'\'' && language == Language::Python) {
            let len = quoted(rest);
            let before = text[..at].trim_end_matches(['b', 'f', 'r']).trim_end();
            let inner = unescaped(&rest[1..len - 1]);
            let line = text[..at].matches('\n').count() + 1;
            if is_message(before, &inner, language) {
                all.push(Literal { place: format!("{name}:{line}"), text: inner });
            }
            at += len;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
}

/// The length of the comment, the letter in quotes or the docstring that `rest` begins with; 0 if
/// it begins with something else.
fn skipped(rest: &str, language: Language) -> usize {
    let up_to = |end: &str, from: usize| {
        rest[from..].find(end).map_or(rest.len(), |found| from + found + end.len())
    };
    match language {
        Language::Python if rest.starts_with("\"\"\"") => up_to("\"\"\"", 3),
        Language::Python if rest.starts_with('#') => up_to("\n", 0),
        Language::Python => 0,
        _ if rest.starts_with("//") => up_to("\n", 0),
        _ if rest.starts_with("/*") => up_to("*/", 0),
        // An attribute on documentation.
        _ if rest.starts_with("#[doc") || rest.starts_with("#![doc") => up_to("]\n", 0),
        _ if rest.starts_with('\'') => {
            // A letter in quotes, or a lifetime.
            let letter: Vec<char> = rest.chars().take(3).collect();
            match letter.as_slice() {
                ['\'', '\\', _] => up_to("'", 3),
                ['\'', letter, '\''] => 2 + letter.len_utf8(),
                _ => 1,
            }
        }
        _ => 0,
    }
}

/// The length of the literal that `rest` begins with, quotes included.
fn quoted(rest: &str) -> usize {
    let quote = rest.as_bytes()[0];
    let mut at = 1;
    while at < rest.len() && rest.as_bytes()[at] != quote {
        at += if rest.as_bytes()[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

fn unescaped(literal: &str) -> String {
    let mut text = String::new();
    let mut letters = literal.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            // A line that goes on.
            Some('\n') => while letters.next_if(|letter| letter.is_whitespace()).is_some() {},
            Some('n') => text.push('\n'),
            Some(other) => text.push(other),
            None => {}
        }
    }
    text
}

fn is_message(before: &str, text: &str, language: Language) -> bool {
    // These are shown only by a bug of this crate, or are help on an option.
    // A label and a note are shown below their message.
    let is_internal = [".expect(", "unreachable!(", "help=", "label =", "note ="]
        .iter()
        .any(|end| before.ends_with(end));
    // Methods of C have documentation, which ends like a sentence.
    let is_documentation = language == Language::C && text.ends_with('.');
    let is_code = text.starts_with('\n') || text.contains(" ptr [");
    let same = pieces(text, language).join(" ");
    let words = same.split(|letter: char| !letter.is_alphabetic()).filter(|word| word.len() > 1);
    let has_words = text.trim().contains(' ') && words.count() > 1;
    let is_other =
        NO_MESSAGES.iter().any(|(start, why)| text.starts_with(start) && !why.is_empty());
    has_words && !is_internal && !is_documentation && !is_code && !is_other
}

/// The parts of a message that are the same each time.
fn pieces(text: &str, language: Language) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let value = match language {
            Language::C if letter == '%' => {
                rest.find(|end: char| end.is_alphabetic() && end != 'z').map(|end| end + 1)
            }
            Language::Rust | Language::Python if letter == '{' && !rest.starts_with("{{") => {
                rest.find('}').map(|end| end + 1)
            }
            _ => None,
        };
        // A message of several lines is shown by its lines.
        if let Some(len) = value.or((letter == '\n').then_some(1)) {
            pieces.push(String::new());
            rest = &rest[len..];
        } else {
            let doubled =
                language != Language::C && (rest.starts_with("{{") || rest.starts_with("}}"));
            pieces.last_mut().expect("one at least").push(letter);
            rest = &rest[letter.len_utf8() * if doubled { 2 } else { 1 }..];
        }
    }
    pieces.iter_mut().for_each(|piece| *piece = piece.trim().to_owned());
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// Whether `shown` has all pieces, in their order.
fn shows(shown: &str, pieces: &[String]) -> bool {
    let mut rest = shown;
    pieces.iter().all(|piece| match rest.find(piece.as_str()) {
        Some(at) => {
            rest = &rest[at + piece.len()..];
            true
        }
        None => false,
    })
}

/// The texts in code font of a page, fences apart.
fn code_of(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_fenced = false;
    for line in page.lines() {
        is_fenced ^= line.starts_with("```") && line.matches("```").count() == 1;
        let mut rest = line;
        while let (false, Some(start)) = (is_fenced, rest.find('`')) {
            let marks = rest[start..].chars().take_while(|&letter| letter == '`').count();
            let inner = &rest[start + marks..];
            let fence = "`".repeat(marks);
            let ends = inner.match_indices(&fence).map(|(at, _)| at);
            let is_end =
                |at: &usize| !inner[..*at].ends_with('`') && !inner[at + marks..].starts_with('`');
            let Some(end) = ends.into_iter().find(is_end) else { break };
            found.push(inner[..end].trim().replace("\\|", "|"));
            rest = &inner[end + marks..];
        }
    }
    found
}

fn language_of(literal: &Literal) -> Language {
    match literal.place.split(':').next().and_then(|name| name.rsplit('.').next()) {
        Some("rs") => Language::Rust,
        Some("py") => Language::Python,
        _ => Language::C,
    }
}

fn page(name: &str) -> String {
    fs::read_to_string(repository().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn each_message_of_the_sources_is_in_the_index() {
    let shown: Vec<String> = PAGES.iter().flat_map(|name| code_of(&page(name))).collect();
    let messages = messages();
    assert!(messages.len() > 200, "only {} messages: were they found?", messages.len());
    let is_missing = |literal: &&Literal| {
        let pieces = pieces(&literal.text, language_of(literal));
        !shown.iter().any(|shown| shows(shown, &pieces))
    };
    let missing: Vec<String> = messages
        .iter()
        .filter(is_missing)
        .map(|literal| format!("{}: {:?}", literal.place, literal.text))
        .collect();
    assert!(
        missing.is_empty(),
        "{} and {} lack {} messages: add each with its cause and what to do\n{}",
        PAGES[0],
        PAGES[1],
        missing.len(),
        missing.join("\n")
    );
}

/// A message that was reworded must not stay on the page in its old words.
#[test]
fn each_message_on_the_page_is_in_the_sources() {
    let known: Vec<Vec<String>> = messages()
        .iter()
        .map(|literal| pieces(&literal.text, language_of(literal)))
        .filter(|pieces| pieces.concat().len() >= 8)
        .collect();
    let mut count = 0;
    for name in &PAGES[..2] {
        let page = page(name);
        for row in page.lines().filter(|line| line.starts_with("| `")) {
            count += 1;
            let shown = &code_of(row)[0];
            let is_known = known.iter().any(|pieces| shows(shown, pieces));
            assert!(is_known, "{name}: no source has the message {shown:?}");
        }
    }
    assert!(count > 150, "{count} rows");
}

#[test]
fn messages_are_told_from_other_text() {
    let found = |text: &str, language| {
        let mut all = Vec::new();
        collect("x", text, language, &mut all);
        all.iter().map(|literal| literal.text.clone()).collect::<Vec<_>>()
    };
    let rust = "// \"a comment with words\"\nlet c = '\"'; f(b\"shape has {n} \\\n    dimensions\");\n\
        it.expect(\"the words of a bug\");\n#[cfg(test)]\nmod tests { \"of a test\" }";
    assert_eq!(found(rust, Language::Rust), ["shape has {n} dimensions"]);
    let python = "def f():\n    \"\"\"Says why.\"\"\"\n    raise E(f'no rule {x!r} there')\n";
    assert_eq!(found(python, Language::Python), ["no rule {x!r} there"]);
    let c = "fail(\"more than %zd items\"); {\"sum\", \"The sum of all items.\"}";
    assert_eq!(found(c, Language::C), ["more than %zd items"]);
    let pieces = pieces("shape[{axis}] is {{{extent}", Language::Rust);
    assert_eq!(pieces, ["shape[", "] is {"]);
    assert!(shows("shape[0] is {-1", &pieces) && !shows("shape(0) is {-1", &pieces));
    assert_eq!(code_of("| `` a `b` `` | `c` |\n```\n`d`\n```\n`e`"), ["a `b`", "c", "e"]);
}

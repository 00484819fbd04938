//! The shape of a chapter: it names its readers first, and ends with what to remember.

use crate::fixture::{Fixture, repository};
use std::fs;

/// The parts whose chapters have this shape. The others are reference pages.
const PARTS: [&str; 4] = ["Start", "Recipes", "How the protocol works", "Guide for Rust"];

/// The files of the chapters of these parts, as SUMMARY.md lists them.
fn chapters(summary: &str) -> Vec<&str> {
    let mut taught = false;
    let mut files = Vec::new();
    for line in summary.lines() {
        if let Some(part) = line.strip_prefix("# ") {
            taught = PARTS.iter().any(|start| part.starts_with(start));
        }
        let file = line.trim_start().strip_prefix("- [").and_then(|rest| rest.split_once("]("));
        if let (true, Some((_, file))) = (taught, file) {
            files.push(file.trim_end_matches(')'));
        }
    }
    files
}

/// The first way in which a chapter has another shape, in words.
fn problem(text: &str) -> Option<&'static str> {
    let after_title = text.split_once("\n\n").map_or("", |(_, rest)| rest);
    let Some(rest) = after_title.strip_prefix("<div class=\"readers\">\n\nFor ") else {
        return Some(
            "below the title: `<div class=\"readers\">`, and a line that starts with `For `",
        );
    };
    let readers = rest.split_once("\n\n</div>\n").map_or("", |(line, _)| line);
    if readers.is_empty() || readers.contains("\n\n") {
        return Some("the readers are named in one paragraph");
    }
    let readers = readers.split_whitespace().collect::<Vec<_>>().join(" ");
    if !readers.contains("Read first: [") && !readers.contains("No other chapter is needed") {
        return Some(
            "the readers' line says `Read first: […](…)`, or that no other chapter is needed",
        );
    }
    let Some((_, recap)) = text.rsplit_once("\n<div class=\"recap\">\n\n**Remember**\n\n") else {
        return Some("at the end: `<div class=\"recap\">`, and `**Remember**`");
    };
    let Some(recap) = recap.strip_suffix("\n\n</div>\n") else {
        return Some("nothing comes after the recap");
    };
    let Some((points, next)) = recap.split_once("\n\n**Next:** ") else {
        return Some("the recap ends with `**Next:**`");
    };
    if points.lines().filter(|line| line.starts_with("- ")).count() != 3 {
        return Some("the recap has three points");
    }
    if next.contains("\n\n") || !next.contains("](") {
        return Some("`**Next:**` is one paragraph with a link");
    }
    None
}

#[test]
fn each_chapter_names_its_readers_and_ends_with_a_recap() {
    let source = repository().join("book/src");
    let summary = fs::read_to_string(source.join("SUMMARY.md")).expect("the summary");
    let chapters = chapters(&summary);
    assert!(chapters.len() >= 34, "{chapters:?}");
    let problems: Vec<String> = chapters
        .iter()
        .filter_map(|file| {
            let text = fs::read_to_string(source.join(file)).expect("a chapter");
            problem(&text).map(|problem| format!("{file}: {problem}"))
        })
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The chapters that a reader works through.
const TUTORIALS: [&str; 4] =
    ["first-exporter.md", "first-exporter-c.md", "first-consumer.md", "pyo3.md"];

/// Exercises of a chapter, and how many of them have a solution with code below a fold.
fn exercises(text: &str) -> (usize, usize) {
    let exercises = text.split_once("\n## Exercises\n").map_or("", |(_, rest)| rest);
    let solutions = exercises.split("<details class=\"solution\"><summary>Solution</summary>\n\n");
    let solved = solutions.skip(1).filter(|solution| {
        solution.split_once("\n</details>\n").is_some_and(|(code, _)| code.contains("\n```"))
    });
    (exercises.lines().filter(|line| is_exercise(line)).count(), solved.count())
}

/// `**1. A column.** …`
fn is_exercise(line: &str) -> bool {
    let number = line.strip_prefix("**").and_then(|rest| rest.split_once(". "));
    number.is_some_and(|(number, _)| number.parse::<usize>().is_ok())
}

/// The code of a solution runs: it is a block, or a quotation, as any other.
#[test]
fn each_tutorial_ends_with_exercises_and_their_solutions() {
    for file in TUTORIALS {
        let text = fs::read_to_string(repository().join("book/src").join(file)).expect(file);
        let (asked, solved) = exercises(&text);
        assert!(asked >= 2 && asked == solved, "{file}: {asked} exercises, {solved} solutions");
    }
    let text = "\n## Exercises\n\n**1. One.** Do.\n\n**2. Two.** Do.\n\n\
        <details class=\"solution\"><summary>Solution</summary>\n\n```c\n;\n```\n\n</details>\n";
    assert_eq!(exercises(text), (2, 1));
    assert_eq!(exercises(&text.replace("```", "")), (2, 0));
}

/// Readers type the code of a tutorial, so no step is behind a fold.
#[test]
fn no_proof_of_a_tutorial_is_folded() {
    let fixture = Fixture::real("tutorials");
    fixture.passes(&[]);
    for file in TUTORIALS {
        let page = fixture.read(&format!("target/book/{}", file.replace(".md", ".html")));
        assert!(!page.contains("<details class=\"proof\"><summary>"), "{file}");
    }
    let other = fixture.read("target/book/procs.html");
    assert!(other.contains("<details class=\"proof\"><summary>"), "no chapter has a closed proof");
}

const GOOD: &str = "# Title\n\n<div class=\"readers\">\n\nFor authors in C. Read first: [a](a.md).\n\n</div>\n\nText.\n\n\
    <div class=\"recap\">\n\n**Remember**\n\n- One.\n- Two,\n  in two lines.\n- Three.\n\n**Next:** [b](b.md).\n\n</div>\n";

/// What is replaced in the good chapter, by what, and a word of the report.
#[track_caller]
fn case(from: &str, to: &str, expected: &str) {
    assert!(GOOD.contains(from), "{from}");
    let found = problem(&GOOD.replacen(from, to, 1)).unwrap_or_default();
    assert!(found.contains(expected), "{from:?} by {to:?}: {found:?}");
}

#[test]
fn another_shape_is_reported() {
    assert_eq!(problem(GOOD), None);
    assert_eq!(problem(&GOOD.replacen("first: ", "first:\n", 1)), None);
    case("<div class=\"readers\">\n\nFor authors in C. ", "", "below the title");
    case("For authors", "Authors", "below the title");
    case(" Read first: [a](a.md).", "", "Read first");
    case("C. Read", "C.\n\nRead", "one paragraph");
    case("**Remember**", "Remember", "**Remember**");
    case("- Two", "Two", "three points");
    case("- Three.\n", "- Three.\n- Four.\n", "three points");
    case("**Next:** [b](b.md).", "The end.", "**Next:**");
    case("[b](b.md)", "b", "link");
    let longer = format!("{GOOD}\nMore.\n");
    assert_eq!(problem(&longer), Some("nothing comes after the recap"));
}

#[test]
fn the_parts_are_found_in_the_summary() {
    let summary = "# Summary\n\n[What](a.md)\n\n# Start\n\n- [B](b.md)\n  - [C](c.md)\n\n# Conformance\n\n- [D](d.md)\n";
    assert_eq!(chapters(summary), ["b.md", "c.md"]);
}

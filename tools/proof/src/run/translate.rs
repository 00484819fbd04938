//! What compilers and panics say, with the lines of a generated file turned into those of the
//! page.
//!
//! Besides `FILE:8:27`, the margin of a compiler's message counts lines. Columns are left out: a
//! hidden line has others.

use crate::source::Place;

/// `text` in terms of the page. `place` knows for each line of `file` where it was written, unless
/// it was added.
pub fn translated(text: &str, file: &str, place: impl Fn(usize) -> Option<Place>) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let begins = |line: &str| line.starts_with("error") || line.starts_with("warning");
    // Each message has a margin of its own width.
    lines
        .chunk_by(|_, next| !begins(next))
        .flat_map(|message| translated_message(message, file, &place))
        .collect::<Vec<_>>()
        .join("\n")
}

fn translated_message(
    message: &[&str],
    file: &str,
    place: &impl Fn(usize) -> Option<Place>,
) -> Vec<String> {
    let replaced = |line: &str| with_places(line, file, place);
    let Some(width) = message.iter().find_map(|line| line.find("--> ")) else {
        return message.iter().map(|line| replaced(line)).collect();
    };
    let mut is_ours = false;
    let mut numbers = Vec::new();
    for line in message {
        if names_a_file(line) {
            is_ours = line.contains(&format!("{file}:"));
        }
        numbers.push(margin(line).map(|(number, rest)| match place(number) {
            _ if !is_ours => (number.to_string(), rest),
            Some(place) => (place.line.to_string(), rest),
            None => (String::new(), rest),
        }));
    }
    let longest = numbers.iter().flatten().map(|(number, _)| number.len()).max().unwrap_or(0);
    let wider = longest.max(width);
    let shift = " ".repeat(wider - width);
    let shown = |(line, number): (&&str, &Option<(String, &str)>)| match number {
        Some((number, rest)) => format!("{number:<wider$} {rest}"),
        None if line.starts_with(' ') => format!("{shift}{}", replaced(line)),
        None => replaced(line),
    };
    message.iter().zip(&numbers).map(shown).collect()
}

fn names_a_file(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("--> ") || line.starts_with("::: ")
}

/// `8 | let x = 1;` as the number and what follows it; a suggestion has `+`, `-` or `~` instead of
/// the bar.
fn margin(line: &str) -> Option<(usize, &str)> {
    let line = line.trim_start();
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = line[..line.len() - rest.len()].parse().ok()?;
    let code = rest.trim_start();
    (code != rest && code.starts_with(['|', '+', '-', '~'])).then_some((number, code))
}

/// A line with every `FILE:8:27` replaced.
fn with_places(line: &str, file: &str, place: &impl Fn(usize) -> Option<Place>) -> String {
    let mark = format!("{file}:");
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once(&mark) {
        out.push_str(before);
        let (number, tail) = leading_number(after);
        match number.map(place) {
            Some(Some(place)) => out.push_str(&place.to_string()),
            Some(None) => out.push_str("the program around the block"),
            None => out.push_str(&mark),
        }
        rest = match tail.strip_prefix(':').map(leading_number) {
            Some((Some(_column), tail)) => tail,
            _ => tail,
        };
    }
    out + rest
}

fn leading_number(text: &str) -> (Option<usize>, &str) {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    (text[..text.len() - rest.len()].parse().ok(), rest)
}

#[cfg(test)]
mod tests {
    use super::{Place, translated};

    #[track_caller]
    fn case(text: &str, expected: &str) {
        let place = |line: usize| (line > 2).then(|| Place::new("page.md", line + 97));
        assert_eq!(translated(text, "x.rs", place), expected);
    }

    #[test]
    fn panics() {
        case(
            "thread 'main' panicked at x.rs:5:9:\nno",
            "thread 'main' panicked at page.md:102:\nno",
        );
        case("panicked at src/grant.rs:5:9:", "panicked at src/grant.rs:5:9:");
        case("panicked at x.rs:2:9:", "panicked at the program around the block:");
        case("left: x.rs: 5 | 6", "left: x.rs: 5 | 6");
    }

    #[test]
    fn the_margin_grows_with_its_numbers() {
        case(
            "error: no\n --> x.rs:5:1\n  |\n2 | fn main() {\n5 | a\n  | ^\n ::: src/y.rs:7:1\n  |\n7 | b\n  = note: x",
            "error: no\n   --> page.md:102\n    |\n    | fn main() {\n102 | a\n    | ^\n   ::: src/y.rs:7:1\n    |\n7   | b\n    = note: x",
        );
        case(
            "error: one\n--> x.rs:5:1\nwarning: two\n   --> src/y.rs:123:1\n123 | a",
            "error: one\n--> page.md:102\nwarning: two\n   --> src/y.rs:123:1\n123 | a",
        );
    }
}

//! From a block to a whole program, by rustdoc's rules: what `compile_fail` blocks and the second
//! runner are compiled from.
//!
//! rustdoc puts the code into `fn main` unless it has one, lifts `#![…]` attributes out, and lets
//! a block use `?` when it ends in `Ok::<(), E>(())`. The second runner knows none of this, so it
//! gets programs that are already complete. Each line of a program knows the line of the page that
//! it came from, because that is where an author looks for a mistake.

use super::Place;
use super::blocks::{Block, unhide};

/// Marks a wrong line of a `compile_fail` block and gives the right one: `let x: u8 = ""; // fix:
/// let x = "";`.
const FIX: &str = "// fix:";

/// Stands in for the error of a block that uses `?`. It takes any error and keeps the place of the
/// `?`, which no error knows.
const LOCATED: &str = "\
struct _Located(::std::string::String);
impl<E: ::core::fmt::Debug> ::core::convert::From<E> for _Located {
    #[track_caller]
    fn from(error: E) -> Self {
        let place = ::core::panic::Location::caller();
        Self(::std::format!(\"error returned at {place}:\\n{error:?}\"))
    }
}
fn main() {
    if let ::core::result::Result::Err(error) = _inner() {
        ::std::eprintln!(\"{}\", error.0);
        ::std::process::exit(1);
    }
}
fn _inner() -> ::core::result::Result<(), _Located> {
";

/// A program made of a block.
#[derive(Debug, Default)]
pub struct Program {
    pub text: String,
    /// For each line of the text, where it was written; nothing for what was added here.
    origin: Vec<Option<Place>>,
}

/// A line of a block, and where it was written.
type Line = (String, Place);

/// The code of a block, hidden lines shown, as a program with a `main`.
pub fn program(block: &Block) -> Program {
    assembled(written(block))
}

/// The block with every line marked `// fix: …` replaced by what the mark says: the program that
/// has to compile.
pub fn fixed_program(block: &Block) -> Program {
    let lines = written(block).into_iter();
    assembled(lines.filter_map(|(line, place)| Some((fix(&line)?, place))).collect())
}

/// The program of a block that uses `?`, so made that it says which `?` returned the error. It
/// need not compile where the block does: a type may be left for the compiler to find out.
pub fn locating(block: &Block) -> Option<Program> {
    let mut lines = shown(written(block));
    let end = result_line(&lines).filter(|_| !has_main(&lines))?;
    lines[end].0 = "Ok::<(), _Located>(())".to_owned();
    Some(wrapped(lines, LOCATED, "}\n"))
}

impl Program {
    /// A program that no page has.
    pub fn of_tool(text: &str) -> Program {
        let mut program = Program::default();
        program.add(text);
        program
    }

    /// Where line `number` (from 1) of the program was written.
    pub fn place(&self, number: usize) -> Option<Place> {
        self.origin.get(number.checked_sub(1)?)?.clone()
    }

    fn add(&mut self, text: &str) {
        self.text.push_str(text);
        self.origin.resize(self.origin.len() + text.lines().count(), None);
    }

    fn extend(&mut self, lines: impl IntoIterator<Item = Line>) {
        for (line, place) in lines {
            self.text.push_str(&line);
            self.text.push('\n');
            self.origin.push(Some(place));
        }
    }
}

fn written(block: &Block) -> Vec<Line> {
    block.code.iter().cloned().zip(block.origin.iter().cloned()).collect()
}

fn shown(lines: Vec<Line>) -> Vec<Line> {
    lines.into_iter().map(|(line, place)| (unhide(&line), place)).collect()
}

fn assembled(lines: Vec<Line>) -> Program {
    let lines = shown(lines);
    if has_main(&lines) {
        let mut program = Program::default();
        program.add("#![allow(unused)]\n");
        program.extend(lines);
        program
    } else if result_line(&lines).is_some() {
        let head =
            "fn main() { fn _inner() -> ::core::result::Result<(), impl ::core::fmt::Debug> {\n";
        wrapped(lines, head, "} _inner().unwrap() }\n")
    } else {
        wrapped(lines, "fn main() {\n", "}\n")
    }
}

/// The lines between `head` and `tail`, and their attributes of the crate before both.
fn wrapped(lines: Vec<Line>, head: &str, tail: &str) -> Program {
    let (attributes, code): (Vec<Line>, Vec<Line>) =
        lines.into_iter().partition(|(line, _)| line.trim_start().starts_with("#!["));
    let mut program = Program::default();
    program.add("#![allow(unused)]\n");
    program.extend(attributes);
    program.add(head);
    program.extend(code);
    program.add(tail);
    program
}

fn has_main(lines: &[Line]) -> bool {
    lines.iter().any(|(line, _)| {
        let line = line.trim_start();
        line.strip_prefix("pub ").unwrap_or(line).starts_with("fn main(")
    })
}

/// The index of the `Ok::<(), E>(())` that ends a block which uses `?`.
fn result_line(lines: &[Line]) -> Option<usize> {
    let is_code = |line: &str| !line.is_empty() && !line.starts_with("//");
    let last = lines.iter().rposition(|(line, _)| is_code(line.trim()))?;
    let line = lines[last].0.trim();
    (line.starts_with("Ok::<") && line.ends_with("(())")).then_some(last)
}

/// Whether a line of a `compile_fail` block is marked as wrong.
pub fn has_fix(line: &str) -> bool {
    line.contains(FIX)
}

fn fix(line: &str) -> Option<String> {
    let Some((wrong, right)) = line.split_once(FIX) else {
        return Some(line.to_owned());
    };
    let indent = &wrong[..wrong.len() - wrong.trim_start().len()];
    match right.trim() {
        "" => None,
        right => Some(format!("{indent}{right}")),
    }
}

/// A fence long enough for this code, so that code which shows a fence does not close its own
/// block.
pub fn fence_for(code: &str) -> String {
    let longest = code
        .lines()
        .map(|line| line.trim_start().bytes().take_while(|b| *b == b'`').count())
        .max()
        .unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

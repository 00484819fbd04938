//! Format strings, as `struct.calcsize`, NumPy and we read them: what is accepted, sizes, offsets, names, sub-arrays.

use std::collections::HashSet;

use bufferprocs::Format;
use bufferprocs::format::{Element, Field};

use crate::interpreter::Interpreter;
use crate::random::Random;
use crate::{Outcome, environment, generate};

/// How many different strings of each kind.
const STRUCTS: usize = 40_000;
const PEP3118: usize = 70_000;
const NEAR_MISSES: usize = 40_000;
/// How many of them `struct` and NumPy have to accept, each.
const ACCEPTED: usize = 30_000;

/// Strings that CPython or NumPy accept and we refuse.
struct Exception {
    what: &'static str,
    applies: fn(&str) -> bool,
}

/// Each has to occur, so that none outlives its reason. They are of NumPy alone: what `struct` accepts, we accept.
const EXCEPTIONS: [Exception; 5] = [
    // NumPy stops reading at the brace and ignores what follows.
    Exception { what: "a brace closes that none opened", applies: |string| depths(string).0 < 0 },
    // NumPy takes the end of the string for the missing brace.
    Exception { what: "an open brace at the end", applies: |string| depths(string).1 > 0 },
    // NumPy reads numbers by Python's int().
    Exception {
        what: "a sign or an underscore in a shape",
        applies: |string| in_shape(string, |c| "+-_".contains(c)),
    },
    Exception {
        what: "white space in a shape that is none to struct",
        applies: |string| in_shape(string, |c| c.is_whitespace() && !c.is_ascii()),
    },
    Exception {
        what: "a digit that is not ASCII",
        applies: |string| unnamed(string).chars().any(|c| c.is_numeric() && !c.is_ascii()),
    },
];

pub fn compare(python: &Interpreter) -> Outcome {
    let strings = strings();
    let mut input = String::new();
    for string in &strings {
        input += &hex(string);
        input.push('\n');
    }
    let output = environment::with_numpy(python)?.run("formats.py", &input)?;
    let lines: Vec<&str> = output.lines().collect();
    if lines.len() != strings.len() {
        return Err(format!("{} answers to {} strings", lines.len(), strings.len()));
    }
    let (mut by_struct, mut by_numpy, mut both, mut padded) = (0, 0, 0, 0);
    let mut excepted = [0; EXCEPTIONS.len()];
    for (bytes, line) in strings.iter().zip(lines) {
        let told = |why: String| format!("{:?}: {why}", String::from_utf8_lossy(bytes));
        let (calcsize, numpy) = line.split_once(' ').ok_or_else(|| told(line.to_owned()))?;
        let format = Format::parse_bytes(bytes).map_err(|error| error.to_string());
        if calcsize != "-" {
            by_struct += 1;
            against_struct(calcsize, &format).map_err(told)?;
        }
        if numpy == "-" {
            continue;
        }
        by_numpy += 1;
        both += usize::from(calcsize != "-");
        let string = std::str::from_utf8(bytes).map_err(|_| told("NumPy read bytes".into()))?;
        match &format {
            Ok(format) => {
                let itemsize = numpy_itemsize(string, format);
                padded += usize::from(itemsize != format.itemsize());
                let ours = root(format, itemsize);
                if ours != numpy {
                    return Err(told(format!("NumPy says {numpy}, we say {ours}")));
                }
            }
            Err(error) => {
                let known = EXCEPTIONS.iter().position(|exception| (exception.applies)(string));
                let known = known.ok_or_else(|| told(format!("NumPy {numpy}, we: {error}")))?;
                excepted[known] += 1;
            }
        }
    }
    for (exception, count) in EXCEPTIONS.iter().zip(excepted) {
        if count == 0 {
            return Err(format!("no exception for {}: strike it from the list", exception.what));
        }
    }
    let exceptions: usize = excepted.iter().sum();
    let said = format!(
        "{} strings: struct accepts {by_struct}, NumPy {by_numpy}, both {both}; NumPy alone pads the end of {padded}; \
         {exceptions} that NumPy accepts are refused as listed",
        strings.len(),
    );
    match by_struct >= ACCEPTED && by_numpy - exceptions >= ACCEPTED && both > 0 && padded > 0 {
        true => Ok(said),
        false => Err(format!("too few of a kind: {said}")),
    }
}

/// All different.
fn strings() -> Vec<Vec<u8>> {
    let mut random = Random(3118);
    let mut seen = HashSet::new();
    let mut strings = Vec::new();
    let mut take = |count: usize, next: &mut dyn FnMut(&mut Random) -> Vec<u8>| {
        let wanted = strings.len() + count;
        while strings.len() < wanted {
            let string = next(&mut random);
            if seen.insert(string.clone()) {
                strings.push(string);
            }
        }
    };
    take(STRUCTS, &mut |random| generate::structs(random).into_bytes());
    take(PEP3118, &mut |random| generate::pep3118(random).into_bytes());
    take(NEAR_MISSES, &mut generate::near_miss);
    strings
}

fn against_struct(calcsize: &str, format: &Result<Format, String>) -> Result<(), String> {
    match format {
        Ok(format) if format.itemsize().to_string() == calcsize => Ok(()),
        Ok(format) => Err(format!("calcsize says {calcsize}, we say {}", format.itemsize())),
        Err(error) => Err(format!("calcsize says {calcsize}, we refuse: {error}")),
    }
}

/// The one difference in sizes: NumPy pads the end of the item too, if `@` is in force there. `struct` does not, and we
/// follow it.
fn numpy_itemsize(string: &str, format: &Format) -> usize {
    let order = unnamed(string).chars().rfind(|c| "@=<>!^".contains(*c)).unwrap_or('@');
    match order {
        '@' => format.itemsize().next_multiple_of(format.align()),
        _ => format.itemsize(),
    }
}

/// Our item, as formats.py describes NumPy's types.
///
/// NumPy unwraps an item of one field without a name, if there is nothing around it.
fn root(format: &Format, itemsize: usize) -> String {
    match format.fields() {
        [field] if field.name().is_none() && field.offset() == 0 && field.size() == itemsize => {
            described(field)
        }
        _ => format!("{itemsize}[]{}", record(format, itemsize)),
    }
}

fn described(field: &Field) -> String {
    let extents: Vec<String> = field.shape().iter().map(usize::to_string).collect();
    let head = format!("{}[{}]", field.size(), extents.join(","));
    match field.element() {
        Element::Record(format) => head + &record(format, format.itemsize()),
        _ => head,
    }
}

/// NumPy calls fields without a name `f` and the first number that makes a new name.
fn record(format: &Format, itemsize: usize) -> String {
    let mut names: Vec<Option<String>> =
        format.fields().iter().map(|field| field.name().map(str::to_owned)).collect();
    for at in 0..names.len() {
        if names[at].is_none() {
            let mut numbered = (0..).map(|number| Some(format!("f{number}")));
            names[at] = numbered.find(|name| !names.contains(name)).flatten();
        }
    }
    let mut text = format!("{{{itemsize}|");
    for (field, name) in format.fields().iter().zip(names) {
        let name = hex(name.unwrap_or_default().as_bytes());
        text += &format!("{name}@{}={};", field.offset(), described(field));
    }
    text + "}"
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

// What the exceptions ask of a string

/// The string without its names, which may hold anything but colons.
fn unnamed(string: &str) -> String {
    string.split(':').step_by(2).collect::<Vec<_>>().join(":")
}

/// How deep in braces the string is at the least, and at its end.
fn depths(string: &str) -> (isize, isize) {
    unnamed(string).chars().fold((0, 0), |(least, depth), c| {
        let depth = depth + isize::from(c == '{') - isize::from(c == '}');
        (depth.min(least), depth)
    })
}

/// Whether such a character stands in parentheses.
fn in_shape(string: &str, such: fn(char) -> bool) -> bool {
    let string = unnamed(string);
    let mut shapes = string.split('(').skip(1).filter_map(|rest| rest.split(')').next());
    shapes.any(|shape| shape.contains(such))
}

//! Format strings, as `struct.calcsize`, NumPy and we read them: what is accepted, sizes, offsets,
//! names, sub-arrays.

use std::collections::HashSet;

use bufferprocs::Format;

use crate::dtype::{Agreement, EXCEPTIONS, against_numpy, against_struct, hex};
use crate::interpreter::Interpreter;
use crate::random::Random;
use crate::{Outcome, environment, generate};

/// How many different strings of each kind.
const STRUCTS: usize = 40_000;
const PEP3118: usize = 70_000;
const NEAR_MISSES: usize = 40_000;
/// How many of them `struct` and NumPy have to accept, each.
const ACCEPTED: usize = 30_000;

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
        match against_numpy(numpy, bytes, &format).map_err(told)? {
            Agreement::Whole => {}
            Agreement::Padded => padded += 1,
            Agreement::Excepted(which) => excepted[which] += 1,
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
    take(NEAR_MISSES, &mut |random| generate::near_miss(random));
    strings
}

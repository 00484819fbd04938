//! Format strings, chosen by the grammars of `struct` and of PEP 3118, and near misses of both.

use crate::random::Choices;

const ORDERS: [char; 6] = ['@', '=', '<', '>', '!', '^'];
/// Codes that `struct` has in every order, and those of native orders alone.
const STRUCT: &str = "cbB?hHiIlLqQefdspx";
const STRUCT_NATIVE: &str = "nNP";
/// What NumPy understands in every order and in native ones, and codes of PEP 3118 that it does
/// not.
const PEP: &[&str] = &[
    "?", "c", "b", "B", "h", "H", "i", "I", "l", "L", "q", "Q", "e", "f", "d", "s", "w", "O", "x",
    "x", "Zf", "Zd",
];
const PEP_NATIVE: &[&str] = &["g", "Zg"];
const PEP_RARE: &[&str] = &["p", "P", "n", "N", "u", "&", "t", "X{}", "&i", "Z", "F", "D", "G"];
/// Among them names that NumPy would invent, and characters that mean something outside of names.
const NAMES: &[&str] = &[
    "a", "b", "c", "x", "re", "im", "i", "T", "f0", "f1", "f2", "größe", "日本", "é", "𝄞", "٣",
    "}", "{", "T{i}", "(2)", "<", " ", "a b", "", "0", "longname",
];
const SPACES: &[&str] = &[" ", "  ", "\t", "\n", "\r\n", "\u{b}", "\u{c}"];
/// Deeper nesting says nothing more.
const DEPTH: usize = 4;

/// A string for `struct`.
pub fn structs(random: &mut impl Choices) -> String {
    let mut string = String::new();
    let mut native = true;
    if random.chance(1, 2) {
        let order = random.pick(&ORDERS[..5]);
        native = order == '@';
        string.push(order);
    }
    let spaced = random.chance(1, 4);
    for _ in 0..random.below(9) {
        if spaced && random.chance(1, 2) {
            string += random.pick(SPACES);
        }
        if random.chance(2, 5) {
            string += &repeat(random);
        }
        let native_alone = if native { random.chance(1, 8) } else { random.chance(1, 100) };
        let codes = if native_alone { STRUCT_NATIVE } else { STRUCT };
        string.push(char::from(random.pick(codes.as_bytes())));
    }
    if spaced && random.chance(1, 4) {
        string += random.pick(SPACES);
    }
    string
}

/// A string of PEP 3118.
pub fn pep3118(random: &mut impl Choices) -> String {
    let mut string = String::new();
    let mut native = true;
    let whole = random.chance(1, 3); // most exporters give one record
    if whole {
        string += "T{";
    }
    items(random, &mut string, &mut native, usize::from(whole));
    if whole {
        string += "}";
    }
    string
}

/// `native`: whether native sizes are in force, which braces do not change.
fn items(random: &mut impl Choices, string: &mut String, native: &mut bool, depth: usize) {
    let mut names: Vec<&str> = Vec::new();
    let count = if random.chance(1, 10) { 0 } else { 1 + random.below(6 - depth) };
    for _ in 0..count {
        if random.chance(1, 5) {
            *string += &shape(random);
        }
        if random.chance(1, 5) {
            let order = random.pick(&ORDERS);
            *native = matches!(order, '@' | '^');
            string.push(order);
        }
        if random.chance(1, 4) {
            *string += &repeat(random);
        }
        if depth < DEPTH && random.chance(1, 4) {
            *string += "T{";
            items(random, string, native, depth + 1);
            *string += "}";
        } else if random.chance(1, 100) {
            *string += random.pick(PEP_RARE);
        } else if random.chance(if *native { 10 } else { 1 }, 100) {
            *string += random.pick(PEP_NATIVE);
        } else {
            *string += random.pick(PEP);
        }
        if random.chance(1, 2) {
            let name = random.pick(NAMES);
            if !names.contains(&name) || random.chance(1, 10) {
                names.push(name);
                *string += &format!(":{name}:");
            }
        }
    }
}

/// One byte or character of a string that was right replaced, left out or put in.
pub fn near_miss(random: &mut impl Choices) -> Vec<u8> {
    let right = if random.chance(1, 3) { structs(random) } else { pep3118(random) };
    let mut characters: Vec<char> = right.chars().collect();
    let at = random.below(characters.len() + 1);
    if at < characters.len() && random.chance(2, 3) {
        characters.remove(at);
        if random.chance(1, 2) {
            return characters.into_iter().collect::<String>().into_bytes();
        }
    }
    let put = match random.below(8) {
        0..=3 => vec![random.pick(b"@=<>!^(){},:T0123456789xsZ+-_ ")],
        4 | 5 => vec![b' ' + random.below(95) as u8],
        // White space and digits that only some take for such, and a letter.
        6 => random.pick(&['é', '٣', '५', '２', '²', '\u{a0}']).to_string().into_bytes(),
        // What is no text. Not 0: a format is a C string.
        _ => vec![random.pick(&[0x80, 0xC3, 0xFF, 1, 127])],
    };
    let (before, after) = characters.split_at(at);
    let [before, after] = [before, after].map(|part| part.iter().collect::<String>().into_bytes());
    [before, put, after].concat()
}

/// Small, mostly. NumPy stops at 31 bits, and `struct` at the largest size.
fn repeat(random: &mut impl Choices) -> String {
    match random.below(200) {
        0 => random.pick(&["99999", "2147483647", "2147483648", "99999999999"]).to_owned(),
        1 => format!("{}", isize::MAX as u64 + random.below(2) as u64),
        2 => random
            .pick(&["18446744073709551615", "18446744073709551616", "4611686018427387904"])
            .into(),
        3..=5 => random.pick(&["00", "007", "01"]).to_owned(),
        6..=12 => random.below(100).to_string(),
        13..=40 => "0".to_owned(),
        41..=70 => "1".to_owned(),
        _ => (2 + random.below(8)).to_string(),
    }
}

fn shape(random: &mut impl Choices) -> String {
    let extents: Vec<String> = (0..1 + random.below(3))
        .map(|_| random.pick(&[0, 1, 1, 2, 2, 3, 3, 4, 5, 10]).to_string())
        .collect();
    let comma = if random.chance(1, 20) { " , " } else { "," };
    format!("({})", extents.join(comma))
}

//! Formats of any origin: a million random texts, of which none may panic, overflow, or take long.

use bufferprocs::Format;
use bufferprocs::format::{Element, Field};

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

/// Pieces of formats, so that many texts are nearly right.
const PIECES: &[&str] = &[
    "b",
    "B",
    "h",
    "H",
    "i",
    "I",
    "l",
    "L",
    "q",
    "Q",
    "n",
    "N",
    "e",
    "f",
    "d",
    "g",
    "Zf",
    "Zd",
    "Zg",
    "F",
    "D",
    "G",
    "?",
    "c",
    "s",
    "p",
    "u",
    "w",
    "x",
    "O",
    "P",
    "z",
    "&",
    "X{}",
    "X{i}",
    "T{",
    "T{",
    "}",
    "}",
    ":a:",
    ":b:",
    ":é:",
    ":",
    "(2,3)",
    "(0)",
    "(",
    ")",
    ",",
    "3",
    "0",
    "18446744073709551615",
    "@",
    "=",
    "<",
    ">",
    "!",
    "^",
    " ",
    "\t",
    "\0",
    "é",
    "t",
    "Z",
    "T",
];

#[test]
fn a_million_random_texts() {
    let mut random = Random(1);
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..1_000_000 {
        let len = random.below(12);
        let text: Vec<u8> = match round % 2 {
            0 => (0..len).map(|_| random.next() as u8).collect(),
            _ => (0..len).flat_map(|_| PIECES[random.below(PIECES.len())].bytes()).collect(),
        };
        match Format::parse_bytes(&text) {
            Ok(format) => {
                accepted += 1;
                check(&format, &text);
            }
            Err(error) => {
                refused += 1;
                assert!(error.at <= text.len(), "{error} in {text:?}");
                assert!(!error.to_string().is_empty());
            }
        }
    }
    assert!(accepted > 100_000 && refused > 100_000, "{accepted} accepted, {refused} refused");
}

/// What holds of every format.
fn check(format: &Format, text: &[u8]) {
    let shown = String::from_utf8_lossy(text);
    assert!(format.align().is_power_of_two(), "{shown}");
    fields_follow_each_other(format.fields(), format.itemsize(), &shown);
    let again = Format::parse(&format.to_cstring());
    assert_eq!(again.as_ref(), Ok(format), "{shown} became {format}");
    assert!(format.same_item(format));
}

fn fields_follow_each_other(fields: &[Field], itemsize: usize, shown: &str) {
    let mut end = 0;
    for field in fields {
        assert!(field.offset() >= end, "{shown}");
        end = field.offset() + field.size();
        if let Element::Record(record) = field.element() {
            fields_follow_each_other(record.fields(), record.itemsize(), shown);
            let count: usize = field.shape().iter().product();
            assert_eq!(field.size(), record.itemsize() * count, "{shown}");
        }
    }
    assert!(end <= itemsize, "{shown}");
}

/// Long texts, whose cost has to grow with their length alone.
#[test]
fn hostile_texts_of_a_million_bytes() {
    let long = |piece: &str| piece.repeat(1_000_000 / piece.len());
    for text in [
        long("i"),
        long("T{"),
        long("&"),
        long("T{}"),
        long("("),
        format!("({}1)i", long("1,")),
        long("9"),
        long(":a:"),
        long("i:a:"),
        format!("i:{}:", long("a")),
        format!("X{}", long("{")),
        format!("X{}{}", long("{"), long("}")),
        long("0s"),
        long("@<"),
        long(" "),
        long("9223372036854775807x"),
    ] {
        match Format::parse_bytes(text.as_bytes()) {
            Ok(format) => check(&format, &text.as_bytes()[..20]),
            Err(error) => assert!(error.at <= text.len()),
        }
    }
    // Each name is another one.
    let fields: String = (0..100_000).map(|number| format!("b:n{number}:")).collect();
    let format: Format = format!("T{{{fields}}}").parse().unwrap();
    assert_eq!((format.itemsize(), format.field("n99999").unwrap().offset()), (100_000, 99_999));
}

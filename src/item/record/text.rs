//! Text that is put together at compile time: formats, and what is wrong with a record.

use std::ffi::CStr;

/// A piece of a text that is put together at compile time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part<'a> {
    Text(&'a [u8]),
    Number(usize),
    /// `:name:`, of the identifier as Rust spells it.
    Name(&'a str),
}

/// Bytes of the joined parts, and of the NUL behind them.
pub(crate) const fn joined_len(parts: &[Part<'_>]) -> usize {
    let mut len = 1;
    let mut at = 0;
    while at < parts.len() {
        len += match parts[at] {
            Part::Text(text) => text.len(),
            Part::Number(number) => digits(number),
            Part::Name(name) => plain(name).len() + 2,
        };
        at += 1;
    }
    len
}

/// The joined parts, and NULs up to the end.
pub(crate) const fn join<const LEN: usize>(parts: &[Part<'_>]) -> [u8; LEN] {
    assert!(joined_len(parts) <= LEN, "the format of an array is longer than 1023 bytes");
    let mut joined = [0; LEN];
    append(&mut joined, 0, parts);
    joined
}

/// Writes the joined parts from `end` on, and returns where they end.
pub(crate) const fn append<const LEN: usize>(
    joined: &mut [u8; LEN],
    mut end: usize,
    parts: &[Part<'_>],
) -> usize {
    let mut at = 0;
    while at < parts.len() {
        match parts[at] {
            Part::Text(text) => end = append_bytes(joined, end, text),
            Part::Number(mut number) => {
                let len = digits(number);
                let mut place = end + len;
                while place > end {
                    place -= 1;
                    joined[place] = b'0' + (number % 10) as u8;
                    number /= 10;
                }
                end += len;
            }
            Part::Name(name) => {
                end = append_bytes(joined, end, b":");
                end = append_bytes(joined, end, plain(name));
                end = append_bytes(joined, end, b":");
            }
        }
        at += 1;
    }
    end
}

const fn append_bytes<const LEN: usize>(joined: &mut [u8; LEN], end: usize, text: &[u8]) -> usize {
    let mut at = 0;
    while at < text.len() {
        joined[end + at] = text[at];
        at += 1;
    }
    end + at
}

const fn digits(number: usize) -> usize {
    if number < 10 { 1 } else { 1 + digits(number / 10) }
}

/// `r#type` is a field called `type`.
const fn plain(identifier: &str) -> &[u8] {
    match identifier.as_bytes() {
        [b'r', b'#', rest @ ..] => rest,
        name => name,
    }
}

/// The text up to its first NUL.
#[doc(hidden)]
pub const fn text(bytes: &'static [u8]) -> &'static CStr {
    match CStr::from_bytes_until_nul(bytes) {
        Ok(text) => text,
        Err(_) => panic!("the text has no NUL"),
    }
}

/// The joined text, without the NULs behind it.
pub(crate) const fn str(bytes: &[u8]) -> &str {
    match CStr::from_bytes_until_nul(bytes) {
        Ok(text) => match text.to_str() {
            Ok(text) => text,
            Err(_) => panic!("the text is not UTF-8"),
        },
        Err(_) => panic!("the text has no NUL"),
    }
}

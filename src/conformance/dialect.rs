//! In whose syntax a format is: that of `struct`, of PEP 3118, or of an exporter that is used so
//! often that consumers know it.

use std::ffi::CStr;

use crate::error::{FormatError, FormatProblem};
use crate::format::Format;

/// What is known of a format.
pub(super) enum Syntax {
    /// Bytes of an item by the format, and the dialect unless it is the syntax of `struct`.
    Known { size: usize, dialect: Option<&'static str> },
    /// In the syntax of PEP 3118, with a code whose size nobody else computes.
    WithoutSize { dialect: &'static str },
    /// In no syntax that is known.
    Unknown(FormatError),
}

/// The syntax of a format of an item of `itemsize` bytes.
pub(super) fn syntax(format: &CStr, itemsize: isize) -> Syntax {
    let text = format.to_bytes();
    let parsed = Format::parse(format);
    let fits = |format: &Format| usize::try_from(itemsize) == Ok(format.itemsize());
    if !parsed.as_ref().is_ok_and(fits) {
        // Not by the PEP, but perhaps by what `ctypes` means.
        let meant = as_meant_by_ctypes(text).and_then(|text| Format::parse_bytes(&text).ok());
        if let Some(meant) = meant.filter(|meant| parsed.is_err() || fits(meant)) {
            return Syntax::Known { size: meant.itemsize(), dialect: Some("ctypes") };
        }
    }
    match parsed {
        Ok(format) => Syntax::Known { size: format.itemsize(), dialect: dialect(text) },
        Err(error) => match without_bit_fields(text, error) {
            Ok(()) => Syntax::WithoutSize { dialect: "PEP 3118 with bit fields" },
            Err(error) => Syntax::Unknown(error),
        },
    }
}

/// The PEP has bit fields, as `3t`, whose size this crate does not compute. Whether a text is a
/// format but for these.
fn without_bit_fields(text: &[u8], mut error: FormatError) -> Result<(), FormatError> {
    let mut text = text.to_vec();
    while error.problem == FormatProblem::BitField {
        let has_count = error.at > 0 && text[error.at - 1].is_ascii_digit();
        if !has_count {
            return Err(FormatError { at: error.at, problem: FormatProblem::UnknownCode(b't') });
        }
        text[error.at] = b'B';
        match Format::parse_bytes(&text) {
            Ok(_) => return Ok(()),
            Err(next) => error = next,
        }
    }
    Err(error)
}

/// What `ctypes` writes for characters of C's `wchar_t`, in the letters of the PEP: its `<u` has
/// four bytes where `wchar_t` has, and its `<Z` is an address. None if there is neither.
fn as_meant_by_ctypes(text: &[u8]) -> Option<Vec<u8>> {
    let mut meant = text.to_vec();
    let (mut is_name, mut has_changed) = (false, false);
    for at in 0..text.len() {
        is_name ^= text[at] == b':';
        if is_name || at == 0 || !b"<>".contains(&text[at - 1]) {
            continue;
        }
        let is_complex = text.get(at + 1).is_some_and(|next| b"fdg".contains(next));
        let letter = match text[at] {
            b'u' => b'w',
            b'Z' if !is_complex => b'P',
            _ => continue,
        };
        (meant[at], has_changed) = (letter, true);
    }
    has_changed.then_some(meant)
}

/// The dialect of a format that was understood. None for the syntax of `struct`.
fn dialect(text: &[u8]) -> Option<&'static str> {
    let (mode, codes) = match text.split_first() {
        Some((mode, codes)) if b"@=<>!".contains(mode) => (*mode, codes),
        _ => (b'@', text),
    };
    let is_known = |letters: &[u8]| {
        codes.iter().all(|byte| {
            byte.is_ascii_digit() || b" \t\n\x0b\x0c\r".contains(byte) || letters.contains(byte)
        })
    };
    let native = mode == b'@';
    if is_known(b"xcbB?hHiIlLqQefdsp") || native && is_known(b"xcbB?hHiIlLqQnNefdspP") {
        return None;
    }
    if is_known(b"xcbB?hHiIlLqQefdspFD") || native && is_known(b"xcbB?hHiIlLqQnNefdspPFD") {
        return Some("struct since CPython 3.14");
    }
    let outside = outside_of_names(text);
    let has = |letters: &[u8]| outside.iter().any(|byte| letters.contains(byte));
    let pairs = || outside.windows(2);
    if has(b"z") || !native && has(b"P") || pairs().any(|pair| pair == b"<&" || pair == b"<g") {
        return Some("ctypes");
    }
    if pairs().any(|pair| pair == b")(") || has(b"FDG") {
        return Some("NumPy");
    }
    Some("PEP 3118")
}

/// The text without the names of fields.
fn outside_of_names(text: &[u8]) -> Vec<u8> {
    let parts = text.split(|&byte| byte == b':').step_by(2);
    parts.collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_has_its_syntax() {
        #[track_caller]
        fn case(format: &CStr, itemsize: isize, expected: &str) {
            let found = match syntax(format, itemsize) {
                Syntax::Known { size, dialect } => {
                    format!("{size} {}", dialect.unwrap_or("struct"))
                }
                Syntax::WithoutSize { dialect } => dialect.to_owned(),
                Syntax::Unknown(error) => error.to_string(),
            };
            assert_eq!(found, expected, "{format:?}");
        }
        case(c"B", 1, "1 struct");
        case(c"<2h 3s", 7, "7 struct");
        case(c"", 0, "0 struct");
        case(c"F", 8, "8 struct since CPython 3.14");
        case(c"T{i:a:B:b:}", 8, "8 PEP 3118");
        case(c"T{B:P:}", 1, "1 PEP 3118"); // `P` is a name
        case(c"Zd", 16, "16 PEP 3118");
        case(c"(2)(3)i", 24, "24 NumPy");
        case(c"<z", 8, &format!("{} ctypes", size_of::<usize>()));
        case(c"<u", 4, "4 ctypes");
        case(c"<u", 2, "2 PEP 3118");
        case(c"T{<u:f0:}", 4, "4 ctypes");
        case(c"T{<Z:a:<Zd:b:}", 24, "24 ctypes");
        case(c"<Z", 8, &format!("{} ctypes", size_of::<usize>()));
        case(c"T{3t:a:}", 1, "PEP 3118 with bit fields");
        case(c"T{3t:a:5t:b:}", 1, "PEP 3118 with bit fields");
        case(c"uint16", 2, "format, byte 3: no item type has the code `t`");
        case(c"int", 4, "format, byte 2: no item type has the code `t`");
        case(c"bfloat16", 2, "format, byte 3: no item type has the code `o`");
        case(c"<i4", 4, "format, byte 3: a code is missing");
        case(c"float64", 8, "format, byte 2: no item type has the code `o`");
    }
}

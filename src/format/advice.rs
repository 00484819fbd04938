//! Which Rust type reads the items of a format.

use std::ffi::CStr;

use super::scalar::{Kind, Scalar};
use super::{Element, Field, Format};

/// What to read items of this format as, in a few words for the end of a message.
pub(crate) fn type_for(text: &CStr) -> Option<String> {
    let format = match Format::parse(text) {
        Ok(format) => format,
        Err(error) => return Some(format!("the format is not understood ({error})")),
    };
    if format.holds_addresses() {
        return Some("the items hold addresses, which are not read".to_owned());
    }
    let [field] = format.fields() else {
        return Some("an item of several fields without names has no Rust type".to_owned());
    };
    let own = match field.element() {
        Element::Record(_) => "a `record!` with the same fields".to_owned(),
        Element::Scalar(scalar) => format!("`{}`", nested(field, scalar_type(*scalar)?)),
        Element::Pointer(_) => return None, // addresses, as above
    };
    Some(format!("read the items as {own}"))
}

/// The type of a sub-array of `element`.
fn nested(field: &Field, element: String) -> String {
    field.shape().iter().rev().fold(element, |inner, extent| format!("[{inner}; {extent}]"))
}

/// None for what Rust has no type for: `long double`, text of two-byte characters.
fn scalar_type(scalar: Scalar) -> Option<String> {
    let bits = 8 * scalar.size;
    let number = match scalar.kind {
        Kind::Signed => format!("i{bits}"),
        Kind::Unsigned => format!("u{bits}"),
        Kind::Float if bits == 16 && !scalar.swapped => return Some("item::Half".to_owned()),
        Kind::Float if bits == 32 || bits == 64 => format!("f{bits}"),
        Kind::Complex if bits == 64 || bits == 128 => {
            let part = Scalar { kind: Kind::Float, size: scalar.size / 2, ..scalar };
            let part = scalar_type(part)?;
            return Some(match scalar.swapped {
                true => format!("[{part}; 2]"),
                false => format!("item::Complex<{part}>"),
            });
        }
        Kind::Bool => return Some("bool".to_owned()),
        Kind::Char => return Some("u8".to_owned()),
        Kind::Bytes | Kind::Pascal | Kind::Padding => {
            return Some(format!("[u8; {}]", scalar.size));
        }
        Kind::Ucs4 if !scalar.swapped => {
            return Some(format!("item::Ucs4<{}>", scalar.size / 4));
        }
        _ => return None,
    };
    Some(match (scalar.swapped, cfg!(target_endian = "little")) {
        (false, _) => number,
        (true, true) => format!("item::BigEndian<{number}>"),
        (true, false) => format!("item::LittleEndian<{number}>"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_has_its_type_or_a_reason() {
        #[track_caller]
        fn case(format: &CStr, expected: &str) {
            assert_eq!(type_for(format).as_deref(), Some(expected), "{format:?}");
        }
        let order = if cfg!(target_endian = "little") { "Big" } else { "Little" };
        let swapped = if cfg!(target_endian = "little") { c">(2)d" } else { c"<(2)d" };
        case(c"?", "read the items as `bool`");
        case(c"i", "read the items as `i32`");
        case(c"Zd", "read the items as `item::Complex<f64>`");
        case(c"F", "read the items as `item::Complex<f32>`");
        case(c"e", "read the items as `item::Half`");
        case(c"12s", "read the items as `[u8; 12]`");
        case(c"8w", "read the items as `item::Ucs4<8>`");
        case(c"(2,3)B", "read the items as `[[u8; 3]; 2]`");
        case(swapped, &format!("read the items as `[item::{order}Endian<f64>; 2]`"));
        case(c"T{i:a:}", "read the items as a `record!` with the same fields");
        case(c"O", "the items hold addresses, which are not read");
        case(c"ii", "an item of several fields without names has no Rust type");
        let unknown = type_for(c"y").expect("a reason");
        assert!(unknown.starts_with("the format is not understood ("), "{unknown}");
        assert_eq!(type_for(c"2g"), None);
    }
}

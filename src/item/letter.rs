//! Whether a view's items are those of a Rust type, told by their format: one letter with its byte order, or the same text.

use std::ffi::CStr;
use std::mem::size_of;

use super::Item;

/// How the bytes of a single-letter format are to be understood.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Signed,
    Unsigned,
    Float,
    Bool,
    Character,
}

/// Whether items of this format have the kind and size of `T`; a format of NULL is `"B"`.
///
/// `l` and `q` are one type where a C `long` has eight bytes, and `<i` is `i` on a little-endian machine.
pub(crate) fn is_format_of<T: Item>(format: Option<&CStr>) -> bool {
    let format = format.unwrap_or(c"B");
    let described = describe(format.to_bytes());
    format == T::FORMAT || described.is_some() && described == describe(T::FORMAT.to_bytes())
}

/// Kind and size in bytes of a format of one letter, in the byte order of this machine.
fn describe(format: &[u8]) -> Option<(Kind, usize)> {
    let (standard, swapped, letter) = match *format {
        [letter] | [b'@', letter] => (false, false, letter),
        [b'=', letter] => (true, false, letter),
        [b'<', letter] => (true, cfg!(target_endian = "big"), letter),
        [b'>' | b'!', letter] => (true, cfg!(target_endian = "little"), letter),
        _ => return None,
    };
    let (kind, native) = match letter {
        b'b' => (Kind::Signed, 1),
        b'B' => (Kind::Unsigned, 1),
        b'h' => (Kind::Signed, 2),
        b'H' => (Kind::Unsigned, 2),
        b'i' => (Kind::Signed, 4),
        b'I' => (Kind::Unsigned, 4),
        b'l' => (Kind::Signed, size_of::<std::ffi::c_long>()),
        b'L' => (Kind::Unsigned, size_of::<std::ffi::c_ulong>()),
        b'q' => (Kind::Signed, 8),
        b'Q' => (Kind::Unsigned, 8),
        b'n' if !standard => (Kind::Signed, size_of::<isize>()),
        b'N' if !standard => (Kind::Unsigned, size_of::<usize>()),
        b'f' => (Kind::Float, 4),
        b'd' => (Kind::Float, 8),
        b'?' => (Kind::Bool, 1),
        b'w' => (Kind::Character, 4),
        _ => return None,
    };
    let size = if standard && matches!(letter, b'l' | b'L') { 4 } else { native };
    (!swapped || size == 1).then_some((kind, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_name_a_kind_and_a_size() {
        #[track_caller]
        fn case<T: Item>(format: &CStr, expected: bool) {
            assert_eq!(is_format_of::<T>(Some(format)), expected, "{format:?}");
        }
        let little = cfg!(target_endian = "little");
        case::<i32>(c"i", true);
        case::<i32>(c"@i", true);
        case::<i32>(c"=l", true);
        case::<i32>(c"<i", little);
        case::<i32>(c">i", !little);
        case::<i32>(c"!i", !little);
        case::<u32>(c"i", false);
        case::<f32>(c"i", false);
        case::<i64>(c"q", true);
        case::<i64>(c"l", size_of::<std::ffi::c_long>() == 8);
        case::<isize>(c"n", true);
        case::<usize>(c"=N", false);
        case::<u8>(c">B", true);
        case::<u8>(c"b", false);
        case::<u8>(c"?", false);
        case::<bool>(c"?", true);
        case::<char>(c"w", true);
        case::<u8>(c"", false);
        case::<u8>(c"BB", false);
        case::<i32>(c"T{i:a:}", false);
        assert!(is_format_of::<u8>(None) && !is_format_of::<i8>(None));
        // A type of the user's, with a format that is more than a letter.
        #[derive(Clone, Copy)]
        struct Pair(#[allow(dead_code)] [u16; 2]);
        // SAFETY: two numbers, no padding, no pointer.
        unsafe impl Item for Pair {
            const FORMAT: &'static CStr = c"T{H:a:H:b:}";
        }
        case::<Pair>(c"T{H:a:H:b:}", true);
        case::<Pair>(c"T{H:a:h:b:}", false);
    }
}

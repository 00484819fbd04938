//! Formats of records, and what ends a compilation.

use super::*;
use crate::format::Format;
use std::mem::offset_of;

record! {
    struct Inner { a: u16, b: [u8; 2] }
}
record! {
    /// With everything that a record may hold.
    struct Outer {
        x: f64,
        grid: [[i32; 3]; 2],
        inner: [Inner; 2],
        r#type: u8,
        _pad: Pad<7>,
        größe: u64,
    }
}
record! {
    #[repr(packed)]
    struct Packed { a: u8, b: u32, inner: Inner, c: f64 }
}
record! {
    struct Holder { packed: Packed, more: [u8; 7], last: u64 }
}
record! {
    readonly struct Flags { on: bool, letter: char8 }
}
#[allow(non_camel_case_types)]
type char8 = u8;

#[test]
fn the_format_is_that_of_the_fields() {
    #[track_caller]
    fn case<T: Item>(text: &CStr, fields: &[(&str, usize)]) {
        assert_eq!(T::FORMAT, text);
        let format = Format::of::<T>().unwrap();
        assert_eq!(format.itemsize(), size_of::<T>());
        assert_eq!(format.align(), align_of::<T>());
        for &(name, offset) in fields {
            assert_eq!(format.field(name).unwrap().offset(), offset, "{name}");
        }
    }
    case::<Inner>(c"T{H:a:(2)B:b:}", &[("a", 0), ("b", 2)]);
    case::<Outer>(
        c"T{d:x:(2,3)i:grid:(2)T{H:a:(2)B:b:}:inner:B:type:7xQ:gr\xc3\xb6\xc3\x9fe:}",
        &[
            ("x", offset_of!(Outer, x)),
            ("grid", offset_of!(Outer, grid)),
            ("inner", offset_of!(Outer, inner)),
            ("type", offset_of!(Outer, r#type)),
            ("größe", offset_of!(Outer, größe)),
        ],
    );
    case::<Packed>(
        c"T{^B:a:I:b:T{H:a:(2)B:b:}:inner:d:c:}",
        &[("a", 0), ("b", 1), ("inner", 5), ("c", 9)],
    );
    // Nothing after a packed record is aligned by the text, and everything lies where it should.
    let holder = Format::of::<Holder>().unwrap();
    assert_eq!(holder.itemsize(), size_of::<Holder>());
    assert_eq!(holder.field("last").unwrap().offset(), offset_of!(Holder, last));
    case::<Flags>(c"T{?:on:B:letter:}", &[("letter", 1)]);
    case::<[f32; 3]>(c"(3)f", &[]);
    case::<[[f32; 3]; 2]>(c"(2,3)f", &[]);
    case::<Pad<12>>(c"12x", &[]);
    assert_eq!(format_len::<Inner>(), Inner::FORMAT.to_bytes_with_nul().len());
    assert_eq!(format_len::<Outer>(), Outer::FORMAT.to_bytes_with_nul().len());
}

/// Eight bytes, with the fields `a`, `b` and `c` as far as they are given.
macro_rules! eight_bytes {
    ($name:ident, $align:literal, $(($field:literal, $offset:literal, $size:literal)),*) => {
        struct $name(#[allow(dead_code)] u64);

        impl Fields for $name {
            const NAME: &'static str = stringify!($name);
            const FIELDS: &'static [FieldOf] = &[$(FieldOf {
                name: $field,
                format: c"B",
                offset: $offset,
                size: $size,
                align: $align,
            }),*];
        }
    };
}
eight_bytes!(Whole, 4, ("a", 0, 4), ("b", 4, 4));
eight_bytes!(First, 1, ("a", 2, 6));
eight_bytes!(Between, 1, ("a", 0, 3), ("b", 4, 4));
eight_bytes!(Last, 1, ("a", 0, 5));
eight_bytes!(Turned, 1, ("a", 0, 8), ("b", 0, 4));
eight_bytes!(Squeezed, 4, ("a", 0, 1), ("b", 1, 4), ("c", 5, 3));
eight_bytes!(Short, 16, ("a", 0, 8));

#[test]
fn a_byte_without_a_value_ends_the_compilation() {
    #[track_caller]
    fn case(check: fn(), expected: &str) {
        let panic = std::panic::catch_unwind(check).unwrap_err();
        let message = panic.downcast_ref::<String>().map(String::as_str);
        assert_eq!(message.or(panic.downcast_ref::<&str>().copied()), Some(expected));
    }
    check::<Whole>();
    let here = "put a field of type `Pad<";
    case(
        check::<First>,
        &format!("record `First` has 2 bytes of padding before `a`: {here}2>` there"),
    );
    case(
        check::<Between>,
        &format!("record `Between` has 1 byte of padding before `b`: {here}1>` there"),
    );
    case(
        check::<Last>,
        &format!("record `Last` has 3 bytes of padding at its end: {here}3>` there"),
    );
    case(check::<Turned>, "the fields of a record lie in the order of their declaration");
}

#[test]
fn fields_are_aligned_if_their_places_and_the_size_are() {
    let found = [is_aligned::<Whole>(), is_aligned::<Squeezed>(), is_aligned::<Short>()];
    assert_eq!(found, [true, false, false]);
}

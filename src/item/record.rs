//! [`record!`](crate::record): a Rust struct as an item, with its format made at compile time.

use std::ffi::CStr;

use super::{AnyBits, Item};

mod text;

#[doc(hidden)]
pub use text::{Part, join, joined_len, str, text};

/// `N` bytes of padding in a record: what a compiler would put there, with a name and a value.
///
/// ```
/// use bufferprocs::item::Pad;
///
/// bufferprocs::record! {
///     struct Sample {
///         channel: u8,
///         _pad: Pad<3>,
///         value: f32,
///     }
/// }
/// # use bufferprocs::Item;
/// assert_eq!(Sample::FORMAT, c"T{B:channel:3xf:value:}");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Pad<const N: usize>([u8; N]);

impl<const N: usize> Pad<N> {
    /// Zeros.
    pub const fn new() -> Self {
        Pad([0; N])
    }
}

impl<const N: usize> Default for Pad<N> {
    fn default() -> Self {
        Pad::new()
    }
}

impl<const N: usize> Pad<N> {
    const TEXT: [u8; 24] = {
        assert!(N > 0, "an item has at least one byte");
        join(&[Part::Number(N), Part::Text(b"x")])
    };
}

// SAFETY: N initialised bytes, at least one (the format asserts it), no pointer.
unsafe impl<const N: usize> Item for Pad<N> {
    const FORMAT: &'static CStr = text(&Self::TEXT);
}

// SAFETY: any bytes will do.
unsafe impl<const N: usize> AnyBits for Pad<N> {}

/// The longest format of an array, with its NUL.
const ARRAY_TEXT: usize = 1024;

/// The text for arrays, which a trait's constant cannot size by its parameters.
struct ArrayOf<T, const N: usize>(std::marker::PhantomData<T>);

impl<T: Item, const N: usize> ArrayOf<T, N> {
    const TEXT: [u8; ARRAY_TEXT] = {
        assert!(N > 0, "an item has at least one byte");
        match T::FORMAT.to_bytes() {
            // `[[T; 3]; 2]` is `(2,3)`, not `(2)(3)`, which nobody reads.
            [b'(', rest @ ..] => {
                join(&[Part::Text(b"("), Part::Number(N), Part::Text(b","), Part::Text(rest)])
            }
            element => {
                join(&[Part::Text(b"("), Part::Number(N), Part::Text(b")"), Part::Text(element)])
            }
        }
    };
}

// SAFETY: N items in a row, without padding between them; at least one (the format asserts it).
unsafe impl<T: Item, const N: usize> Item for [T; N] {
    const FORMAT: &'static CStr = text(&ArrayOf::<T, N>::TEXT);
}

// SAFETY: any bytes are N values of T.
unsafe impl<T: AnyBits, const N: usize> AnyBits for [T; N] {}

/// The format of a field, and its name unless it is padding.
#[doc(hidden)]
pub const fn field_parts<T: Item>(name: &'static str) -> [Part<'static>; 2] {
    let format = T::FORMAT.to_bytes();
    match format {
        [.., b'x'] => [Part::Text(format), Part::Text(b"")],
        _ => [Part::Text(format), Part::Name(name)],
    }
}

/// What is wrong with a record that has `gap` bytes without a value, and what to do.
#[doc(hidden)]
pub const fn gap_text<const LEN: usize>(parts: &[&str; 3], gap: usize) -> [u8; LEN] {
    let [record, place, name] = *parts;
    join(&[
        Part::Text(b"record `"),
        Part::Text(record.as_bytes()),
        Part::Text(b"` has "),
        Part::Number(gap),
        Part::Text(if gap == 1 { b" byte of padding " } else { b" bytes of padding " }),
        Part::Text(place.as_bytes()),
        Part::Text(name.as_bytes()),
        Part::Text(b": put a field of type `Pad<"),
        Part::Number(gap),
        Part::Text(b">` there"),
    ])
}

/// Whether each field of a struct, at `offset` with `align`, stands where a C compiler would put it.
#[doc(hidden)]
pub const fn is_aligned(fields: &[(usize, usize)], size: usize) -> bool {
    let mut at = 0;
    while at < fields.len() {
        let (offset, align) = fields[at];
        if offset % align != 0 || size % align != 0 {
            return false;
        }
        at += 1;
    }
    true
}

/// Defines a `#[repr(C)]` struct that is an [`Item`], with the format of its fields.
///
/// ```
/// #![forbid(unsafe_code)]
/// use bufferprocs::item::Pad;
/// use bufferprocs::{Item, View};
///
/// bufferprocs::record! {
///     /// One line of a log.
///     #[derive(Debug, PartialEq)]
///     pub struct Line {
///         pub time: f64,
///         pub level: u8,
///         pub flags: [u8; 3],
///         _pad: Pad<4>,
///     }
/// }
///
/// assert_eq!(Line::FORMAT, c"T{d:time:B:level:(3)B:flags:4x}");
/// let lines = [Line { time: 0.5, level: 2, flags: [0; 3], _pad: Pad::new() }];
/// assert_eq!(View::readonly(&lines).itemsize(), 16);
/// ```
///
/// The struct is `Clone` and `Copy`. Its fields are items: numbers, arrays, other records. Consumers read every byte, so
/// padding that the compiler would insert is an error, and the message names the field before which [`Pad`] is missing.
/// With `#[repr(packed)]` nothing is inserted, and the format says that nothing is aligned.
///
/// The macro may be used under `#![forbid(unsafe_code)]`. A record is [`AnyBits`] too, so that consumers may write it. One with fields that may not be written, such as `bool`, is
/// declared `readonly`:
///
/// ```
/// bufferprocs::record! {
///     readonly struct Switch { on: bool }
/// }
/// # use bufferprocs::Item;
/// assert_eq!(Switch::FORMAT, c"T{?:on:}");
/// ```
#[macro_export]
macro_rules! record {
    ($(#[$attribute:meta])* readonly $visibility:vis struct $name:ident {
        $($(#[$field_attribute:meta])* $field_visibility:vis $field:ident : $type:ty),+ $(,)?
    }) => {
        $crate::record!(@define [$(#[$attribute])*] [$visibility] $name {
            $($(#[$field_attribute])* $field_visibility $field: $type),+
        });
    };
    ($(#[$attribute:meta])* $visibility:vis struct $name:ident {
        $($(#[$field_attribute:meta])* $field_visibility:vis $field:ident : $type:ty),+ $(,)?
    }) => {
        $crate::record!(@define [$(#[$attribute])*] [$visibility] $name {
            $($(#[$field_attribute])* $field_visibility $field: $type),+
        });
        // SAFETY: every field is, as `any_bits` demands of each, and there is nothing between them.
        unsafe impl $crate::AnyBits for $name {}
        const _: () = {
            const fn any_bits<T: $crate::AnyBits>() {}
            $(any_bits::<$type>();)+
        };
    };
    (@define [$(#[$attribute:meta])*] [$visibility:vis] $name:ident {
        $($(#[$field_attribute:meta])* $field_visibility:vis $field:ident : $type:ty),+
    }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy)]
        #[repr(C)]
        $visibility struct $name {
            $($(#[$field_attribute])* $field_visibility $field: $type),+
        }

        // SAFETY: every field is an item; the constant below ends the compilation if there is a byte between or behind
        // them, or none at all.
        unsafe impl $crate::Item for $name {
            const FORMAT: &'static ::std::ffi::CStr = {
                use $crate::item::record::{Part, field_parts, is_aligned, join, joined_len, text};
                const ALIGNED: bool = is_aligned(
                    &[$((::std::mem::offset_of!($name, $field), ::std::mem::align_of::<$type>())),+],
                    ::std::mem::size_of::<$name>(),
                );
                const PARTS: &[Part<'static>] = &[
                    Part::Text(if ALIGNED { b"T{" } else { b"T{^" }),
                    $(
                        field_parts::<$type>(stringify!($field))[0],
                        field_parts::<$type>(stringify!($field))[1],
                    )+
                    Part::Text(b"}"),
                ];
                const LEN: usize = joined_len(PARTS);
                const TEXT: [u8; LEN] = join(PARTS);
                text(&TEXT)
            };
        }

        const _: () = {
            let mut end = 0;
            $({
                const OFFSET: usize = ::std::mem::offset_of!($name, $field);
                if OFFSET > end {
                    const PARTS: [&str; 3] = [stringify!($name), "before ", concat!("`", stringify!($field), "`")];
                    let text = $crate::item::record::gap_text::<512>(&PARTS, OFFSET - end);
                    panic!("{}", $crate::item::record::str(&text));
                }
                end = OFFSET + ::std::mem::size_of::<$type>();
            })+
            if ::std::mem::size_of::<$name>() > end {
                const PARTS: [&str; 3] = [stringify!($name), "at its ", "end"];
                let text = $crate::item::record::gap_text::<512>(&PARTS, ::std::mem::size_of::<$name>() - end);
                panic!("{}", $crate::item::record::str(&text));
            }
        };
    };
}

#[cfg(test)]
mod tests {
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
    }
}

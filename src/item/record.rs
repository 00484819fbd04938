//! [`record!`](crate::record): a Rust struct as an item, with its format made at compile time.

use std::ffi::CStr;

use super::{AnyBits, Item};

mod text;

// What `record!` expands to calls these by their paths, whatever the user's own names are.
#[doc(hidden)]
pub use ::core;
#[doc(hidden)]
pub use text::text;

pub(crate) use text::{Part, join};
use text::{append, joined_len, str};

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
            // `[[T; 3]; 2]` is `(2,3)`, not `(2)(3)`, which no consumer reads.
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

/// What `record!` asks the compiler about one field.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct FieldOf {
    name: &'static str,
    format: &'static CStr,
    offset: usize,
    size: usize,
    align: usize,
}

/// The fields of a record, in the order in which they are declared.
///
/// Safe to implement: [`Item`] is what promises something, and `record!` implements both.
#[doc(hidden)]
pub trait Fields: Sized {
    const NAME: &'static str;
    const FIELDS: &'static [FieldOf];
}

/// Describes the field that `get` reads, which starts `offset` bytes into `R`.
///
/// The compiler infers the field's type `F` from `get`. The macro does not write the type down a
/// second time: at another place the same words could mean another type.
#[doc(hidden)]
pub const fn field<R, F: Item>(name: &'static str, offset: usize, get: fn(R) -> F) -> FieldOf {
    let _ = get;
    FieldOf { name, format: F::FORMAT, offset, size: size_of::<F>(), align: align_of::<F>() }
}

/// Compiles only if the field that `get` reads may have any bits.
#[doc(hidden)]
pub const fn any_bits<R, F: AnyBits>(get: fn(R) -> F) {
    let _ = get;
}

/// Ends the compilation if there is a byte before, between or behind the fields of `R`.
#[doc(hidden)]
pub const fn check<R: Fields>() {
    let (mut end, mut at) = (0, 0);
    while at < R::FIELDS.len() {
        let FieldOf { name, offset, size, .. } = R::FIELDS[at];
        assert!(offset >= end, "the fields of a record lie in the order of their declaration");
        if offset > end {
            gap::<R>(
                &[Part::Text(b"before `"), Part::Text(name.as_bytes()), Part::Text(b"`")],
                offset - end,
            );
        }
        end = offset + size;
        at += 1;
    }
    if size_of::<R>() > end {
        gap::<R>(
            &[Part::Text(b"at its end"), Part::Text(b""), Part::Text(b"")],
            size_of::<R>() - end,
        );
    }
}

/// Says where `gap` bytes have no value, and what to do.
const fn gap<R: Fields>(place: &[Part<'_>; 3], gap: usize) {
    let message: [u8; 512] = join(&[
        Part::Text(b"record `"),
        Part::Text(R::NAME.as_bytes()),
        Part::Text(b"` has "),
        Part::Number(gap),
        Part::Text(if gap == 1 { b" byte of padding " } else { b" bytes of padding " }),
        place[0],
        place[1],
        place[2],
        Part::Text(b": put a field of type `Pad<"),
        Part::Number(gap),
        Part::Text(b">` there"),
    ]);
    panic!("{}", str(&message));
}

/// Whether each field is where a C compiler would put it.
const fn is_aligned<R: Fields>() -> bool {
    let mut at = 0;
    while at < R::FIELDS.len() {
        let FieldOf { offset, align, .. } = R::FIELDS[at];
        if offset % align != 0 || size_of::<R>() % align != 0 {
            return false;
        }
        at += 1;
    }
    true
}

/// The part of a record's format that belongs to a field: padding has no name.
const fn parts_of(field: FieldOf) -> [Part<'static>; 2] {
    let format = field.format.to_bytes();
    match format {
        [.., b'x'] => [Part::Text(format), Part::Text(b"")],
        _ => [Part::Text(format), Part::Name(field.name)],
    }
}

const fn opening<R: Fields>() -> Part<'static> {
    Part::Text(if is_aligned::<R>() { b"T{" } else { b"T{^" })
}

/// Bytes of the format of `R`, and of the NUL behind it.
#[doc(hidden)]
pub const fn format_len<R: Fields>() -> usize {
    let mut len = joined_len(&[opening::<R>(), Part::Text(b"}")]);
    let mut at = 0;
    while at < R::FIELDS.len() {
        len += joined_len(&parts_of(R::FIELDS[at])) - 1; // without its NUL
        at += 1;
    }
    len
}

/// The format of `R`, whose `LEN` is [`format_len`]. Ends the compilation as [`check`] does.
#[doc(hidden)]
pub const fn format<R: Fields, const LEN: usize>() -> [u8; LEN] {
    check::<R>();
    let mut joined = [0; LEN];
    let mut end = append(&mut joined, 0, &[opening::<R>()]);
    let mut at = 0;
    while at < R::FIELDS.len() {
        end = append(&mut joined, end, &parts_of(R::FIELDS[at]));
        at += 1;
    }
    append(&mut joined, end, &[Part::Text(b"}")]);
    joined
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
/// The struct is `Clone` and `Copy`. Its fields are items: numbers, arrays, other records.
/// Consumers read every byte, so padding that the compiler would insert is an error, and the
/// message names the field before which [`Pad`] is missing. With `#[repr(packed)]` nothing is
/// inserted, and the format says that nothing is aligned.
///
/// The macro may be used under `#![forbid(unsafe_code)]`. A record is [`AnyBits`] too, so that
/// consumers may write it. One with fields that may not be written, such as `bool`, is declared
/// `readonly`:
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
        // SAFETY: the constant below compiles only if every field is, and `check` only if there
        // is nothing between them.
        unsafe impl $crate::AnyBits for $name {}
        const _: () = {
            $($crate::item::record::any_bits::<$name, _>(|record| record.$field);)+
        };
    };
    // The user's code is expanded outside the scope of the macro's names: a type is written once,
    // in the struct, and everything else comes by absolute paths.
    (@define [$(#[$attribute:meta])*] [$visibility:vis] $name:ident {
        $($(#[$field_attribute:meta])* $field_visibility:vis $field:ident : $type:ty),+
    }) => {
        $(#[$attribute])*
        #[derive($crate::item::record::core::clone::Clone, $crate::item::record::core::marker::Copy)]
        #[repr(C)]
        $visibility struct $name {
            $($(#[$field_attribute])* $field_visibility $field: $type),+
        }

        impl $crate::item::record::Fields for $name {
            const NAME: &'static $crate::item::record::core::primitive::str =
                $crate::item::record::core::stringify!($name);
            const FIELDS: &'static [$crate::item::record::FieldOf] = &[$(
                $crate::item::record::field::<$name, _>(
                    $crate::item::record::core::stringify!($field),
                    $crate::item::record::core::mem::offset_of!($name, $field),
                    |record| record.$field,
                )
            ),+];
        }

        // SAFETY: `field` compiles only for items. `check`, which `format` calls and the constant
        // below, ends the compilation if there is a byte that belongs to none of them. A record
        // has a field, so it has a byte.
        unsafe impl $crate::Item for $name {
            const FORMAT: &'static $crate::item::record::core::ffi::CStr =
                $crate::item::record::text(const {
                    &$crate::item::record::format::<
                        $name,
                        { $crate::item::record::format_len::<$name>() },
                    >()
                });
        }

        const _: () = $crate::item::record::check::<$name>();

        // The struct has these fields and no other, of no bytes: an attribute may have added one,
        // or have taken the struct away, so that the name means another.
        const _: fn($name) = |record| {
            let $name { $($field: _),+ } = record;
        };
    };
}

#[cfg(test)]
mod tests;

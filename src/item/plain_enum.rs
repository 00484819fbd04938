//! [`plain_enum!`](crate::plain_enum): an enum of another crate as an item.

use std::mem::ManuallyDrop;

use super::Item;

// What `plain_enum!` expands to calls it by its path, whatever the user's own names are.
#[doc(hidden)]
pub use std::vec::Vec;

/// What `plain_enum!` defines: a struct around an enum of one byte.
///
/// # Safety
///
/// It is `#[repr(transparent)]`, and its only field is a `Plain`.
#[doc(hidden)]
pub unsafe trait PlainEnum: Item {
    type Plain;
}

/// Ends the compilation unless the field that `get` reads is one byte, and the only one.
#[doc(hidden)]
pub const fn check<T, F>(get: fn(T) -> F) {
    let _ = get;
    assert!(
        size_of::<T>() == 1 && size_of::<F>() == 1,
        "`plain_enum!` takes an enum of one byte, as one with `#[repr(u8)]`"
    );
}

#[doc(hidden)]
pub fn from_slice<T: PlainEnum>(plain: &[T::Plain]) -> &[T] {
    let items = std::ptr::from_ref(plain) as *const [T];
    // SAFETY: `PlainEnum`: the layout is the same. So is the borrow.
    unsafe { &*items }
}

#[doc(hidden)]
pub fn from_vec<T: PlainEnum>(plain: Vec<T::Plain>) -> Vec<T> {
    let mut plain = ManuallyDrop::new(plain);
    let (start, len, capacity) = (plain.as_mut_ptr(), plain.len(), plain.capacity());
    // SAFETY: the parts of a vector that is not used again. `PlainEnum`: the layout is the same.
    unsafe { Vec::from_raw_parts(start.cast(), len, capacity) }
}

/// Defines a struct that holds an enum of one byte, and is an [`Item`] with the format `B`.
///
/// It is for enums of other crates: neither [`Item`] nor the enum is yours, so that you cannot join
/// them. The other crate need not know bytemuck. The compiler checks that the enum has one byte
/// and no fields, so that consumers read no byte that is not initialised. They cannot write it,
/// since they could write a byte that is not one of its values.
///
/// ```
/// #![forbid(unsafe_code)]
/// use std::cmp::Ordering; // of another crate: the standard library
///
/// use bufferprocs::{Buffer, Immutable, Order, Request, View};
///
/// bufferprocs::plain_enum! {
///     /// How two neighbours compare, as a byte.
///     pub struct Step(pub Ordering);
/// }
///
/// let steps = Immutable::new(Step::from_vec(vec![Ordering::Less, Ordering::Greater]));
/// let buffer = Buffer::get(&steps, Request::FULL_RO)?;
/// assert_eq!(buffer.format(), Some(c"B"));
/// assert_eq!(buffer.to_vec::<u8>(Order::C)?, [255, 1]);
/// assert_eq!(View::readonly(Step::from_slice(&[Ordering::Equal])).shape(), [1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// An enum with fields does not compile, and neither does a larger one:
///
/// ```rust,compile_fail,E0605
/// #[derive(Clone, Copy)]
/// enum Answer { Yes(bool), No } // fix: enum Answer { Yes, No }
/// bufferprocs::plain_enum! { struct AnswerItem(pub Answer); }
/// ```
///
/// ```rust,compile_fail,E0080
/// #[derive(Clone, Copy)]
/// #[repr(u16)] // fix: #[repr(u8)]
/// enum Wide { A, B }
/// bufferprocs::plain_enum! { struct WideItem(pub Wide); }
/// ```
#[macro_export]
macro_rules! plain_enum {
    ($(#[$attribute:meta])* $visibility:vis struct $name:ident(pub $plain:ty) $(;)?) => {
        $(#[$attribute])*
        #[derive($crate::item::record::core::clone::Clone, $crate::item::record::core::marker::Copy)]
        #[repr(transparent)]
        $visibility struct $name(pub $plain);

        // SAFETY: the struct is transparent. The constant below compiles only if its one field is
        // a `Plain`.
        unsafe impl $crate::item::plain_enum::PlainEnum for $name {
            type Plain = $plain;
        }

        // SAFETY: the constant below compiles only if the field is one byte and can be cast to a
        // number: an integer, `bool`, or an enum without fields, all of whose bytes are
        // initialised.
        unsafe impl $crate::Item for $name {
            const FORMAT: &'static $crate::item::record::core::ffi::CStr = c"B";
        }

        // An attribute may have added a field, or have taken the struct away, so that the name
        // means another.
        const _: () = {
            $crate::item::plain_enum::check::<$name, _>(|item| item.0);
            let _: fn($name) -> $crate::item::record::core::primitive::u8 = |item| item.0 as _;
            let _: fn($name) -> <$name as $crate::item::plain_enum::PlainEnum>::Plain =
                |$name(plain)| plain;
        };

        #[allow(dead_code)] // a user needs one of them
        impl $name {
            /// The values as items, without a copy.
            $visibility fn from_slice(
                plain: &[<$name as $crate::item::plain_enum::PlainEnum>::Plain],
            ) -> &[$name] {
                $crate::item::plain_enum::from_slice(plain)
            }

            /// The values as items, without a copy.
            $visibility fn from_vec(
                plain: $crate::item::plain_enum::Vec<
                    <$name as $crate::item::plain_enum::PlainEnum>::Plain,
                >,
            ) -> $crate::item::plain_enum::Vec<$name> {
                $crate::item::plain_enum::from_vec(plain)
            }
        }
    };
}

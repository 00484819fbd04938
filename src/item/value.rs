//! What items are read as, and written from.

use super::{AnyBits, Bool};

/// A type that the items of a buffer are read as, and written from.
///
/// Each [`AnyBits`] is one: its bytes are copied as they are. So is `bool`, whose byte in the
/// memory may be any, and counts as true unless it is 0:
///
/// ```
/// use bufferprocs::{Buffer, Object, Order, Request, Shared, item::Bool};
///
/// let mask = Object::new(Shared::from_vec(vec![Bool::new(true), Bool::new(false)]));
/// let buffer = Buffer::get(&mask, Request::FULL)?;
/// let items = buffer.items::<bool>()?;
/// items.set(&[1], true)?;
/// assert_eq!(items.iter(Order::C).collect::<Vec<bool>>(), [true, true]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// For a type of your own: an [`AnyBits`] that holds its bytes, and what those mean.
///
/// ```
/// use bufferprocs::{Buffer, Object, Request, item::ItemValue};
///
/// #[derive(Debug, PartialEq)]
/// enum Light { Red, Green, Broken(u8) }
///
/// impl ItemValue for Light {
///     type Item = u8;
///
///     fn from_item(item: u8) -> Light {
///         match item {
///             0 => Light::Red,
///             1 => Light::Green,
///             other => Light::Broken(other),
///         }
///     }
///
///     fn into_item(self) -> u8 {
///         match self {
///             Light::Red => 0,
///             Light::Green => 1,
///             Light::Broken(other) => other,
///         }
///     }
/// }
///
/// let object = Object::new(vec![1u8, 7]);
/// let buffer = Buffer::get(&object, Request::FULL_RO)?;
/// assert_eq!(buffer.item::<Light>(&[0])?, Light::Green);
/// assert_eq!(buffer.item::<Light>(&[1])?, Light::Broken(7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "items of a buffer are not read as `{Self}`",
    note = "they are read as numbers, `bool`, arrays, a `record!`, and the types of `bufferprocs::item`",
    note = "for a type of your own, implement `bufferprocs::item::ItemValue`",
    note = "for a plain type of another crate, read `bufferprocs::integrations::Foreign`; see the chapter \"Which Rust types can be exported\""
)]
pub trait ItemValue: Sized {
    /// What lies in the memory.
    type Item: AnyBits;

    /// The value of an item, whose bytes may be any.
    fn from_item(item: Self::Item) -> Self;

    /// The item of a value.
    fn into_item(self) -> Self::Item;

    /// The values of many items. For a plain item these are the items, in place.
    fn from_items(items: Vec<Self::Item>) -> Vec<Self> {
        items.into_iter().map(Self::from_item).collect()
    }

    /// The items of many values, in place, if the values are plain items.
    fn as_items(values: &[Self]) -> Option<&[Self::Item]> {
        let _ = values;
        None
    }
}

impl<T: AnyBits> ItemValue for T {
    type Item = T;

    #[inline(always)]
    fn from_item(item: T) -> T {
        item
    }

    #[inline(always)]
    fn into_item(self) -> T {
        self
    }

    #[inline(always)]
    fn from_items(items: Vec<T>) -> Vec<T> {
        items
    }

    #[inline(always)]
    fn as_items(values: &[T]) -> Option<&[T]> {
        Some(values)
    }
}

impl ItemValue for bool {
    type Item = Bool;

    #[inline(always)]
    fn from_item(item: Bool) -> bool {
        item.get()
    }

    #[inline(always)]
    fn into_item(self) -> Bool {
        Bool::new(self)
    }
}

//! Methods that people type first and that no buffer can have: the compiler answers with the method
//! to type instead.

use std::ops::{Index, IndexMut};

use super::{Source, TypedBuffer};

mod sealed {
    /// No type has this trait.
    pub trait Never {}
}

/// Items that can be borrowed from a buffer. There are none.
#[diagnostic::on_unimplemented(
    message = "the items of a buffer cannot be borrowed: other code may write them at any moment",
    label = "use `get_item`, `iter` or `to_vec` to read, `set_item`, `update` or `write_from` to write",
    note = "read them by `iter()`, `get_item([row, column])` or `to_vec()`; write them by \
            `update(|item| ...)`, `set_item([row, column], value)`, `fill(value)`, \
            `write_from(iterator)` or `copy_from_slice(&items)`"
)]
#[doc(hidden)]
pub trait BorrowedItem: sealed::Never + Sized {}

/// Items that are a slice, also of memory that other code may write. There are none.
#[diagnostic::on_unimplemented(
    message = "a buffer is a slice only if no code can write it: call `try_as_slice()?`",
    label = "use `try_as_slice()?`, or `iter`, `blocks` or `to_vec`, which read any memory",
    note = "`try_as_slice` fails for memory that others may write, such as that of `bytearray`; \
            `iter`, `blocks`, `to_vec` and `for_each_chunk` read that too"
)]
#[doc(hidden)]
pub trait SliceItem: sealed::Never + Sized {}

#[doc(hidden)]
impl<S: Source, T, M, D> TypedBuffer<S, T, M, D> {
    pub fn iter_mut(&self) -> std::slice::IterMut<'_, T>
    where
        T: BorrowedItem,
    {
        [].iter_mut()
    }

    pub fn as_slice(&self) -> &[T]
    where
        T: SliceItem,
    {
        &[]
    }

    pub fn as_mut_slice(&self) -> &mut [T]
    where
        T: BorrowedItem,
    {
        &mut []
    }
}

#[doc(hidden)]
impl<S: Source, T: BorrowedItem, M, D, I> Index<I> for TypedBuffer<S, T, M, D> {
    type Output = T;

    fn index(&self, _: I) -> &T {
        unreachable!("no item can be borrowed")
    }
}

#[doc(hidden)]
impl<S: Source, T: BorrowedItem, M, D, I> IndexMut<I> for TypedBuffer<S, T, M, D> {
    fn index_mut(&mut self, _: I) -> &mut T {
        unreachable!("no item can be borrowed")
    }
}

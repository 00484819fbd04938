//! One number for each axis of a layout, in place where there is one axis: most exporters have one,
//! and a layout is made each time that a value is exported.

use std::fmt;
use std::ops::{Deref, DerefMut};

#[derive(Clone)]
pub(super) enum Numbers {
    One(isize),
    Many(Box<[isize]>),
}

impl FromIterator<isize> for Numbers {
    fn from_iter<I: IntoIterator<Item = isize>>(numbers: I) -> Numbers {
        let numbers: Vec<isize> = numbers.into_iter().collect();
        match numbers[..] {
            [one] => Numbers::One(one),
            _ => Numbers::Many(numbers.into()),
        }
    }
}

impl From<&[isize]> for Numbers {
    fn from(numbers: &[isize]) -> Numbers {
        match *numbers {
            [one] => Numbers::One(one),
            _ => Numbers::Many(numbers.into()),
        }
    }
}

impl Deref for Numbers {
    type Target = [isize];

    #[inline]
    fn deref(&self) -> &[isize] {
        match self {
            Numbers::One(one) => std::slice::from_ref(one),
            Numbers::Many(numbers) => numbers,
        }
    }
}

impl DerefMut for Numbers {
    fn deref_mut(&mut self) -> &mut [isize] {
        match self {
            Numbers::One(one) => std::slice::from_mut(one),
            Numbers::Many(numbers) => numbers,
        }
    }
}

impl PartialEq for Numbers {
    fn eq(&self, other: &Numbers) -> bool {
        **self == **other
    }
}

impl Eq for Numbers {}

impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

//! Numbers whose byte order is part of their type.

use std::convert::identity;
use std::ffi::CStr;
use std::fmt;
use std::marker::PhantomData;

use super::record::{Part, join, text};
use super::{AnyBits, Item};

mod sealed {
    /// A number of two bytes or more, and the integer of its bits.
    pub trait Number: super::AnyBits {
        type Bits: super::AnyBits + Eq;

        fn big_endian(self) -> Self::Bits;
        fn from_big_endian(bits: Self::Bits) -> Self;
        fn little_endian(self) -> Self::Bits;
        fn from_little_endian(bits: Self::Bits) -> Self;
    }
}

use sealed::Number;

macro_rules! numbers {
    ($($type:ty, $bits:ty, $to_bits:expr, $from_bits:expr;)*) => {$(
        impl Number for $type {
            type Bits = $bits;

            fn big_endian(self) -> $bits {
                $to_bits(self).to_be()
            }

            fn from_big_endian(bits: $bits) -> $type {
                $from_bits(<$bits>::from_be(bits))
            }

            fn little_endian(self) -> $bits {
                $to_bits(self).to_le()
            }

            fn from_little_endian(bits: $bits) -> $type {
                $from_bits(<$bits>::from_le(bits))
            }
        }
    )*};
}

numbers! {
    i16, i16, identity, identity;
    u16, u16, identity, identity;
    i32, i32, identity, identity;
    u32, u32, identity, identity;
    i64, i64, identity, identity;
    u64, u64, identity, identity;
    f32, u32, f32::to_bits, f32::from_bits;
    f64, u64, f64::to_bits, f64::from_bits;
}

/// The text for a number with an order, which a trait's constant cannot make by its parameters.
struct Ordered<T, const ORDER: u8>(PhantomData<T>);

impl<T: Item, const ORDER: u8> Ordered<T, ORDER> {
    const TEXT: [u8; 3] = join(&[Part::Text(&[ORDER]), Part::Text(T::FORMAT.to_bytes())]);
}

macro_rules! ordered {
    ($($(#[$attribute:meta])* $name:ident, $order:expr, $to:ident, $from:ident;)*) => {$(
        $(#[$attribute])*
        #[repr(transparent)]
        pub struct $name<T: Number>(T::Bits);

        impl<T: Number> $name<T> {
            /// The number, with its bytes in this order.
            pub fn new(number: T) -> Self {
                $name(number.$to())
            }

            /// The number, in this machine's order.
            pub fn get(self) -> T {
                T::$from(self.0)
            }
        }

        impl<T: Number> Clone for $name<T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T: Number> Copy for $name<T> {}

        // SAFETY: the bytes of an integer: no padding, no pointer.
        unsafe impl<T: Number> Item for $name<T> {
            const FORMAT: &'static CStr = text(&Ordered::<T, $order>::TEXT);
        }

        // SAFETY: any bits are a number.
        unsafe impl<T: Number> AnyBits for $name<T> {}

        impl<T: Number> From<T> for $name<T> {
            fn from(number: T) -> Self {
                $name::new(number)
            }
        }

        impl<T: Number + PartialEq> PartialEq for $name<T> {
            fn eq(&self, other: &Self) -> bool {
                self.get() == other.get()
            }
        }

        impl<T: Number + fmt::Debug> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.get().fmt(f)
            }
        }
    )*};
}

ordered! {
    /// A number whose first byte is the most significant, as in files and on networks.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Item, Object, Request, item::BigEndian};
    ///
    /// assert_eq!(BigEndian::<u16>::FORMAT, c">H");
    /// let object = Object::new(vec![BigEndian::new(0x1234u16)]);
    /// let buffer = Buffer::get(&object, Request::FULL_RO)?;
    /// assert_eq!(buffer.bytes_of(&[0])?, [0x12, 0x34]);
    /// assert_eq!(buffer.item::<BigEndian<u16>>(&[0])?.get(), 0x1234);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    BigEndian, b'>', big_endian, from_big_endian;
    /// A number whose first byte is the least significant.
    ///
    /// ```
    /// use bufferprocs::{Item, item::LittleEndian};
    ///
    /// assert_eq!(LittleEndian::<f64>::FORMAT, c"<d");
    /// assert_eq!(LittleEndian::new(1.5f64).get(), 1.5);
    /// ```
    LittleEndian, b'<', little_endian, from_little_endian;
}

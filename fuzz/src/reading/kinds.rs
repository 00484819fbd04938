//! The types that items are read as, and what each of them means, written down by hand.
//!
//! As the other targets do, it counts on eight bytes in a pointer, and on the least significant
//! byte first.

use std::ffi::CStr;
use std::fmt;

use bufferprocs::Items;
use bufferprocs::item::{BigEndian, Complex, Half, ItemValue, LittleEndian, Ucs4};

use super::stage::{self, Stage, Told};
use crate::given::Given;

/// A type, of which nothing is left but how to try it.
pub struct Kind {
    pub name: &'static str,
    pub size: usize,
    /// Formats whose items are such values. No other format of a case is one.
    pub formats: &'static [&'static CStr],
    pub prepare: fn(&mut [u8], u64),
    pub run: fn(&Stage<'_>) -> Told,
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A type that items are read as.
pub trait Value: ItemValue + Copy + 'static {
    const FORMATS: &'static [&'static CStr];

    /// Makes bytes of an item those that a case is about. Most types have no better ones than any.
    fn prepare(_item: &mut [u8], _noise: u64) {}

    /// Whether these bytes are this value.
    fn is(self, bytes: &[u8]) -> bool {
        stage::raw(&[self]) == bytes
    }

    /// The bytes of a value that is read from these bytes.
    fn normalise(_bytes: &mut [u8]) {}

    /// What an update makes of the value: one more in each byte, unless the type forbids that.
    fn change(self) -> Self {
        let mut item = self.into_item();
        Self::changed(stage::raw_mut(&mut item));
        Self::from_item(item)
    }

    /// The same, of the bytes.
    fn changed(bytes: &mut [u8]) {
        bytes.iter_mut().for_each(|byte| *byte = byte.wrapping_add(1));
    }

    /// Whether the sum of the items is that of these values. None if the type has no sum, or if
    /// that is not exact.
    fn is_sum(_items: &Items<'_, Given, Self>, _values: &[Self]) -> Option<bool> {
        None
    }
}

macro_rules! kinds {
    ($($type:ty, [$($format:literal)*] { $($more:tt)* })*) => {
        pub const KINDS: &[Kind] = &[$(Kind {
            name: stringify!($type),
            size: size_of::<$type>(),
            formats: <$type as Value>::FORMATS,
            prepare: <$type as Value>::prepare,
            run: stage::run::<$type>,
        }),*];

        $(impl Value for $type {
            const FORMATS: &'static [&'static CStr] = &[$($format),*];

            $($more)*
        })*
    };
}

macro_rules! integer {
    ($type:ty, $sum:ty) => {
        fn is(self, bytes: &[u8]) -> bool {
            bytes.try_into().is_ok_and(|bytes| self == <$type>::from_le_bytes(bytes))
        }

        fn is_sum(items: &Items<'_, Given, Self>, values: &[Self]) -> Option<bool> {
            let sum: i128 = values.iter().map(|&value| value as i128).sum();
            Some(items.sum() == sum as $sum)
        }
    };
}

macro_rules! float {
    ($type:ty) => {
        /// Mostly a small whole number, whose sums are exact in any order.
        fn prepare(item: &mut [u8], noise: u64) {
            if noise % 64 > 0 {
                item.copy_from_slice(&<$type>::from(noise as i8).to_le_bytes());
            }
        }

        fn is(self, bytes: &[u8]) -> bool {
            let is = |bytes| self.to_bits() == <$type>::from_le_bytes(bytes).to_bits();
            bytes.try_into().is_ok_and(is)
        }

        fn is_sum(items: &Items<'_, Given, Self>, values: &[Self]) -> Option<bool> {
            let is_small = |value: &$type| value.abs() <= 128.0 && value.fract() == 0.0;
            // So many small numbers have an exact sum.
            if values.len() > 1 << 16 || !values.iter().all(is_small) {
                return None;
            }
            let sum: i64 = values.iter().map(|&value| value as i64).sum();
            Some(items.sum() == sum as $type)
        }
    };
}

macro_rules! ordered {
    ($type:ty, $from:ident) => {
        fn is(self, bytes: &[u8]) -> bool {
            let is = |bytes| self.get().to_ne_bytes() == <$type>::$from(bytes).to_ne_bytes();
            bytes.try_into().is_ok_and(is)
        }
    };
}

kinds! {
    u8, [c"B" c"@B" c"=B" c">B" c"^B" c"c" c"1B" c"s" c"1s" c"<c" c"B" c"B"] {
        integer! { u8, u64 }
    }
    i8, [c"b" c"<b" c"1b" c"!b"] { integer! { i8, i64 } }
    u16, [c"H" c"@H" c"=H" c"<H" c"^H" c"1H"] { integer! { u16, u64 } }
    i16, [c"h" c"<h" c"=h"] { integer! { i16, i64 } }
    u32, [c"I" c"@I" c"<L" c"=L" c"<I"] { integer! { u32, u64 } }
    i32, [c"i" c"=l" c"<i" c"^i"] { integer! { i32, i64 } }
    u64, [c"Q" c"N" c"<Q" c"=Q" c"1Q"] { integer! { u64, u64 } }
    i64, [c"q" c"n" c"@n" c"<q"] { integer! { i64, i64 } }
    f32, [c"f" c"<f" c"=f" c"1f"] { float! { f32 } }
    f64, [c"d" c"<d" c"@d" c"^d"] { float! { f64 } }
    bool, [c"?" c"<?" c">?" c"1?"] {
        /// Half of them false: few bytes of any are.
        fn prepare(item: &mut [u8], noise: u64) {
            if noise % 2 == 0 {
                item.fill(0);
            }
        }

        fn is(self, bytes: &[u8]) -> bool {
            self == (bytes != [0])
        }

        fn normalise(bytes: &mut [u8]) {
            bytes.iter_mut().for_each(|byte| *byte = (*byte != 0).into());
        }

        fn change(self) -> bool {
            !self
        }

        fn changed(bytes: &mut [u8]) {
            bytes.iter_mut().for_each(|byte| *byte = (*byte == 0).into());
        }

        fn is_sum(items: &Items<'_, Given, Self>, values: &[Self]) -> Option<bool> {
            Some(items.sum() == values.iter().filter(|&&value| value).count() as u64)
        }
    }
    Complex<f32>, [c"Zf" c"F" c"<Zf" c"=F"] {
        fn is(self, bytes: &[u8]) -> bool {
            let (re, im) = bytes.split_at(4);
            self.re.to_le_bytes() == re && self.im.to_le_bytes() == im
        }
    }
    Complex<f64>, [c"Zd" c"D" c"@Zd"] {}
    Half, [c"e" c"<e" c"=e"] {
        fn is(self, bytes: &[u8]) -> bool {
            self.to_bits().to_le_bytes() == bytes
        }
    }
    Ucs4<1>, [c"w" c"1w" c"<w"] {}
    Ucs4<3>, [c"3w" c"<3w" c"=3w"] {}
    BigEndian<u16>, [c">H" c"!H" c">1H"] { ordered! { u16, from_be_bytes } }
    BigEndian<f64>, [c">d" c"!d"] { ordered! { f64, from_be_bytes } }
    BigEndian<i32>, [c">i" c"!l" c">l"] { ordered! { i32, from_be_bytes } }
    LittleEndian<i16>, [c"h" c"<h" c"=h"] { ordered! { i16, from_le_bytes } }
    LittleEndian<f32>, [c"f" c"<f" c"=f" c"1f"] { ordered! { f32, from_le_bytes } }
    [u8; 3], [c"3B" c"(3)B" c"3s" c"<3s" c"3c"] {}
    [u8; 16], [c"16s" c"(16)B" c"16B"] {}
    [u8; 5000], [c"5000s" c"5000B"] {}
    [i16; 2], [c"2h" c"(2)h" c"<2h"] {}
    [[f64; 2]; 3], [c"(3,2)d" c"(3)(2)d" c"3Zd" c"(3)D"] {}
}

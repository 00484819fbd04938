//! The codes: what one letter means, how large it is, and how it is aligned.

use std::ffi::{c_int, c_long, c_longlong, c_short};
use std::mem::{align_of, size_of};

/// Byte order, size and alignment in force: what the characters `@ ^ = < > !` choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// `@`, and the start of each format: native sizes, aligned as C does.
    Aligned,
    /// `^`: native sizes, not aligned.
    Native,
    /// `=`: standard sizes, this machine's byte order.
    Standard,
    /// `<`
    Little,
    /// `>` and `!`
    Big,
}

impl Mode {
    pub(super) fn of(character: u8) -> Option<Mode> {
        Some(match character {
            b'@' => Mode::Aligned,
            b'^' => Mode::Native,
            b'=' => Mode::Standard,
            b'<' => Mode::Little,
            b'>' | b'!' => Mode::Big,
            _ => return None,
        })
    }

    pub(super) fn character(self) -> char {
        match self {
            Mode::Aligned => '@',
            Mode::Native => '^',
            Mode::Standard => '=',
            Mode::Little => '<',
            Mode::Big => '>',
        }
    }

    /// The other byte order than this machine's.
    pub(super) const FOREIGN: Mode =
        if cfg!(target_endian = "little") { Mode::Big } else { Mode::Little };

    fn is_native_size(self) -> bool {
        matches!(self, Mode::Aligned | Mode::Native)
    }
}

/// How the bytes of a scalar are to be understood.
///
/// ```
/// use bufferprocs::Format;
/// use bufferprocs::format::{Element, Kind};
///
/// let kind = |text| match Format::parse(text).unwrap().fields()[0].element() {
///     Element::Scalar(scalar) => scalar.kind,
///     other => panic!("{other:?}"),
/// };
/// assert_eq!((kind(c"e"), kind(c"Zd"), kind(c"?")), (Kind::Float, Kind::Complex, Kind::Bool));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A signed integer: `b h i l q n`.
    Signed,
    /// An unsigned integer: `B H I L Q N`.
    Unsigned,
    /// A floating-point number: `e f d g`.
    Float,
    /// Two floating-point numbers: `Zf Zd Zg`, for which CPython 3.14 has `F D G`.
    Complex,
    /// `?`: 0 or another byte.
    Bool,
    /// `c`: a character of one byte.
    Char,
    /// `s`: as many bytes as its count says.
    Bytes,
    /// `p`: a length, and bytes up to its count.
    Pascal,
    /// `u`: characters of two bytes.
    Ucs2,
    /// `w`: characters of four bytes.
    Ucs4,
    /// `x` with a name: bytes without a meaning.
    Padding,
    /// `O`: a reference to a Python object.
    Object,
    /// `P`, and `z`, as `ctypes` calls a `char *`: an address.
    Address,
    /// `X{}`: the address of a function. The text in the braces is not kept.
    Function,
}

/// A scalar of a format.
///
/// ```
/// use bufferprocs::Format;
/// use bufferprocs::format::Element;
///
/// let swapped = if cfg!(target_endian = "little") { c">H" } else { c"<H" };
/// let format = Format::parse(swapped)?;
/// let Element::Scalar(scalar) = format.fields()[0].element() else { panic!() };
/// assert!(scalar.swapped && scalar.size == 2);
/// # Ok::<(), bufferprocs::FormatError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scalar {
    /// How its bytes are to be understood.
    pub kind: Kind,
    /// Bytes of it; for `s p u w x` with the count.
    pub size: usize,
    /// Whether its byte order is not this machine's. False where there is no order: items of one
    /// byte, addresses.
    pub swapped: bool,
}

/// A code, in one mode, for one item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code {
    pub(super) kind: Kind,
    pub(super) size: usize,
    /// Natural alignment, which counts in mode `@` alone.
    pub(super) align: usize,
}

/// C's `long double`, of which Rust has no type: size and alignment.
const LONG_DOUBLE: (usize, usize) = {
    if cfg!(any(
        target_env = "msvc",
        target_arch = "arm",
        all(target_vendor = "apple", target_arch = "aarch64")
    )) {
        (8, align_of::<f64>())
    } else if cfg!(target_arch = "x86") {
        (12, 4)
    } else if cfg!(target_arch = "s390x") {
        (16, 8)
    } else {
        (16, 16)
    }
};

/// What `code` means, or None. `Z` is no code of its own: see [`complex`].
pub(super) fn code(code: u8, mode: Mode) -> Option<Code> {
    use Kind::*;
    const POINTER: (usize, usize) = (size_of::<*const u8>(), align_of::<*const u8>());
    const LONG: (usize, usize) = (size_of::<c_long>(), align_of::<c_long>());
    let long = if mode.is_native_size() { LONG } else { (4, 4) };
    let (kind, (size, align)) = match code {
        b'b' => (Signed, (1, 1)),
        b'B' => (Unsigned, (1, 1)),
        b'?' => (Bool, (1, 1)),
        b'c' => (Char, (1, 1)),
        b's' => (Bytes, (1, 1)),
        b'p' => (Pascal, (1, 1)),
        b'x' => (Padding, (1, 1)),
        b'h' => (Signed, (2, align_of::<c_short>())),
        b'H' => (Unsigned, (2, align_of::<c_short>())),
        b'e' => (Float, (2, align_of::<c_short>())),
        b'u' => (Ucs2, (2, align_of::<u16>())),
        b'i' => (Signed, (4, align_of::<c_int>())),
        b'I' => (Unsigned, (4, align_of::<c_int>())),
        b'f' => (Float, (4, align_of::<f32>())),
        b'w' => (Ucs4, (4, align_of::<u32>())),
        b'l' => (Signed, long),
        b'L' => (Unsigned, long),
        b'q' => (Signed, (8, align_of::<c_longlong>())),
        b'Q' => (Unsigned, (8, align_of::<c_longlong>())),
        b'd' => (Float, (8, align_of::<f64>())),
        b'n' if mode.is_native_size() => (Signed, POINTER),
        b'N' if mode.is_native_size() => (Unsigned, POINTER),
        // The rest has no standard size, and is allowed in each mode all the same: `ctypes` writes
        // `<P`, `<g` and `<z`.
        b'g' => (Float, LONG_DOUBLE),
        b'O' => (Object, POINTER),
        b'P' | b'z' | b'&' => (Address, POINTER),
        b'X' => (Function, POINTER),
        b'F' => return complex(b'f', mode),
        b'D' => return complex(b'd', mode),
        b'G' => return complex(b'g', mode),
        _ => return None,
    };
    Some(Code { kind, size, align })
}

/// A complex number of two `part`s: `f`, `d` or `g`.
pub(super) fn complex(part: u8, mode: Mode) -> Option<Code> {
    let part = matches!(part, b'f' | b'd' | b'g').then(|| code(part, mode))??;
    Some(Code { kind: Kind::Complex, size: 2 * part.size, align: part.align })
}

impl Kind {
    /// Whether a count is part of one value: `3s` is one string of three bytes.
    pub(super) fn counts_within(self) -> bool {
        matches!(self, Kind::Bytes | Kind::Pascal | Kind::Padding | Kind::Ucs2 | Kind::Ucs4)
    }

    /// Whether the bytes lead elsewhere, so that made-up ones must not be written.
    pub(super) fn is_address(self) -> bool {
        matches!(self, Kind::Object | Kind::Address | Kind::Function)
    }

    /// Whether the bytes of a `size` of it have an order.
    fn has_order(self, size: usize) -> bool {
        size > 1
            && !self.is_address()
            && !matches!(self, Kind::Bytes | Kind::Pascal | Kind::Padding)
    }
}

impl Scalar {
    pub(super) fn new(kind: Kind, size: usize, mode: Mode) -> Scalar {
        Scalar { kind, size, swapped: mode == Mode::FOREIGN && kind.has_order(size) }
    }

    /// The scalar that a format of one code is, with or without an order before it.
    pub(super) fn alone(format: &[u8]) -> Option<Scalar> {
        let (mode, letter) = match *format {
            [letter] => (Mode::Aligned, letter),
            [order, letter] => (Mode::of(order)?, letter),
            _ => return None,
        };
        // `X` and `&` want something after them.
        let Code { kind, size, .. } = code(letter, mode).filter(|_| !b"X&".contains(&letter))?;
        Some(Scalar::new(kind, size, mode))
    }

    /// What Rust has for it: how many numbers, and what each is. A character of one byte is a
    /// byte, a string is as many bytes, a complex number is two floats; others are themselves.
    pub(super) fn parts(self) -> (usize, Scalar) {
        let byte = Scalar { kind: Kind::Unsigned, size: 1, swapped: false };
        match self.kind {
            Kind::Char => (1, byte),
            Kind::Bytes => (self.size, byte),
            Kind::Complex => (2, Scalar { kind: Kind::Float, size: self.size / 2, ..self }),
            _ => (1, self),
        }
    }

    /// The code for it, without a count.
    fn code(self) -> &'static str {
        match (self.kind, self.size) {
            (Kind::Signed, 1) => "b",
            (Kind::Signed, 2) => "h",
            (Kind::Signed, 4) => "i",
            (Kind::Signed, _) => "q",
            (Kind::Unsigned, 1) => "B",
            (Kind::Unsigned, 2) => "H",
            (Kind::Unsigned, 4) => "I",
            (Kind::Unsigned, _) => "Q",
            (Kind::Float, 2) => "e",
            (Kind::Float, 4) => "f",
            (Kind::Float, 8) => "d",
            (Kind::Float, _) => "g",
            (Kind::Complex, 8) => "Zf",
            (Kind::Complex, 16) => "Zd",
            (Kind::Complex, _) => "Zg",
            (Kind::Bool, _) => "?",
            (Kind::Char, _) => "c",
            (Kind::Bytes, _) => "s",
            (Kind::Pascal, _) => "p",
            (Kind::Ucs2, _) => "u",
            (Kind::Ucs4, _) => "w",
            (Kind::Padding, _) => "x",
            (Kind::Object, _) => "O",
            (Kind::Address, _) => "P",
            (Kind::Function, _) => "X{}",
        }
    }

    /// The code for it, with the count where the count is within.
    pub(super) fn text(self) -> String {
        let count = match self.kind {
            Kind::Ucs2 => self.size / 2,
            Kind::Ucs4 => self.size / 4,
            kind if kind.counts_within() => self.size,
            _ => 1,
        };
        if count == 1 { self.code().to_owned() } else { format!("{count}{}", self.code()) }
    }

    /// The alignment that the scalar has in mode `@`.
    pub(super) fn natural_align(self) -> usize {
        let letter = self.code().trim_start_matches('Z').as_bytes()[0];
        code(letter, Mode::Aligned).map_or(1, |code| code.align)
    }
}

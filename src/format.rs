//! What an item is: PEP 3118 format strings, the syntax of the `struct` module and its extensions.
//!
//! A [`Format`] is such a string, understood: its fields, where they lie, how large the item is.
//!
//! ```
//! use bufferprocs::Format;
//!
//! let pixel = Format::parse(c"T{H:x:H:y:B:red:B:green:B:blue:}")?;
//! // One byte of padding at the end, as in C.
//! assert_eq!((pixel.itemsize(), pixel.align()), (8, 2));
//! let red = pixel.field("red").unwrap();
//! assert_eq!((red.offset(), red.size()), (4, 1));
//!
//! let error = Format::parse(c"T{i:a:t:b:}").unwrap_err();
//! assert_eq!(error.to_string(), "format, byte 6: bit fields (`t`) are not supported");
//! # Ok::<(), bufferprocs::FormatError>(())
//! ```
//!
//! | text | meaning |
//! |---|---|
//! | `@` `^` `=` `<` `>` `!` | order, sizes and alignment of what follows, up to the next of them, also beyond braces |
//! | `b B h H i I l L q Q n N` | integers |
//! | `e f d g`, `Zf Zd Zg`, `F D` | floating-point and complex numbers |
//! | `?` `c` `s` `p` `u` `w` | a truth value, a character of one byte, strings: bytes, Pascal, of 2 and of 4 bytes a character |
//! | `x` | a byte of padding |
//! | `O` `P` `z` `&` `X{}` | addresses: of an object, of anything, of the item that follows, of a function |
//! | `3i`, `(2,3)i` | a count, or the extents of a sub-array |
//! | `T{…}` | a record |
//! | `i:name:` | a field's name |
//!
//! Sizes are those of `struct.calcsize` where that takes the string, and NumPy's elsewhere. The
//! two differ in one point: in native mode NumPy pads the end of every item, `struct` none. Here
//! the end of a `T{}` is padded, that of the whole string is not. What an order character means
//! for the alignment of a record is not written down anywhere; it is as in NumPy.
//!
//! A format may come from anybody. Parsing takes linear time and a bounded stack; nothing panics
//! or overflows.

mod advice;
mod emit;
mod parse;
mod scalar;
#[cfg(test)]
mod tests;

use std::ffi::{CStr, CString};

use crate::error::FormatError;
use crate::item::Item;
pub(crate) use advice::type_for;
pub use scalar::{Kind, Scalar};

/// A format that was understood.
///
/// `==` compares what the item is, its padding and alignment included; the text may differ: `l`
/// equals `q` where a C `long` has eight bytes.
///
/// ```
/// use bufferprocs::Format;
///
/// let format = Format::parse(c"T{i:id:d:value:}")?;
/// assert_eq!(format.itemsize(), 16);
/// assert_eq!(format.field("value").unwrap().offset(), 8);
/// assert!(Format::parse(c"d")?.is::<f64>());
/// # Ok::<(), bufferprocs::FormatError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Format {
    /// In the order of the text, which is that of the offsets.
    fields: Fields,
    itemsize: usize,
    align: usize,
}

/// The fields of a format. That of a single number needs no memory of its own, and is by far the
/// most common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Fields {
    One(Field),
    /// None, or two and more.
    Many(Vec<Field>),
}

impl Fields {
    fn as_slice(&self) -> &[Field] {
        match self {
            Fields::One(field) => std::slice::from_ref(field),
            Fields::Many(fields) => fields,
        }
    }

    fn push(&mut self, field: Field) {
        *self = match std::mem::replace(self, Fields::Many(Vec::new())) {
            Fields::One(first) => Fields::Many(vec![first, field]),
            Fields::Many(fields) if fields.is_empty() => Fields::One(field),
            Fields::Many(mut fields) => {
                fields.push(field);
                Fields::Many(fields)
            }
        }
    }
}

/// One field of a format: an element, or a sub-array of them.
///
/// ```
/// use bufferprocs::Format;
///
/// let format = Format::parse(c"T{i:id:(2,3)f:matrix:}")?;
/// let field = &format.fields()[0]; // one record
/// assert_eq!((field.name(), field.offset(), field.size()), (None, 0, 28));
/// let matrix = format.field("matrix").unwrap();
/// assert_eq!((matrix.shape(), matrix.offset()), (&[2, 3][..], 4));
/// # Ok::<(), bufferprocs::FormatError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Field {
    name: Option<Box<str>>,
    offset: usize,
    shape: Box<[usize]>,
    element: Element,
    size: usize,
    /// 1 where alignment does not count.
    align: usize,
}

/// The element type of a field.
///
/// ```
/// use bufferprocs::Format;
/// use bufferprocs::format::{Element, Kind};
///
/// let format = Format::parse(c"<i")?;
/// match format.fields()[0].element() {
///     Element::Scalar(scalar) => assert_eq!((scalar.kind, scalar.size), (Kind::Signed, 4)),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), bufferprocs::FormatError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Element {
    /// A number, a string, an address.
    Scalar(Scalar),
    /// `T{…}`
    Record(Box<Format>),
    /// `&`: the address of such an item.
    Pointer(Box<Format>),
}

impl Format {
    /// Understands the format of a view.
    #[doc(alias = "PyBuffer_SizeFromFormat")]
    pub fn parse(format: &CStr) -> Result<Format, FormatError> {
        parse::parse(format.to_bytes())
    }

    /// Understands a text of which nothing is known. A NUL byte is refused like any other that
    /// means nothing.
    pub fn parse_bytes(format: &[u8]) -> Result<Format, FormatError> {
        parse::parse(format)
    }

    /// The format of a Rust type.
    ///
    /// Fails only if an `unsafe impl Item` has a text that is no format.
    pub fn of<T: Item>() -> Result<Format, FormatError> {
        Format::parse(T::FORMAT)
    }

    /// Bytes of one item. 0 for a format without items, which no view can show.
    pub fn itemsize(&self) -> usize {
        self.itemsize
    }

    /// The item's alignment in bytes, a power of two; 1 where the format says that it is not
    /// aligned.
    pub fn align(&self) -> usize {
        self.align
    }

    /// The fields of the text. Padding without a name is no field.
    ///
    /// A single number is one field without a name, and so is a whole `T{}`: see
    /// [`field`](Self::field).
    pub fn fields(&self) -> &[Field] {
        self.fields.as_slice()
    }

    /// The field of that name: of the record, if the item is one `T{}`.
    pub fn field(&self, name: &str) -> Option<&Field> {
        let fields =
            match &self.fields {
                Fields::One(Field {
                    name: None, shape, element: Element::Record(record), ..
                }) if shape.is_empty() => record.fields(),
                fields => fields.as_slice(),
            };
        fields.iter().find(|field| field.name() == Some(name))
    }

    /// Whether the item is a `T`: the same fields with the same names at the same places, in this
    /// machine's byte order.
    ///
    /// How padding is written does not matter. An array of bytes is also what a string is, and an
    /// array of two floats what a complex number is:
    ///
    /// ```
    /// use bufferprocs::Format;
    ///
    /// assert!(Format::parse(c"12s")?.is::<[u8; 12]>());
    /// assert!(Format::parse(c"3Zd")?.is::<[[f64; 2]; 3]>());
    /// assert!(!Format::parse(c"e")?.is::<u16>());
    /// # Ok::<(), bufferprocs::FormatError>(())
    /// ```
    pub fn is<T: Item>(&self) -> bool {
        self.itemsize == size_of::<T>() && Format::of::<T>().is_ok_and(|own| own.reads(self))
    }

    /// Whether items of `found` are values of `self`, the format of a Rust type.
    fn reads(&self, found: &Format) -> bool {
        self.pairs_up(found, |own, found| match (&own.element, &found.element) {
            (Element::Record(own_record), Element::Record(record)) => {
                own.shape == found.shape && own_record.reads(record)
            }
            (Element::Scalar(own_scalar), Element::Scalar(scalar)) if own_scalar != scalar => {
                let (count, part) = scalar.parts();
                let is_array = own.shape.split_last() == Some((&count, &*found.shape));
                *own_scalar == part && (is_array || count == 1 && own.shape == found.shape)
            }
            (own_element, element) => own_element == element && own.shape == found.shape,
        })
    }

    /// Whether both have the same fields at the same places, of which `is_same` has to accept each
    /// pair.
    fn pairs_up(&self, other: &Format, is_same: impl Fn(&Field, &Field) -> bool) -> bool {
        let mut pairs = self.fields().iter().zip(other.fields());
        self.itemsize == other.itemsize
            && self.fields().len() == other.fields().len()
            && pairs.all(|(a, b)| {
                (&a.name, a.offset, a.size) == (&b.name, b.offset, b.size) && is_same(a, b)
            })
    }

    /// Whether a value of one format is one of the other: equal but for alignment.
    pub fn same_item(&self, other: &Format) -> bool {
        self.pairs_up(other, |a, b| {
            a.shape == b.shape
                && match (&a.element, &b.element) {
                    (Element::Record(a), Element::Record(b)) => a.same_item(b),
                    (Element::Pointer(a), Element::Pointer(b)) => a.same_item(b),
                    (a, b) => a == b,
                }
        })
    }

    /// Whether some bytes of the item are an address, so that bytes from elsewhere must not be
    /// written over them.
    pub fn holds_addresses(&self) -> bool {
        self.fields().iter().any(|field| match &field.element {
            Element::Scalar(scalar) => scalar.kind.is_address(),
            Element::Record(record) => record.holds_addresses(),
            Element::Pointer(_) => true,
        })
    }

    /// What the format of a foreign exporter says of the `itemsize` bytes of an item. No format
    /// means bytes.
    pub(crate) fn describes(text: Option<&CStr>, itemsize: usize) -> Described {
        match Format::parse(text.unwrap_or(c"B")) {
            Ok(format) if format.holds_addresses() => Described::Addresses,
            Ok(format) if format.itemsize() != itemsize => Described::Partly,
            Ok(_) if mixes_orders(text.unwrap_or_default().to_bytes()) => Described::Partly,
            Ok(format) if format.has_padding() => Described::Padded,
            Ok(_) => Described::Plain,
            Err(reason) => Described::NotUnderstood(reason),
        }
    }

    /// Whether some bytes of the item belong to no value.
    fn has_padding(&self) -> bool {
        let mut end = 0;
        for field in self.fields() {
            let has_padding = match &field.element {
                Element::Scalar(scalar) => scalar.kind == Kind::Padding,
                Element::Record(record) => record.has_padding(),
                Element::Pointer(_) => false,
            };
            if has_padding || field.offset != end {
                return true;
            }
            end += field.size;
        }
        end != self.itemsize
    }

    /// The text, for a view to show. [`Display`](std::fmt::Display) gives it too.
    pub fn to_cstring(&self) -> CString {
        // Names have no NUL, and nothing else could have one.
        CString::new(self.to_string()).unwrap_or_default()
    }
}

/// What a format says of the bytes of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Described {
    /// Each belongs to a value, and none to an address.
    Plain,
    /// Each belongs to a value or to padding, and none to an address. NumPy writes padding over
    /// the fields that a view of some fields leaves out.
    Padded,
    /// Some belong to an address.
    Addresses,
    /// Nothing is known of some: the format has another size, or is one of those that ctypes writes
    /// for unions.
    Partly,
    /// Nothing is known of any.
    NotUnderstood(FormatError),
}

/// Whether a format with a record has values with a byte order and a `B` without.
///
/// ctypes writes an order before each value, but `B` for a union or a packed structure of any
/// size, and a whole integer for each bit field: so the size of such a format may be right by
/// accident. NumPy writes `=` and `@` for the machine's own order, which do not count here.
fn mixes_orders(text: &[u8]) -> bool {
    let (mut with, mut without, mut is_ordered) = (false, false, false);
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b':' => {
                rest.find(|byte| **byte == b':'); // a name
            }
            b'(' => {
                rest.find(|byte| **byte == b')'); // a shape
            }
            b'<' | b'>' | b'!' => is_ordered = true,
            b'T' | b'{' | b'}' | b'=' | b'@' | b'^' | b'Z' | b'0'..=b'9' => {}
            byte if byte.is_ascii_whitespace() => {}
            _ => {
                with |= is_ordered;
                without |= !is_ordered && *byte == b'B';
                is_ordered = false;
            }
        }
    }
    with && without && text.windows(2).any(|pair| pair == b"T{")
}

impl std::str::FromStr for Format {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Format, FormatError> {
        Format::parse_bytes(text.as_bytes())
    }
}

impl Field {
    /// The name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Bytes from the start of the item, or of the record.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Extents of the sub-array; empty for a single element. A count is the last of them, except
    /// with strings.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The format of one element.
    pub fn element_format(&self) -> Format {
        let element = self.element.clone();
        let itemsize = match &element {
            Element::Scalar(scalar) => scalar.size,
            Element::Record(record) => record.itemsize,
            Element::Pointer(_) => size_of::<*const u8>(),
        };
        let (name, offset, shape, size, align) = (None, 0, Box::default(), itemsize, self.align);
        let field = Field { name, offset, shape, element, size, align };
        Format { fields: Fields::One(field), itemsize, align }
    }

    /// What it is made of.
    pub fn element(&self) -> &Element {
        &self.element
    }

    /// Bytes of the whole field.
    pub fn size(&self) -> usize {
        self.size
    }
}

/// Whether items of this format are `T`s; a format of NULL is `"B"`.
pub(crate) fn is_format_of<T: Item>(format: Option<&CStr>) -> bool {
    let format = format.unwrap_or(c"B");
    if format == T::FORMAT {
        return true;
    }
    // The common case, without a parse.
    match (Scalar::alone(format.to_bytes()), Scalar::alone(T::FORMAT.to_bytes())) {
        (Some(scalar), Some(own)) => scalar == own || scalar.parts() == (1, own),
        _ => Format::parse(format).is_ok_and(|format| format.is::<T>()),
    }
}

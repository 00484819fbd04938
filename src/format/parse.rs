//! From a text to a [`Format`], in one pass.

use super::scalar::{Code, Kind, Mode, Scalar, code, complex};
use super::{Element, Field, Fields, Format};
use crate::error::{FormatError, FormatProblem};

/// Records and pointers in one another, at most. Bounds the stack, also when a format is dropped.
const DEPTH: usize = 64;

pub(super) fn parse(text: &[u8]) -> Result<Format, FormatError> {
    let mut parser = Parser { text, at: 0, mode: Mode::Aligned, depth: 0 };
    let format = parser.fields(false)?;
    debug_assert_eq!(parser.at, text.len());
    Ok(format)
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    /// In force until the next order character, also beyond the braces of a record.
    mode: Mode,
    depth: usize,
}

type Result<T, E = FormatError> = std::result::Result<T, E>;

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, expected: u8) -> bool {
        let found = self.peek() == Some(expected);
        self.at += usize::from(found);
        found
    }

    fn problem<T>(&self, problem: FormatProblem) -> Result<T> {
        Err(FormatError { at: self.at, problem })
    }

    fn deeper(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > DEPTH { self.problem(FormatProblem::TooDeep) } else { Ok(()) }
    }

    /// Fields up to the end of the text, or up to the `}` of a record.
    fn fields(&mut self, record: bool) -> Result<Format> {
        let mut fields = Fields::Many(Vec::new());
        let mut names = std::collections::HashSet::new();
        let (mut end, mut align) = (0, 1);
        loop {
            match self.peek() {
                None if record => return self.problem(FormatProblem::Expected { missing: "`}`" }),
                None => break,
                Some(b'}') if record => {
                    self.at += 1;
                    break;
                }
                Some(character) if is_space(character) => self.space(),
                Some(character) if Mode::of(character).is_some() => self.order(),
                Some(_) => {
                    let start = self.at;
                    let field = self.field(end)?;
                    let too_large = FormatError { at: start, problem: FormatProblem::TooLarge };
                    end = sum(field.offset, field.size).ok_or(too_large)?;
                    align = align.max(field.align);
                    if let Some(name) = field.name.as_deref().filter(|name| !name.is_empty()) {
                        if !names.insert(name.to_owned()) {
                            let problem = FormatProblem::DuplicateName;
                            return Err(FormatError { at: start, problem });
                        }
                    }
                    if field.name.is_some() || !field.is_padding() {
                        fields.push(field);
                    }
                }
            }
        }
        // As a C compiler does, so that records may follow each other. `struct` has no records,
        // and pads no end.
        if record && self.mode == Mode::Aligned {
            end = round_up(end, align).ok_or(self.too_large())?;
        }
        Ok(Format { fields, itemsize: end, align })
    }

    /// Order characters, as many as there are: the last one is in force.
    fn order(&mut self) {
        while let Some(mode) = self.peek().and_then(Mode::of) {
            self.mode = mode;
            self.at += 1;
        }
    }

    /// One field that follows `end` bytes of others: shape, order, count, element, name.
    fn field(&mut self, end: usize) -> Result<Field> {
        let start = self.at;
        let mut shape = Vec::new();
        self.order(); // here only behind a `&`
        // NumPy writes a sub-array of sub-arrays as `(2)(3)i`, and means `(2,3)i`.
        while self.take(b'(') {
            self.shape(&mut shape)?;
        }
        self.order();
        let count = self.number()?;
        let before = self.mode;
        let (mut element, mut size, natural) = self.element()?;
        let name = self.name()?;
        let too_large = FormatError { at: start, problem: FormatProblem::TooLarge };
        let times = |size: usize, count| product(size, count).ok_or(too_large);
        match (&mut element, count) {
            (Element::Scalar(scalar), Some(count)) if scalar.kind.counts_within() => {
                size = times(size, count)?;
                scalar.size = size;
            }
            (_, Some(1) | None) => {}
            (_, Some(count)) => shape.push(count),
        }
        if shape.contains(&0) {
            size = 0;
        }
        for &extent in &shape {
            size = times(size, extent)?;
        }
        // The order in force now decides, as in NumPy: that inside of a record, if it chose one.
        // What an address leads to lies elsewhere, and decides nothing.
        let is_address = matches!(element, Element::Pointer(_));
        let mode = if is_address { before } else { self.mode };
        let align = if mode == Mode::Aligned { natural } else { 1 };
        let offset = round_up(end, align).ok_or(too_large)?;
        Ok(Field { name, offset, shape: shape.into(), element, size, align })
    }

    /// An element, the size of one, and its alignment where alignment counts.
    fn element(&mut self) -> Result<(Element, usize, usize)> {
        let start = self.at;
        let Some(letter) = self.peek() else {
            return self.problem(FormatProblem::Expected { missing: "a code" });
        };
        self.at += 1;
        let found = match letter {
            b'T' => {
                if !self.take(b'{') {
                    return self.problem(FormatProblem::Expected { missing: "`{` after `T`" });
                }
                self.deeper()?;
                let record = self.fields(true)?;
                self.depth -= 1;
                let (size, align) = (record.itemsize, record.align);
                return Ok((Element::Record(Box::new(record)), size, align));
            }
            b'&' => {
                self.deeper()?;
                let target = self.field(0)?;
                self.depth -= 1;
                let (itemsize, align) = (target.size, target.align);
                let target = Format { fields: Fields::One(target), itemsize, align };
                let pointer = code(b'&', Mode::Aligned).map_or((0, 1), |c| (c.size, c.align));
                return Ok((Element::Pointer(Box::new(target)), pointer.0, pointer.1));
            }
            b'Z' => {
                let part = self.peek();
                self.at += usize::from(part.is_some());
                part.and_then(|part| complex(part, self.mode))
            }
            b'X' => {
                self.signature()?;
                code(b'X', self.mode)
            }
            letter => code(letter, self.mode),
        };
        match found {
            Some(Code { kind, size, align }) => {
                Ok((Element::Scalar(Scalar::new(kind, size, self.mode)), size, align))
            }
            None => {
                self.at = start;
                self.problem(match letter {
                    0 => FormatProblem::Nul,
                    b't' => FormatProblem::BitField,
                    b'n' | b'N' => FormatProblem::NativeOnly(letter),
                    128.. => FormatProblem::NonAscii(letter),
                    _ => FormatProblem::UnknownCode(letter),
                })
            }
        }
    }

    /// `{…}` after an `X`, braces inside included.
    fn signature(&mut self) -> Result<()> {
        let mut open = 0usize;
        loop {
            match self.peek() {
                Some(b'{') => open += 1,
                Some(b'}') if open > 0 => open -= 1,
                Some(0) => return self.problem(FormatProblem::Nul),
                Some(byte @ 128..) => return self.problem(FormatProblem::NonAscii(byte)),
                Some(_) if open > 0 => {}
                _ => return self.problem(FormatProblem::Expected { missing: "`{}` after `X`" }),
            }
            self.at += 1;
            if open == 0 {
                return Ok(());
            }
        }
    }

    /// The extents after a `(`, and the `)`.
    fn shape(&mut self, shape: &mut Vec<usize>) -> Result<()> {
        loop {
            self.space();
            match self.number()? {
                Some(extent) => shape.push(extent),
                None => return self.problem(FormatProblem::Shape),
            }
            self.space();
            if self.take(b')') {
                return Ok(());
            }
            if !self.take(b',') {
                return self.problem(FormatProblem::Shape);
            }
        }
    }

    fn space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    fn number(&mut self) -> Result<Option<usize>> {
        let start = self.at;
        let mut number = 0;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            number = product(number, 10)
                .and_then(|number| sum(number, usize::from(digit - b'0')))
                .ok_or(FormatError { at: start, problem: FormatProblem::TooLarge })?;
            self.at += 1;
        }
        Ok((self.at > start).then_some(number))
    }

    /// `:name:`, if there is one.
    fn name(&mut self) -> Result<Option<Box<str>>> {
        if !self.take(b':') {
            return Ok(None);
        }
        let start = self.at;
        loop {
            match self.peek() {
                None => {
                    return self.problem(FormatProblem::Expected { missing: "`:` after a name" });
                }
                Some(0) => return self.problem(FormatProblem::Nul),
                Some(b':') => break,
                Some(_) => self.at += 1,
            }
        }
        let name = std::str::from_utf8(&self.text[start..self.at]).map_err(|error| {
            FormatError { at: start + error.valid_up_to(), problem: FormatProblem::NameNotUtf8 }
        })?;
        self.at += 1;
        Ok(Some(name.into()))
    }

    fn too_large(&self) -> FormatError {
        FormatError { at: self.at, problem: FormatProblem::TooLarge }
    }
}

/// What Python's `struct` takes for white space.
fn is_space(character: u8) -> bool {
    matches!(character, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

fn sum(a: usize, b: usize) -> Option<usize> {
    a.checked_add(b).filter(|&sum| sum <= isize::MAX as usize)
}

fn product(a: usize, b: usize) -> Option<usize> {
    a.checked_mul(b).filter(|&product| product <= isize::MAX as usize)
}

/// The next multiple of `align`, which is a power of two.
fn round_up(offset: usize, align: usize) -> Option<usize> {
    sum(offset, offset.wrapping_neg() % align)
}

impl Field {
    fn is_padding(&self) -> bool {
        matches!(self.element, Element::Scalar(Scalar { kind: Kind::Padding, .. }))
    }
}

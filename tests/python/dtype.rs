//! A format string as `struct` and NumPy describe it, beside what we make of it.

use bufferprocs::Format;
use bufferprocs::format::{Element, Field, Kind};

/// Strings that CPython or NumPy accept and we refuse.
pub struct Exception {
    pub what: &'static str,
    applies: fn(&str) -> bool,
}

/// Each has to occur, so that none outlives its reason. They are of NumPy alone: what `struct`
/// accepts, we accept.
pub const EXCEPTIONS: [Exception; 5] = [
    // NumPy stops reading at the brace and ignores what follows.
    Exception { what: "a brace closes that none opened", applies: |string| depths(string).0 < 0 },
    // NumPy takes the end of the string for the missing brace.
    Exception { what: "an open brace at the end", applies: |string| depths(string).1 > 0 },
    // NumPy reads numbers by Python's int().
    Exception {
        what: "a sign or an underscore in a shape",
        applies: |string| in_shape(string, |c| "+-_".contains(c)),
    },
    Exception {
        what: "white space in a shape that struct does not take for white space",
        applies: |string| in_shape(string, |c| c.is_whitespace() && !c.is_ascii()),
    },
    Exception {
        what: "a digit that is not ASCII",
        applies: |string| unnamed(string).chars().any(|c| c.is_numeric() && !c.is_ascii()),
    },
];

/// The crate accepts all formats that `struct` accepts, with the size that `calcsize` returns.
pub fn against_struct(calcsize: &str, format: &Result<Format, String>) -> Result<(), String> {
    match format {
        Ok(format) if format.itemsize().to_string() == calcsize => Ok(()),
        Ok(format) => Err(format!("calcsize says {calcsize}, we say {}", format.itemsize())),
        Err(error) => Err(format!("calcsize says {calcsize}, we refuse: {error}")),
    }
}

/// How a string that NumPy accepts is the same to us.
pub enum Agreement {
    /// In every respect.
    Whole,
    /// But NumPy pads the end of the item.
    Padded,
    /// We refuse it, by this one of [`EXCEPTIONS`].
    Excepted(usize),
}

/// The crate accepts all formats that NumPy accepts, with exceptions, and gives them the type that
/// formats.py describes.
pub fn against_numpy(
    numpy: &str,
    bytes: &[u8],
    format: &Result<Format, String>,
) -> Result<Agreement, String> {
    let string = std::str::from_utf8(bytes).map_err(|_| "NumPy read bytes".to_owned())?;
    match format {
        Ok(format) => {
            let itemsize = numpy_itemsize(string, format);
            let ours = root(format, itemsize);
            match ours == numpy {
                true if itemsize == format.itemsize() => Ok(Agreement::Whole),
                true => Ok(Agreement::Padded),
                false => Err(format!("NumPy says {numpy}, we say {ours}")),
            }
        }
        Err(error) => EXCEPTIONS
            .iter()
            .position(|exception| (exception.applies)(string))
            .map(Agreement::Excepted)
            .ok_or_else(|| format!("NumPy {numpy}, we: {error}")),
    }
}

/// The one difference in sizes: NumPy pads the end of the item too, if `@` is in force there.
/// `struct` does not, and we follow it.
fn numpy_itemsize(string: &str, format: &Format) -> usize {
    let order = unnamed(string).chars().rfind(|c| "@=<>!^".contains(*c)).unwrap_or('@');
    match order {
        '@' => format.itemsize().next_multiple_of(format.align()),
        _ => format.itemsize(),
    }
}

/// Our item, as formats.py describes NumPy's types.
///
/// NumPy unwraps an item of one field without a name, if there is nothing around it.
fn root(format: &Format, itemsize: usize) -> String {
    match format.fields() {
        [field] if field.name().is_none() && field.offset() == 0 && field.size() == itemsize => {
            described(field)
        }
        _ => format!("V{itemsize}[]{}", record(format, itemsize)),
    }
}

fn described(field: &Field) -> String {
    let extents: Vec<String> = field.shape().iter().map(usize::to_string).collect();
    let head = format!("{}{}[{}]", kind(field.element()), field.size(), extents.join(","));
    match field.element() {
        Element::Record(format) => head + &record(format, format.itemsize()),
        _ => head,
    }
}

/// NumPy's letter, and `~` for the other byte order.
fn kind(element: &Element) -> String {
    let Element::Scalar(scalar) = element else { return "V".to_owned() };
    let letter = match scalar.kind {
        Kind::Signed => "i",
        Kind::Unsigned => "u",
        Kind::Float => "f",
        Kind::Complex => "c",
        Kind::Bool => "b",
        Kind::Char | Kind::Bytes => "S",
        Kind::Ucs4 => "U",
        Kind::Padding => "V",
        Kind::Object => "O",
        _ => "?", // NumPy refuses the others
    };
    letter.to_owned() + if scalar.swapped { "~" } else { "" }
}

/// NumPy calls fields without a name `f` and the first number that makes a new name.
fn record(format: &Format, itemsize: usize) -> String {
    let mut names: Vec<Option<String>> =
        format.fields().iter().map(|field| field.name().map(str::to_owned)).collect();
    for at in 0..names.len() {
        if names[at].is_none() {
            let mut numbered = (0..).map(|number| Some(format!("f{number}")));
            names[at] = numbered.find(|name| !names.contains(name)).flatten();
        }
    }
    let mut text = format!("{{{itemsize}|");
    for (field, name) in format.fields().iter().zip(names) {
        let name = hex(name.unwrap_or_default().as_bytes());
        text += &format!("{name}@{}={};", field.offset(), described(field));
    }
    text + "}"
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

// What the exceptions ask of a string

/// The string without its names, which may hold anything but colons.
fn unnamed(string: &str) -> String {
    string.split(':').step_by(2).collect::<Vec<_>>().join(":")
}

/// How deep in braces the string is at the least, and at its end.
fn depths(string: &str) -> (isize, isize) {
    unnamed(string).chars().fold((0, 0), |(least, depth), c| {
        let depth = depth + isize::from(c == '{') - isize::from(c == '}');
        (depth.min(least), depth)
    })
}

/// Whether such a character is in parentheses.
fn in_shape(string: &str, such: fn(char) -> bool) -> bool {
    let string = unnamed(string);
    let mut shapes = string.split('(').skip(1).filter_map(|rest| rest.split(')').next());
    shapes.any(|shape| shape.contains(such))
}

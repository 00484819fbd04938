//! The grammar, case by case.

use super::scalar::{Mode, code};
use super::*;
use crate::error::FormatProblem;
use crate::item::{BigEndian, Bool, Complex, Half, LittleEndian, Ucs4};

#[track_caller]
fn size(text: &str, itemsize: usize, align: usize) {
    let format: Format = text.parse().unwrap();
    assert_eq!((format.itemsize(), format.align()), (itemsize, align), "{text}");
    let again: Format = format.to_string().parse().unwrap();
    assert_eq!(again, format, "{text} became {format}");
}

#[test]
fn sizes_and_alignments() {
    const LONG: usize = size_of::<std::ffi::c_long>();
    const P: usize = size_of::<usize>();
    const Q: usize = align_of::<i64>();
    size("", 0, 1);
    size("<", 0, 1);
    size("i", 4, 4);
    size("=i", 4, 1);
    size("^i", 4, 1);
    size("l", LONG, LONG);
    size("=l", 4, 1);
    size("<q", 8, 1);
    size("!d", 8, 1);
    size("n", P, P);
    size("^N", P, 1);
    size("3p", 3, 1);
    size("D", 16, align_of::<f64>());
    let long_double = code(b'g', Mode::Aligned).unwrap();
    size("g", long_double.size, long_double.align);
    size("Zg", 2 * long_double.size, long_double.align);
    size("<G", 2 * long_double.size, 1); // as ctypes of CPython 3.14 has it
    assert!(long_double.size >= 8 && long_double.size % long_double.align == 0);
    size("P", P, P);
    size("?", 1, 1);
    size("e", 2, 2);
    size("3w", 12, 4);
    size("<u", 2, 1);
    size("10s", 10, 1);
    size("0s", 0, 1);
    size("Zf", 8, 4);
    size("Zd", 16, align_of::<f64>());
    size("F", 8, 4);
    size("ib", 5, 4);
    size("ib0i", 8, 4);
    size("bi", 8, 4);
    size("bq", Q + 8, Q);
    size("=bi", 5, 1);
    size(" i\t3h ", 10, 4);
    size("T{ib}", 8, 4);
    size("T{bT{bq}}", Q + Q + 8, Q);
    size("2T{ib}b", 17, 4);
    size("T{<ib}", 5, 1);
    size("T{i<b}", 5, 1);
    size("T{i=0x}b", 5, 1);
    size("(2,3)i", 24, 4);
    size("(2,3)4i", 96, 4);
    size("( 2\t,3 )i", 24, 4);
    size("(2)<i", 8, 1);
    size("(0,9)q", 0, Q);
    size("(2)3s", 6, 1);
    size("&i", P, P);
    size("&<i", P, P);
    size("<b&@i", 1 + P, 1);
    size("b&&T{i:a:}:p:", 2 * P, P);
    size("X{}", P, P);
    size("X{i{d}->i}b", P + 1, P);
    size("3x", 3, 1);
    size("T{b:a:3x:gap:i:b:}", 8, 4);
    size("T{B:a:3x:b:}", 4, 1);
    size("@i>h", 6, 4);
}

#[test]
fn texts_that_are_no_format() {
    use FormatProblem::*;
    #[track_caller]
    fn case(text: &[u8], at: usize, problem: FormatProblem) {
        assert_eq!(Format::parse_bytes(text), Err(FormatError { at, problem }));
    }
    let missing = |missing| Expected { missing };
    case(b"k", 0, UnknownCode(b'k'));
    case(b"ii}", 2, UnknownCode(b'}'));
    case(b"i3", 2, missing("a code"));
    case(b"3 i", 1, UnknownCode(b' '));
    case(b"T", 1, missing("`{` after `T`"));
    case(b"T{i", 3, missing("`}`"));
    case(b"T{i:a", 5, missing("`:` after a name"));
    case(b"X", 1, missing("`{}` after `X`"));
    case(b"X{i", 3, missing("`{}` after `X`"));
    case(b"Xi", 1, missing("`{}` after `X`"));
    case(b"X}", 1, missing("`{}` after `X`"));
    case(b"X{\xff}", 2, NonAscii(0xff));
    case(b"Z", 0, UnknownCode(b'Z'));
    case(b"bZi", 1, UnknownCode(b'Z'));
    case(b"4t", 1, BitField);
    case(b"=n", 1, NativeOnly(b'n'));
    case(b"i<N", 2, NativeOnly(b'N'));
    case(b"()i", 1, Shape);
    case(b"(2,)i", 3, Shape);
    case(b"(2", 2, Shape);
    case(b"(-1)i", 1, Shape);
    case(b"i\0", 1, Nul);
    case(b"i:a\0:", 3, Nul);
    case(b"X{\0}", 2, Nul);
    case("ié".as_bytes(), 1, NonAscii(0xc3));
    case(b"T{i:a\xff:}", 5, NameNotUtf8);
    case(b"T{i:a:h:a:}", 6, DuplicateName);
    assert!(Format::parse(c"T{i:a:T{h:a:}:b:}").is_ok());
    case(b"99999999999999999999i", 0, TooLarge);
    case(b"9223372036854775807i", 0, TooLarge);
    case(format!("({},2)b", isize::MAX / 2 + 1).as_bytes(), 0, TooLarge);
    let max = isize::MAX.to_string();
    assert_eq!(
        Format::parse_bytes(format!("{max}s").as_bytes()).unwrap().itemsize(),
        isize::MAX as usize
    );
    case(format!("b{max}s").as_bytes(), 1, TooLarge);
    case(format!("T{{{}si<0i}}", isize::MAX - 6).as_bytes(), 2 + max.len() + 1, TooLarge);
}

#[test]
fn depth_is_bounded() {
    let nested = |open: &str, depth| {
        format!("{}i{}", open.repeat(depth), "}".repeat(if open == "&" { 0 } else { depth }))
    };
    for open in ["T{", "&"] {
        assert!(Format::parse_bytes(nested(open, 64).as_bytes()).is_ok());
        for depth in [65, 1_000_000] {
            let error = Format::parse_bytes(nested(open, depth).as_bytes()).unwrap_err();
            assert_eq!(error, FormatError { at: 65 * open.len(), problem: FormatProblem::TooDeep });
        }
    }
    assert!(
        Format::parse_bytes(format!("X{}{}", "{".repeat(100_000), "}".repeat(100_000)).as_bytes())
            .is_ok()
    );
}

#[test]
fn fields_lie_where_a_c_compiler_puts_them() {
    let format = Format::parse(c"T{B:a:(2,3)H:b:T{b:x:d:y:}:c:3s:d:}").unwrap();
    let record: Vec<_> = ["a", "b", "c", "d"]
        .map(|name| format.field(name).unwrap())
        .map(|field| (field.offset(), field.size(), field.shape().to_vec()))
        .into();
    let inner = align_of::<f64>();
    let c = 16usize.next_multiple_of(inner);
    assert_eq!(
        record,
        [(0, 1, vec![]), (2, 12, vec![2, 3]), (c, inner + 8, vec![]), (c + inner + 8, 3, vec![]),]
    );
    assert!(format.field("x").is_none());
    assert_eq!(Format::parse(c"i:a:h:b:").unwrap().field("b").unwrap().offset(), 4);
}

#[test]
#[allow(unsafe_code)] // in `record!`, which another crate may use where `unsafe` is forbidden
fn formats_name_a_kind_and_a_size() {
    #[track_caller]
    fn case<T: Item>(format: &CStr, expected: bool) {
        assert_eq!(is_format_of::<T>(Some(format)), expected, "{format:?}");
        let parsed = Format::parse(format);
        assert_eq!(parsed.is_ok_and(|parsed| parsed.is::<T>()), expected, "{format:?}");
    }
    let little = cfg!(target_endian = "little");
    case::<i32>(c"i", true);
    case::<i32>(c"@i", true);
    case::<i32>(c"=l", true);
    case::<i32>(c"<i", little);
    case::<i32>(c">i", !little);
    case::<i32>(c"!i", !little);
    case::<i32>(c" i", true);
    case::<u32>(c"i", false);
    case::<f32>(c"i", false);
    case::<i64>(c"q", true);
    case::<i64>(c"l", size_of::<std::ffi::c_long>() == 8);
    case::<isize>(c"n", true);
    case::<usize>(c"=N", false);
    case::<u8>(c">B", true);
    case::<u8>(c"b", false);
    case::<u8>(c"?", false);
    case::<u8>(c"c", true);
    case::<u8>(c"s", true);
    case::<[u8; 1]>(c"1s", true);
    case::<[u8; 12]>(c"12s", true);
    case::<[u8; 12]>(c"11s", false);
    case::<[[u8; 4]; 3]>(c"(3)4s", true);
    case::<[[u8; 4]; 3]>(c"12s", false);
    case::<[u8; 12]>(c"12p", false);
    case::<[f64; 2]>(c"Zd", true);
    case::<[f64; 2]>(c"D", true);
    case::<[f32; 2]>(c"F", true);
    case::<[f32; 2]>(c"Zd", false);
    case::<[f64; 2]>(c"2d", true);
    case::<[[f64; 2]; 3]>(c"3Zd", true);
    case::<[f64; 6]>(c"3Zd", false);
    case::<[f64; 2]>(if little { c">Zd" } else { c"<Zd" }, false);
    case::<f64>(c"Zf", false);
    case::<Complex<f64>>(c"Zd", true);
    case::<Complex<f64>>(c"D", true);
    case::<Complex<f32>>(c"Zd", false);
    case::<Complex<f64>>(c"2d", false);
    case::<u16>(c"e", false);
    case::<Half>(c"e", true);
    case::<Half>(c"<e", little);
    case::<Half>(c"H", false);
    case::<Bool>(c"?", true);
    case::<Bool>(c"B", false);
    case::<Ucs4<3>>(c"3w", true);
    case::<Ucs4<3>>(c"4w", false);
    case::<Ucs4<1>>(c"w", true);
    case::<BigEndian<u16>>(c">H", true);
    case::<BigEndian<u16>>(c"!H", true);
    case::<BigEndian<u16>>(c"<H", false);
    case::<BigEndian<u16>>(c"H", !little);
    case::<BigEndian<u16>>(c">h", false);
    case::<LittleEndian<f64>>(c"<d", true);
    case::<LittleEndian<f64>>(c"d", little);
    case::<[BigEndian<f64>; 2]>(c">Zd", true);
    case::<[[i32; 3]; 2]>(c"(2)(3)i", true);
    case::<[[i32; 3]; 2]>(c"(2,3)i", true);
    case::<bool>(c"?", true);
    case::<char>(c"w", true);
    case::<u8>(c"", false);
    case::<u8>(c"BB", false);
    case::<usize>(c"P", false);
    case::<i32>(c"T{i:a:}", false);
    case::<[u8; 2]>(c"2B", true);
    case::<[u8; 2]>(c"BB", false);
    assert!(is_format_of::<u8>(None) && !is_format_of::<i8>(None));
    /// Says the same with more words than a letter.
    #[derive(Clone, Copy)]
    struct Wordy(#[allow(dead_code)] u32);
    // SAFETY: a u32, which the format says.
    unsafe impl Item for Wordy {
        const FORMAT: &'static CStr = c" 1I";
    }
    case::<Wordy>(c"I", true);
    case::<Wordy>(c"i", false);
    crate::record! {
        struct Pair { a: u16, _pad: crate::item::Pad<2>, b: u32 }
    }
    case::<Pair>(c"T{H:a:2xI:b:}", true);
    case::<Pair>(c"T{H:a:I:b:}", true); // the same place by alignment
    case::<Pair>(c"T{H:a:xxI:b:}", true);
    case::<Pair>(c"T{H:a:2xi:b:}", false);
    case::<Pair>(c"T{H:a:2xI:c:}", false);
    case::<Pair>(c"T{=H:a:I:b:}", false);
}

#[test]
fn the_plainest_text() {
    #[track_caller]
    fn case(text: &str, plain: &str) {
        assert_eq!(text.parse::<Format>().unwrap().to_string(), plain);
    }
    case("@i", "i");
    case("=i", "=i");
    case("1i", "i");
    case("(1)i", "(1)i");
    case("3i", "3i");
    case("(3)i", "3i");
    case("(2)3i", "(2,3)i");
    case("(2)3s", "(2)3s");
    case("bi", "b3xi");
    case("T{b:a:i:b:h}", "T{b:a:3xi:b:h2x}");
    case("T{i:a:<b:b:}c", "T{i:a:b:b:=0x}c");
    case("T{<b:a:}", "T{b:a:}"); // no alignment to decide on
    case("<P", "=P");
    case("F", "Zf");
    case("G", "Zg");
    case("=d", "=d");
    case("=Zf", "=Zf");
    case("=Zd", "=Zd");
    if code(b'g', Mode::Aligned).is_some_and(|code| code.size > 8) {
        case("g", "g");
        case("=g", "^g");
        case("=Zg", "^Zg");
    }
    if cfg!(target_endian = "little") {
        case("(2,3)>i", "(2,3)>i");
        case(">3i<h", ">3i=h");
        case("<iii", "=iii");
        case("<i&<i", "=i&i");
    }
    if size_of::<std::ffi::c_long>() == 8 {
        case("lLn", "qQq");
    }
}

#[test]
fn fields_and_depth_of_those_beside_each_other() {
    let format: Format = "b:a:xT{H:b:}2i".parse().unwrap();
    let fields: Vec<_> =
        format.fields().iter().map(|field| (field.name(), field.offset(), field.size())).collect();
    assert_eq!(fields, [(Some("a"), 0, 1), (None, 2, 2), (None, 4, 8)]);
    // Only one record that is the whole item lends its names.
    assert!("T{i:a:}".parse::<Format>().unwrap().field("a").is_some());
    for elsewhere in ["(2)T{i:a:}", "T{i:a:}:a2:", "T{i:a:}i"] {
        assert!(elsewhere.parse::<Format>().unwrap().field("a").is_none(), "{elsewhere}");
    }
    for side_by_side in ["T{}", "&i", "T{&T{i}}"] {
        assert!(side_by_side.repeat(1000).parse::<Format>().is_ok(), "{side_by_side}");
    }
}

#[test]
fn what_a_format_says_of_the_bytes_of_an_item() {
    use Described::{Addresses, Padded, Partly, Plain};
    #[track_caller]
    fn case(text: &str, itemsize: usize, expected: Described) {
        let text = CString::new(text).unwrap();
        assert_eq!(Format::describes(Some(&text), itemsize), expected, "{text:?}");
    }
    assert_eq!(Format::describes(None, 1), Plain);
    assert_eq!(Format::describes(None, 8), Partly);
    case("i", 4, Plain);
    case("<i", 4, Plain);
    case("i", 8, Partly);
    let problem = FormatProblem::UnknownCode(b'j');
    case("j?", 2, Described::NotUnderstood(FormatError { at: 0, problem }));
    case("O", size_of::<usize>(), Addresses);
    case("=iO", 4 + size_of::<usize>(), Addresses);
    case("2h", 4, Plain);
    case("(2,3)i", 24, Plain);
    case("T{(2)h:a:i:b:}", 8, Plain);
    case("T{T{h:x:h:y:}:a:i:b:}", 8, Plain);
    // Before, between and behind values; and padding with a name.
    case("xB", 2, Padded);
    case("bi", 8, Padded);
    case("ib0i", 8, Padded);
    case("B2x:gap:", 3, Padded);
    case("T{T{b:x:xh:y:}:a:i:b:}", 8, Padded);
    // A byte order before one value of a record, and a `B` without.
    case("T{<i:a:B:b:}", 5, Partly);
    case("T{>H:a:B:b:}", 3, Partly);
    case("T{!H:a:B:b:}", 3, Partly);
    case("T{<i:a:<B:b:}", 5, Plain);
    case("T{<i:a:i:b:}", 8, Plain);
    case("T{=i:a:B:b:}", 5, Plain);
    case("T{B:a:B:b:}", 2, Plain);
    case("<iB", 5, Plain); // no record
    // Names, shapes, counts and white space do not come between an order and its value.
    case("T{=i:<q:B:b:}", 5, Plain);
    case("T{<(2)B:a:}", 2, Plain);
    case("T{<2B:a:}", 2, Plain);
    case("<T{B:a:}", 1, Plain);
    case("T{< B:a:}", 1, Plain);
}

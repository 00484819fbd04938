//! Types of other crates: as items, as exporters, and as results, each with the real crate.

use bufferprocs::integrations::{Foreign, ForeignItem, WritableMmap};
use bufferprocs::item::Bool;
use bufferprocs::{Buffer, Exported, Immutable, Object, Order, Request, Shared, View, record};
use bytemuck::{NoUninit, Pod, Zeroable};
use bytes::Bytes;
use memmap2::MmapMut;

#[test]
fn bytes_are_exported_in_place_and_read_only() {
    let text = Bytes::from(b"a longer text".to_vec());
    let object = Object::new(text.slice(2..8));
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    assert_eq!((buffer.format(), buffer.shape()), (Some(c"B"), Some(&[6][..])));
    assert_eq!(buffer.raw().buf.cast_const().cast(), text[2..].as_ptr());
    assert_eq!(buffer.as_slice::<u8>(), Ok(&b"longer"[..]));
    assert!(Buffer::get(&object, Request::WRITABLE).is_err());
    let empty = Object::new(Bytes::new());
    assert_eq!(Buffer::get(&empty, Request::FULL_RO).unwrap().len_bytes(), 0);
}

#[test]
fn memory_that_no_code_writes_becomes_bytes_without_a_copy() {
    let object = Object::new(b"some text".to_vec());
    let address = object.exported::<Vec<u8>>().unwrap().try_borrow().unwrap().as_ptr();
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    let bytes = buffer.into_bytes().unwrap();
    assert_eq!((bytes.as_ptr(), &bytes[..]), (address, &b"some text"[..]));
    let part = std::thread::spawn(move || bytes.slice(5..)).join().unwrap();
    assert_eq!((&part[..], object.references()), (&b"text"[..], 2));
    drop(part);
    assert_eq!(object.references(), 1);
    // Items of other types are bytes if no format is requested.
    let numbers = Object::new(vec![1u16, 2]);
    let bytes = Buffer::get(&numbers, Request::SIMPLE).unwrap().into_bytes().unwrap();
    assert_eq!(bytes, [1u16, 2].map(u16::to_ne_bytes).concat());
    let typed = Buffer::get(&numbers, Request::FULL_RO).unwrap();
    assert!(typed.into_bytes().unwrap_err().to_string().contains("format"));
}

#[test]
fn memory_that_others_may_write_does_not_become_bytes() {
    let object = Object::new(Shared::from_vec(b"abc".to_vec()));
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    let error = buffer.into_bytes().unwrap_err();
    assert!(error.to_string().contains("others may write"), "{error}");
    assert_eq!(object.references(), 1); // it was released
}

#[test]
fn a_mapping_is_exported_in_place() {
    let mut memory = MmapMut::map_anon(10).unwrap();
    memory.copy_from_slice(b"0123456789");
    let mapping = memory.make_read_only().unwrap();
    let address = mapping.as_ptr();
    let object = Object::new(mapping);
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    assert_eq!(buffer.raw().buf.cast_const().cast(), address);
    assert_eq!(buffer.as_slice::<u8>(), Ok(&b"0123456789"[..]));
    assert!(Buffer::get(&object, Request::FULL).is_err());
}

#[test]
fn a_mapping_that_is_written_shows_what_both_sides_write() {
    let mapping = Immutable::new(WritableMmap::new(MmapMut::map_anon(4).unwrap()));
    let buffer = Buffer::get(&mapping, Request::FULL).unwrap();
    buffer.from_contiguous(&[1, 2, 3, 4], Order::C).unwrap();
    mapping.items()[0].store(9);
    assert_eq!(buffer.to_contiguous(Order::C).unwrap(), [9, 2, 3, 4]);
    assert!(buffer.as_slice::<u8>().is_err());
    mapping.flush().unwrap();
    let thread = std::thread::spawn(move || mapping.items()[1].load());
    assert_eq!(thread.join().unwrap(), 2);
    assert_eq!(buffer.item::<u8>(&[3]), Ok(4)); // the view keeps the mapping
}

/// In another crate.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
struct Point {
    x: f32,
    y: f32,
}

/// In another crate.
#[derive(Debug, Clone, Copy, PartialEq, NoUninit)]
#[repr(u8)]
enum Base {
    A,
    C,
    G,
}

record! {
    /// The fields of a point.
    struct PointFields {
        x: f32,
        y: f32,
    }
}

struct PointItem;
impl ForeignItem for PointItem {
    type Plain = Point;
    type Like = PointFields;
}

struct BaseItem;
impl ForeignItem for BaseItem {
    type Plain = Base;
    type Like = u8;
}

struct Truth;
impl ForeignItem for Truth {
    type Plain = u8;
    type Like = Bool;
}

#[test]
fn plain_types_are_items_in_place() {
    let points = vec![Point { x: 1.0, y: 2.0 }, Point { x: 3.0, y: 4.0 }];
    let address = points.as_ptr();
    let items = Foreign::<PointItem>::from_vec(points);
    assert_eq!(items.as_ptr().cast(), address);
    let object = Object::new(Shared::from_vec(items));
    let buffer = Buffer::get(&object, Request::FULL).unwrap();
    assert_eq!(buffer.format(), Some(c"T{f:x:f:y:}"));
    let items = buffer.items::<Foreign<PointItem>>().unwrap();
    items.set(&[0], Foreign(Point { x: 5.0, y: 6.0 })).unwrap();
    let all: Vec<Point> = items.iter(Order::C).map(|item| item.0).collect();
    assert_eq!(all, [Point { x: 5.0, y: 6.0 }, Point { x: 3.0, y: 4.0 }]);
    let fields: Vec<PointFields> = buffer.to_vec(Order::C).unwrap();
    assert_eq!((fields[1].x, fields[1].y), (3.0, 4.0));
}

/// A value of one's own over a slice of them.
struct Sequence(Vec<Base>);

impl bufferprocs::Exporter for Sequence {
    fn view(&self) -> Result<View<'_>, bufferprocs::BufferError> {
        Ok(View::readonly(Foreign::<BaseItem>::from_slice(&self.0)))
    }
}

#[test]
fn enums_of_one_byte_are_shown_as_their_bytes() {
    let exported = Exported::new(Sequence(vec![Base::G, Base::A, Base::C]));
    let buffer = Buffer::get(&exported, Request::FULL_RO).unwrap();
    assert_eq!((buffer.format(), buffer.as_slice::<u8>()), (Some(c"B"), Ok(&[2, 0, 1][..])));
    assert!(Buffer::get(&exported, Request::FULL).is_err());
    let object = Object::new(Foreign::<Truth>::from_vec(vec![0, 1]));
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    assert_eq!(buffer.format(), Some(c"?"));
    assert_eq!(buffer.to_vec::<bool>(Order::C), Ok(vec![false, true]));
}

#[cfg(feature = "half")]
#[test]
fn half_floats_are_items() {
    let object = Object::new(vec![half::f16::from_f32(1.5)]);
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    assert_eq!(buffer.format(), Some(c"e"));
    assert_eq!(buffer.item::<half::f16>(&[0]), Ok(half::f16::from_f32(1.5)));
}

#[cfg(feature = "num-complex")]
#[test]
fn complex_numbers_are_items() {
    let number = num_complex::Complex::new(1.5f64, -2.0);
    let object = Object::new(vec![number]);
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    assert_eq!(buffer.item::<num_complex::Complex<f64>>(&[0]), Ok(number));
}

mod other {
    //! As if it came from another crate.

    #[derive(Debug, Clone, Copy, PartialEq)]
    #[repr(i8)]
    pub enum Direction {
        Left = -1,
        Right = 1,
    }
}

bufferprocs::plain_enum! {
    #[derive(Debug, PartialEq)]
    struct Direction(pub other::Direction);
}

#[test]
fn enums_of_other_crates() {
    use other::Direction::{Left, Right};
    let plain = vec![Left, Right, Left];
    let address = plain.as_ptr().addr();
    let items = Direction::from_vec(plain);
    assert_eq!((items[1], items.len()), (Direction(Right), 3));
    let object = Object::new(items);
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    assert_eq!((buffer.format(), buffer.raw().buf.addr()), (Some(c"B"), address));
    assert_eq!(buffer.to_vec::<u8>(Order::C).unwrap(), [255, 1, 255]);
    assert!(Buffer::get(&object, Request::FULL).is_err());
    let plain = [Right];
    let items = Direction::from_slice(&plain);
    assert_eq!((items, items.as_ptr().addr()), (&[Direction(Right)][..], plain.as_ptr().addr()));
}

#[test]
fn a_buffer_becomes_bytes_with_or_without_a_copy() {
    let object = Object::new(b"some text".to_vec());
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    let address = buffer.raw().buf.addr();
    let bytes = buffer.into_bytes_or_copy().unwrap();
    assert_eq!((bytes.as_ptr().addr(), &bytes[..]), (address, &b"some text"[..]));
    // Of memory that others may write, and of items that are no bytes, there is a copy.
    let shared = Object::new(Shared::from_vec(b"abc".to_vec()));
    let bytes = Buffer::get(&shared, Request::FULL_RO).unwrap().into_bytes_or_copy().unwrap();
    shared.exported::<Vec<Shared<u8>>>().unwrap().try_borrow().unwrap()[0].store(b'x');
    assert_eq!((&bytes[..], shared.references()), (&b"abc"[..], 1));
    let numbers = Object::new(vec![1u16, 2]);
    let bytes = Buffer::get(&numbers, Request::FULL_RO).unwrap().into_bytes_or_copy().unwrap();
    assert_eq!(bytes, [1u16, 2].map(u16::to_ne_bytes).concat());
}

/// As arrow's allocations have to be.
#[test]
fn a_buffer_may_cross_a_caught_panic() {
    fn check(_: impl std::panic::RefUnwindSafe + std::panic::UnwindSafe) {}
    check(Buffer::get(&Object::new(vec![1u8]), Request::SIMPLE).unwrap());
}

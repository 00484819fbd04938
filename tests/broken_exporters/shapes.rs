//! Forty correct exporters, and what their author can say of each.

use std::ffi::{CStr, c_void};
use std::sync::Arc;

use bufferprocs::conformance::Exception;
use bufferprocs::exporters::{
    Column, Records, Reexport, Rows, Snapshot, Snapshots, Strided, Untyped, redirect,
};
use bufferprocs::layout::Slice;
use bufferprocs::{Buffer, BufferError, Exporter, Layout, Object, Request, Shared, View};

/// Where the items are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In one block that all views show.
    Shared,
    /// In a block for each view.
    PerView,
    /// Behind pointers.
    Behind,
}

type Grow = fn(&Object) -> Result<(), Exception>;
/// Returns address and size of what the view shows.
type Reenter = fn(&Object) -> Option<(usize, usize)>;

/// A correct exporter.
pub struct Made {
    pub object: Object,
    pub place: Place,
    /// All items in C order.
    pub contents: Vec<u8>,
    /// Makes the memory of `object` larger.
    pub grow: Option<Grow>,
    /// Makes it larger, and takes a view during the change.
    pub reenter: Option<Reenter>,
}

impl Made {
    fn new(object: Object, contents: Vec<u8>) -> Made {
        Made { object, place: Place::Shared, contents, grow: None, reenter: None }
    }

    /// A copy of the bytes from the lowest item to the highest, and the offset of the first item
    /// in them. Without pointers.
    pub fn bytes(&self) -> (Vec<u8>, isize) {
        let buffer = [Request::FULL_RO, Request::INDIRECT, Request::ND, Request::SIMPLE]
            .into_iter()
            .find_map(|request| Buffer::get(&self.object, request).ok())
            .expect("a correct exporter grants one of these requests");
        let span = buffer.layout().span();
        if self.place == Place::Behind || span.is_empty() {
            return (Vec::new(), 0);
        }
        let start: *const u8 = buffer.raw().buf.wrapping_byte_offset(span.start).cast();
        // SAFETY: the bytes between the first item and the last are a part of the memory that is
        // exported, which a vector holds until `buffer` is dropped; no other thread writes it.
        let bytes = unsafe { std::slice::from_raw_parts(start, span.len()) }.to_vec();
        (bytes, -span.start)
    }

    /// The pointers to rows in the order of their addresses, and the number of the first row's.
    pub fn pointers(&self) -> (Vec<*mut c_void>, usize) {
        let buffer = Buffer::get(&self.object, Request::FULL_RO).expect("it shows its pointers");
        let layout = buffer.layout();
        let strides = layout.strides().expect("set with suboffsets");
        let step = size_of::<*mut c_void>() as isize;
        assert_eq!(strides[0].abs(), step, "one pointer after the other");
        let rows = layout.shape()[0];
        let mut pointers: Vec<_> = (0..rows)
            .map(|row| {
                let place = buffer.raw().buf.wrapping_byte_offset(row * strides[0]);
                // SAFETY: the first axis follows pointers: there is one for each of its indices.
                unsafe { place.cast::<*mut c_void>().read() }
            })
            .collect();
        if strides[0] > 0 {
            return (pointers, 0);
        }
        pointers.reverse();
        (pointers, rows.unsigned_abs() - 1)
    }
}

/// A name, and how to make the exporter.
pub struct Shape {
    pub name: &'static str,
    pub make: fn() -> Made,
}

/// Bytes of which no two neighbours, and no two items, are alike.
fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|place| ((place * 37 + place / 7 * 11 + 3) % 251) as u8).collect()
}

/// The items in C order, found by their definition: index times stride.
fn collect(
    bytes: &[u8],
    shape: &[usize],
    strides: &[isize],
    offset: usize,
    size: usize,
) -> Vec<u8> {
    let items: usize = shape.iter().product();
    let item = |number: usize| {
        let (mut rest, mut place) = (number, offset as isize);
        for (extent, stride) in shape.iter().zip(strides).rev() {
            place += (rest % extent) as isize * stride;
            rest /= extent;
        }
        let place = place.unsigned_abs();
        bytes[place..place + size].to_vec()
    };
    (0..items).flat_map(item).collect()
}

/// Items of any format and layout, over a pattern of bytes.
fn items(
    format: &'static CStr,
    size: usize,
    shape: &[usize],
    strides: &[isize],
    offset: usize,
    is_writable: bool,
) -> Made {
    let reach = |(extent, stride): (&usize, &isize)| extent.saturating_sub(1) as isize * stride;
    let last: isize = shape.iter().zip(strides).map(reach).filter(|&reach| reach > 0).sum();
    let bytes = pattern(offset + last.unsigned_abs() + size);
    let layout = Layout::strided(shape, strides, size).expect("small numbers");
    let exporter = Untyped::new(&bytes, format, layout, offset).expect("within the bytes");
    let exporter = if is_writable { exporter.writable().expect("whole items") } else { exporter };
    Made::new(Object::new(exporter), collect(&bytes, shape, strides, offset, size))
}

fn readonly(
    format: &'static CStr,
    size: usize,
    shape: &[usize],
    strides: &[isize],
    offset: usize,
) -> Made {
    items(format, size, shape, strides, offset, false)
}

fn writable(
    format: &'static CStr,
    size: usize,
    shape: &[usize],
    strides: &[isize],
    offset: usize,
) -> Made {
    items(format, size, shape, strides, offset, true)
}

fn numbers() -> Vec<u16> {
    (1..=6).map(|number| number * 771).collect()
}

fn packed(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_ne_bytes()).collect()
}

fn rows_behind_pointers() -> Object {
    let rows = numbers().chunks(3).map(<[u16]>::to_vec).collect();
    Object::new(Rows::new(rows).expect("rows of one length"))
}

fn behind(object: Object, contents: Vec<u8>) -> Made {
    Made { place: Place::Behind, ..Made::new(object, contents) }
}

/// Three planes of two rows, each plane behind a pointer.
fn planes_behind_pointers() -> Made {
    let (shape, strides) = ([3, 2, 4], [16, 8, 2]);
    let bytes = pattern(48);
    let layout = Layout::strided(&shape, &strides, 2).expect("small numbers");
    let planes = Untyped::new(&bytes, c"h", layout, 0).expect("within the bytes");
    let planes = Object::new(planes.behind_pointers().expect("no pointers yet"));
    behind(planes, collect(&bytes, &shape, &strides, 0, 2))
}

bufferprocs::record! {
    struct Point { x: f32, y: f32, grid: [[u16; 3]; 2], id: u32 }
}

const POINT: Point = Point { x: 1.5, y: 2.25, grid: [[1, 2, 3], [4, 5, 6]], id: 70_000 };

fn points() -> Made {
    let points = [POINT, Point { x: 9.5, id: 3, ..POINT }];
    let point = |point: &Point| {
        let mut bytes = [point.x, point.y].map(f32::to_ne_bytes).concat();
        bytes.extend(packed(point.grid.as_flattened()));
        bytes.extend(point.id.to_ne_bytes());
        bytes
    };
    let contents = points.iter().flat_map(point).collect();
    Made::new(Object::new(Records::new(points.to_vec())), contents)
}

fn column(name: &str, contents: Vec<u8>) -> Made {
    let points = Arc::from([POINT, Point { y: 7.5, grid: [[7, 8, 9], [10, 11, 12]], ..POINT }]);
    Made::new(Object::new(Column::new(points, name).expect("a field")), contents)
}

fn rows_in_c_order() -> Object {
    let layout = Layout::c_contiguous(&[2, 3], 2).expect("small numbers");
    Object::new(Strided::readonly(numbers(), layout, 0).expect("within the items"))
}

fn again(object: &Object, request: Request) -> Reexport<Object> {
    Reexport::new(Buffer::get(object, request).expect("granted by a correct exporter"))
}

fn growable() -> Made {
    type Samples = Vec<Shared<u16>>;
    let object = Object::new(Shared::from_vec(numbers()));
    let grow = |object: &Object| {
        let samples = object.exported::<Samples>().expect("made above");
        samples.try_mut()?.push(Shared::new(4));
        Ok(())
    };
    let reenter = |object: &Object| {
        let samples = object.exported::<Samples>().expect("made above");
        let mut change = samples.try_mut().ok()?;
        let view = Buffer::get(object, Request::FULL_RO).ok();
        change.push(Shared::new(5));
        drop(change);
        view.map(|buffer| (buffer.raw().buf.addr(), buffer.len_bytes()))
    };
    let contents = packed(&numbers());
    Made { grow: Some(grow), reenter: Some(reenter), ..Made::new(object, contents) }
}

fn growable_records() -> Made {
    let made = points();
    let grow = |object: &Object| {
        let records = object.exported::<Records<Point>>().expect("made above");
        records.try_mut()?.shared_mut().push(Shared::new(POINT));
        Ok(())
    };
    Made { grow: Some(grow), ..made }
}

/// Lends a line of its own to each request.
struct Lines;

struct Line(Vec<Shared<u16>>);

impl Exporter for Line {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(View::writable(&self.0))
    }
}

impl Snapshots for Lines {
    type Copy = Line;

    fn snapshot(&self) -> Result<Line, BufferError> {
        Ok(Line(Shared::from_vec(numbers())))
    }
}

fn snapshots() -> Made {
    let object = Object::from_raw_exporter(Snapshot(Lines));
    Made { place: Place::PerView, ..Made::new(object, packed(&numbers())) }
}

/// All shapes.
#[rustfmt::skip] // a table
pub const SHAPES: [Shape; 40] = [
    Shape { name: "0-d, read-only", make: || readonly(c"H", 2, &[], &[], 4) },
    Shape { name: "0-d, writable", make: || writable(c"d", 8, &[], &[], 8) },
    Shape { name: "bytes, writable", make: || writable(c"B", 1, &[5], &[1], 0) },
    Shape { name: "bytes of a vector", make: || Made::new(Object::new(pattern(7)), pattern(7)) },
    Shape { name: "line of H, read-only", make: || readonly(c"H", 2, &[3], &[2], 0) },
    Shape { name: "line of q, writable", make: || writable(c"q", 8, &[4], &[8], 0) },
    Shape { name: "line of >I, read-only", make: || readonly(c">I", 4, &[4], &[4], 4) },
    Shape { name: "line of five-byte strings", make: || readonly(c"5s", 5, &[3], &[5], 0) },
    Shape { name: "line of Zd, writable", make: || writable(c"Zd", 16, &[2], &[16], 0) },
    Shape { name: "long line", make: || writable(c"i", 4, &[500], &[4], 0) },
    Shape { name: "part of a line", make: || readonly(c"h", 2, &[3], &[2], 2) },
    Shape { name: "every second", make: || readonly(c"i", 4, &[5], &[8], 0) },
    Shape { name: "every third, writable", make: || writable(c"f", 4, &[4], &[12], 4) },
    Shape { name: "reversed", make: || readonly(c"H", 2, &[6], &[-2], 10) },
    Shape { name: "every second, reversed, writable", make: || writable(c"f", 4, &[3], &[-8], 16) },
    Shape { name: "stride 0", make: || readonly(c"H", 2, &[4], &[0], 0) },
    Shape { name: "misaligned", make: || readonly(c"H", 2, &[3], &[5], 1) },
    Shape { name: "rows in C order", make: || readonly(c"H", 2, &[2, 3], &[6, 2], 0) },
    Shape { name: "rows in C order, writable", make: || writable(c"d", 8, &[3, 4], &[32, 8], 0) },
    Shape { name: "Fortran order", make: || readonly(c"H", 2, &[2, 3], &[2, 4], 0) },
    Shape { name: "Fortran order, writable", make: || writable(c"i", 4, &[4, 3], &[4, 16], 0) },
    Shape { name: "columns", make: || readonly(c"H", 2, &[3, 2], &[12, 4], 2) },
    Shape { name: "rows and columns reversed", make: || readonly(c"h", 2, &[2, 3], &[-6, -2], 10) },
    Shape { name: "one row for all", make: || readonly(c"I", 4, &[3, 4], &[0, 4], 0) },
    Shape { name: "one row", make: || readonly(c"H", 2, &[1, 3], &[6, 2], 0) },
    Shape { name: "one column, writable", make: || writable(c"H", 2, &[3, 1], &[2, 2], 0) },
    Shape { name: "planes in C order", make: || readonly(c"b", 1, &[2, 3, 4], &[12, 4, 1], 0) },
    Shape { name: "4-D with gaps", make: || {
        readonly(c"H", 2, &[2, 2, 2, 3], &[64, 32, 16, -4], 8)
    } },
    Shape { name: "5-D, axes in another order", make: || {
        readonly(c"H", 2, &[2, 3, 2, 2, 2], &[48, 2, 24, 12, 6], 0)
    } },
    Shape { name: "no items", make: || readonly(c"H", 2, &[0], &[2], 0) },
    Shape { name: "no rows of four, writable", make: || writable(c"H", 2, &[0, 4], &[8, 2], 0) },
    Shape { name: "rows behind pointers", make: || {
        behind(rows_behind_pointers(), packed(&numbers()))
    } },
    Shape { name: "planes behind pointers", make: planes_behind_pointers },
    Shape { name: "part of rows behind pointers", make: || {
        let backwards = Slice { start: 2, count: 2, step: -2 };
        let part = again(&rows_behind_pointers(), Request::FULL_RO).slice(1, backwards);
        let all = numbers();
        let contents = packed(&[all[2], all[0], all[5], all[3]]);
        behind(Object::new(part.expect("a slice of the axis")), contents)
    } },
    Shape { name: "a field of records", make: || {
        column("y", [2.25f32, 7.5].map(f32::to_ne_bytes).concat())
    } },
    Shape { name: "an array field of records", make: || {
        column("grid", packed(&(1..=12).collect::<Vec<_>>()))
    } },
    Shape { name: "re-export of a run", make: || {
        let run = again(&rows_in_c_order(), Request::SIMPLE);
        Made::new(Object::new(run), packed(&numbers()))
    } },
    Shape { name: "growable numbers", make: growable },
    Shape { name: "growable records", make: growable_records },
    Shape { name: "memory of its own for each view, passed on", make: || {
        let made = snapshots();
        Made { object: redirect::object(made.object.clone()), ..made }
    } },
];

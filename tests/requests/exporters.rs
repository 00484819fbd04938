//! The exporters that are asked, and what is true of each, worked out by hand.

use std::ffi::CStr;
use std::sync::Arc;

use bufferprocs::exporters::{
    Column, Records, Reexport, Rows, Snapshot, Snapshots, Strided, bytes, redirect,
};
use bufferprocs::layout::Slice;
use bufferprocs::{Buffer, BufferError, Exporter, Layout, Object, Request, Shared, View};

/// An exporter, and what is true of it.
pub struct TestExporter {
    pub name: &'static str,
    pub object: Object,
    pub len: isize,
    pub itemsize: isize,
    pub readonly: bool,
    /// None: not known.
    pub format: Option<&'static CStr>,
    pub shape: &'static [isize],
    pub strides: &'static [isize],
    pub suboffsets: Option<&'static [isize]>,
    pub c: bool,
    pub f: bool,
    pub bare_format: bool,
    pub counts: bool,
    pub knows_shape: bool,
    pub knows_strides: bool,
    /// The object that ends up in `obj`, if it is another.
    pub root: Option<Object>,
}

impl TestExporter {
    /// A line of three items of type `H`, counted and writable.
    fn line(name: &'static str, object: Object) -> TestExporter {
        TestExporter {
            name,
            object,
            len: 6,
            itemsize: 2,
            readonly: false,
            format: Some(c"H"),
            shape: &[3],
            strides: &[2],
            suboffsets: None,
            c: true,
            f: true,
            bare_format: false,
            counts: true,
            knows_shape: true,
            knows_strides: true,
            root: None,
        }
    }

    /// Three bytes, read-only, by hand.
    fn bytes(name: &'static str, object: Object) -> TestExporter {
        TestExporter {
            len: 3,
            itemsize: 1,
            readonly: true,
            format: Some(c"B"),
            strides: &[1],
            bare_format: true,
            counts: false,
            ..TestExporter::line(name, object)
        }
    }

    /// Two rows of three, packed in C order.
    fn rows(name: &'static str, object: Object) -> TestExporter {
        TestExporter {
            len: 12,
            readonly: true,
            shape: &[2, 3],
            strides: &[6, 2],
            f: false,
            ..TestExporter::line(name, object)
        }
    }
}

pub fn test_exporters() -> Vec<TestExporter> {
    let mut exporters = strided();
    exporters.extend(lines());
    exporters.extend(records());
    exporters.extend(chains());
    exporters
}

fn strided() -> Vec<TestExporter> {
    let mut exporters = Vec::new();
    // name, shape, strides, offset, C, F: over 12 items of 2 bytes
    type Row = (&'static str, &'static [isize], &'static [isize], usize, bool, bool);
    let rows: [Row; 10] = [
        ("1-D", &[12], &[2], 0, true, true),
        ("C", &[3, 4], &[8, 2], 0, true, false),
        ("Fortran", &[3, 4], &[2, 6], 0, false, true),
        ("strided", &[3, 2], &[8, 4], 0, false, false),
        ("every second", &[6], &[4], 0, false, false),
        ("reversed", &[12], &[-2], 22, false, false),
        ("0-d", &[], &[], 4, true, true),
        ("empty", &[0, 4], &[8, 2], 0, true, true),
        ("misaligned", &[3], &[5], 1, false, false),
        ("3-D", &[2, 1, 3], &[6, 77, 2], 2, true, false),
    ];
    for (name, shape, strides, offset, c, f) in rows {
        let extents: Vec<usize> = shape.iter().map(|&extent| extent.unsigned_abs()).collect();
        let layout = || Layout::strided(&extents, strides, 2).unwrap();
        let items: Vec<u16> = (0..12).collect();
        let readonly = Strided::readonly(items.clone(), layout(), offset).unwrap();
        let mut objects = vec![(true, Object::new(readonly))];
        if name != "misaligned" {
            // Items of writable memory are shown whole.
            let writable = Strided::writable(items, layout(), offset).unwrap();
            objects.push((false, Object::new(writable)));
        }
        for (readonly, object) in objects {
            let len = 2 * shape.iter().product::<isize>();
            let line = TestExporter::line(name, object);
            exporters.push(TestExporter { len, readonly, shape, strides, c, f, ..line });
        }
    }
    exporters
}

struct Line {
    items: Vec<Shared<u16>>,
    bare_format: bool,
}

impl Exporter for Line {
    fn view(&self) -> Result<View<'_>, BufferError> {
        let view = View::writable(&self.items);
        Ok(if self.bare_format { view.grant_bare_format() } else { view })
    }
}

/// Lends lines of its own for each request.
struct Lines;

impl Snapshots for Lines {
    type Copy = Line;

    fn snapshot(&self) -> Result<Line, BufferError> {
        Ok(line(false))
    }
}

fn line(bare_format: bool) -> Line {
    Line { items: Shared::from_vec(vec![1u16, 2, 3]), bare_format }
}

fn lines() -> Vec<TestExporter> {
    let bare = TestExporter::line("bare format", Object::new(line(true)));
    let empty = TestExporter::bytes("no bytes", bytes::object([]));
    vec![
        TestExporter::line("line", Object::new(line(false))),
        TestExporter { bare_format: true, ..bare },
        TestExporter::bytes("bytes", bytes::object(*b"abc")),
        TestExporter { len: 0, shape: &[0], ..empty },
        TestExporter::line("snapshot", Object::from_raw_exporter(Snapshot(Lines))),
    ]
}

bufferprocs::record! {
    struct Point { x: f32, y: f32, grid: [[u16; 3]; 2], id: u32 }
}

fn records() -> Vec<TestExporter> {
    let point = Point { x: 1.0, y: 2.0, grid: [[1, 2, 3], [4, 5, 6]], id: 7 };
    let column = |name| Object::new(Column::new(Arc::from([point, point]), name).expect("a field"));
    let rows = Object::new(Rows::new(vec![vec![1u16, 2, 3], vec![4, 5, 6]]).unwrap());
    const P: isize = size_of::<usize>() as isize;
    vec![
        TestExporter {
            len: 72,
            itemsize: 24,
            format: Some(c"T{f:x:f:y:(2,3)H:grid:I:id:}"),
            strides: &[24],
            ..TestExporter::line("records", Object::new(Records::new(vec![point; 3])))
        },
        TestExporter {
            len: 8,
            itemsize: 4,
            readonly: true,
            format: Some(c"f"),
            shape: &[2],
            strides: &[24],
            c: false,
            f: false,
            ..TestExporter::line("column", column("y"))
        },
        TestExporter {
            len: 24,
            readonly: true,
            shape: &[2, 2, 3],
            strides: &[24, 6, 2],
            c: false,
            f: false,
            ..TestExporter::line("column of sub-arrays", column("grid"))
        },
        TestExporter {
            len: 12,
            shape: &[2, 3],
            strides: const { &[P, 2] },
            suboffsets: Some(&[0, -1]),
            c: false,
            f: false,
            ..TestExporter::line("rows", rows)
        },
    ]
}

fn chains() -> Vec<TestExporter> {
    let rows = || {
        let layout = Layout::c_contiguous(&[2, 3], 2).unwrap();
        Object::new(Strided::readonly((1..=6u16).collect(), layout, 0).unwrap())
    };
    let again = |object: &Object, request| Reexport::new(Buffer::get(object, request).unwrap());
    let root = bytes::object(*b"abc");
    let redirected = redirect::object(root.clone());
    let indirect = Object::new(Rows::new(vec![vec![1u16, 2, 3], vec![4, 5, 6]]).unwrap());
    let backwards = Slice { start: 2, count: 2, step: -2 };
    let part = again(&indirect, Request::FULL).slice(1, backwards).unwrap();
    const P: isize = size_of::<usize>() as isize;
    vec![
        TestExporter::rows("re-export", Object::new(again(&rows(), Request::FULL_RO))),
        TestExporter {
            shape: &[3, 2],
            strides: &[2, 6],
            c: false,
            f: true,
            ..TestExporter::rows(
                "transposed re-export",
                Object::new(again(&rows(), Request::FULL_RO).transposed().unwrap()),
            )
        },
        TestExporter {
            len: 8,
            shape: &[2, 2],
            strides: const { &[P, -4] },
            suboffsets: Some(&[4, -1]),
            c: false,
            f: false,
            readonly: false,
            ..TestExporter::rows("part of rows", Object::new(part))
        },
        TestExporter {
            shape: &[6], // for us; it knows none
            knows_shape: false,
            knows_strides: false,
            format: None,
            f: true,
            ..TestExporter::rows("re-export of a run", Object::new(again(&rows(), Request::SIMPLE)))
        },
        TestExporter {
            knows_strides: false,
            ..TestExporter::rows(
                "re-export without strides",
                Object::new(again(&rows(), Request::ND | Request::FORMAT)),
            )
        },
        TestExporter {
            format: None,
            ..TestExporter::rows(
                "re-export without format",
                Object::new(again(&rows(), Request::STRIDES)),
            )
        },
        TestExporter { root: Some(root), ..TestExporter::bytes("redirect", redirected) },
        TestExporter::line("re-export of a snapshot", {
            Object::new(again(&Object::from_raw_exporter(Snapshot(Lines)), Request::FULL))
        }),
    ]
}

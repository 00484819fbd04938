//! The exporters that are asked, and what is true of each, worked out by hand.

use std::ffi::CStr;
use std::sync::Arc;

use bufferprocs::exporters::{
    Column, Records, Reexport, Rows, Snapshot, Snapshots, Strided, bytes, redirect,
};
use bufferprocs::layout::Slice;
use bufferprocs::{Buffer, BufferError, Exporter, Layout, Object, Request, Shared, View};

/// An exporter, and what is true of it.
pub struct Subject {
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

impl Subject {
    /// A line of three items of type `H`, counted and writable.
    fn line(name: &'static str, object: Object) -> Subject {
        Subject {
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
    fn bytes(name: &'static str, object: Object) -> Subject {
        Subject {
            len: 3,
            itemsize: 1,
            readonly: true,
            format: Some(c"B"),
            strides: &[1],
            bare_format: true,
            counts: false,
            ..Subject::line(name, object)
        }
    }

    /// Two rows of three, packed in C order.
    fn rows(name: &'static str, object: Object) -> Subject {
        Subject {
            len: 12,
            readonly: true,
            shape: &[2, 3],
            strides: &[6, 2],
            f: false,
            ..Subject::line(name, object)
        }
    }
}

pub fn subjects() -> Vec<Subject> {
    let mut subjects = strided();
    subjects.extend(lines());
    subjects.extend(records());
    subjects.extend(chains());
    subjects
}

fn strided() -> Vec<Subject> {
    let mut subjects = Vec::new();
    // name, shape, strides, offset, C, F: over 12 items of 2 bytes
    type Case = (&'static str, &'static [isize], &'static [isize], usize, bool, bool);
    let cases: [Case; 10] = [
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
    for (name, shape, strides, offset, c, f) in cases {
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
            let line = Subject::line(name, object);
            subjects.push(Subject { len, readonly, shape, strides, c, f, ..line });
        }
    }
    subjects
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

fn lines() -> Vec<Subject> {
    let bare = Subject::line("bare format", Object::new(line(true)));
    let empty = Subject::bytes("no bytes", bytes::object([]));
    vec![
        Subject::line("line", Object::new(line(false))),
        Subject { bare_format: true, ..bare },
        Subject::bytes("bytes", bytes::object(*b"abc")),
        Subject { len: 0, shape: &[0], ..empty },
        Subject::line("snapshot", Object::lending(Snapshot(Lines))),
    ]
}

bufferprocs::record! {
    struct Point { x: f32, y: f32, grid: [[u16; 3]; 2], id: u32 }
}

fn records() -> Vec<Subject> {
    let point = Point { x: 1.0, y: 2.0, grid: [[1, 2, 3], [4, 5, 6]], id: 7 };
    let column = |name| Object::new(Column::new(Arc::from([point, point]), name).expect("a field"));
    let rows = Object::new(Rows::new(vec![vec![1u16, 2, 3], vec![4, 5, 6]]).unwrap());
    const P: isize = size_of::<usize>() as isize;
    vec![
        Subject {
            len: 72,
            itemsize: 24,
            format: Some(c"T{f:x:f:y:(2,3)H:grid:I:id:}"),
            strides: &[24],
            ..Subject::line("records", Object::new(Records::new(vec![point; 3])))
        },
        Subject {
            len: 8,
            itemsize: 4,
            readonly: true,
            format: Some(c"f"),
            shape: &[2],
            strides: &[24],
            c: false,
            f: false,
            ..Subject::line("column", column("y"))
        },
        Subject {
            len: 24,
            readonly: true,
            shape: &[2, 2, 3],
            strides: &[24, 6, 2],
            c: false,
            f: false,
            ..Subject::line("column of sub-arrays", column("grid"))
        },
        Subject {
            len: 12,
            shape: &[2, 3],
            strides: const { &[P, 2] },
            suboffsets: Some(&[0, -1]),
            c: false,
            f: false,
            ..Subject::line("rows", rows)
        },
    ]
}

fn chains() -> Vec<Subject> {
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
        Subject::rows("re-export", Object::new(again(&rows(), Request::FULL_RO))),
        Subject {
            shape: &[3, 2],
            strides: &[2, 6],
            c: false,
            f: true,
            ..Subject::rows(
                "transposed re-export",
                Object::new(again(&rows(), Request::FULL_RO).transposed().unwrap()),
            )
        },
        Subject {
            len: 8,
            shape: &[2, 2],
            strides: const { &[P, -4] },
            suboffsets: Some(&[4, -1]),
            c: false,
            f: false,
            readonly: false,
            ..Subject::rows("part of rows", Object::new(part))
        },
        Subject {
            shape: &[6], // for us; it knows none
            knows_shape: false,
            knows_strides: false,
            format: None,
            f: true,
            ..Subject::rows("re-export of a run", Object::new(again(&rows(), Request::SIMPLE)))
        },
        Subject {
            knows_strides: false,
            ..Subject::rows(
                "re-export without strides",
                Object::new(again(&rows(), Request::ND | Request::FORMAT)),
            )
        },
        Subject {
            format: None,
            ..Subject::rows(
                "re-export without format",
                Object::new(again(&rows(), Request::STRIDES)),
            )
        },
        Subject { root: Some(root), ..Subject::bytes("redirect", redirected) },
        Subject::line("re-export of a snapshot", {
            Object::new(again(&Object::lending(Snapshot(Lines)), Request::FULL))
        }),
    ]
}

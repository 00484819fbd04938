//! One structure of an `ndarray`: memory, how it is shown, and the flags of the suite.

use std::ffi::{CString, c_int};

use bufferprocs::exporters::{Reexport, Untyped};
use bufferprocs::{BufferError, Exported, Exporter, Order, Request};
use pyo3::prelude::*;

use crate::memory::{self, Memory, Own};

pub const VAREXPORT: c_int = 0x001;
pub const WRITABLE: c_int = 0x002;
pub const FORTRAN: c_int = 0x004;
pub const SCALAR: c_int = 0x008;
pub const PIL: c_int = 0x010;
pub const REDIRECT: c_int = 0x020;
pub const GETBUF_FAIL: c_int = 0x040;
pub const GETBUF_UNDEFINED: c_int = 0x080;
const C: c_int = 0x100;
const OWN_ARRAYS: c_int = 0x200;

pub const FLAGS: [(&str, c_int); 8] = [
    ("ND_VAREXPORT", VAREXPORT),
    ("ND_WRITABLE", WRITABLE),
    ("ND_FORTRAN", FORTRAN),
    ("ND_SCALAR", SCALAR),
    ("ND_PIL", PIL),
    ("ND_REDIRECT", REDIRECT),
    ("ND_GETBUF_FAIL", GETBUF_FAIL),
    ("ND_GETBUF_UNDEFINED", GETBUF_UNDEFINED),
];

pub struct Node {
    pub shown: Exported<Memory>,
    pub flags: c_int,
    /// Start of the first item in memory of its own, in bytes; -1 in that of others.
    pub offset: isize,
    /// None where it is not known.
    pub format: Option<CString>,
    /// The request that shows all known fields of the memory.
    request: Request,
    /// Suboffsets that lead nowhere, for all axes.
    pub redundant: Option<Box<[isize]>>,
    /// Goes with its last export: it was exported when another one was pushed before it.
    pub vanishes: bool,
}

impl Node {
    pub fn own(items: Untyped, flags: c_int, offset: usize) -> PyResult<Node> {
        Node::new(Memory::Own(items), flags, offset as isize, Request::FULL_RO, None)
    }

    /// Shows what `part` does, which was asked for by `request`.
    pub fn other(part: Reexport<Py<PyAny>>, flags: c_int, request: Request) -> PyResult<Node> {
        let seen = part.view()?;
        let mut known = Request::SIMPLE;
        if request.contains(Request::ND) {
            known |= request & (Request::INDIRECT | Request::FORMAT);
            if seen.format().is_none() {
                known.remove(Request::FORMAT);
            }
        }
        // CPython's keeps those that lead nowhere, as after an index has followed the only pointer.
        let ndim = seen.layout().ndim();
        let is_redundant =
            part.buffer().suboffsets().is_some() && seen.layout().suboffsets().is_none();
        drop(seen);
        let redundant = (is_redundant && ndim > 0).then(|| vec![-1; ndim].into());
        Node::new(Memory::Other(part), flags, -1, known, redundant)
    }

    fn new(
        memory: Memory,
        flags: c_int,
        offset: isize,
        request: Request,
        redundant: Option<Box<[isize]>>,
    ) -> PyResult<Node> {
        let shown = Exported::try_new(memory)?;
        let format = shown.try_borrow()?.view()?.format().map(CString::from);
        let mut node = Node { shown, flags, offset, format, request, redundant, vanishes: false };
        let seen = node.buffer()?;
        let layout = seen.layout();
        let is = [
            (WRITABLE, !seen.is_readonly()),
            (SCALAR, layout.ndim() == 0),
            (PIL, layout.suboffsets().is_some() || node.redundant.is_some()),
            (C, node.is_contiguous(&seen, Order::C)),
            (FORTRAN, node.is_contiguous(&seen, Order::Fortran)),
        ];
        node.flags &= !(C | FORTRAN);
        node.flags |= is.iter().map(|&(flag, is)| if is { flag } else { 0 }).sum::<c_int>();
        Ok(node)
    }

    /// Marks it as a part, whose shape and strides are its own.
    pub fn with_own_arrays(mut self) -> Node {
        self.flags |= OWN_ARRAYS;
        self
    }

    /// All that is known of the memory.
    pub fn buffer(&self) -> Result<Own, BufferError> {
        memory::get(&self.shown, self.request)
    }

    pub fn is_contiguous(&self, seen: &Own, order: Order) -> bool {
        // With suboffsets, memory counts as packed in no order.
        self.redundant.is_none() && seen.layout().is_contiguous(order)
    }

    /// Adds suboffsets that lead nowhere. False if there are suboffsets, to which views may point,
    /// or no strides.
    pub fn add_suboffsets(&mut self) -> Result<bool, BufferError> {
        let seen = self.buffer()?;
        if seen.strides().is_none() || seen.suboffsets().is_some() || self.redundant.is_some() {
            return Ok(false);
        }
        self.redundant = Some(vec![-1; seen.ndim()].into());
        self.flags &= !(C | FORTRAN);
        Ok(true)
    }
}

//! The same requests over the same memory, answered by `memoryview` and by us.

use std::ffi::CStr;
use std::fmt::Write as _;

use bufferprocs::abi::{Py_buffer, PyBUF_READ, PyObject};
use bufferprocs::exporters::Strided;
use bufferprocs::grant::fill_info;
use bufferprocs::object::{get_buffer, release_buffer, take_raised};
use bufferprocs::{BufferError, Layout, Object, Request};

use crate::Outcome;
use crate::interpreter::Interpreter;

/// Name, shape, strides and offset over twelve items of two bytes.
///
/// Not among them: one dimension of no item with a stride that is not the itemsize. There
/// `memoryview` contradicts `PyBuffer_IsContiguous`, and we follow the latter: see
/// `empty-slice-contiguous` below.
const LAYOUTS: [(&str, &[usize], &[isize], usize); 12] = [
    ("1-D", &[12], &[2], 0),
    ("C", &[3, 4], &[8, 2], 0),
    ("Fortran", &[3, 4], &[2, 6], 0),
    ("strided", &[3, 2], &[8, 4], 0),
    ("every-second", &[6], &[4], 0),
    ("reversed", &[12], &[-2], 22),
    ("repeated", &[2, 3], &[0, 2], 0),
    ("misaligned", &[3], &[5], 1),
    ("0-d", &[], &[], 4),
    ("empty", &[0, 4], &[8, 2], 0),
    ("one-row", &[1, 3], &[99, 2], 0),
    ("3-D", &[2, 1, 3], &[6, 77, 2], 2),
];

/// What the book says of CPython's own exporters and of `memoryview` as a consumer.
const OBSERVED: [(&str, &str); 16] = [
    ("bytes-refusal", "BufferError obj=left"),
    ("int-refusal", "TypeError obj=left"),
    ("released-memoryview-refusal", "ValueError obj=left"),
    ("memoryview-refusal-leaves-len", "False"),
    (
        "bytes-format-alone",
        "granted len=3 itemsize=1 readonly=1 ndim=1 format=B shape=NULL strides=NULL suboffsets=NULL",
    ),
    (
        "array-format-alone",
        "granted len=4 itemsize=2 readonly=0 ndim=1 format=H shape=NULL strides=NULL suboffsets=NULL",
    ),
    ("memoryview-format-alone", "BufferError obj=NULL"),
    ("unknown-bits", "True"),
    ("read-write-words", "True"),
    (
        "ctypes-2d-simple",
        "granted len=6 itemsize=1 readonly=0 ndim=2 format=B shape=2,3 strides=NULL suboffsets=NULL",
    ),
    ("empty-buf-null", "False"),
    ("empty-slice-contiguous", "False"),
    ("memoryview-buf-null", "ValueError"),
    ("fill-info-points-into-the-view", "True"),
    ("ndim-2-without-shape-ends-the-interpreter", "True"),
    ("itemsize-0-ends-the-interpreter", "True"),
];

/// Writable or read-only. We show the items of writable memory whole, so the misaligned ones are
/// read-only.
fn modes(name: &str) -> impl Iterator<Item = bool> {
    [false, true].into_iter().filter(move |&readonly| readonly || name != "misaligned")
}

pub fn compare(python: &Interpreter) -> Outcome {
    let theirs = python.run("requests.py", &questions())?;
    let ours = answers();
    let mut compared = 0;
    let mut differing = String::new();
    let mut ours = ours.lines();
    for line in theirs.lines() {
        let own = ours.next().unwrap_or("nothing");
        compared += 1;
        if line != own && !is_known(line, own) {
            let _ = writeln!(differing, "CPython: {line}\nwe:      {own}");
        }
    }
    if ours.next().is_some() || compared < 23 * 512 {
        return Err(format!("CPython gave {compared} answers, we gave another number"));
    }
    if !differing.is_empty() {
        return Err(format!("CPython answers otherwise:\n{differing}"));
    }
    Ok(format!("{compared} answers equal"))
}

/// The differences that the book states.
fn is_known(theirs: &str, own: &str) -> bool {
    // One message of memoryview's covers two refusals of ours.
    let strides = own.replace("NeedsStrides", "NotCContiguous");
    // Since 3.13 the words of PyBUF_READ and PyBUF_WRITE never reach an exporter.
    let read = theirs.contains(&format!("{PyBUF_READ:#05x} SystemError"));
    // CPython's PyBuffer_FillInfo leaves obj as it was, against its documentation.
    let left = theirs.starts_with("fill_info") && theirs.replace("obj=left", "obj=NULL") == own;
    theirs == strides || read || left
}

/// The layouts as lines `NAME SHAPE STRIDES OFFSET READONLY`.
fn questions() -> String {
    let list = |numbers: Vec<String>| match numbers.is_empty() {
        true => "-".to_owned(),
        false => numbers.join(","),
    };
    let mut input = String::new();
    for (name, shape, strides, offset) in LAYOUTS {
        for readonly in modes(name) {
            let readonly = u8::from(readonly);
            let shape = list(shape.iter().map(usize::to_string).collect());
            let strides = list(strides.iter().map(isize::to_string).collect());
            let _ = writeln!(input, "{name} {shape} {strides} {offset} {readonly}");
        }
    }
    input
}

/// Our lines, in the order of requests.py.
fn answers() -> String {
    let mut lines = format!("size {}\n", size_of::<Py_buffer>());
    for (name, shape, strides, offset) in LAYOUTS {
        for readonly in modes(name) {
            let layout = Layout::strided(shape, strides, 2).expect("a layout");
            let (c, f) = (layout.is_c_contiguous(), layout.is_f_contiguous());
            let _ = writeln!(lines, "{name} contiguous {} {}", u8::from(c), u8::from(f));
            let items: Vec<u16> = (0..12).collect();
            let strided = match readonly {
                true => Strided::readonly(items, layout, offset),
                false => Strided::writable(items, layout, offset),
            };
            let object = Object::new(strided.expect("a layout within the memory"));
            for flags in 0..0x200 {
                let _ = writeln!(lines, "{name} {flags:#05x} {}", object_answer(&object, flags));
            }
        }
    }
    for readonly in [false, true] {
        for flags in 0..0x200 {
            let answer = fill_info_answer(readonly, Request::from_bits_retain(flags));
            let _ = writeln!(lines, "fill_info {} {flags:#05x} {answer}", u8::from(readonly));
        }
    }
    // Elsewhere a division by zero need not trap, and the script does not ask.
    let asked = |name: &str| cfg!(target_arch = "x86_64") || !name.starts_with("itemsize-0");
    for (name, result) in OBSERVED.into_iter().filter(|(name, _)| asked(name)) {
        let _ = writeln!(lines, "observed {name} {result}");
    }
    lines
}

fn object_answer(object: &Object, flags: i32) -> String {
    let mut view = Py_buffer { obj: std::ptr::without_provenance_mut(8), ..Py_buffer::zeroed() };
    // SAFETY: a live object; a granted view is released below.
    if unsafe { get_buffer(object.as_ptr(), &mut view, flags) } != 0 {
        return refusal(&view, &take_raised().expect("an error"));
    }
    let line = fields(&view);
    // SAFETY: granted and not released.
    unsafe { release_buffer(&mut view) };
    line
}

fn fill_info_answer(readonly: bool, request: Request) -> String {
    let obj: *mut PyObject = std::ptr::without_provenance_mut(8);
    let mut view = Py_buffer { obj, ..Py_buffer::zeroed() };
    let buf = b"abc".as_ptr().cast_mut().cast();
    // SAFETY: a view of ours; no code writes the bytes.
    match unsafe { fill_info(&mut view, std::ptr::null_mut(), buf, 3, readonly, request) } {
        Ok(()) => fields(&view),
        Err(error) => refusal(&view, &error),
    }
}

fn refusal(view: &Py_buffer, error: &BufferError) -> String {
    format!("refused {error:?} obj={}", if view.obj.is_null() { "NULL" } else { "left" })
}

fn fields(view: &Py_buffer) -> String {
    let ndim = usize::try_from(view.ndim).expect("ndim");
    let numbers = |array: *const isize| {
        if array.is_null() {
            return "NULL".to_owned();
        }
        // SAFETY: not NULL, so ndim numbers.
        let array = unsafe { std::slice::from_raw_parts(array, ndim) };
        array.iter().map(isize::to_string).collect::<Vec<_>>().join(",")
    };
    let format = match view.format.is_null() {
        true => "NULL".to_owned(),
        // SAFETY: not NULL, so a string.
        false => unsafe { CStr::from_ptr(view.format) }.to_string_lossy().into_owned(),
    };
    format!(
        "granted len={} itemsize={} readonly={} ndim={} format={format} shape={} strides={} suboffsets={}",
        view.len,
        view.itemsize,
        view.readonly,
        view.ndim,
        numbers(view.shape),
        numbers(view.strides),
        numbers(view.suboffsets),
    )
}

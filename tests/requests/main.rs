//! Every exporter answers every request as a declarative oracle demands, which was written without
//! reading `grant`.

mod exporters;
mod oracle;

use std::ffi::{CStr, c_int};
use std::mem::MaybeUninit;

use bufferprocs::abi::Py_buffer;
use bufferprocs::grant::{Grant, ViewProperties, grant};
use bufferprocs::object::{get_buffer, release_buffer, take_raised};
use bufferprocs::{BufferError, Object, Request};
use exporters::{TestExporter, test_exporters};
use oracle::{ANY, C, F, FORMAT, Facts, ND, STRIDES, W, accepted, refusal};

/// What decides about requests to it.
fn facts(of: &TestExporter) -> Facts {
    Facts {
        readonly: of.readonly,
        c: of.c,
        f: of.f,
        suboffsets: of.suboffsets.is_some(),
        bare_format: of.bare_format,
        knows_shape: of.knows_shape,
        knows_strides: of.knows_strides,
        knows_format: of.format.is_some(),
    }
}

/// Asks with every field preset to 0xA5, and compares every field of the answer.
fn check(of: &TestExporter, flags: c_int) {
    let context = format!("{} {flags:#05x}", of.name);
    let asks = |flag| flags & flag == flag;
    let obj = of.root.as_ref().unwrap_or(&of.object);
    let references = obj.references();
    let mut memory = MaybeUninit::<Py_buffer>::uninit();
    // SAFETY: plain bytes, within the struct.
    unsafe { memory.as_mut_ptr().write_bytes(0xA5, 1) };
    // SAFETY: all bytes are set, and any bytes are a Py_buffer.
    let preset = unsafe { memory.assume_init() };
    let mut view = preset;
    // SAFETY: the object is alive; a granted view is released below.
    let answer = unsafe { get_buffer(of.object.as_ptr(), &mut view, flags) };
    assert_eq!(answer == 0, accepted(facts(of), flags), "{context}: granted or refused");
    if answer != 0 {
        assert_eq!(answer, -1, "{context}");
        assert_eq!(take_raised(), refusal(facts(of), flags), "{context}: the error");
        let expected = Py_buffer { obj: std::ptr::null_mut(), ..preset };
        assert_eq!(bytes_of(&view), bytes_of(&expected), "{context}: only obj is written");
        assert_eq!(obj.references(), references, "{context}: references");
        return;
    }
    assert_eq!(refusal(facts(of), flags), None, "{context}");
    assert_eq!(view.obj, obj.as_ptr(), "{context}: obj");
    assert_eq!(obj.references(), references + 1, "{context}: references");
    assert!(!view.buf.is_null(), "{context}: buf");
    assert_eq!((view.len, view.itemsize), (of.len, of.itemsize), "{context}: len, itemsize");
    assert_eq!(view.readonly, c_int::from(of.readonly), "{context}: readonly");
    let ndim = if asks(ND) { of.shape.len() } else { 1 };
    assert_eq!(usize::try_from(view.ndim), Ok(ndim), "{context}: ndim");
    let array = |start: *const isize| {
        // SAFETY: not NULL, so ndim numbers.
        (!start.is_null()).then(|| unsafe { std::slice::from_raw_parts(start, ndim) })
    };
    let dimensions = !of.shape.is_empty();
    assert_eq!(array(view.shape), (asks(ND) && dimensions).then_some(of.shape), "{context}: shape");
    let strides = (asks(STRIDES) && dimensions).then_some(of.strides);
    assert_eq!(array(view.strides), strides, "{context}: strides");
    assert_eq!(array(view.suboffsets), of.suboffsets, "{context}: suboffsets");
    // SAFETY: not NULL, so a string.
    let format = (!view.format.is_null()).then(|| unsafe { CStr::from_ptr(view.format) });
    assert_eq!(format, of.format.filter(|_| asks(FORMAT)), "{context}: format");
    assert_eq!(view.internal.is_null(), !of.counts, "{context}: internal");
    // SAFETY: granted above.
    unsafe { release_buffer(&mut view) };
    assert!(view.obj.is_null(), "{context}: obj after release");
    assert_eq!(obj.references(), references, "{context}: references after release");
}

fn bytes_of(view: &Py_buffer) -> &[u8] {
    // SAFETY: a Py_buffer has no padding: const asserts in `abi` pin its size to the sum of its
    // fields.
    unsafe { std::slice::from_raw_parts(std::ptr::from_ref(view).cast(), size_of::<Py_buffer>()) }
}

#[test]
fn all_low_flag_words_equal_the_oracle() {
    let exporters = test_exporters();
    for exporter in &exporters {
        for flags in 0..0x200 {
            check(exporter, flags);
        }
        assert_eq!(exporter.object.references(), 1, "{}", exporter.name);
        let root = exporter.root.as_ref().map(Object::references);
        assert!(root.is_none_or(|references| references == 2), "{}: it and us", exporter.name);
    }
    // None of the kinds may be missing, and each but the most generous one refuses something.
    assert_eq!(exporters.len(), 19 + 5 + 4 + 8);
    for exporter in &exporters {
        let granted = (0..0x200).filter(|&flags| accepted(facts(exporter), flags)).count();
        assert!(granted > 0, "{}", exporter.name);
        assert_eq!(granted == 0x200, exporter.name == "bare format", "{}", exporter.name);
    }
}

#[test]
fn the_decision_equals_the_oracle_for_memory_with_suboffsets_too() {
    for kind in 0..512 {
        let is = |bit: i32| kind >> bit & 1 == 1;
        let properties = ViewProperties {
            readonly: is(0),
            c_contiguous: is(1) && !is(4),
            f_contiguous: is(2) && !is(4),
            bare_format: is(3),
            suboffsets: is(4),
            immutable: is(5),
            missing_shape: is(6),
            missing_strides: is(7),
            missing_format: is(8),
            ndim: 2,
        };
        for flags in 0..0x200 {
            let asks = |flag| flags & flag == flag;
            let contiguous = [properties.c_contiguous, properties.f_contiguous];
            let acceptable = !(asks(W) && properties.readonly)
                && (asks(0x118) || !properties.suboffsets)
                && (asks(STRIDES) || properties.c_contiguous)
                && (!asks(C) || properties.c_contiguous)
                && (!asks(F) || properties.f_contiguous)
                && (!asks(ANY) || contiguous.contains(&true))
                && (!asks(FORMAT) || asks(ND) || properties.bare_format)
                && (!asks(ND) || !properties.missing_shape)
                && (!asks(STRIDES) || !properties.missing_strides)
                && (!asks(FORMAT) || !properties.missing_format);
            match grant(&properties, Request::from_bits_retain(flags)) {
                Ok(granted) => {
                    assert!(acceptable, "{properties:?} {flags:#x}");
                    let expected = Grant {
                        ndim: if asks(ND) { 2 } else { 1 },
                        format: asks(FORMAT),
                        shape: asks(ND),
                        strides: asks(STRIDES),
                        suboffsets: properties.suboffsets,
                    };
                    assert_eq!(granted, expected, "{properties:?} {flags:#x}");
                }
                Err(error) => {
                    assert!(!acceptable, "{properties:?} {flags:#x}: {error}");
                    let needs_suboffsets = error == BufferError::NeedsSuboffsets;
                    assert!(
                        !needs_suboffsets || properties.suboffsets,
                        "{properties:?} {flags:#x}"
                    );
                }
            }
        }
    }
}

#[test]
fn bits_that_no_python_defines_change_nothing() {
    for exporter in &test_exporters() {
        for flags in 0..0x200 {
            // Under Miri one of them has to do.
            let words: &[c_int] = if cfg!(miri) { &[0x400] } else { &[0x200, 0x400, c_int::MIN] };
            for &unknown in words {
                assert_eq!(
                    refusal(facts(exporter), flags),
                    refusal(facts(exporter), flags | unknown)
                );
                check(exporter, flags | unknown);
            }
        }
    }
}

#[test]
fn an_object_without_procs_is_no_exporter() {
    let object = Object::without_procs(5);
    let mut view = Py_buffer::zeroed();
    // SAFETY: the object is alive.
    assert_eq!(unsafe { get_buffer(object.as_ptr(), &mut view, 0) }, -1);
    assert_eq!(take_raised(), Some(BufferError::NotAnExporter));
    assert_eq!(object.references(), 1);
}

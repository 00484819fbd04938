//! No safe call writes memory that the consumer did not ask to write, or bytes that may be part of
//! an address.
//!
//! Real exporters answer `readonly = 0` to requests without `WRITABLE`: NumPy and ctypes do, over
//! arrays of references to objects. Some give a format that describes less than the item: ctypes
//! calls a packed structure `B`.

use std::ffi::CStr;
use std::ptr::null_mut;

use bufferprocs::abi::Py_buffer;
use bufferprocs::exporters::Reexport;
use bufferprocs::{
    AccessError, Buffer, BufferError, CopyError, Object, Order, Request, Shared, Source,
};

/// Grants a writable line of items of 8 bytes over its memory, with this format, to every request.
struct Willing {
    memory: Box<[Shared<u64>]>,
    format: Option<&'static CStr>,
    shape: [isize; 1],
}

impl Willing {
    fn new(format: Option<&'static CStr>) -> Willing {
        let memory = Shared::from_vec(vec![7; 3]).into_boxed_slice();
        Willing { memory, format, shape: [3] }
    }

    fn is_untouched(&self) -> bool {
        self.memory.iter().all(|item| item.load() == 7)
    }
}

// SAFETY: the memory and the arrays stay where they are, since each test keeps the source while it
// has a buffer. As the trait puts it, addresses are promised to be absent only without a format.
unsafe impl Source for Willing {
    fn get(&self, view: &mut Py_buffer, request: Request) -> Result<(), BufferError> {
        let format = self.format.filter(|_| request.contains(Request::FORMAT));
        *view = Py_buffer {
            buf: self.memory.as_ptr().cast_mut().cast(),
            len: 24,
            itemsize: 8,
            ndim: 1,
            format: format.map_or(null_mut(), |format| format.as_ptr().cast_mut()),
            shape: self.shape.as_ptr().cast_mut(),
            ..Py_buffer::zeroed()
        };
        Ok(())
    }

    unsafe fn release(_: &mut Py_buffer) {}

    unsafe fn is_immutable(_: &Py_buffer, _: std::ops::Range<usize>) -> bool {
        false
    }
}

/// The outcomes of every way to write that exists.
fn write_in_every_way(buffer: &Buffer<Willing>, request: Request) -> Vec<Result<(), String>> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let bytes = vec![0; buffer.layout().itemsize()];
    let same = Willing::new(buffer.format().map(|_| c"Q"));
    let other = Buffer::get(&same, request).unwrap();
    let mut outcomes = vec![
        buffer.from_contiguous(&[0; 24], Order::C).map_err(|error| text(&error)),
        buffer.set_bytes_of(&[0], &bytes).map_err(|error| text(&error)),
    ];
    if buffer.format() == other.format() {
        outcomes.push(buffer.copy_from(&other).map_err(|error| text(&error)));
        outcomes.push(buffer.copy_rows_from(&other).map_err(|error| text(&error)));
    }
    if let Ok(items) = buffer.items::<u8>() {
        outcomes.push(items.set(&[0], 0).map_err(|error| text(&error)));
    }
    if let Ok(items) = buffer.items::<u64>() {
        outcomes.push(items.set(&[0], 0).map_err(|error| text(&error)));
    }
    outcomes
}

#[test]
fn without_writable_nothing_is_written() {
    let formats = [None, Some(c"Q"), Some(c"O"), Some(c"B")];
    let mut ways = 0;
    for format in formats {
        let willing = Willing::new(format);
        for bits in (0..512).filter(|bits| bits & Request::WRITABLE.bits() == 0) {
            let request = Request::from_bits_retain(bits);
            let buffer = Buffer::get(&willing, request).unwrap();
            assert!(buffer.is_readonly(), "{request:?}");
            for outcome in write_in_every_way(&buffer, request) {
                let expected = AccessError::WritableNotRequested.to_string();
                assert_eq!(outcome, Err(expected), "{request:?} {format:?}");
                ways += 1;
            }
        }
        assert!(willing.is_untouched());
    }
    assert!(ways > 2 * 4 * 256, "{ways}");
}

#[test]
fn what_a_format_does_not_describe_is_not_written() {
    #[track_caller]
    fn case(format: Option<&'static CStr>, request: Request, expected: &str) {
        let willing = Willing::new(format);
        let buffer = Buffer::get(&willing, request).unwrap();
        for outcome in write_in_every_way(&buffer, request) {
            let message = outcome.unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
        assert!(willing.is_untouched());
        // A view of the same item type can be read.
        assert_eq!(buffer.to_contiguous(Order::C).unwrap().len(), 24);
    }
    let partly = "does not describe the 8 bytes of an item";
    for request in [Request::FULL, Request::RECORDS, Request::WRITABLE | Request::FORMAT] {
        case(Some(c"B"), request, partly);
        case(Some(c"<B"), request, partly);
        case(Some(c"T{B:a:}"), request, partly);
        case(Some(c"QQ"), request, partly);
        case(Some(c"T{"), request, "format \"T{\" is not understood");
        // NumPy's view of some fields: the others, references perhaps, are called padding.
        case(Some(c"T{H:a:6x}"), request, partly);
        case(Some(c"T{H:a:xxI:b:}"), request, partly);
        case(Some(c"T{H:a:I:b:}"), request, partly);
        case(Some(c"T{6x:a:H:b:}"), request, partly);
        case(Some(c"T{T{B:a:x}:b:IH:c:}"), request, partly);
        // ctypes: the union, which is as large as its reference, and bit fields as whole integers.
        case(Some(c"T{B:u:<I:a:<H:b:<B:c:}"), request, partly);
        case(Some(c"T{(2)B:u:>I:a:>H:b:}"), request, partly);
        case(Some(c"(1)T{B:u:<I:a:<H:b:<B:c:}"), request, partly);
        case(Some(c"<B:a:T{B:u:<I:b:<H:c:}:d:"), request, partly);
        case(None, request, "no format describes the 8 bytes of an item");
        case(Some(c"O"), request, "hold addresses");
        case(Some(c"P"), request, "hold addresses");
        case(Some(c"&Q"), request, "hold addresses");
    }
}

#[test]
fn what_may_be_written_is_written() {
    for (format, request) in [
        (Some(c"Q"), Request::FULL),
        (Some(c"<d"), Request::FULL),
        (Some(c"T{I:a:I:b:}"), Request::FULL),
        (Some(c"T{=I:a:B:b:^(3)B:c:}"), Request::FULL),
        (Some(c"T{<I:a:<B:b:>H:c:<c:d:}"), Request::FULL),
        (Some(c"T{>I:a:H:b:(2)c:c:}"), Request::FULL), // NumPy
        (Some(c"Q"), Request::WRITABLE),
        (Some(c"Q"), Request::CONTIG),
    ] {
        let willing = Willing::new(format);
        let buffer = Buffer::get(&willing, request).unwrap();
        assert!(!buffer.is_readonly());
        buffer.from_contiguous(&[0; 24], Order::C).unwrap();
        assert!(willing.memory.iter().all(|item| item.load() == 0), "{format:?}");
    }
}

bufferprocs::record! {
    struct Padded { a: u8, _pad: bufferprocs::item::Pad<3>, b: u32 }
}

#[test]
fn padding_of_our_own_types_is_written() {
    let padded = Padded { a: 1, _pad: bufferprocs::item::Pad::new(), b: 2 };
    let object = Object::new(Shared::from_vec(vec![padded; 2]));
    let buffer = Buffer::get(&object, Request::FULL).unwrap();
    buffer.from_contiguous(&[3; 16], Order::C).unwrap();
    assert_eq!(buffer.item::<Padded>(&[1]).unwrap().b, 0x0303_0303);
    buffer.items::<Padded>().unwrap().set(&[0], padded).unwrap();
    assert_eq!(buffer.bytes_of(&[0]).unwrap()[..4], [1, 0, 0, 0]);
}

#[test]
fn a_reexporter_shows_on_read_only_what_it_must_not_write() {
    let object = Object::new(Shared::from_vec(vec![1u16, 2]));
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    let member = Object::new(Reexport::new(buffer));
    let refused = Buffer::get(&member, Request::FULL).unwrap_err();
    assert_eq!(refused, BufferError::NotWritable);
    let buffer = Buffer::get(&object, Request::FULL).unwrap();
    let member = Object::new(Reexport::new(buffer));
    assert!(Buffer::get(&member, Request::FULL).is_ok());
}

#[test]
fn errors_say_what_to_request() {
    let willing = Willing::new(Some(c"Q"));
    let buffer = Buffer::get(&willing, Request::FULL_RO).unwrap();
    let message = "the view was requested without WRITABLE, so it is not written";
    assert_eq!(CopyError::WritableNotRequested.to_string(), message);
    let refused = buffer.items::<u64>().unwrap().set(&[0], 1).unwrap_err();
    assert_eq!((refused.to_string(), refused), (message.into(), AccessError::WritableNotRequested));
}

//! The consumer's side: what it reads, what it refuses, and that it releases once, whatever an
//! exporter wrote.

use std::cell::Cell;
use std::ptr::null_mut;

use bufferprocs::abi::{Py_buffer, PyObject};
use bufferprocs::exporters::{Reexport, Strided, bytes};
use bufferprocs::{
    AccessError, Buffer, BufferError, CopyError, Exporter, Layout, Object, Order, Request, Shared,
    Source, View,
};

/// Grants what it is told to, and counts its exports.
struct Scripted(Py_buffer);

thread_local! {
    static EXPORTS: Cell<isize> = const { Cell::new(0) };
}

// SAFETY: each test scripts a view over memory that outlives the buffer, or one that the consumer
// has to refuse.
unsafe impl Source for Scripted {
    fn get(&self, view: &mut Py_buffer, _: Request) -> Result<(), BufferError> {
        EXPORTS.set(EXPORTS.get() + 1);
        *view = self.0;
        // As PyBuffer_FillInfo does: marked by the tests with an address of 1.
        let own = |array: *mut isize, field: *mut isize| if array == OWN { field } else { array };
        view.shape = own(view.shape, &raw mut view.len);
        view.strides = own(view.strides, &raw mut view.itemsize);
        // At a place that is counted from the start of the struct, which only this call knows.
        let start = std::ptr::from_mut(view).cast::<isize>();
        for array in [&mut view.shape, &mut view.strides, &mut view.suboffsets] {
            if let Some(offset) = offset_from_the_struct(*array) {
                *array = start.wrapping_byte_offset(offset);
            }
        }
        Ok(())
    }

    unsafe fn release(view: &mut Py_buffer) {
        EXPORTS.set(EXPORTS.get() - 1);
        view.obj = null_mut();
    }

    unsafe fn is_immutable(_: &Py_buffer, _: std::ops::Range<usize>) -> bool {
        false
    }
}

const OWN: *mut isize = std::ptr::without_provenance_mut(1);

/// Marks an array that begins `offset` bytes behind the start of the struct, or before it.
fn from_the_struct(offset: isize) -> *mut isize {
    std::ptr::without_provenance_mut((MARKS as isize + offset) as usize)
}

/// Addresses around this one are marks: no memory is there.
const MARKS: usize = 0x800;

fn offset_from_the_struct(mark: *mut isize) -> Option<isize> {
    let offset = mark.addr() as isize - MARKS as isize;
    (offset.abs() < 0x400).then_some(offset)
}

fn line(memory: &[u16]) -> Py_buffer {
    Py_buffer {
        buf: memory.as_ptr().cast_mut().cast(),
        obj: std::ptr::without_provenance_mut::<PyObject>(8),
        len: 2 * isize::try_from(memory.len()).unwrap(),
        itemsize: 2,
        readonly: 1,
        ndim: 1,
        format: c"H".as_ptr().cast_mut(),
        ..Py_buffer::zeroed()
    }
}

#[test]
fn views_that_contradict_themselves_are_released_and_refused() {
    #[track_caller]
    fn case(view: Py_buffer, request: Request, expected: &str) {
        let refused = Buffer::get(&Scripted(view), request).unwrap_err();
        assert_eq!(refused.to_string(), expected);
        assert_eq!(EXPORTS.get(), 0, "{expected}: released");
    }
    let good = line(&[1, 2, 3]);
    let (nd, full) = (Request::ND, Request::FULL_RO);
    let (mut extent, mut negative) = ([3isize], [-3isize]);
    let (three, minus) = (extent.as_mut_ptr(), negative.as_mut_ptr());
    case(Py_buffer { ndim: -1, ..good }, nd, "the view granted has ndim -1");
    case(Py_buffer { ndim: 65, shape: three, ..good }, nd, "the view granted has ndim 65");
    case(Py_buffer { len: -6, shape: three, ..good }, nd, "the view granted has len -6");
    case(Py_buffer { itemsize: 0, shape: three, ..good }, nd, "the view granted has itemsize 0");
    case(Py_buffer { itemsize: -2, ..good }, Request::SIMPLE, "the view granted has itemsize -2");
    let no_memory = Py_buffer { buf: null_mut(), shape: three, ..good };
    case(no_memory, nd, "the view granted has items, and buf is NULL");
    case(good, nd, "the view granted has dimensions, and shape is NULL");
    case(
        Py_buffer { shape: minus, ..good },
        nd,
        "the view granted contradicts itself: shape[0] is -3",
    );
    case(
        Py_buffer { shape: three, len: 5, ..good },
        full,
        "the view granted has len 5 for 6 bytes",
    );
    case(Py_buffer { ndim: 0, ..good }, nd, "the view granted has len 6 for 2 bytes");
    let pointers = Py_buffer { shape: three, suboffsets: three, ..good };
    let mut extents = [isize::MAX, 4];
    let huge =
        Py_buffer { len: isize::MAX, itemsize: 1, ndim: 2, shape: extents.as_mut_ptr(), ..good };
    case(
        huge,
        nd,
        "the view granted contradicts itself: shape[1] makes the size exceed isize::MAX bytes",
    );
    case(pointers, Request::STRIDES, "the view granted has suboffsets, not requested");
    let mut steps = [2isize];
    let strides = steps.as_mut_ptr();
    let nowhere = Py_buffer { shape: three, strides, suboffsets: minus, ..good };
    case(nowhere, Request::STRIDES, "the view granted has suboffsets, not requested");
}

#[test]
fn a_view_without_items_needs_no_memory() {
    let mut extent = [0isize];
    let view = Py_buffer { buf: null_mut(), shape: extent.as_mut_ptr(), ..line(&[]) };
    let buffer = Buffer::get(&Scripted(view), Request::ND).unwrap();
    assert_eq!((buffer.len_bytes(), buffer.shape()), (0, Some(&[0][..])));
}

/// The same holds if no code writes the memory.
#[test]
fn an_immutable_view_without_items_needs_no_memory() {
    struct Immutable(Scripted);
    // SAFETY: the view is the other's, and nothing is written.
    unsafe impl Source for Immutable {
        fn get(&self, view: &mut Py_buffer, request: Request) -> Result<(), BufferError> {
            self.0.get(view, request)
        }

        unsafe fn release(view: &mut Py_buffer) {
            // SAFETY: granted by the other, and released once.
            unsafe { Scripted::release(view) };
        }

        unsafe fn is_immutable(_: &Py_buffer, _: std::ops::Range<usize>) -> bool {
            true
        }
    }
    let mut extent = [0isize];
    let view = Py_buffer { buf: null_mut(), shape: extent.as_mut_ptr(), ..line(&[]) };
    let buffer = Buffer::get(&Immutable(Scripted(view)), Request::FULL_RO).unwrap();
    let items = buffer.items::<u16>().unwrap();
    assert_eq!((items.sum(), items.iter(Order::C).count()), (0, 0));
    assert_eq!(items.iter(Order::C).fold(0, |count, _| count + 1), 0);
    items.iter(Order::C).blocks().for_each(|block| panic!("{block:?}"));
    buffer.for_each_chunk(Order::C, |chunk| panic!("{chunk:?}"));
    assert_eq!(buffer.as_slice::<u16>().unwrap(), [0u16; 0]);
}

#[test]
fn a_buffer_says_whether_it_may_be_written() {
    let memory = [7u16];
    let mut extent = [1isize];
    for (readonly, request, expected) in [
        (0, Request::FULL, false),
        (1, Request::FULL_RO, true),
        (0, Request::FULL_RO, true),
        (1, Request::FULL, true),
    ] {
        let shape = extent.as_mut_ptr();
        let view = Py_buffer { readonly, shape, strides: null_mut(), ..line(&memory) };
        let buffer = Buffer::get(&Scripted(view), request).unwrap();
        assert_eq!(buffer.is_readonly(), expected, "{readonly} {request:?}");
        let shown = format!("{buffer:?}");
        let start = format!("Buffer {{ len: 2, itemsize: 2, readonly: {expected}, ndim: 1, ");
        assert!(shown.starts_with(&start) && shown.contains("shape: Some([1])"), "{shown}");
    }
}

/// Each byte of a run, one at a time: others access it with the item that it is a part of.
#[test]
fn the_bytes_of_a_run_are_read_and_written() {
    // The last run has no whole number of items.
    for (len, itemsize) in [(12, 1), (12, 2), (12, 4), (12, 6), (12, 12), (11, 4)] {
        let memory = Shared::from_vec((0..12).collect::<Vec<u8>>());
        let buf = memory.as_ptr().cast_mut().cast();
        let view = Py_buffer { buf, len, itemsize, readonly: 0, ..line(&[]) };
        let buffer = Buffer::get(&Scripted(view), Request::WRITABLE).unwrap();
        let items = buffer.items::<u8>().unwrap();
        assert_eq!(format!("{:?}", memory[1]), "Shared(1)");
        assert!(format!("{items:?}").starts_with("Items { layout: "), "{items:?}");
        for at in 0..buffer.len_bytes() {
            let byte = u8::try_from(at).unwrap();
            assert_eq!((buffer.bytes_of(&[at]).unwrap(), items.get(&[at])), (vec![byte], Ok(byte)));
            items.set(&[at], byte + 100).unwrap();
            assert_eq!(buffer.bytes_of(&[at]).unwrap(), [byte + 100]);
            buffer.set_bytes_of(&[at], &[byte + 50]).unwrap();
        }
        let expected: Vec<u8> = (50..50 + u8::try_from(len).unwrap()).collect();
        assert!(items.iter(Order::C).eq(expected));
    }
}

/// The view that a re-exporter shows of a buffer.
#[test]
fn a_view_of_a_buffer_shows_what_the_buffer_knows() {
    let memory = [1u16, 2, 3];
    let bytes = b"abcde";
    let mut extent = [5isize];
    let (shape, buf) = (extent.as_mut_ptr(), bytes.as_ptr().cast_mut().cast());
    // A run of bytes that are no whole items keeps all of its bytes.
    let run = Buffer::get(&Scripted(Py_buffer { len: 5, ..line(&memory) }), Request::SIMPLE);
    let run = run.unwrap();
    assert_eq!((run.view().len_bytes(), run.view().itemsize()), (5, 1));
    let run = Buffer::get(&Scripted(line(&memory)), Request::SIMPLE).unwrap();
    assert_eq!((run.view().len_bytes(), run.view().itemsize()), (6, 2));
    // NULL is the format of bytes, where a format was requested, and of nothing else.
    let no_format = Py_buffer { buf, len: 5, itemsize: 1, format: null_mut(), shape, ..line(&[]) };
    for (request, format) in [(Request::ND | Request::FORMAT, Some(c"B")), (Request::ND, None)] {
        let buffer = Buffer::get(&Scripted(no_format), request).unwrap();
        assert_eq!(buffer.view().format(), format);
    }
    let mut extent = [3isize];
    let shape = extent.as_mut_ptr();
    let unknown = Py_buffer { format: null_mut(), shape, ..line(&memory) };
    let buffer = Buffer::get(&Scripted(unknown), Request::ND | Request::FORMAT).unwrap();
    assert_eq!(buffer.view().format(), None);
}

/// Without a dimension there are no strides that could be unknown.
#[test]
fn a_scalar_is_re_exported_with_all_its_strides() {
    for (shape, granted) in [(&[][..], true), (&[1], false)] {
        let layout = Layout::c_contiguous(shape, 2).unwrap();
        let object = Object::new(Strided::readonly(vec![7u16], layout, 0).unwrap());
        let chain = Object::new(Reexport::new(Buffer::get(&object, Request::ND).unwrap()));
        assert!(Buffer::get(&chain, Request::ND).is_ok());
        assert_eq!(Buffer::get(&chain, Request::STRIDES).is_ok(), granted, "{shape:?}");
    }
}

/// An array may lie within the struct, and then moves with it, or elsewhere. It must not lie
/// partly within the struct, and it must be aligned.
#[test]
fn arrays_at_impossible_places_are_refused() {
    const WORD: isize = size_of::<isize>() as isize;
    const STRUCT: isize = size_of::<Py_buffer>() as isize;
    // Two axes of one item: good numbers for the arrays that are not at stake.
    let (memory, ones, twos, none) = ([7u16], [1isize; 3], [2isize; 3], [-1isize; 3]);
    let view = Py_buffer {
        ndim: 2,
        shape: ones.as_ptr().cast_mut(),
        strides: twos.as_ptr().cast_mut(),
        suboffsets: none.as_ptr().cast_mut(),
        ..line(&memory)
    };
    let with = |array: usize, place: *mut isize| {
        let mut view = view;
        *[&mut view.shape, &mut view.strides, &mut view.suboffsets][array] = place;
        view
    };
    #[track_caller]
    fn case(view: Py_buffer) {
        let refused = Buffer::get(&Scripted(view), Request::FULL_RO).unwrap_err().to_string();
        let expected = "an array that is not aligned, or begins or ends within the struct";
        assert_eq!(refused, format!("the view granted has {expected}"));
        assert_eq!(EXPORTS.get(), 0, "released");
    }
    assert!(Buffer::get(&Scripted(view), Request::FULL_RO).is_ok());
    for (array, numbers) in [&ones, &twos, &none].into_iter().enumerate() {
        let elsewhere = numbers.as_ptr().cast_mut();
        assert!(Buffer::get(&Scripted(with(array, elsewhere)), Request::FULL_RO).is_ok());
        for bytes in 1..WORD {
            case(with(array, elsewhere.wrapping_byte_offset(bytes)));
            case(with(array, from_the_struct(2 * WORD + bytes)));
        }
        case(with(array, from_the_struct(-WORD))); // begins before it
        case(with(array, from_the_struct(STRUCT - WORD))); // ends behind it
    }
    // The whole array lies within the struct, at either end of it. Its pointer becomes NULL.
    let addresses = [memory.as_ptr().addr() as isize, view.obj.addr() as isize];
    for (offset, expected) in [(0, addresses), (STRUCT - 2 * WORD, [0, 0])] {
        let view = with(2, from_the_struct(offset));
        let moved = Box::new(Buffer::get(&Scripted(view), Request::FULL_RO).unwrap());
        assert_eq!(moved.suboffsets(), Some(&expected[..]));
    }
}

#[test]
fn what_cpythons_test_exporter_shows_is_taken_when_asked_for() {
    let memory = [7u16];
    let ones = [1isize; 129];
    let many = |ndim: usize| {
        let shape = ones.as_ptr().cast_mut();
        Py_buffer { len: 2, ndim: ndim as i32, shape, ..line(&memory) }
    };
    // SAFETY: no code re-exports the buffer.
    let get = |view, request| unsafe { Buffer::get_lenient(&Scripted(view), request) };
    assert_eq!(get(many(128), Request::ND).unwrap().ndim(), 128);
    let refused = get(many(129), Request::ND).unwrap_err();
    assert_eq!(refused.to_string(), "the view granted has ndim 129");
    let (mut step, mut nowhere, mut followed) = ([2isize], [-1isize], [0isize]);
    for (suboffsets, taken) in [(&mut nowhere, true), (&mut followed, false)] {
        let (strides, suboffsets) = (step.as_mut_ptr(), suboffsets.as_mut_ptr());
        let view = Py_buffer { strides, suboffsets, ..many(1) };
        assert_eq!(get(view, Request::STRIDES).is_ok(), taken);
    }
}

#[test]
fn fields_that_were_not_requested_do_not_show() {
    // ctypes fills shape and format whatever is asked; NumPy says ndim 0 without ND.
    let memory = [0x0201u16.to_be(), 0x0403u16.to_be(), 0x0605u16.to_be()];
    let mut extent = [3isize];
    let shape = extent.as_mut_ptr();
    for ndim in [0, 1] {
        let view = Py_buffer { ndim, shape, strides: shape, ..line(&memory) };
        let buffer = Buffer::get(&Scripted(view), Request::SIMPLE).unwrap();
        assert_eq!((buffer.format(), buffer.shape(), buffer.strides()), (None, None, None));
        let run: Vec<u8> = (0..6).map(|index| buffer.item(&[index]).unwrap()).collect();
        assert_eq!(run, [2, 1, 4, 3, 6, 5]);
        let out = AccessError::OutOfRange { axis: 0, index: 6, extent: 6 };
        assert_eq!(buffer.item::<u8>(&[6]), Err(out));
    }
}

#[test]
fn a_view_that_points_into_itself_can_be_moved() {
    let memory = [7u16];
    let view = Py_buffer { shape: OWN, strides: OWN, len: 2, ..line(&memory) };
    // shape is `len`, 2, and the itemsize 2: not what a good exporter of items of two bytes says.
    assert!(Buffer::get(&Scripted(view), Request::FULL_RO).is_err());
    let object = bytes::object(*b"abc");
    let buffers: Vec<_> =
        (0..10).map(|_| Buffer::get(&object, Request::FULL_RO).unwrap()).collect();
    let boxed: Vec<_> = buffers.into_iter().map(Box::new).collect();
    drop(object);
    for buffer in boxed {
        assert_eq!((buffer.shape(), buffer.strides()), (Some(&[3][..]), Some(&[1][..])));
        assert_eq!(buffer.item::<u8>(&[2]), Ok(b'c'));
    }
}

#[test]
fn items_are_found_in_every_layout() {
    let items: Vec<u32> = (0..24).collect();
    let layouts = [
        (Layout::c_contiguous(&[2, 3, 4], 4), 0),
        (Layout::f_contiguous(&[2, 3, 4], 4), 0),
        (Layout::strided(&[2, 3, 4], &[-48, 16, -4], 4), 60),
        (Layout::strided(&[2, 3, 4], &[0, 5, 7], 4), 1),
    ];
    for (layout, offset) in layouts {
        let layout = layout.unwrap();
        let bytes: Vec<u8> = items.iter().flat_map(|item| item.to_ne_bytes()).collect();
        // In writable memory items are shown whole.
        let whole = layout.strides().iter().all(|stride| stride % 4 == 0);
        for writable in [false, true].into_iter().filter(|&writable| whole || !writable) {
            let (items, layout) = (items.clone(), layout.clone());
            let strided = match writable {
                true => Strided::writable(items, layout.clone(), offset),
                false => Strided::readonly(items, layout.clone(), offset),
            };
            let object = Object::new(strided.unwrap());
            let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
            assert_eq!((buffer.raw().readonly == 0, buffer.is_readonly()), (writable, true));
            for at in 0..24 {
                let indices = [at / 12, at / 4 % 3, at % 4];
                let start = offset.wrapping_add_signed(layout.offset_of(&indices).unwrap());
                let expected = u32::from_ne_bytes(bytes[start..start + 4].try_into().unwrap());
                assert_eq!(buffer.item(&indices), Ok(expected));
            }
        }
    }
}

#[test]
fn a_layout_is_contiguous_in_the_orders_in_which_it_is_packed() {
    let orders = [Order::C, Order::Fortran, Order::Any];
    for (layout, expected) in [
        (Layout::c_contiguous(&[2, 3], 2), [true, false, true]),
        (Layout::f_contiguous(&[2, 3], 2), [false, true, true]),
        (Layout::strided(&[2, 3], &[12, 4], 2), [false, false, false]),
        (Layout::c_contiguous(&[], 2), [true, true, true]),
    ] {
        let object = Object::new(Strided::readonly(vec![0u16; 12], layout.unwrap(), 0).unwrap());
        let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
        assert_eq!(orders.map(|order| buffer.layout().is_contiguous(order)), expected);
    }
}

/// Strides that were not requested are worked out.
#[test]
fn a_layout_without_strides_becomes_one_of_packed_items() {
    for shape in [&[2, 3, 4][..], &[5], &[1, 7], &[]] {
        let expected = Layout::c_contiguous(shape, 2).unwrap();
        let items = vec![0u16; shape.iter().product()];
        let object = Object::new(Strided::readonly(items, expected.clone(), 0).unwrap());
        let buffer = Buffer::get(&object, Request::ND).unwrap();
        assert_eq!(buffer.layout().strides(), None);
        assert_eq!(buffer.layout().to_layout(), expected);
    }
    for extents in [[0, 3, 4], [2, 0, 4], [2, 3, 0]] {
        let layout = Layout::c_contiguous(&extents, 2).unwrap();
        let object = Object::new(Strided::readonly(Vec::<u16>::new(), layout, 0).unwrap());
        let buffer = Buffer::get(&object, Request::ND).unwrap();
        assert_eq!(buffer.layout().to_layout().len_bytes(), 0);
    }
}

#[test]
fn packed_items_are_found_without_strides() {
    let layout = Layout::c_contiguous(&[2, 3], 2).unwrap();
    let object = Object::new(Strided::readonly((0..6u16).collect(), layout, 0).unwrap());
    let buffer = Buffer::get(&object, Request::ND | Request::FORMAT).unwrap();
    assert_eq!((buffer.shape(), buffer.strides()), (Some(&[2, 3][..]), None));
    assert_eq!(buffer.item::<u16>(&[1, 1]), Ok(4));
}

#[test]
fn wrong_items_are_refused() {
    let object = Object::new(
        Strided::readonly(vec![1.5f32], Layout::c_contiguous(&[], 4).unwrap(), 0).unwrap(),
    );
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    assert_eq!((buffer.ndim(), buffer.shape()), (0, None));
    assert_eq!(buffer.item::<f32>(&[]), Ok(1.5));
    assert_eq!(buffer.item::<f32>(&[0]), Err(AccessError::IndexCount { found: 1, ndim: 0 }));
    let instead = Some("read the items as `f32`".to_owned());
    let format = AccessError::Format { found: Some("f".into()), expected: "I", instead };
    assert_eq!(buffer.item::<u32>(&[]), Err(format));
    // Without a format the items are bytes, and these have four.
    let buffer = Buffer::get(&object, Request::STRIDES).unwrap();
    assert_eq!(buffer.format(), None);
    let itemsize = AccessError::Itemsize { found: 4, expected: 1 };
    assert_eq!(buffer.item::<u8>(&[]), Err(itemsize));
}

#[test]
fn bytes_of_items_that_are_written_at_the_same_time() {
    struct Words(Vec<Shared<u32>>);
    impl Exporter for Words {
        fn view(&self) -> Result<View<'_>, BufferError> {
            Ok(View::writable(&self.0))
        }
    }
    let object = Object::new(Words(Shared::from_vec(vec![0; 16])));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let words = object.exported::<Words>().unwrap().try_borrow().unwrap();
            for value in 0..1000u32 {
                words.0[value as usize % 16].store(value % 8 * 0x0101_0101);
            }
        });
        let buffer = Buffer::get(&object, Request::SIMPLE).unwrap();
        for _ in 0..10 {
            for index in 0..buffer.len_bytes() {
                assert!(buffer.item::<u8>(&[index]).unwrap() < 8);
            }
        }
    });
    let buffer = Buffer::get(&object, Request::FULL).unwrap();
    assert_eq!(buffer.item::<u32>(&[7]), Ok(999 % 8 * 0x0101_0101));
}

#[test]
fn bytes_of_items_whatever_the_memory() {
    // No code writes it.
    let object = bytes::object(*b"abc");
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    assert_eq!(buffer.bytes_of(&[1]), Ok(b"b".to_vec()));
    // A run without items to be known: byte by byte.
    let object = Object::new(Shared::from_vec(vec![0x0403_0201u32.to_le(), 0]));
    let run = Buffer::get(&object, Request::WRITABLE).unwrap();
    assert_eq!((run.len_bytes(), run.bytes_of(&[2])), (8, Ok(vec![3])));
    run.set_bytes_of(&[5], &[9]).unwrap();
    let items = Buffer::get(&object, Request::FULL).unwrap();
    assert_eq!(items.bytes_of(&[1]), Ok(vec![0, 9, 0, 0]));
    assert_eq!(
        run.bytes_of(&[8]).unwrap_err().to_string(),
        "index 8 is out of range for axis 0 of extent 8"
    );
}

#[test]
fn pointers_are_followed() {
    // Two rows of three behind a table of pointers; the items start one item into each row.
    let rows = [[0u16, 1, 2, 3], [0, 4, 5, 6]];
    let table = [rows[0].as_ptr(), rows[1].as_ptr()];
    let mut shape = [2isize, 3];
    let mut strides = [size_of::<*const u16>() as isize, 2];
    let mut suboffsets = [2isize, -1];
    let view = Py_buffer {
        buf: table.as_ptr().cast_mut().cast(),
        len: 12,
        ndim: 2,
        shape: shape.as_mut_ptr(),
        strides: strides.as_mut_ptr(),
        suboffsets: suboffsets.as_mut_ptr(),
        ..line(&[])
    };
    let buffer = Buffer::get(&Scripted(view), Request::FULL_RO).unwrap();
    let items: Vec<u16> = (0..6).map(|at| buffer.item(&[at / 3, at % 3]).unwrap()).collect();
    assert_eq!(items, [1, 2, 3, 4, 5, 6]);
    assert_eq!(buffer.format(), Some(c"H"));
}

#[test]
fn memory_that_no_code_writes_becomes_a_slice_without_a_lifetime() {
    let object = Object::new(vec![1u16, 2, 3]);
    let full = || Buffer::get(&object, Request::FULL_RO).unwrap();
    let start = full().raw().buf.cast_const().cast();
    let items = full().into_slice::<u16>().unwrap();
    assert_eq!((items.as_ptr(), object.references()), (start, 2));
    let items = std::thread::spawn(move || items).join().unwrap();
    assert_eq!((items.as_ref(), format!("{items:?}")), (&[1, 2, 3][..], "[1, 2, 3]".into()));
    drop(items);
    assert_eq!(object.references(), 1);

    assert!(matches!(full().into_slice::<i16>().unwrap_err(), AccessError::Format { .. }));
    assert!(matches!(full().into_slice_or_copy::<i16>().unwrap_err(), CopyError::Items(_)));
    assert_eq!(object.references(), 1, "what failed is released");

    let empty = Object::new(Vec::<u64>::new());
    let empty = Buffer::get(&empty, Request::FULL_RO).unwrap().into_slice::<u64>().unwrap();
    assert_eq!(&empty[..], [0u64; 0]);
}

#[test]
fn other_memory_becomes_a_slice_as_a_copy() {
    let shared = Object::new(Shared::from_vec(vec![1u16, 2]));
    let buffer = Buffer::get(&shared, Request::FULL_RO).unwrap();
    let items = buffer.into_slice_or_copy::<u16>().unwrap();
    let samples = shared.exported::<Vec<Shared<u16>>>().unwrap();
    samples.try_mut().unwrap().clear(); // no view is held
    assert_eq!(&items[..], [1, 2]);

    let columns = Layout::f_contiguous(&[2, 2], 2).unwrap();
    let strided = Object::new(Strided::readonly(vec![1u16, 3, 2, 4], columns, 0).unwrap());
    let buffer = || Buffer::get(&strided, Request::FULL_RO).unwrap();
    assert_eq!(buffer().into_slice::<u16>().unwrap_err(), AccessError::NotContiguous);
    assert_eq!(&buffer().into_slice_or_copy::<u16>().unwrap()[..], [1, 2, 3, 4]);
}

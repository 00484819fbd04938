//! A get and a release allocate nothing, whatever the request and the answer; and where there is
//! no memory for a copy, an error says so.

use std::alloc::{GlobalAlloc, Layout as Block, System};
use std::cell::Cell;
use std::ffi::CStr;

use bufferprocs::exporters::{Strided, Untyped, bytes};
use bufferprocs::{
    AccessError, Buffer, BufferError, CopyError, Exported, Exporter, Format, Layout, Object, Order,
    Request, Shared, View,
};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    /// Blocks that are not freed yet.
    static ALIVE: Cell<isize> = const { Cell::new(0) };
    /// Bytes of the largest block that there is memory for.
    static LARGEST: Cell<usize> = const { Cell::new(usize::MAX) };
}

// SAFETY: the system's allocator does the work, or there is no memory; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, block: Block) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        if block.size() > LARGEST.get() {
            return std::ptr::null_mut();
        }
        ALIVE.set(ALIVE.get() + 1);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(block) }
    }

    unsafe fn dealloc(&self, start: *mut u8, block: Block) {
        ALIVE.set(ALIVE.get() - 1);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(start, block) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(run: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    run();
    ALLOCATIONS.get() - before
}

#[test]
fn an_item_of_one_letter_is_read_without_an_allocation() {
    let layout = Layout::f_contiguous(&[2, 3], 4).unwrap();
    let object = Object::new(Strided::writable(vec![7u32; 6], layout, 0).unwrap());
    let buffer = Buffer::get(&object, Request::FULL).unwrap();
    let mut packed = [0; 24];
    assert_eq!(allocations(|| assert_eq!(buffer.item::<u32>(&[1, 2]), Ok(7))), 0);
    // One for the axes of the copy.
    assert_eq!(allocations(|| buffer.copy_to(&mut packed, Order::C).unwrap()), 1);
}

#[test]
fn a_format_of_one_letter_is_parsed_without_an_allocation() {
    let parsed = |text: &CStr| allocations(|| drop(Format::parse(text).unwrap()));
    for text in [c"B", c"d", c"<i", c"Zd", c"10s"] {
        assert_eq!(parsed(text), 0, "{text:?}");
    }
    assert!(parsed(c"ii") > 0);
}

#[test]
fn an_exported_line_allocates_itself_and_its_arrays() {
    let allocated = allocations(|| drop(bufferprocs::Immutable::new(&b"abc"[..])));
    assert_eq!(allocated, 2);
}

#[test]
fn a_lazy_one_allocates_its_arrays_at_the_first_request() {
    let mut lazy = None;
    assert_eq!(allocations(|| lazy = Some(bufferprocs::Lazy::new(&b"abc"[..]))), 1);
    let request = || drop(Buffer::get(lazy.as_ref().unwrap(), Request::FULL_RO).unwrap());
    assert_eq!([allocations(request), allocations(request)], [3, 0]);
}

#[test]
fn a_get_and_release_pair_allocates_nothing() {
    let layout = Layout::f_contiguous(&[2, 3, 4], 4).unwrap();
    let strided = Object::new(Strided::writable(vec![0u32; 24], layout, 0).unwrap());
    let bytes = bytes::object(*b"abc");
    let (mut granted, mut refused) = (0, 0);
    let counted = allocations(|| {
        for object in [&strided, &bytes] {
            for flags in 0..0x200 {
                match Buffer::get(object, Request::from_bits_retain(flags)) {
                    Ok(_) => granted += 1,
                    Err(_) => refused += 1,
                }
            }
        }
    });
    assert_eq!(counted, 0);
    assert!(granted > 100 && refused > 100, "{granted} granted, {refused} refused");
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1)))), 1, "the allocator counts");
}

#[cfg(feature = "ndarray")]
#[test]
fn a_request_for_an_array_allocates_nothing() {
    let array = ndarray::Array2::from_shape_fn((64, 32), |(row, column)| (row * column) as f64);
    let (first, mut backwards) = (array.as_ptr(), array.clone());
    let object = Object::new(array.reversed_axes());
    let counted = allocations(|| {
        for (request, is_granted) in [
            (Request::FULL_RO, true),
            (Request::F_CONTIGUOUS, true),
            (Request::SIMPLE, false),
            (Request::FULL, false),
        ] {
            let granted = Buffer::get(&object, request).ok();
            let buf = granted.map(|buffer| buffer.raw().buf.cast_const().cast());
            assert_eq!(buf, is_granted.then_some(first), "{request:?}");
        }
    });
    assert_eq!(counted, 0);
    // To export it takes a few small blocks, whatever the size of the array.
    LARGEST.set(1024);
    backwards.invert_axis(ndarray::Axis(1));
    let object = Object::new(backwards);
    LARGEST.set(usize::MAX);
    assert_eq!(Buffer::get(&object, Request::FULL_RO).unwrap().strides(), Some(&[256, -8][..]));
}

/// The errors that were kept while there was nothing to show, and what outlived its owner.
#[test]
fn an_exporter_that_is_gone_leaves_no_memory_behind() {
    /// Fails with this number as its reason.
    struct Failing(Option<usize>);

    impl Exporter for Failing {
        fn view(&self) -> Result<View<'_>, BufferError> {
            match self.0 {
                Some(number) => Err(BufferError::Refused(format!("reason {number}").into())),
                None => Ok(View::readonly(b"")),
            }
        }
    }

    let alive = ALIVE.get();
    let failing = Exported::new(Failing(None));
    for number in 1..4 {
        failing.try_mut().unwrap().0 = Some(number);
        let reason = failing.ready().unwrap_err().to_string();
        assert!(reason.contains(&format!("reason {number}")), "{reason}");
    }
    assert!(ALIVE.get() > alive);
    drop(failing);
    assert_eq!(ALIVE.get(), alive);

    let object = Object::new(Shared::from_vec(vec![1_u8; 3]));
    let buffer = Buffer::get(&object, Request::FULL).unwrap();
    drop(object);
    assert_eq!(buffer.to_vec::<u8>(Order::C).unwrap(), [1, 1, 1]);
    assert!(ALIVE.get() > alive);
    drop(buffer);
    assert_eq!(ALIVE.get(), alive);
}

#[test]
fn where_there_is_no_memory_for_a_copy_an_error_says_so() {
    const ROWS: usize = 512;
    let layout = Layout::f_contiguous(&[ROWS, ROWS], 2).unwrap();
    let items: Vec<u16> = (0..ROWS * ROWS).map(|item| item as u16).collect();
    let object = Object::new(Strided::writable(items, layout, 0).unwrap());
    let buffer = Buffer::get(&object, Request::FULL).unwrap();
    let expected = buffer.to_contiguous(Order::C).unwrap();
    let mut packed = vec![0; buffer.len_bytes()];
    LARGEST.set(4096);
    let copied = (buffer.to_contiguous(Order::C), buffer.to_vec::<u16>(Order::C));
    // Into memory that is there, without the room that a faster way takes; and the protocol
    // itself.
    let (into, again) =
        (buffer.copy_to(&mut packed, Order::C), Buffer::get(&object, Request::FULL));
    LARGEST.set(usize::MAX);
    let too_large = CopyError::TooLarge { len: buffer.len_bytes() };
    assert_eq!(copied, (Err(too_large.clone()), Err(too_large)));
    assert!(into.is_ok() && again.is_ok() && packed == expected);
}

/// One byte, shown as often as a layout allows. Where pointers have 4 bytes, these are 2 GiB,
/// which the system may have.
#[test]
fn where_there_is_no_memory_for_so_many_items_an_error_says_so() {
    const MANY: usize = isize::MAX as usize;
    let layout = Layout::strided(&[MANY], &[0], 1).unwrap();
    let object = Object::new(Strided::readonly(vec![b'x'], layout, 0).unwrap());
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    LARGEST.set(1 << 20);
    let copied = (buffer.to_contiguous(Order::C), buffer.to_vec::<u8>(Order::C));
    LARGEST.set(usize::MAX);
    let too_large = CopyError::TooLarge { len: MANY };
    assert_eq!(copied, (Err(too_large.clone()), Err(too_large)));
}

#[test]
fn where_there_is_no_memory_for_a_row_an_error_says_so() {
    let layout = Layout::c_contiguous(&[2, 4096], 2).unwrap();
    let object = Object::new(Strided::writable(vec![7_u16; 8192], layout, 0).unwrap());
    let buffer = Buffer::get(&object, Request::FULL).unwrap();
    LARGEST.set(4200);
    let copied = buffer.copy_rows_from(&buffer);
    LARGEST.set(usize::MAX);
    assert_eq!(copied, Err(CopyError::TooLarge { len: 8192 }));
}

/// The size of an item is the exporter's choice.
#[test]
fn where_there_is_no_memory_for_an_item_an_error_says_so() {
    const SIZE: usize = 8192;
    let layout = Layout::c_contiguous(&[1], SIZE).unwrap();
    let items = Untyped::new(&[7; SIZE], c"8192s", layout, 0).unwrap();
    let object = Object::new(items);
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    LARGEST.set(4096);
    let item = buffer.bytes_of(&[0]);
    LARGEST.set(usize::MAX);
    assert_eq!(item, Err(AccessError::TooLarge { len: SIZE }));
    assert_eq!(buffer.bytes_of(&[0]).unwrap(), [7; SIZE]);
}

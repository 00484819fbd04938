//! What may be copied where, items of a known type, and what is refused.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use bufferprocs::abi::Py_buffer;
use bufferprocs::exporters::{Records, Reexport, Rows, Strided, bytes};
use bufferprocs::layout::Slice;
use bufferprocs::{
    AccessError, Buffer, BufferError, CopyError, Layout, Object, Order, Request, Source,
};

fn writable(items: Vec<u16>, layout: Layout, offset: usize) -> Object {
    Object::new(Strided::writable(items, layout, offset).unwrap())
}

fn line(items: &[u16]) -> Object {
    writable(items.to_vec(), Layout::c_contiguous(&[items.len()], 2).unwrap(), 0)
}

fn items(object: &Object) -> Vec<u16> {
    object.exported::<Strided<u16>>().unwrap().try_borrow().unwrap().to_vec()
}

#[test]
fn a_copy_between_any_two_layouts() {
    let shape = [2, 3];
    let layouts = || {
        [
            (Layout::c_contiguous(&shape, 2).unwrap(), 0),
            (Layout::f_contiguous(&shape, 2).unwrap(), 0),
            (Layout::strided(&shape, &[-8, 2], 2).unwrap(), 8),
        ]
    };
    for (from, from_offset) in layouts() {
        for (to, to_offset) in layouts() {
            let source = writable((1..=8).collect(), from.clone(), from_offset);
            let target = writable(vec![0; 8], to, to_offset);
            let source = Buffer::get(&source, Request::FULL_RO).unwrap();
            let target = Buffer::get(&target, Request::FULL).unwrap();
            target.copy_from(&source).unwrap();
            let [from, to] = [&source, &target].map(|buffer| buffer.items::<u16>().unwrap());
            assert!(from.iter(Order::C).eq(to.iter(Order::C)));
            assert!(from.iter(Order::Fortran).eq(to.iter(Order::Fortran)));
        }
    }
    // Into rows behind pointers, and out of a part of them.
    let rows = Object::new(Rows::new(vec![vec![0u16; 4], vec![0; 4]]).unwrap());
    let whole = Reexport::new(Buffer::get(&rows, Request::FULL).unwrap());
    let part = Object::new(whole.slice(1, Slice { start: 3, count: 3, step: -1 }).unwrap());
    let part = Buffer::get(&part, Request::FULL).unwrap();
    part.from_contiguous(&[1u16, 2, 3, 4, 5, 6].map(u16::to_ne_bytes).concat(), Order::Fortran)
        .unwrap();
    let rows = Buffer::get(&rows, Request::FULL).unwrap();
    assert_eq!(rows.to_vec::<u16>(Order::C), Ok(vec![0, 5, 3, 1, 0, 6, 4, 2]));
    assert_eq!(part.to_vec::<u16>(Order::Fortran), Ok(vec![1, 2, 3, 4, 5, 6]));
}

#[test]
fn source_and_target_may_be_one_memory() {
    let object = line(&[1, 2, 3, 4, 5]);
    let whole = || Reexport::new(Buffer::get(&object, Request::FULL).unwrap());
    let part = |slice| Object::new(whole().slice(0, slice).unwrap());
    // Reversed onto itself.
    let reversed = part(Slice { start: 4, count: 5, step: -1 });
    let reversed = Buffer::get(&reversed, Request::FULL).unwrap();
    let straight = Buffer::get(&object, Request::FULL).unwrap();
    straight.copy_from(&reversed).unwrap();
    assert_eq!(items(&object), [5, 4, 3, 2, 1]);
    // Shifted by one, both ways.
    let low = part(Slice { start: 0, count: 4, step: 1 });
    let high = part(Slice { start: 1, count: 4, step: 1 });
    let [low, high] = [low, high].map(|part| Buffer::get(&part, Request::FULL).unwrap());
    high.copy_from(&low).unwrap();
    assert_eq!(items(&object), [5, 5, 4, 3, 2]);
    low.copy_from(&high).unwrap();
    assert_eq!(items(&object), [5, 4, 3, 2, 2]);
    // Of items that overlap within the target, the last one stays.
    let once = writable(vec![0], Layout::strided(&[5], &[0], 2).unwrap(), 0);
    Buffer::get(&once, Request::FULL).unwrap().copy_from(&straight).unwrap();
    assert_eq!(items(&once), [2]);
}

#[test]
fn what_differs_is_not_copied() {
    #[track_caller]
    fn case(source: &Object, target: &Object, expected: CopyError, message: &str) {
        let source = Buffer::get(source, Request::FULL_RO).unwrap();
        let target = Buffer::get(target, Request::FULL_RO).unwrap();
        let before = target.to_contiguous(Order::C);
        let error = target.copy_from(&source).unwrap_err();
        assert_eq!((&error, &*error.to_string()), (&expected, message));
        assert_eq!(target.to_contiguous(Order::C), before);
    }
    let of = |items: &[u16], shape: &[usize]| {
        writable(items.to_vec(), Layout::c_contiguous(shape, 2).unwrap(), 0)
    };
    let six = [1, 2, 3, 4, 5, 6];
    case(
        &of(&six, &[2, 3]),
        &of(&six, &[6]),
        CopyError::Ndim { source: 2, target: 1 },
        "ndim is 2 in the source, 1 in the target",
    );
    case(
        &of(&six, &[3, 2]),
        &of(&six, &[2, 3]),
        CopyError::Shape { axis: 0, source: 3, target: 2 },
        "shape[0] is 3 in the source, 2 in the target",
    );
    let wide = Object::new(Records::new(vec![0u32; 6]));
    case(
        &wide,
        &of(&six, &[6]),
        CopyError::Itemsize { source: 4, target: 2 },
        "itemsize is 4 in the source, 2 in the target",
    );
    let signed = Object::new(Records::new(vec![-1i16; 6]));
    case(
        &signed,
        &of(&six, &[6]),
        CopyError::Format { source: Some("h".into()), target: Some("H".into()) },
        "format is \"h\" in the source, \"H\" in the target",
    );
    let readonly =
        Strided::readonly(six.to_vec(), Layout::c_contiguous(&[6], 2).unwrap(), 0).unwrap();
    case(&of(&six, &[6]), &Object::new(readonly), CopyError::ReadOnly, "the target is read-only");
    // A format on one side only: the items may differ.
    let target = of(&six, &[6]);
    let source = Buffer::get(&target, Request::STRIDES).unwrap();
    let target = Buffer::get(&target, Request::FULL).unwrap();
    let error = target.copy_from(&source).unwrap_err();
    assert_eq!(error, CopyError::Format { source: None, target: Some("H".into()) });
    assert_eq!(error.to_string(), "format is unknown in the source, \"H\" in the target");
    // One kind of item by two texts.
    let long = if size_of::<std::ffi::c_long>() == 8 { c"l" } else { c"=q" };
    let object = Object::new(Records::new(vec![1i64]));
    let mut item = 7i64;
    let view = scripted(&mut item, long);
    let source = Buffer::get(&view, Request::FULL).unwrap();
    let target = Buffer::get(&object, Request::FULL).unwrap();
    target.copy_from(&source).unwrap();
    assert_eq!(target.item::<i64>(&[0]), Ok(7));
}

#[test]
fn packed_bytes_have_to_fit() {
    let object = line(&[1, 2, 3]);
    let buffer = Buffer::get(&object, Request::FULL).unwrap();
    for len in [0, 5, 7] {
        let expected = CopyError::Length { found: len, expected: 6 };
        assert_eq!(buffer.from_contiguous(&vec![0; len], Order::C), Err(expected.clone()));
        assert_eq!(buffer.copy_to(&mut vec![0; len], Order::C), Err(expected.clone()));
        assert_eq!(expected.to_string(), format!("{len} bytes given, the view has len 6"));
    }
    assert_eq!(items(&object), [1, 2, 3]);
    let bytes = bytes::object(*b"abc");
    let bytes = Buffer::get(&bytes, Request::SIMPLE).unwrap();
    assert_eq!(bytes.from_contiguous(b"xyz", Order::C), Err(CopyError::ReadOnly));
    assert_eq!(bytes.to_contiguous(Order::Fortran), Ok(b"abc".to_vec()));
    let wrong = buffer.to_vec::<i16>(Order::C).unwrap_err();
    assert!(matches!(wrong, CopyError::Items(AccessError::Format { .. })), "{wrong}");
    assert_eq!(wrong.to_string(), "format is \"H\", expected \"h\": read the items as `u16`");
}

/// One item in one dimension, of the format given.
struct Scripted(Py_buffer);

fn scripted<T>(item: &mut T, format: &'static std::ffi::CStr) -> Scripted {
    let size = size_of::<T>() as isize;
    Scripted(Py_buffer {
        buf: std::ptr::from_mut(item).cast(),
        len: size,
        itemsize: size,
        ndim: 1,
        format: format.as_ptr().cast_mut(),
        // Enough for two dimensions.
        shape: const { &[1isize; 2] }.as_ptr().cast_mut(),
        strides: const { &[0isize; 2] }.as_ptr().cast_mut(),
        ..Py_buffer::zeroed()
    })
}

// SAFETY: each test scripts a view over memory that outlives the buffer.
unsafe impl Source for Scripted {
    fn get(&self, view: &mut Py_buffer, _: Request) -> Result<(), BufferError> {
        *view = self.0;
        Ok(())
    }

    unsafe fn release(_: &mut Py_buffer) {}

    unsafe fn is_immutable(_: &Py_buffer, _: std::ops::Range<usize>) -> bool {
        false
    }
}

#[test]
fn addresses_are_not_made_up() {
    let mut item = 0usize;
    for format in [c"O", c"P", c"&i", c"T{i:a:O:b:}", c"X{}"] {
        let view = scripted(&mut item, format);
        let buffer = Buffer::get(&view, Request::FULL).unwrap();
        let error = buffer.from_contiguous(&[1; size_of::<usize>()], Order::C).unwrap_err();
        assert_eq!(error, CopyError::Pointers { format: format.to_str().unwrap().into() });
        assert_eq!(buffer.copy_from(&buffer).unwrap_err(), error);
        assert_eq!(buffer.copy_rows_from(&buffer).unwrap_err(), error);
        let rows = Scripted(Py_buffer { ndim: 2, ..view.0 });
        let rows = Buffer::get(&rows, Request::FULL).unwrap();
        assert_eq!(rows.copy_rows_from(&rows).unwrap_err(), error);
        let error = buffer.set_bytes_of(&[0], &[1; size_of::<usize>()]).unwrap_err();
        assert_eq!(error, AccessError::Pointers { format: format.to_str().unwrap().into() });
        // And not through a re-export, whose consumers might request no format, or get another.
        assert!(buffer.view().is_readonly());
    }
    assert_eq!(item, 0);
    let view = scripted(&mut item, c"P");
    let mut buffer = Buffer::get(&view, Request::FULL).unwrap();
    // SAFETY: no code follows the bytes that are written.
    unsafe { buffer.permit_addresses() };
    buffer.set_bytes_of(&[0], &7usize.to_ne_bytes()).unwrap();
    assert!(!buffer.view().is_readonly());
    drop(buffer);
    assert_eq!(item, 7);
}

#[test]
fn rows_are_copied_one_after_the_other() {
    let object = writable(vec![1, 2, 3, 4, 5, 6], Layout::c_contiguous(&[3, 2], 2).unwrap(), 0);
    let rows = |start| {
        let whole = Reexport::new(Buffer::get(&object, Request::FULL).unwrap());
        let part = Object::new(whole.slice(0, Slice { start, count: 2, step: 1 }).unwrap());
        Buffer::get(&part, Request::FULL).unwrap()
    };
    let (low, high) = (rows(0), rows(1));
    low.copy_rows_from(&high).unwrap(); // each row is read before it is written
    assert_eq!(items(&object), [3, 4, 5, 6, 5, 6]);
    high.copy_rows_from(&low).unwrap(); // the second one shows what was just written
    assert_eq!(items(&object), [3, 4, 3, 4, 3, 4]);
    // Within a row everything is read before it is written.
    let line = line(&[1, 2, 3]);
    let whole = Buffer::get(&line, Request::FULL).unwrap();
    let reversed = Reexport::new(Buffer::get(&line, Request::FULL).unwrap());
    let reversed = reversed.slice(0, Slice { start: 2, count: 3, step: -1 }).unwrap();
    let reversed = Object::new(reversed);
    whole.copy_rows_from(&Buffer::get(&reversed, Request::FULL_RO).unwrap()).unwrap();
    assert_eq!(items(&line), [3, 2, 1]);
    // Rows behind pointers, both ways.
    let behind = |rows: [[u16; 2]; 2]| Object::new(Rows::new(rows.map(Vec::from).into()).unwrap());
    let (from, to) = (behind([[1, 2], [3, 4]]), behind([[0, 0], [0, 0]]));
    let [from, target] = [&from, &to].map(|one| Buffer::get(one, Request::FULL).unwrap());
    target.copy_rows_from(&from).unwrap();
    assert_eq!(target.to_vec::<u16>(Order::C).unwrap(), [1, 2, 3, 4]);
    // A scalar is a row; other shapes and nothing at all are checked first.
    let scalar = |item| writable(vec![item], Layout::c_contiguous(&[], 2).unwrap(), 0);
    let (from, to) = (scalar(1), scalar(2));
    let [from, target] = [&from, &to].map(|one| Buffer::get(one, Request::FULL).unwrap());
    target.copy_rows_from(&from).unwrap();
    assert_eq!(items(&to), [1]);
    let differs = target.copy_rows_from(&whole).unwrap_err();
    assert_eq!(differs, CopyError::Ndim { source: 1, target: 0 });
    // One row that is repeated goes to each row of the target, and the last of all rows to one
    // that is repeated.
    let rows = |strides| Layout::strided(&[3, 2], strides, 2).unwrap();
    let (repeated, packed) = (rows(&[0, 2]), rows(&[4, 2]));
    let (from, to) =
        (writable(vec![1, 2], repeated.clone(), 0), writable(vec![0; 6], packed.clone(), 0));
    let [from, target] = [&from, &to].map(|one| Buffer::get(one, Request::FULL).unwrap());
    target.copy_rows_from(&from).unwrap();
    assert_eq!(items(&to), [1, 2, 1, 2, 1, 2]);
    let (from, to) = (writable((1..7).collect(), packed, 0), writable(vec![0; 2], repeated, 0));
    let [from, target] = [&from, &to].map(|one| Buffer::get(one, Request::FULL).unwrap());
    target.copy_rows_from(&from).unwrap();
    assert_eq!(items(&to), [5, 6]);
}

/// Equal formats are the same format even if they cannot be read. Such items are not written, and
/// the message does not say that they hold addresses.
#[test]
fn equal_formats_need_not_be_understood() {
    let mut item = [0u8; 4];
    let scripted = scripted(&mut item, c"j?");
    let buffer = Buffer::get(&scripted, Request::FULL).unwrap();
    let error = buffer.copy_from(&buffer).unwrap_err();
    assert!(matches!(error, CopyError::Items(AccessError::NotUnderstood { .. })), "{error}");
    let message = error.to_string();
    assert!(message.starts_with("format \"j?\" is not understood: "), "{message}");
    assert!(!message.contains("address"), "{message}");
}

#[test]
fn more_items_than_memory_holds() {
    // One byte, shown as often as a layout allows.
    let layout = Layout::strided(&[isize::MAX as usize], &[0], 1).unwrap();
    let object = Object::new(Strided::readonly(vec![b'x'], layout, 0).unwrap());
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    let mut items = buffer.items::<u8>().unwrap().iter(Order::C);
    assert_eq!((items.len(), items.next()), (isize::MAX as usize, Some(b'x')));
}

#[test]
fn items_are_written_where_they_are_read() {
    let object = writable(vec![0; 6], Layout::strided(&[3], &[-4], 2).unwrap(), 8);
    let buffer = Buffer::get(&object, Request::FULL).unwrap();
    let writing = buffer.items::<u16>().unwrap();
    for index in 0..3 {
        writing.set(&[index], 10 + index as u16).unwrap();
        assert_eq!(writing.get(&[index]), Ok(10 + index as u16));
    }
    assert_eq!(items(&object), [12, 0, 11, 0, 10, 0]);
    let out = AccessError::OutOfRange { axis: 0, index: 3, extent: 3 };
    assert_eq!(writing.set(&[3], 1), Err(out));
    assert_eq!(writing.set(&[], 1), Err(AccessError::IndexCount { found: 0, ndim: 1 }));
    // Bytes of larger items, one by one: the rest of the item stays.
    let object = line(&[0x0102, 0x0304]);
    let buffer = Buffer::get(&object, Request::WRITABLE).unwrap();
    let bytes = buffer.items::<u8>().unwrap();
    let expected: Vec<u8> = [0x0102u16, 0x0304].map(u16::to_ne_bytes).concat();
    assert_eq!(bytes.iter(Order::C).collect::<Vec<_>>(), expected);
    for index in 0..4 {
        bytes.set(&[index], index as u8).unwrap();
        assert_eq!(bytes.get(&[index]), Ok(index as u8));
    }
    assert_eq!(items(&object), [[0, 1], [2, 3]].map(u16::from_ne_bytes));
    buffer.from_contiguous(&[9, 8, 7, 6], Order::C).unwrap();
    assert_eq!(items(&object), [[9, 8], [7, 6]].map(u16::from_ne_bytes));
    // For wider ones too.
    let object = Object::new(Records::new(vec![[0u64; 2]; 2]));
    let buffer = Buffer::get(&object, Request::WRITABLE).unwrap();
    let bytes = buffer.items::<u8>().unwrap();
    for index in 0..32 {
        bytes.set(&[index], index as u8).unwrap();
    }
    assert_eq!(buffer.to_contiguous(Order::C).unwrap(), (0..32).collect::<Vec<u8>>());
    let readonly = bytes::object(*b"abc");
    let readonly = Buffer::get(&readonly, Request::SIMPLE).unwrap();
    assert_eq!(readonly.items::<u8>().unwrap().set(&[0], 1), Err(AccessError::ReadOnly));
}

/// Two threads write the two halves of one word, byte by byte: no write is lost.
#[test]
fn bytes_of_one_item_from_two_threads() {
    let object = Object::new(Records::new(vec![0u64]));
    let rounds = if cfg!(miri) { 20 } else { 2000 };
    std::thread::scope(|scope| {
        for half in [0, 4] {
            let object = &object;
            scope.spawn(move || {
                let buffer = Buffer::get(object, Request::WRITABLE).unwrap();
                let bytes = buffer.items::<u8>().unwrap();
                for round in 0..rounds {
                    for index in half..half + 4 {
                        bytes.set(&[index], round as u8).unwrap();
                        assert_eq!(bytes.get(&[index]), Ok(round as u8));
                    }
                }
            });
        }
    });
}

/// Neither side of a copy is read or written behind its end, whatever the itemsize.
#[test]
fn a_run_is_copied_up_to_its_end() {
    #[track_caller]
    fn case(start: usize, len: usize, itemsize: usize) {
        let mut memory = [0x55u64; 8];
        let bytes = |memory: [u64; 8]| -> Vec<u8> { memory.map(u64::to_ne_bytes).concat() };
        let before = bytes(memory);
        let end = start + len;
        let view = Scripted(Py_buffer {
            buf: memory.as_mut_ptr().wrapping_byte_add(start).cast(),
            len: len as isize,
            itemsize: itemsize as isize,
            ndim: 1,
            ..Py_buffer::zeroed()
        });
        let buffer = Buffer::get(&view, Request::WRITABLE).unwrap();
        let mut target = [7; 32];
        buffer.copy_to(&mut target[..len], Order::C).unwrap();
        assert_eq!(target[..len], before[start..end]);
        assert_eq!(target[len..], [7; 32][len..]);
        let source: Vec<u8> = (100..).take(len).collect();
        buffer.from_contiguous(&source, Order::C).unwrap();
        drop(buffer);
        let after = bytes(memory);
        assert_eq!(after[start..end], source);
        assert_eq!((&after[..start], &after[end..]), (&before[..start], &before[end..]));
    }
    for start in 8..16 {
        for itemsize in [1, 2, 3, 4, 8, 16] {
            for len in 0..20 {
                case(start, len, itemsize);
            }
        }
    }
}

/// A copy of a run of bytes accesses each item at its width, as the exporter does: no item is half
/// old and half new.
#[test]
fn items_of_a_run_are_copied_whole() {
    const OLD_OR_NEW: [u32; 2] = [0, u32::MAX];
    // A value changes from read to read if both threads run at the same time. A busy machine may
    // not let them.
    let enough = if cfg!(miri) { 20 } else { 10_000 };
    let deadline = Instant::now() + Duration::from_secs(5);
    // The last item does not fill eight bytes, which a copy may access at once.
    let object = Object::new(Records::new(vec![0u32; 3]));
    let (object, ended) = (&object, AtomicBool::new(false));
    let torn: usize = std::thread::scope(|scope| {
        let (ready, wait) = mpsc::channel();
        let exporter = scope.spawn({
            let ended = &ended;
            move || {
                let records = object.exported::<Records<u32>>().unwrap().try_borrow().unwrap();
                let mut torn = 0;
                ready.send(()).unwrap();
                for value in OLD_OR_NEW.into_iter().cycle() {
                    let [_, written, read] = records.shared() else { panic!("three items") };
                    written.store(value);
                    torn += usize::from(!OLD_OR_NEW.contains(&read.load()));
                    if ended.load(Ordering::Relaxed) {
                        return torn;
                    }
                }
                torn
            }
        });
        wait.recv().unwrap();
        let mut torn = 0;
        // The two parts of the memory that one side writes and the other reads.
        let view = |start| {
            let whole = Reexport::new(Buffer::get(object, Request::FULL).unwrap());
            let part = whole.slice(0, Slice { start, count: 1, step: 1 }).unwrap();
            Buffer::get(&Object::new(part), Request::WRITABLE).unwrap()
        };
        let (written, read) = (view(2), view(1));
        let (mut changes, mut last) = (0, 0);
        for value in OLD_OR_NEW.into_iter().cycle() {
            written.from_contiguous(&value.to_ne_bytes(), Order::C).unwrap();
            let found = read.to_contiguous(Order::C).unwrap().try_into().unwrap();
            let found = u32::from_ne_bytes(found);
            torn += usize::from(!OLD_OR_NEW.contains(&found));
            changes += usize::from(found != last);
            last = found;
            if changes > enough || Instant::now() > deadline {
                break;
            }
        }
        ended.store(true, Ordering::Relaxed);
        torn + exporter.join().unwrap()
    });
    assert_eq!(torn, 0);
}

/// A buffer may go to another thread, and is released there.
#[test]
fn a_buffer_on_another_thread() {
    let object = line(&[1, 2, 3]);
    let buffer = Buffer::get(&object, Request::FULL).unwrap();
    std::thread::scope(|scope| {
        let items = buffer.items::<u16>().unwrap();
        let reading = scope.spawn(move || items.iter(Order::C).sum::<u16>());
        items.set(&[0], 1).unwrap();
        assert_eq!(reading.join().unwrap(), 6);
    });
    std::thread::spawn(move || drop(buffer)).join().unwrap();
    assert!(object.exported::<Strided<u16>>().unwrap().try_mut().is_ok());
    assert_eq!(object.references(), 1);
}

/// Read-only for the consumer does not mean immutable.
#[test]
fn a_read_only_view_of_memory_that_is_written() {
    /// Shows a writable buffer of another exporter as a read-only one, as `memoryview.toreadonly`
    /// does.
    struct Toreadonly(Object);
    // SAFETY: the view is one of the object's, with one field changed.
    unsafe impl Source for Toreadonly {
        fn get(&self, view: &mut Py_buffer, request: Request) -> Result<(), BufferError> {
            self.0.get(view, request)?;
            view.readonly = 1;
            Ok(())
        }

        unsafe fn release(view: &mut Py_buffer) {
            // SAFETY: granted by the object.
            unsafe { Object::release(view) };
        }

        unsafe fn is_immutable(view: &Py_buffer, memory: std::ops::Range<usize>) -> bool {
            // SAFETY: granted by the object.
            unsafe { Object::is_immutable(view, memory) }
        }
    }
    let root = Object::new(Records::new(vec![1u32, 2]));
    let through = Toreadonly(root.clone());
    let again = Reexport::new(Buffer::get(&through, Request::FULL_RO).unwrap());
    let object = Object::new(again);
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    assert!(buffer.is_readonly() && !buffer.view().is_immutable());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let records = root.exported::<Records<u32>>().unwrap().try_borrow().unwrap();
            (0..1000).for_each(|value| records.shared()[1].store(value));
        });
        for _ in 0..100 {
            assert!(buffer.item::<u32>(&[1]).unwrap() < 1000);
        }
    });
    let immutable =
        Object::new(Reexport::new(Buffer::get(&bytes::object(*b"abc"), Request::SIMPLE).unwrap()));
    assert!(Buffer::get(&immutable, Request::SIMPLE).unwrap().view().is_immutable());
}

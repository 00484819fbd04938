//! Every way a release can come, for every reference exporter that has a release slot.

use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bufferprocs::abi::{Py_buffer, PyObject};
use bufferprocs::exporters::{
    Column, Records, Reexport, Rows, Snapshot, Snapshots, Strided, bytes, redirect,
};
use bufferprocs::object::{get_buffer, release_buffer, take_unraisable};
use bufferprocs::{
    Buffer, BufferError, Exported, Exporter, Layout, Object, RawExporter, ReleaseError, Request,
    View, exporter,
};

/// An exporter that notes when it is freed.
struct Noted<E> {
    exporter: E,
    freed: Arc<AtomicUsize>,
}

impl<E: Exporter> Exporter for Noted<E> {
    fn view(&self) -> Result<View<'_>, BufferError> {
        self.exporter.view()
    }
}

impl<E> Drop for Noted<E> {
    fn drop(&mut self) {
        self.freed.fetch_add(1, Ordering::Relaxed);
    }
}

/// Lends a noted copy of a line for each request.
struct Lines(Arc<AtomicUsize>);

impl Snapshots for Lines {
    type Copy = Noted<Strided<u16>>;

    fn snapshot(&self) -> Result<Self::Copy, BufferError> {
        Ok(Noted { exporter: strided(true), freed: Arc::clone(&self.0) })
    }
}

fn strided(readonly: bool) -> Strided<u16> {
    let new = if readonly { Strided::readonly } else { Strided::writable };
    new(vec![1, 2, 3], Layout::c_contiguous(&[3], 2).unwrap(), 0).unwrap()
}

bufferprocs::record! {
    struct Pair { first: u16, second: u16 }
}

/// The views of a raw exporter whose first item is 1, as a `u16`.
fn get(raw_exporter: &impl RawExporter) -> Py_buffer {
    let mut view = Py_buffer::zeroed();
    let obj = std::ptr::without_provenance_mut::<PyObject>(8); // never followed by the crate
    // SAFETY: the view is valid for writes; each test releases it as it says.
    unsafe { raw_exporter.getbuffer(&mut view, obj, Request::FULL_RO) }.unwrap();
    assert_eq!(first_item(&view), 1);
    view
}

fn first_item(view: &Py_buffer) -> u16 {
    let mut address = view.buf.cast::<u8>();
    if !view.suboffsets.is_null() {
        // SAFETY: only `Rows` has suboffsets, so there is a pointer.
        address = unsafe { address.cast::<*mut u8>().read() };
    }
    // SAFETY: the export keeps the item, and no code writes it now.
    unsafe { address.cast::<u16>().read() }
}

fn release(view: &Py_buffer) -> Result<(), ReleaseError> {
    // SAFETY: a view that `get` granted; where it was released before, the exporter is still
    // owned.
    unsafe { exporter::release(view) }
}

/// A view that goes to another thread.
struct Sent(Py_buffer);
// SAFETY: views may be released by any thread.
unsafe impl Send for Sent {}

/// `own` is what is freed of the raw exporter itself: 0 for one that lends copies.
fn check<L: RawExporter>(name: &str, own: usize, make: impl Fn(&Arc<AtomicUsize>) -> L) {
    let new = || {
        let freed = Arc::new(AtomicUsize::new(0));
        (make(&freed), freed)
    };
    let after = |freed: &Arc<AtomicUsize>, copies: usize| {
        let expected = if own == 0 { copies } else { own };
        assert_eq!(freed.load(Ordering::Relaxed), expected, "{name}: freed");
    };

    // Through a byte copy, with the original wiped, and after the owner is gone.
    let (raw_exporter, freed) = new();
    let mut original = Box::new(MaybeUninit::new(get(&raw_exporter)));
    // SAFETY: initialised above.
    let copy = unsafe { original.assume_init_read() };
    // SAFETY: the box is ours, and its bytes are plain.
    unsafe { original.as_mut_ptr().cast::<u8>().write_bytes(0xA5, size_of::<Py_buffer>()) };
    drop(original);
    drop(raw_exporter);
    assert_eq!((freed.load(Ordering::Relaxed), first_item(&copy)), (0, 1), "{name}");
    release(&copy).unwrap();
    after(&freed, 1);

    // In any order, on another thread.
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let (raw_exporter, freed) = new();
        let views: Vec<Sent> = (0..3).map(|_| Sent(get(&raw_exporter))).collect();
        drop(raw_exporter);
        let released = std::thread::spawn(move || {
            for index in order {
                assert_eq!(first_item(&views[index].0), 1);
                release(&views[index].0).unwrap();
            }
        });
        released.join().unwrap();
        after(&freed, 3);
    }

    // After the field was replaced.
    let (first, freed_first) = new();
    let (second, freed_second) = new();
    let mut field = first;
    let view = get(&field);
    drop(std::mem::replace(&mut field, second));
    assert_eq!((freed_first.load(Ordering::Relaxed), first_item(&view)), (0, 1), "{name}");
    release(&view).unwrap();
    after(&freed_first, 1);
    drop(field);
    after(&freed_second, 0);

    // With `internal` NULL, as PyBuffer_FillInfo leaves it: nothing of ours.
    let (raw_exporter, freed) = new();
    let view = get(&raw_exporter);
    let foreign = Py_buffer { internal: std::ptr::null_mut(), ..view };
    assert_eq!(release(&foreign), Ok(()), "{name}");
    assert_eq!(first_item(&view), 1);
    release(&view).unwrap();
    if own > 0 {
        // Twice: reported, and the next export is as good as any.
        assert_eq!(release(&view), Err(ReleaseError::NotExported), "{name}");
        let view = get(&raw_exporter);
        release(&view).unwrap();
    }
    drop(raw_exporter);
    after(&freed, 1);

    // Through an object, whose own references end up where they were.
    let (raw_exporter, freed) = new();
    let object = Object::from_raw_exporter(raw_exporter);
    let views: Vec<_> = (0..2).map(|_| Buffer::get(&object, Request::FULL_RO).unwrap()).collect();
    assert_eq!(object.references(), 3, "{name}");
    drop(views);
    assert_eq!(object.references(), 1, "{name}");
    drop(object);
    after(&freed, 2);
    assert_eq!(take_unraisable(), None, "{name}");
}

/// As [`check`], for a value that is exported itself.
fn check_exported<E: Exporter>(name: &str, make: impl Fn() -> E) {
    check(name, 1, |freed| Exported::new(Noted { exporter: make(), freed: Arc::clone(freed) }));
}

#[test]
fn strided_items() {
    check_exported("read-only", || strided(true));
    check_exported("writable", || strided(false));
}

#[test]
fn records_and_columns() {
    let pairs = || vec![Pair { first: 1, second: 2 }; 3];
    check_exported("records", || Records::new(pairs()));
    check_exported("column", || Column::new(Arc::from(pairs()), "first").unwrap());
}

#[test]
fn rows() {
    check_exported("rows", || Rows::new(vec![vec![1u16, 2], vec![3, 4]]).unwrap());
    check_exported("rows, pushed", || {
        let mut rows = Rows::new(vec![vec![7u16, 8], vec![1, 2]]).unwrap();
        for _ in 0..20 {
            rows.push(vec![3, 4]).unwrap();
        }
        rows.remove(0).unwrap();
        rows.swap(5, 3);
        rows.row_mut(0).unwrap()[1] = 9;
        rows
    });
}

#[test]
fn snapshots() {
    check("snapshot", 0, |freed| Snapshot(Lines(Arc::clone(freed))));
}

#[test]
fn re_exports() {
    let root = Object::new(strided(true));
    check_exported("re-export", || Reexport::new(Buffer::get(&root, Request::FULL_RO).unwrap()));
    check_exported("re-export of a re-export", || {
        let first = Reexport::new(Buffer::get(&root, Request::FULL_RO).unwrap());
        Reexport::new(Buffer::get(&Object::new(first), Request::FULL_RO).unwrap())
    });
    assert_eq!(root.references(), 1);
    assert_eq!(root.exported::<Strided<u16>>().unwrap().exports(), 0);
    // The member keeps the root's memory.
    let snapshots = Object::from_raw_exporter(Snapshot(Lines(Arc::default())));
    let member = Object::new(Reexport::new(Buffer::get(&snapshots, Request::FULL_RO).unwrap()));
    drop(snapshots);
    let buffer = Buffer::get(&member, Request::FULL_RO).unwrap();
    drop(member);
    assert_eq!(buffer.item::<u16>(&[2]), Ok(3));
}

/// Two exporters without a release slot: the reference in `obj` is all that a view holds.
#[test]
fn without_a_slot() {
    let root = bytes::object(*b"abc");
    for object in [root.clone(), redirect::object(root.clone())] {
        let references = root.references();
        let mut view = Py_buffer::zeroed();
        // SAFETY: the object is alive, and the view is released once, by its copy.
        assert_eq!(unsafe { get_buffer(object.as_ptr(), &mut view, 0) }, 0);
        assert_eq!((view.obj, root.references()), (root.as_ptr(), references + 1));
        let mut copy = view;
        view = Py_buffer::zeroed();
        let released = std::thread::spawn({
            let sent = Sent(copy);
            move || {
                let mut sent = sent;
                // SAFETY: the copy of a view that was granted and is not released.
                unsafe { release_buffer(&mut sent.0) };
                assert!(sent.0.obj.is_null());
                // SAFETY: `obj` is NULL now, so this does nothing.
                unsafe { release_buffer(&mut sent.0) };
            }
        });
        released.join().unwrap();
        assert_eq!(root.references(), references);
        // SAFETY: `obj` is NULL.
        unsafe { release_buffer(&mut view) };
        copy.obj = std::ptr::null_mut();
        // SAFETY: as above.
        unsafe { release_buffer(&mut copy) };
        assert_eq!(root.references(), references);
    }
}

/// Two threads at once read through the last two views, or through the last two references to an
/// object, and give them up. The one that is last frees what the other has read: ThreadSanitizer
/// sees whether the two are ordered.
#[test]
fn the_last_two_holders_let_go_at_once() {
    let rounds = if cfg!(miri) { 20 } else { 500 };
    for round in 0..rounds {
        let freed = Arc::new(AtomicUsize::new(0));
        let exported = Exported::new(Noted { exporter: strided(true), freed: Arc::clone(&freed) });
        let views = [Sent(get(&exported)), Sent(get(&exported))];
        drop(exported);
        at_once(views, |Sent(view)| {
            assert_eq!(first_item(&view), 1);
            release(&view).unwrap();
        });
        assert_eq!(freed.load(Ordering::Relaxed), 1, "round {round}");

        let freed = Arc::new(AtomicUsize::new(0));
        let object = Object::new(Noted { exporter: strided(true), freed: Arc::clone(&freed) });
        at_once([object.clone(), object], |object| {
            let noted = object.exported::<Noted<Strided<u16>>>().unwrap();
            assert_eq!(noted.exports(), 0);
            drop(object);
        });
        assert_eq!(freed.load(Ordering::Relaxed), 1, "round {round}");
    }
}

/// Runs `act` with each value on a thread of its own; they begin together.
fn at_once<T: Send, const N: usize>(values: [T; N], act: impl Fn(T) + Sync) {
    let barrier = std::sync::Barrier::new(N);
    let (barrier, act) = (&barrier, &act);
    std::thread::scope(|scope| {
        for value in values {
            scope.spawn(move || {
                barrier.wait();
                act(value);
            });
        }
    });
}

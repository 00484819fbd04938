//! Nothing is freed early, nothing is lost: exports, borrows, mutations, owners and views in every
//! order.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bufferprocs::abi::{Py_buffer, PyObject};
use bufferprocs::object::take_unraisable;
use bufferprocs::{
    Buffer, BufferError, Exported, Exporter, Immutable, Layout, LayoutError, MutError, Object,
    RawExporter, ReleaseError, Request, Shared, View, exporter,
};

/// Bytes that count how often they were dropped.
struct Counted {
    bytes: Vec<Shared<u8>>,
    dropped: Arc<AtomicUsize>,
}

impl Counted {
    fn new(bytes: &[u8]) -> (Counted, Arc<AtomicUsize>) {
        let dropped = Arc::new(AtomicUsize::new(0));
        let bytes = Shared::from_vec(bytes.to_vec());
        (Counted { bytes, dropped: Arc::clone(&dropped) }, dropped)
    }
}

impl Exporter for Counted {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(View::writable(&self.bytes))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

fn get<E: Exporter>(exported: &Exported<E>, request: Request) -> Result<Py_buffer, BufferError> {
    let mut view = Py_buffer::zeroed();
    let obj = std::ptr::without_provenance_mut::<PyObject>(8); // never followed by the crate
    // SAFETY: the view is valid for writes; each test releases it at most once while it is
    // exported.
    unsafe { exported.getbuffer(&mut view, obj, request) }.map(|()| view)
}

fn release(view: &Py_buffer) -> Result<(), ReleaseError> {
    // SAFETY: the view is one that `get` granted; where it was released before, the exporter is
    // still owned.
    unsafe { exporter::release(view) }
}

#[test]
fn the_view_outlives_the_owner() {
    let (value, dropped) = Counted::new(b"abc");
    let exported = Exported::new(value);
    let view = get(&exported, Request::FULL).unwrap();
    drop(exported);
    assert_eq!(dropped.load(Ordering::Relaxed), 0);
    // SAFETY: the export keeps the byte alive, and no other code accesses it.
    assert_eq!(unsafe { view.buf.cast::<u8>().read() }, b'a');
    release(&view).unwrap();
    assert_eq!(dropped.load(Ordering::Relaxed), 1);
}

#[test]
fn a_hold_keeps_the_value_as_it_is() {
    let (value, dropped) = Counted::new(b"abc");
    let exported = Exported::new(value);
    let change = exported.try_mut().unwrap();
    assert_eq!(exported.try_hold().unwrap_err(), BufferError::BeingModified);
    drop(change);
    let holds = [exported.try_hold().unwrap(), exported.try_hold().unwrap()];
    assert_eq!(exported.exports(), 2);
    assert_eq!(exported.try_mut().unwrap_err(), MutError::Exported { exports: 2 });
    let view = get(&exported, Request::FULL).unwrap(); // consumers may look, and write
    release(&view).unwrap();
    let threads = holds.map(|hold| {
        std::thread::spawn(move || {
            hold.bytes[1].store(b'x');
            hold.bytes[0].load()
        })
    });
    assert_eq!(threads.map(|thread| thread.join().unwrap()), [b'a'; 2]);
    drop(exported.try_mut().unwrap());

    let hold = exported.try_hold().unwrap();
    drop(exported);
    assert_eq!((hold.bytes[1].load(), dropped.load(Ordering::Relaxed)), (b'x', 0));
    drop(hold);
    assert_eq!(dropped.load(Ordering::Relaxed), 1);
}

#[test]
fn a_hold_of_what_never_changes() {
    let text = Immutable::new(b"abc".to_vec());
    let hold = text.try_hold().unwrap();
    assert_eq!((hold.as_ptr(), text.exports()), (text.as_ptr(), 1));
    drop(text);
    let slice: &[u8] = hold.as_ref(); // what the value can be seen as
    assert_eq!(slice, b"abc");
}

#[test]
fn a_field_may_be_replaced_while_exported() {
    let (first, dropped_first) = Counted::new(b"abc");
    let (second, dropped_second) = Counted::new(b"xyz");
    let mut field = Exported::new(first);
    let view = get(&field, Request::FULL).unwrap();
    let old = std::mem::replace(&mut field, Exported::new(second));
    drop(old);
    assert_eq!(dropped_first.load(Ordering::Relaxed), 0);
    // SAFETY: the export keeps the byte alive, and no other code accesses it.
    assert_eq!(unsafe { view.buf.cast::<u8>().read() }, b'a');
    release(&view).unwrap();
    drop(field);
    assert_eq!(dropped_first.load(Ordering::Relaxed), 1);
    assert_eq!(dropped_second.load(Ordering::Relaxed), 1);
}

#[test]
fn release_goes_by_internal_alone() {
    let (value, dropped) = Counted::new(b"abc");
    let exported = Exported::new(value);
    let view = get(&exported, Request::FULL).unwrap();
    let copy = Py_buffer { internal: view.internal, ..Py_buffer::zeroed() };
    assert_eq!(exported.exports(), 1);
    release(&copy).unwrap();
    assert_eq!(exported.exports(), 0);
    // What PyBuffer_FillInfo leaves: nothing of ours.
    release(&Py_buffer::zeroed()).unwrap();
    drop(exported);
    assert_eq!(dropped.load(Ordering::Relaxed), 1);
}

#[test]
fn release_in_any_order_and_on_another_thread() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let (value, dropped) = Counted::new(b"abc");
        let exported = Exported::new(value);
        let objects: Vec<Py_buffer> =
            (0..3).map(|_| get(&exported, Request::FULL).unwrap()).collect();
        let internals: Vec<usize> =
            objects.iter().map(|view| view.internal.expose_provenance()).collect();
        drop(exported);
        std::thread::spawn(move || {
            for index in order {
                let internal = std::ptr::with_exposed_provenance_mut(internals[index]);
                release(&Py_buffer { internal, ..Py_buffer::zeroed() }).unwrap();
            }
        })
        .join()
        .unwrap();
        assert_eq!(dropped.load(Ordering::Relaxed), 1);
    }
}

#[test]
fn one_release_too_many_is_reported() {
    let (value, _) = Counted::new(b"abc");
    let exported = Exported::new(value);
    let view = get(&exported, Request::FULL).unwrap();
    release(&view).unwrap();
    assert_eq!(release(&view), Err(ReleaseError::NotExported));
    assert_eq!(exported.exports(), 0);
    exported.try_mut().unwrap().bytes.push(Shared::new(b'd'));
    let view = get(&exported, Request::SIMPLE).unwrap();
    assert_eq!(view.len, 4);
    release(&view).unwrap();
}

#[test]
fn no_mutation_while_exported() {
    let (value, _) = Counted::new(b"abc");
    let exported = Exported::new(value);
    let view = get(&exported, Request::FULL).unwrap();
    let error = exported.try_mut().unwrap_err();
    assert_eq!(error, MutError::Exported { exports: 1 });
    assert_eq!(error.to_string(), "Existing exports of data: object cannot be re-sized");
    // Reading is fine, and keeps a mutation out too.
    let borrowed = exported.try_borrow().unwrap();
    release(&view).unwrap();
    assert_eq!(exported.try_mut().unwrap_err(), MutError::Borrowed);
    drop(borrowed);
    assert!(exported.try_mut().is_ok());
}

#[test]
fn no_export_during_a_mutation() {
    let (value, _) = Counted::new(b"abc");
    let exported = Exported::new(value);
    let mut mutation = exported.try_mut().unwrap();
    assert_eq!(mutation.bytes.len(), 3);
    mutation.bytes.clear();
    assert_eq!(get(&exported, Request::FULL).unwrap_err(), BufferError::BeingModified);
    assert_eq!(exported.ready(), Err(BufferError::BeingModified));
    assert_eq!(exported.try_borrow().unwrap_err(), MutError::BeingModified);
    assert_eq!(exported.try_mut().unwrap_err(), MutError::BeingModified);
    assert_eq!(exported.traverse(|_| ()), None);
    drop(mutation);
    let view = get(&exported, Request::FULL).unwrap();
    assert_eq!(view.len, 0);
    release(&view).unwrap();
    assert_eq!(exported.traverse(|value| value.bytes.len()), Some(0));
}

#[test]
fn a_forgotten_guard_locks_and_leaks_nothing() {
    let (value, dropped) = Counted::new(b"abc");
    let exported = Exported::new(value);
    std::mem::forget(exported.try_mut().unwrap());
    assert_eq!(get(&exported, Request::FULL).unwrap_err(), BufferError::BeingModified);
    drop(exported);
    assert_eq!(dropped.load(Ordering::Relaxed), 1);

    let (value, dropped) = Counted::new(b"abc");
    let exported = Exported::new(value);
    std::mem::forget(exported.try_borrow().unwrap());
    assert_eq!(exported.try_mut().unwrap_err(), MutError::Borrowed);
    let view = get(&exported, Request::FULL).unwrap();
    drop(exported);
    release(&view).unwrap();
    assert_eq!(dropped.load(Ordering::Relaxed), 1);
}

/// Answers as told, also with a panic.
struct Moody(Mood);

#[derive(Clone)]
enum Mood {
    Fine,
    Closed,
    Panics,
    Misfit(Layout),
}

impl Exporter for Moody {
    fn view(&self) -> Result<View<'_>, BufferError> {
        let view = View::readonly(b"abc");
        match &self.0 {
            Mood::Fine => Ok(view),
            Mood::Closed => Err(BufferError::Closed),
            Mood::Panics => panic!("view"),
            Mood::Misfit(layout) => Ok(view.with_layout(layout, 0)?),
        }
    }
}

#[test]
fn requests_are_refused_with_the_error_of_view_until_it_is_mended() {
    let misfit = Layout::c_contiguous(&[4], 1).unwrap();
    let outside = LayoutError::OutOfBounds { first: 0, end: 4, memory: 3 };
    for (mood, expected) in [
        (Mood::Closed, BufferError::Closed),
        (Mood::Panics, BufferError::ViewPanicked),
        (Mood::Misfit(misfit), BufferError::Layout(outside)),
    ] {
        assert_eq!(Exported::try_new(Moody(mood.clone())).unwrap_err(), expected);
        let exported = Exported::new(Moody(Mood::Fine));
        exported.try_mut().unwrap().0 = mood;
        assert_eq!(exported.ready(), Err(expected.clone()));
        assert_eq!(get(&exported, Request::SIMPLE).unwrap_err(), expected);
        assert_eq!(exported.exports(), 0);
        exported.try_mut().unwrap().0 = Mood::Fine;
        assert_eq!(exported.ready(), Ok(()));
        release(&get(&exported, Request::SIMPLE).unwrap()).unwrap();
        exported.try_mut().unwrap().0 = Mood::Closed;
        assert_eq!(exported.ready(), Err(BufferError::Closed));
    }
}

#[test]
fn a_panic_in_a_mutation_ends_the_mutation() {
    let exported = Exported::new(Moody(Mood::Fine));
    for mood in [Mood::Closed, Mood::Panics] {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            exported.try_mut().unwrap().0 = mood;
            let _guard = exported.try_mut().unwrap();
            panic!("mutation");
        }));
        assert!(panicked.is_err());
        assert!(get(&exported, Request::SIMPLE).is_err());
        exported.try_mut().unwrap().0 = Mood::Fine;
        release(&get(&exported, Request::SIMPLE).unwrap()).unwrap();
    }
}

/// Where it is true, panics with a payload that panics when it is dropped.
struct Relentless(bool);

impl Exporter for Relentless {
    fn view(&self) -> Result<View<'_>, BufferError> {
        struct Payload;
        impl Drop for Payload {
            fn drop(&mut self) {
                panic!("payload");
            }
        }
        if self.0 {
            std::panic::panic_any(Payload);
        }
        Ok(View::readonly(b"abc"))
    }
}

#[test]
fn a_payload_that_panics_is_caught_too() {
    assert_eq!(Exported::try_new(Relentless(true)).unwrap_err(), BufferError::ViewPanicked);
    let exported = Exported::new(Relentless(false));
    exported.try_mut().unwrap().0 = true;
    assert_eq!(exported.ready(), Err(BufferError::ViewPanicked));
    assert_eq!(get(&exported, Request::SIMPLE).unwrap_err(), BufferError::ViewPanicked);
}

struct PanicsOnDrop;

impl Exporter for PanicsOnDrop {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(View::readonly(b"abc"))
    }
}

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("drop");
    }
}

#[test]
fn a_panic_of_drop_is_reported_by_release() {
    let exported = Exported::new(PanicsOnDrop);
    let view = get(&exported, Request::SIMPLE).unwrap();
    drop(exported);
    assert_eq!(release(&view), Err(ReleaseError::DropPanicked));
}

#[test]
fn a_panic_of_drop_never_leaves_a_release() {
    let object = Object::new(PanicsOnDrop);
    let buffer = Buffer::get(&object, Request::SIMPLE).unwrap();
    drop(object);
    drop(buffer);
    assert_eq!(take_unraisable(), Some(ReleaseError::DropPanicked));
    let hold = Exported::new(PanicsOnDrop).try_hold().unwrap();
    drop(hold);
}

#[test]
fn a_refused_request_is_not_counted_for_a_moment() {
    let object = Object::new(Moody(Mood::Fine));
    let moody = object.exported::<Moody>().unwrap();
    let rounds = if cfg!(miri) { 100 } else { 100_000 };
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            for _ in 0..rounds {
                let refused = Buffer::get(&object, Request::WRITABLE).unwrap_err();
                let expected = [BufferError::NotWritable, BufferError::BeingModified];
                assert!(expected.contains(&refused), "{refused}");
                let _ = moody.ready();
            }
        });
        while !asking.is_finished() {
            // No view is ever granted, so every mutation has to succeed.
            drop(moody.try_mut().unwrap());
        }
    });
}

#[test]
fn a_refused_mutation_is_a_buffer_error() {
    fn grow(exported: &Exported<Counted>) -> Result<(), BufferError> {
        exported.try_mut()?.bytes.push(Shared::new(0));
        Ok(())
    }
    let (value, _) = Counted::new(b"abc");
    let exported = Exported::new(value);
    grow(&exported).unwrap();
    let view = get(&exported, Request::FULL).unwrap();
    let refused = grow(&exported).unwrap_err();
    assert_eq!(refused, BufferError::Busy(MutError::Exported { exports: 1 }));
    assert_eq!(refused.to_string(), "Existing exports of data: object cannot be re-sized");
    release(&view).unwrap();
}

#[test]
fn a_refusal_in_a_thread_that_ends_is_no_panic() {
    struct AsksAtTheEnd;
    impl Drop for AsksAtTheEnd {
        fn drop(&mut self) {
            let object = Object::new(Moody(Mood::Fine));
            assert!(Buffer::get(&object, Request::WRITABLE).is_err());
        }
    }
    thread_local! {
        static LAST: AsksAtTheEnd = const { AsksAtTheEnd };
    }
    let thread = std::thread::spawn(|| {
        // First used, last dropped.
        LAST.with(|_| ());
        let object = Object::new(Moody(Mood::Fine));
        assert!(Buffer::get(&object, Request::WRITABLE).is_err());
    });
    thread.join().unwrap();
}

#[test]
fn an_object_lives_as_long_as_its_views() {
    let (value, dropped) = Counted::new(b"abc");
    let object = Object::new(value);
    let buffer = Buffer::get(&object, Request::FULL).unwrap();
    assert_eq!(object.exported::<Counted>().unwrap().exports(), 1);
    drop(object);
    assert_eq!(buffer.item::<u8>(&[2]), Ok(b'c'));
    assert_eq!(dropped.load(Ordering::Relaxed), 0);
    drop(buffer);
    assert_eq!(dropped.load(Ordering::Relaxed), 1);
    assert_eq!(take_unraisable(), None);
}

#[test]
fn many_threads_end_at_zero() {
    let (value, dropped) = Counted::new(&[0; 64]);
    let object = Object::new(value);
    let pushed = [const { AtomicUsize::new(0) }; 8];
    let rounds: usize = match std::env::var("BUFFERPROCS_STRESS") {
        Ok(rounds) => rounds.parse().expect("a number"),
        Err(_) if cfg!(miri) => 50,
        Err(_) => 20_000,
    };
    std::thread::scope(|scope| {
        for (number, pushed) in pushed.iter().enumerate() {
            let object = &object;
            scope.spawn(move || {
                let exported = object.exported::<Counted>().unwrap();
                for round in 0..rounds {
                    if let Ok(buffer) = Buffer::get(object, Request::FULL) {
                        let len = buffer.len_bytes();
                        assert!(len >= 64);
                        assert!(buffer.item::<u8>(&[len - 1]).is_ok_and(|item| item < 8));
                    }
                    if let Ok(mut value) = exported.try_mut() {
                        if round % 7 == 0 {
                            value.bytes.push(Shared::new(number as u8));
                            pushed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    if let Ok(value) = exported.try_borrow() {
                        value.bytes[0].store(0);
                    }
                }
            });
        }
    });
    let exported = object.exported::<Counted>().unwrap();
    assert_eq!(exported.exports(), 0);
    let bytes = Shared::to_vec(&exported.try_borrow().unwrap().bytes);
    assert_eq!(bytes[..64], [0; 64]);
    for (number, pushed) in pushed.iter().enumerate() {
        let found = bytes[64..].iter().filter(|byte| usize::from(**byte) == number).count();
        assert_eq!(found, pushed.load(Ordering::Relaxed), "of thread {number}");
    }
    assert_eq!(object.references(), 1);
    drop(object);
    assert_eq!(dropped.load(Ordering::Relaxed), 1);
}

#[test]
fn what_is_shown_of_them_for_debugging() {
    let (value, _) = Counted::new(b"abc");
    let exported = Exported::new(value);
    let view = get(&exported, Request::FULL).unwrap();
    assert_eq!(format!("{exported:?}"), "Exported { exports: 1, .. }");
    assert_eq!(format!("{:?}", exported.try_borrow().unwrap()), "Ref { .. }");
    release(&view).unwrap();
    assert_eq!(format!("{:?}", exported.try_mut().unwrap()), "Mut { .. }");
}

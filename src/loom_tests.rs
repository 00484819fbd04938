//! `exporter`, `object` and `set_once` compiled again, with the atomics of loom, which tries their
//! operations in every order that three threads can bring about.
//!
//! loom tries all interleavings, and all values that a relaxed load may see. Consumers and borrows
//! read a cell of loom's, mutations write it, and the drop takes it away. The test fails when two
//! of these are not ordered.

mod sync {
    pub(crate) use loom::{
        model,
        sync::atomic::{AtomicPtr, AtomicUsize, Ordering},
    };
}

#[allow(dead_code)] // not all of it is used here
#[path = "exporter.rs"]
mod exporter;
#[allow(dead_code)] // as above
#[path = "object.rs"]
mod object;
#[path = "set_once.rs"]
mod set_once;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use exporter::{Exported, Exporter, RawExporter};
use loom::cell::UnsafeCell;
use object::Object;
use set_once::SetOnce;

use crate::abi::{Py_buffer, PyObject};
use crate::error::BufferError;
use crate::item::Shared;
use crate::request::Request;
use crate::view::View;

/// What loom watches: read by consumers, written by mutations, taken away by the drop.
#[derive(Clone)]
struct Watched(Arc<UnsafeCell<()>>);

// SAFETY: the cell is what is tested: loom ends the test if it is accessed without an order.
unsafe impl Send for Watched {}
// SAFETY: as above.
unsafe impl Sync for Watched {}

impl Watched {
    fn read(&self) {
        self.0.with(|_| ());
    }

    fn write(&self) {
        self.0.with_mut(|_| ());
    }
}

struct Value {
    watched: Watched,
    freed: Arc<AtomicUsize>,
    shows: Shows,
}

#[derive(Debug, Clone, Copy)]
enum Shows {
    Writable,
    Nothing,
    Readonly,
}

static WRITABLE: [Shared<u8>; 3] = [const { Shared::new(1) }; 3];

impl Exporter for Value {
    fn view(&self) -> Result<View<'_>, BufferError> {
        self.watched.read();
        match self.shows {
            Shows::Writable => Ok(View::writable(&WRITABLE)),
            Shows::Nothing => Err(BufferError::Closed),
            Shows::Readonly => Ok(View::readonly(b"abcd")),
        }
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.watched.write();
        self.freed.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    /// Asks for a view, and reads through it if it is granted.
    Export,
    /// Reads through a view, one that was granted before, and releases it.
    Release,
    /// Changes the value, if that is granted.
    TryMut,
    /// Reads the value, if that is granted.
    Borrow,
    /// Gives up a share of the owner; the last share drops it.
    DropOwner,
}

use Operation::{Borrow, DropOwner, Export, Release, TryMut};

const OPERATIONS: [Operation; 5] = [Export, Release, TryMut, DropOwner, Borrow];

/// The ways to an answer: two that are decided at once, and the longer decision.
const REQUESTS: [Request; 3] = [Request::FULL, Request::SIMPLE, Request::CONTIG];

/// A granted view.
struct Held {
    view: Py_buffer,
    watched: Watched,
}

// SAFETY: a view may be used and released by any thread.
unsafe impl Send for Held {}

impl Held {
    fn get(exported: &Exported<Value>, watched: &Watched, request: Request) -> Option<Held> {
        let mut view = Py_buffer::zeroed();
        let obj = std::ptr::without_provenance_mut::<PyObject>(8);
        // SAFETY: a view of ours, released once, by `release`.
        unsafe { exported.getbuffer(&mut view, obj, request) }.ok()?;
        watched.read();
        // All of it is of one epoch, and one that may grant the request.
        let is_writable = view.buf == WRITABLE.as_ptr().cast_mut().cast();
        assert_eq!((view.readonly == 0, view.len == 3), (is_writable, is_writable));
        assert!(is_writable || !request.contains(Request::WRITABLE));
        Some(Held { view, watched: watched.clone() })
    }

    fn release(self) {
        self.watched.read();
        // SAFETY: granted, and released once.
        unsafe { exporter::release(&self.view) }.expect("an export to end");
    }
}

/// A way to the exporter.
enum Owner {
    /// One share of several; the last one that is dropped drops the exporter.
    Shared(loom::sync::Arc<Exported<Value>>),
    /// Where no thread drops its share: the exporter stays until all threads have ended.
    Kept(*const Exported<Value>),
}

// SAFETY: `Exported` may be used by any thread.
unsafe impl Send for Owner {}

impl Owner {
    fn exported(&self) -> &Exported<Value> {
        match self {
            Owner::Shared(exported) => exported,
            // SAFETY: kept until the threads have ended.
            Owner::Kept(exported) => unsafe { &**exported },
        }
    }

    fn share(&self) -> Owner {
        match self {
            Owner::Shared(exported) => Owner::Shared(exported.clone()),
            Owner::Kept(exported) => Owner::Kept(*exported),
        }
    }
}

/// One thread. Views that it did not release are left for later.
fn run(
    operations: &[Operation],
    request: Request,
    mut owner: Option<Owner>,
    watched: &Watched,
    mut held: Vec<Held>,
) -> Vec<Held> {
    for operation in operations {
        match (operation, &owner) {
            (Export, Some(owner)) => held.extend(Held::get(owner.exported(), watched, request)),
            (Release, _) => held.pop().into_iter().for_each(Held::release),
            (TryMut, Some(owner)) => {
                if let Ok(value) = owner.exported().try_mut() {
                    value.watched.write();
                }
            }
            (Borrow, Some(owner)) => {
                if let Ok(value) = owner.exported().try_borrow() {
                    value.watched.read();
                }
            }
            (DropOwner, _) => drop(owner.take()),
            _ => {}
        }
    }
    held
}

/// All interleavings of three threads. Their views are released last, after the owner was dropped.
///
/// Who only releases has no share of the owner: each share that is dropped multiplies the
/// interleavings.
fn interleave(model: &loom::model::Builder, threads: [&[Operation]; 3], request: Request) {
    let threads = threads.map(<[Operation]>::to_vec);
    model.check(move || {
        let freed = Arc::new(AtomicUsize::new(0));
        #[allow(clippy::arc_with_non_send_sync)] // `Watched` is both
        let watched = Watched(Arc::new(UnsafeCell::new(())));
        let (shows, count) = (Shows::Writable, Arc::clone(&freed));
        let value = Value { watched: watched.clone(), freed: count, shows };
        let exported = Exported::new(value);
        let one_drops = threads.iter().flatten().any(|operation| *operation == DropOwner);
        let owner = match one_drops {
            true => Owner::Shared(loom::sync::Arc::new(exported)),
            false => Owner::Kept(Box::into_raw(Box::new(exported))),
        };
        let parts: Vec<_> = threads
            .iter()
            .map(|operations| {
                let is = |operation| operations.contains(&operation);
                let get = || Held::get(owner.exported(), &watched, request);
                let held = is(Release).then(get).flatten();
                let owns = is(Export) || is(TryMut) || is(Borrow) || is(DropOwner);
                let share = owns.then(|| owner.share());
                (operations.clone(), share, watched.clone(), Vec::from_iter(held))
            })
            .collect();
        let kept = match owner {
            Owner::Shared(share) => {
                drop(share);
                None
            }
            Owner::Kept(exported) => Some(exported.cast_mut()),
        };
        let running: Vec<_> = parts
            .into_iter()
            .map(|(operations, share, watched, held)| {
                loom::thread::spawn(move || run(&operations, request, share, &watched, held))
            })
            .collect();
        let held: Vec<Held> =
            running.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        if let Some(exported) = kept {
            // SAFETY: made by `Box::into_raw` above, and all threads have ended.
            drop(unsafe { Box::from_raw(exported) });
        }
        assert_eq!(freed.load(Ordering::Relaxed), usize::from(held.is_empty()));
        held.into_iter().for_each(Held::release);
        assert_eq!(freed.load(Ordering::Relaxed), 1);
    });
}

/// So often a thread that could go on has to wait. Unset, it is twice where each thread has one
/// operation; and once, in every fourth combination, where it has two. That takes ten seconds. Set,
/// one operation each is tried without a bound, which takes two minutes, and all of two operations
/// each with this bound: with 2, which `.ci/run interleavings` sets, it takes seven minutes.
const PREEMPTIONS: &str = "BUFFERPROCS_PREEMPTIONS";

#[test]
fn three_threads_with_one_operation_each() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = match std::env::var_os(PREEMPTIONS) {
        Some(_) => None,
        None => Some(2),
    };
    let mut models = 0;
    for (first, a) in OPERATIONS.iter().enumerate() {
        for (second, b) in OPERATIONS.iter().enumerate().skip(first) {
            for c in OPERATIONS.iter().skip(second) {
                let asks = [a, b, c].contains(&&Export);
                if asks && *c == Borrow {
                    // These two do not exclude each other, and the models would take minutes.
                    continue;
                }
                for &request in &REQUESTS[..if asks { 2 } else { 1 }] {
                    interleave(&model, [&[*a], &[*b], &[*c]], request);
                }
                models += 1;
            }
        }
    }
    assert_eq!(models, 20 + 10); // three out of four, and those with a borrow but no export
}

#[test]
fn three_threads_with_two_operations_each() {
    let (bound, every) = match std::env::var(PREEMPTIONS) {
        Ok(bound) => (bound.parse().expect("a number"), 1),
        Err(_) => (1, 4),
    };
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(bound);
    let operations = [Export, Release, TryMut, DropOwner];
    let pairs: Vec<[Operation; 2]> = operations
        .iter()
        .flat_map(|&first| operations.map(|second| [first, second]))
        // Without a share of the owner only a release is left.
        .filter(|pair| pair[0] != DropOwner || pair[1] == Release)
        .collect();
    let mut combinations = Vec::new();
    for (first, a) in pairs.iter().enumerate() {
        for (second, b) in pairs.iter().enumerate().skip(first) {
            combinations.extend(pairs.iter().skip(second).map(|c| [&a[..], &b[..], &c[..]]));
        }
    }
    assert_eq!(combinations.len(), 13 * 14 * 15 / 6); // three out of 13, with repetition
    let tried = combinations.iter().step_by(every);
    println!("{} of {} with at most {bound} preemptions", tried.len(), combinations.len());
    let requests = REQUESTS.iter().cycle();
    tried.zip(requests).for_each(|(threads, request)| interleave(&model, *threads, *request));
}

/// The properties change after a request has read them and before its export is counted: the
/// request is decided again, by the new properties.
#[test]
fn properties_that_change_before_the_export_is_counted() {
    const ALL: [Shows; 3] = [Shows::Writable, Shows::Nothing, Shows::Readonly];
    let changes = ALL.into_iter().flat_map(|before| {
        ALL.into_iter().flat_map(move |then| ALL.map(|last| [before, then, last]))
    });
    for (shown, request) in changes.flat_map(|shown| REQUESTS.map(|request| (shown, request))) {
        loom::model(move || {
            let [before, then, last] = shown;
            #[allow(clippy::arc_with_non_send_sync)] // `Watched` is both
            let watched = Watched(Arc::new(UnsafeCell::new(())));
            let freed = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&freed);
            let value = Value { watched: watched.clone(), freed: count, shows: Shows::Writable };
            let exported = loom::sync::Arc::new(Exported::new(value));
            // An exporter begins with a view, and may lose it.
            exported.try_mut().unwrap().shows = before;
            let changed = loom::sync::Arc::clone(&exported);
            let changing = loom::thread::spawn(move || {
                for shows in [then, last] {
                    if let Ok(mut value) = changed.try_mut() {
                        value.watched.write();
                        value.shows = shows;
                    }
                }
            });
            if let Some(held) = Held::get(&exported, &watched, request) {
                held.release();
            }
            changing.join().unwrap();
            // An export that was counted for a request in vain has ended too.
            assert_eq!(exported.exports(), 0);
            drop(exported);
            assert_eq!(freed.load(Ordering::Relaxed), 1);
        });
    }
}

/// Errors are read while a mutation replaces them: a copy is whole, and is one of those that were
/// kept.
#[test]
fn errors_that_are_replaced_while_they_are_read() {
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

    loom::model(|| {
        let exported = loom::sync::Arc::new(Exported::new(Failing(None)));
        exported.try_mut().unwrap().0 = Some(0);
        let changed = loom::sync::Arc::clone(&exported);
        let changing = loom::thread::spawn(move || {
            for number in 1..3 {
                if let Ok(mut failing) = changed.try_mut() {
                    failing.0 = Some(number);
                }
            }
        });
        match exported.ready().unwrap_err() {
            BufferError::BeingModified => {}
            BufferError::Refused(reason) => {
                assert!(["reason 0", "reason 1", "reason 2"].contains(&&*reason));
            }
            other => panic!("{other}"),
        }
        changing.join().unwrap();
    });
}

/// Three threads read what an object keeps, and give their references up: the last one frees it.
#[test]
fn the_last_reference_to_an_object_frees_it() {
    loom::model(|| {
        let freed = Arc::new(AtomicUsize::new(0));
        #[allow(clippy::arc_with_non_send_sync)] // `Watched` is both
        let watched = Watched(Arc::new(UnsafeCell::new(())));
        let value = Value { watched, freed: Arc::clone(&freed), shows: Shows::Nothing };
        let object = Object::without_procs(value);
        let shares = [object.clone(), object.clone()];
        let threads = shares.map(|share| {
            loom::thread::spawn(move || {
                share.value::<Value>().expect("the value").watched.read();
                drop(share);
            })
        });
        object.value::<Value>().expect("the value").watched.read();
        drop(object);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(freed.load(Ordering::Relaxed), 1);
    });
}

/// Two threads set a value, and a third looks for it: all see the first one, and each value is
/// dropped once.
#[test]
fn a_value_that_is_set_once() {
    struct Counted {
        watched: Watched,
        dropped: Arc<AtomicUsize>,
    }

    impl Drop for Counted {
        fn drop(&mut self) {
            self.watched.write();
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    loom::model(|| {
        let dropped = Arc::new(AtomicUsize::new(0));
        let once = loom::sync::Arc::new(SetOnce::<Counted>::new());
        let setting = [(); 2].map(|()| {
            let (once, dropped) = (loom::sync::Arc::clone(&once), Arc::clone(&dropped));
            loom::thread::spawn(move || {
                #[allow(clippy::arc_with_non_send_sync)] // `Watched` is both
                let watched = Watched(Arc::new(UnsafeCell::new(())));
                watched.write();
                let first = once.get_or_set(Counted { watched, dropped });
                first.watched.read();
                std::ptr::from_ref(first).addr()
            })
        });
        let seen = once.get().map(|first| {
            first.watched.read();
            std::ptr::from_ref(first).addr()
        });
        let set = setting.map(|thread| thread.join().unwrap());
        assert!(set[0] == set[1] && seen.is_none_or(|seen| seen == set[0]));
        assert_eq!(dropped.load(Ordering::Relaxed), 1);
        drop(once);
        assert_eq!(dropped.load(Ordering::Relaxed), 2);
    });
}

//! Foreign code that runs inside the crate: messages and drops of errors, drops of values, panics.
//!
//! Nothing of it may hang, end the process, overflow the stack, or leave an exporter unusable.
//! What would end the process runs in a child process; what would hang has a watchdog.

use std::ffi::CString;
use std::fmt;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, OnceLock, Weak, mpsc};
use std::time::Duration;

use bufferprocs::abi::{Py_buffer, PyBUF_SIMPLE};
use bufferprocs::conformance::Examination;
use bufferprocs::error::Raised;
use bufferprocs::exporter::Hold;
use bufferprocs::exporters::broken::{Broken, FAULTS};
use bufferprocs::exporters::{Reexport, Snapshot, Snapshots, Strided, Untyped, bytes, redirect};
use bufferprocs::object::{get_buffer, raise, take_raised};
use bufferprocs::{
    Buffer, BufferError, Exported, Exporter, Layout, LayoutError, Lazy, MutError, Object,
    RawExporter, Request, View,
};

/// Runs `test` on a thread of its own, and fails if it takes more than a minute.
#[track_caller]
fn ends(test: impl FnOnce() + Send + 'static) {
    let (done, wait) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        test();
        let _ = done.send(());
    });
    match wait.recv_timeout(Duration::from_secs(60)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("the test hangs"),
        _ => thread.join().unwrap(),
    }
}

/// Runs `test` in a child process, which is this test once more: `name` is its name.
#[track_caller]
fn survives(name: &str, test: impl FnOnce()) {
    const CHILD: &str = "BUFFERPROCS_CHILD";
    if std::env::var(CHILD).is_ok_and(|child| child == name) {
        return test();
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--test-threads", "1"])
        .env(CHILD, name)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success() && said.contains("1 passed"),
        "{}\n{said}\n{}",
        child.status,
        String::from_utf8_lossy(&child.stderr)
    );
}

type Act = Box<dyn Fn() + Send + Sync>;

/// A foreign error, which runs code when it is shown and when it is dropped.
struct Error {
    show: fn(&mut fmt::Formatter<'_>) -> fmt::Result,
    drop: Act,
}

impl Error {
    fn raised(
        show: fn(&mut fmt::Formatter<'_>) -> fmt::Result,
        drop: impl Fn() + Send + Sync + 'static,
    ) -> BufferError {
        BufferError::Raised(Raised::new(Error { show, drop: Box::new(drop) }))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Error")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.show)(f)
    }
}

impl std::error::Error for Error {}

impl Drop for Error {
    fn drop(&mut self) {
        (self.drop)();
    }
}

fn plain(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("no view")
}

/// Refuses with what it is given, once; shows its bytes otherwise.
struct Refusing {
    bytes: Vec<u8>,
    refusal: Mutex<Option<BufferError>>,
}

impl Refusing {
    fn new() -> Refusing {
        Refusing { bytes: vec![1, 2, 3], refusal: Mutex::new(None) }
    }
}

impl Exporter for Refusing {
    fn view(&self) -> Result<View<'_>, BufferError> {
        match self.refusal.lock().unwrap().take() {
            Some(refusal) => Err(refusal),
            None => Ok(View::readonly(&self.bytes)),
        }
    }
}

/// Makes the next mutation of `exported` end with this refusal.
fn refuse(exported: &Exported<Refusing>, refusal: BufferError) {
    *exported.try_mut().unwrap().refusal.lock().unwrap() = Some(refusal);
}

fn answer(exported: &Exported<Refusing>) -> Result<(), String> {
    Buffer::get(exported, Request::SIMPLE).map(|_| ()).map_err(|error| error.to_string())
}

#[test]
fn the_drop_of_an_error_may_ask_the_exporter() {
    ends(|| {
        let asked = Arc::new(AtomicUsize::new(0));
        let exported = Arc::new(Exported::new(Refusing::new()));
        let (weak, count) = (Arc::downgrade(&exported), Arc::clone(&asked));
        let drop = move || {
            if let Some(exported) = Weak::upgrade(&weak) {
                let (request, change) = (answer(&exported), exported.try_mut().map(|_| ()));
                assert_eq!(request, Err("the exporter is being modified".to_owned()));
                assert_eq!(change, Err(MutError::BeingModified));
                count.fetch_add(1, Ordering::Relaxed);
            }
        };
        refuse(&exported, Error::raised(plain, drop));
        assert_eq!(answer(&exported), Err("no view".to_owned()));
        // In place of the error from before, which is dropped.
        refuse(&exported, BufferError::Closed);
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert_eq!(answer(&exported), Err("the exporter is closed".to_owned()));
        assert!(exported.try_mut().is_ok());
        assert_eq!(answer(&exported), Ok(()));
    });
}

#[test]
fn a_mutation_ends_although_the_drop_of_an_error_panics() {
    let exported = Exported::new(Refusing::new());
    for refusal in [
        Error::raised(plain, || panic!("in a drop")),
        Error::raised(|_| panic!("in a message"), || panic!("in a drop")),
    ] {
        refuse(&exported, refusal);
        assert!(answer(&exported).is_err());
        assert!(exported.try_mut().is_ok());
        assert_eq!(answer(&exported), Ok(()));
    }
}

#[test]
fn an_error_is_kept_as_its_message() {
    const NO_MESSAGE: &str = "(an error whose message cannot be written)";
    #[track_caller]
    fn case(show: fn(&mut fmt::Formatter<'_>) -> fmt::Result, expected: &str) {
        let dropped = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&dropped);
        let exported = Exported::new(Refusing::new());
        let drop = move || {
            count.fetch_add(1, Ordering::Relaxed);
        };
        refuse(&exported, Error::raised(show, drop));
        assert_eq!(dropped.load(Ordering::Relaxed), 1, "the error is not kept");
        for _ in 0..2 {
            let refusal = Buffer::get(&exported, Request::SIMPLE).unwrap_err();
            assert_eq!(refusal, BufferError::Refused(expected.to_owned().into()));
        }
    }
    case(plain, "no view");
    case(|_| Err(fmt::Error), NO_MESSAGE);
    case(|_| panic!("in a message"), NO_MESSAGE);
    case(
        |f| f.write_str("half of it ").and(Err(fmt::Error)),
        "half of it (an error whose message cannot be written)",
    );
}

/// Each request is refused with an error whose drop panics.
struct Bad;

impl Snapshots for Bad {
    type Copy = Vec<u8>;

    fn snapshot(&self) -> Result<Vec<u8>, BufferError> {
        Err(Error::raised(plain, || panic!("in a drop")))
    }
}

#[test]
fn an_error_that_replaces_another_in_a_slot() {
    survives("an_error_that_replaces_another_in_a_slot", || {
        let object = Object::from_raw_exporter(Snapshot(Bad));
        let mut view = Py_buffer::zeroed();
        for _ in 0..3 {
            // SAFETY: the object is alive, the view is ours, and nothing is granted.
            let status = unsafe { get_buffer(object.as_ptr(), &mut view, PyBUF_SIMPLE) };
            assert_eq!(status, -1);
        }
        assert_eq!(object.references(), 1);
        std::mem::forget(take_raised());
    });
}

#[test]
fn an_error_that_its_thread_takes_along() {
    survives("an_error_that_its_thread_takes_along", || {
        let ended = std::thread::spawn(|| {
            let object = Object::from_raw_exporter(Snapshot(Bad));
            let mut view = Py_buffer::zeroed();
            // SAFETY: the object is alive, the view is ours, and nothing is granted.
            unsafe { get_buffer(object.as_ptr(), &mut view, PyBUF_SIMPLE) }
        });
        assert_eq!(ended.join().unwrap(), -1);
    });
}

#[test]
fn a_refusal_of_a_snapshot_leaves_obj_null() {
    struct Panics;
    impl Snapshots for Panics {
        type Copy = Vec<u8>;
        fn snapshot(&self) -> Result<Vec<u8>, BufferError> {
            panic!("in a snapshot")
        }
    }
    struct Refuses;
    impl Snapshots for Refuses {
        type Copy = Vec<u8>;
        fn snapshot(&self) -> Result<Vec<u8>, BufferError> {
            Err(BufferError::Closed)
        }
    }
    #[track_caller]
    fn case(snapshot: impl RawExporter, expected: BufferError) {
        let obj = std::ptr::without_provenance_mut(8);
        let mut view = Py_buffer { obj, len: 7, ..Py_buffer::zeroed() };
        // SAFETY: the view is valid for writes, and nothing is granted.
        let answer = unsafe { snapshot.getbuffer(&mut view, obj, Request::SIMPLE) };
        assert_eq!(answer, Err(expected));
        assert_eq!((view.obj.is_null(), view.len), (true, 7));
    }
    case(Snapshot(Panics), BufferError::ViewPanicked);
    case(Snapshot(Refuses), BufferError::Closed);
    let refusal = Mutex::new(Some(BufferError::Closed));
    case(Lazy::new(Refusing { bytes: Vec::new(), refusal }), BufferError::Closed);
    struct PanicsInView;
    impl Exporter for PanicsInView {
        fn view(&self) -> Result<View<'_>, BufferError> {
            panic!("in a view")
        }
    }
    case(Lazy::new(PanicsInView), BufferError::ViewPanicked);
}

/// Two threads are in `view` at the same time: neither waits for the other, and both get the same
/// answer.
#[test]
fn first_requests_at_the_same_time() {
    struct Meets(Vec<u8>, Barrier);
    impl Exporter for Meets {
        fn view(&self) -> Result<View<'_>, BufferError> {
            self.1.wait();
            Ok(View::readonly(&self.0))
        }
    }
    ends(|| {
        let lazy = Arc::new(Lazy::new(Meets(b"abc".to_vec(), Barrier::new(2))));
        let threads = [(); 2].map(|()| {
            let lazy = Arc::clone(&lazy);
            std::thread::spawn(move || Buffer::get(&*lazy, Request::FULL_RO).unwrap())
        });
        let [one, two] = threads.map(|thread| thread.join().unwrap());
        assert_eq!(one.raw().internal, two.raw().internal);
        assert_eq!(lazy.exports(), 2);
        drop(lazy);
        drop(one);
        assert_eq!(two.as_slice::<u8>(), Ok(&b"abc"[..]));
    });
}

/// Chains of so many objects: each of them would take a frame of the stack, and more than one.
const LONG: usize = if cfg!(miri) { 200 } else { 100_000 };

#[test]
fn long_chains_of_exporters_are_dropped() {
    survives("long_chains_of_exporters_are_dropped", || {
        let root = bytes::object(*b"abc");
        let mut chain = root.clone();
        for _ in 0..LONG {
            let buffer = Buffer::get(&chain, Request::FULL_RO).unwrap();
            chain = Object::new(Reexport::new(buffer));
        }
        let last = Buffer::get(&chain, Request::FULL_RO).unwrap();
        drop(chain);
        assert_eq!(last.item::<u8>(&[2]), Ok(b'c'));
        drop(last);
        assert_eq!(root.references(), 1, "all of them are gone");

        let mut chain = root.clone();
        for _ in 0..LONG {
            let buffer = Buffer::get(&chain, Request::FULL_RO).unwrap();
            chain = Object::from_raw_exporter(Lazy::new(Reexport::new(buffer)));
        }
        drop(chain);
        assert_eq!(root.references(), 1, "all of the lazy ones are gone");

        let mut hold = Exported::new(Kept(None)).try_hold().unwrap();
        for _ in 0..LONG {
            hold = Exported::new(Kept(Some(hold))).try_hold().unwrap();
        }
        drop(hold);
    });
}

/// Keeps another one of its kind.
struct Kept(#[allow(dead_code)] Option<Hold<Kept>>);

impl Exporter for Kept {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(View::readonly(b""))
    }
}

#[test]
fn long_chains_of_objects_that_pass_requests_on() {
    survives("long_chains_of_objects_that_pass_requests_on", || {
        let root = bytes::object(*b"abc");
        let mut chain = root.clone();
        for _ in 0..LONG {
            chain = redirect::object(chain);
        }
        let buffer = Buffer::get(&chain, Request::SIMPLE).unwrap();
        assert_eq!(buffer.raw().obj, root.as_ptr());
        drop(chain);
        drop(buffer);
        assert_eq!(root.references(), 1, "all of them are gone");
    });
}

#[test]
fn a_long_chain_that_its_thread_takes_along() {
    thread_local! {
        static KEPT: std::cell::RefCell<Option<Object>> = const { std::cell::RefCell::new(None) };
    }
    survives("a_long_chain_that_its_thread_takes_along", || {
        let chain = |links: usize| {
            let mut chain = bytes::object(*b"abc");
            for _ in 0..links {
                let buffer = Buffer::get(&chain, Request::FULL_RO).unwrap();
                chain = Object::new(Reexport::new(buffer));
            }
            chain
        };
        std::thread::spawn(move || {
            KEPT.set(None); // the first of the thread's values, which is dropped last
            drop(chain(1));
            KEPT.set(Some(chain(LONG)));
        })
        .join()
        .unwrap();
    });
}

/// A copy is a re-export of the next one, whose copy is ...
struct Next(Object);

impl Snapshots for Next {
    type Copy = Reexport<Object>;

    fn snapshot(&self) -> Result<Reexport<Object>, BufferError> {
        Ok(Reexport::new(Buffer::get(&self.0, Request::FULL_RO)?))
    }
}

#[test]
fn a_deep_nest_of_snapshots_is_refused() {
    survives("a_deep_nest_of_snapshots_is_refused", || {
        let nest = |depth: usize| {
            let mut object = bytes::object(*b"abc");
            for _ in 0..depth {
                object = Object::from_raw_exporter(Snapshot(Next(object)));
            }
            Buffer::get(&object, Request::FULL_RO).map(|buffer| buffer.item::<u8>(&[2]))
        };
        assert_eq!(nest(100).unwrap(), Ok(b'c'));
        let message = "too many exporters ask one another for a buffer";
        assert_eq!(nest(LONG).unwrap_err(), BufferError::Refused(message.into()));
        assert_eq!(nest(100).unwrap(), Ok(b'c'), "the depth is counted back");
    });
}

#[test]
fn a_lazy_view_that_asks_for_itself_is_refused() {
    static OBJECT: OnceLock<Object> = OnceLock::new();
    struct Asks(Vec<u8>);
    impl Exporter for Asks {
        fn view(&self) -> Result<View<'_>, BufferError> {
            drop(Buffer::get(OBJECT.get().unwrap(), Request::SIMPLE)?);
            Ok(View::readonly(&self.0))
        }
    }
    survives("a_lazy_view_that_asks_for_itself_is_refused", || {
        let object = OBJECT.get_or_init(|| Object::from_raw_exporter(Lazy::new(Asks(vec![1]))));
        let message = "too many exporters ask one another for a buffer";
        let refusal = Buffer::get(object, Request::SIMPLE).unwrap_err();
        assert_eq!(refusal, BufferError::Refused(message.into()));
    });
}

#[test]
fn errors_within_errors() {
    survives("errors_within_errors", || {
        let mut error = BufferError::Closed;
        for _ in 0..LONG {
            error = BufferError::Raised(Raised::new(error));
        }
        assert_eq!(error.to_string(), "the exporter is closed");
        assert!(format!("{error:?}").contains("Closed"));
        let exported = Exported::new(Refusing::new());
        refuse(&exported, error);
        assert_eq!(answer(&exported), Err("the exporter is closed".to_owned()));
    });
}

/// More than memory holds costs an error, not the process, and more than a loop gets through no
/// time.
#[test]
fn sizes_that_an_exporter_chooses() {
    survives("sizes_that_an_exporter_chooses", || {
        // So many that memory lacks room for as many pointers; of 4 bytes, that the sum overflows.
        let huge = isize::MAX as usize >> if cfg!(target_pointer_width = "64") { 13 } else { 0 };
        let pointers = |shape: &[usize], strides: &[isize], bytes: &[u8]| {
            let layout = Layout::strided(shape, strides, 1).unwrap();
            Untyped::new(bytes, c"B", layout, 0).unwrap().behind_pointers()
        };
        assert_eq!(
            pointers(&[huge], &[0], &[7]).map(|_| ()),
            Err(LayoutError::TooLarge { axis: 0 })
        );
        assert_eq!(
            pointers(&[huge, 0], &[0, 1], &[]).map(|_| ()),
            Err(LayoutError::TooLarge { axis: 0 })
        );

        // An item that is larger than memory, of which there is none.
        let size = isize::MAX / 8;
        let layout = Layout::c_contiguous(&[0], size as usize).unwrap();
        let format = CString::new(format!("{size}s")).unwrap();
        let none = Untyped::new(&[], &format, layout, 0).unwrap();
        assert!(Examination::of(&Object::new(none)).run().is_ok());
    });
    ends(|| {
        let layout = Layout::strided(&[isize::MAX as usize / 2, 2], &[0, 1], 1).unwrap();
        let strided = |bytes: [u8; 2], writable: bool| {
            let new = if writable { Strided::writable } else { Strided::readonly };
            Object::new(new(bytes.to_vec(), layout.clone(), 0).unwrap())
        };
        let (target, source) = (strided([0, 0], true), strided([3, 4], false));
        let target = Buffer::get(&target, Request::FULL).unwrap();
        let source = Buffer::get(&source, Request::FULL_RO).unwrap();
        target.copy_rows_from(&source).unwrap();
        assert_eq!((target.item::<u8>(&[9, 0]), target.item::<u8>(&[7, 1])), (Ok(3), Ok(4)));
    });
}

#[test]
fn an_examination_gives_all_back_when_foreign_code_panics() {
    let object = Object::new(vec![1u8, 2]);
    let panics = |mut steps: usize| {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let count = move |_| {
                steps = steps.checked_sub(1).expect("on purpose");
            };
            Examination::of(&object).follow(count).mutate("panic", || panic!("on purpose")).run();
        }))
    };
    for steps in [0, 1, 100, 511, 512, 600, 1024, 1025, 1026, 5000] {
        assert!(panics(steps).is_err());
        let exported = object.exported::<Vec<u8>>().unwrap();
        assert_eq!((object.references(), exported.exports()), (1, 0), "after {steps} steps");
    }
}

#[test]
fn references_that_come_and_go_during_an_examination() {
    let object = Object::new(vec![1u8, 2]);
    let (mut other, mut clones) = (Some(object.clone()), Vec::new());
    let examination =
        Examination::of(&object).follow(|_| clones.push(object.clone())).mutate("drop", || {
            other = None;
            Ok(())
        });
    examination.run();
    assert!(clones.len() > 1000);
    drop(clones);
    assert_eq!(object.references(), 1);
}

#[test]
fn a_broken_exporter_takes_no_references_but_its_own() {
    for fault in &FAULTS {
        let broken = Broken::new(fault.rule).unwrap();
        let mut examination = Examination::of(&broken);
        for _ in 0..9000 {
            examination = examination.mutate("nothing", || Ok(()));
        }
        examination.run();
        // Some keep references that they have taken; none has dropped one of others.
        let references = broken.references();
        assert!((1..100_000).contains(&references), "{}: {references}", fault.rule);
    }
}

/// A bridge prepares for foreign code only where this says that some runs.
#[test]
fn each_way_to_lend_says_whether_foreign_code_runs() {
    let exported = || Exported::new(Refusing::new());
    assert!(!exported().runs_foreign_code());
    assert!(Snapshot(Bad).runs_foreign_code());
    let lazy = Lazy::new(vec![1u8]);
    assert!(lazy.runs_foreign_code());
    drop(Buffer::get(&lazy, Request::SIMPLE));
    assert!(!lazy.runs_foreign_code());
    let boxed: [Box<dyn RawExporter>; 2] = [Box::new(exported()), Box::new(Snapshot(Bad))];
    assert_eq!(
        boxed.map(|raw_exporter| RawExporter::runs_foreign_code(&raw_exporter)),
        [false, true]
    );
}

#[test]
fn the_drop_of_an_error_may_change_a_broken_exporter() {
    thread_local! {
        static BROKEN: Broken = Broken::new("getbuffer.fill").unwrap();
    }
    ends(|| {
        let changed = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&changed);
        raise(Error::raised(plain, move || {
            BROKEN.with(|broken| broken.mutate().unwrap());
            count.fetch_add(1, Ordering::Relaxed);
        }));
        let mut view = Py_buffer::zeroed();
        BROKEN.with(|broken| broken.get_buffer(&mut view, Request::STRIDES.bits()));
        take_raised();
        assert_eq!(changed.load(Ordering::Relaxed), 1);
    });
}

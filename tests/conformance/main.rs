//! Every check finds the exporter that breaks its rule, no other check does, and good exporters
//! break none.

#[path = "../requests/exporters.rs"]
#[allow(dead_code)] // what is true of each is for the test `requests`
mod exporters;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bufferprocs::conformance::{CHECKS, Examination, Exception, Input, Report, Severity, Step};
use bufferprocs::exporters::broken::{Broken, FAULTS};
use bufferprocs::exporters::{Reexport, Snapshot, Snapshots, Strided, bytes};
use bufferprocs::{
    Buffer, BufferError, Exporter, Layout, Object, Request, Shared, View, assert_conforms,
};

/// Examines a broken exporter. It gets the input that its check requires, and no other.
fn examine(broken: &Broken, input: Option<Input>) -> Report {
    let examination = Examination::of(broken);
    match input {
        None => examination.run(),
        Some(Input::Contents) => examination.contents(broken.contents()).run(),
        Some(Input::Within) => examination.within(broken.memory()).run(),
        Some(Input::Base) => examination.base(broken.original()).run(),
        Some(Input::Reenter) => examination.reenter("reenter", || broken.reenter()).run(),
        Some(Input::Mutate) => examination.mutate("mutate", || Ok(broken.mutate()?)).run(),
    }
}

fn rules(report: &Report) -> BTreeSet<&'static str> {
    report.violations.iter().map(|found| found.check.rule).collect()
}

#[test]
fn every_check_has_one_fault() {
    let checks: Vec<_> = CHECKS.iter().map(|check| check.rule).collect();
    let faults: Vec<_> = FAULTS.iter().map(|fault| fault.rule).collect();
    assert_eq!(checks, faults);
    let different: BTreeSet<_> = checks.iter().collect();
    assert_eq!(different.len(), checks.len());
}

/// Faults that keep references or views until they are dropped.
const KEEPERS: [&str; 3] =
    ["exported.no-request-during-change", "getbuffer.refuse.no-trace", "release.give-back"];

#[test]
fn every_fault_is_found_by_its_check_and_by_no_other() {
    let (mut wrong, mut keepers) = (Vec::new(), Vec::new());
    for (check, fault) in CHECKS.iter().zip(&FAULTS) {
        let broken = Broken::new(fault.rule).unwrap();
        let report = examine(&broken, check.requires);
        let expected: BTreeSet<_> = fault.implied.iter().copied().chain([fault.rule]).collect();
        if rules(&report) != expected {
            wrong.push(format!("-- {}, found {:?}\n{report}", fault.rule, rules(&report)));
        }
        if broken.references() != 1 {
            keepers.push(fault.rule);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(keepers, KEEPERS, "the examination gives back what it took of all others");
}

#[test]
fn good_exporters_break_no_rule() {
    for exporter in exporters::test_exporters() {
        let report = Examination::of(&exporter.object).run();
        assert!(report.is_ok(), "{}\n{report}", exporter.name);
        let expected: &[&str] =
            if exporter.bare_format { &["request.format.without-nd"] } else { &[] };
        let expected: BTreeSet<_> = expected.iter().copied().collect();
        assert_eq!(rules(&report), expected, "{}\n{report}", exporter.name);
        assert_eq!(exporter.object.references(), 1, "{}", exporter.name);
    }
}

#[test]
fn all_that_can_be_told_of_a_good_exporter() {
    let object = Object::new(Shared::from_vec(vec![1u16, 2, 3]));
    let samples = object.exported::<Vec<Shared<u16>>>().unwrap();
    let start = samples.try_borrow().unwrap().as_ptr().addr();
    let report = Examination::of(&object)
        .contents([1u16, 2, 3].map(u16::to_ne_bytes).concat())
        .within(start..start + 6)
        .mutate("push", || {
            samples.try_mut()?.push(Shared::new(4));
            Ok(())
        })
        .run();
    assert!(report.violations.is_empty() && report.is_ok(), "{report}");
    assert_eq!(report.missing_inputs, [Input::Base, Input::Reenter]);

    // Asked during a change, it refuses.
    assert_conforms!(
        object,
        reenter("request during a change", || {
            let change = samples.try_mut().unwrap();
            let view = Buffer::get(&object, Request::FULL_RO).ok();
            drop(change);
            view.map(|buffer| (buffer.raw().buf.addr(), buffer.len_bytes()))
        })
    );

    let base = Object::new(Shared::from_vec(vec![1u16, 2, 3]));
    let member = Object::new(Reexport::new(Buffer::get(&base, Request::FULL).unwrap()));
    assert_conforms!(member, base(&base));
    let run = Object::new(Reexport::new(Buffer::get(&base, Request::SIMPLE).unwrap()));
    assert_conforms!(run, base(&base));
}

#[test]
fn an_exporter_that_grants_nothing_is_not_ok() {
    let object = Object::without_procs(());
    let report = Examination::of(&object).run();
    assert!(!report.is_ok() && report.granted == 0);
    let refusal = report.refusal.as_deref();
    assert_eq!(refusal, Some("TypeError: the object does not export a buffer"), "{report}");
    // An exporter cannot change what CPython does before it calls the slot.
    assert_eq!(rules(&report), BTreeSet::from(["getbuffer.refuse.obj-null"]));
}

/// A mutator is called once with a view held and once without.
#[test]
fn what_a_mutator_raises_is_looked_at() {
    let object = Object::new(Shared::from_vec(vec![1u16]));
    let held = RefCell::new(Vec::new());
    let report = Examination::of(&object)
        .mutate("refuses in other words", || {
            let exports = object.exported::<Vec<Shared<u16>>>().unwrap().exports();
            held.borrow_mut().push(exports);
            if exports > 0 { Err(Exception::other("ValueError", "not now")) } else { Ok(()) }
        })
        .run();
    assert_eq!(held.into_inner(), [1, 0]);
    assert_eq!(rules(&report), BTreeSet::from(["exported.no-resize"]), "{report}");
    assert!(report.violations[0].found.contains("ValueError: not now"), "{report}");
}

/// A check that proves nothing is not counted.
#[test]
fn what_is_told_and_of_no_use_is_named() {
    let object = Object::new(Shared::from_vec(vec![1u16]));
    let fails = || Err(Exception::other("NameError", "name 'nope' is not defined"));
    let report = Examination::of(&object).mutate("nope()", fails).run();
    let reason =
        "mutate: nope() raises NameError: name 'nope' is not defined, with a view and without";
    assert_eq!(report.rejected_inputs, [reason]);
    assert!(!report.is_ok() && report.violations.is_empty(), "{report}");
    assert!(report.checked.iter().all(|check| check.requires.is_none()), "{report}");

    let none = Object::without_procs(());
    assert_eq!(Examination::of(&object).base(&none).run().rejected_inputs.len(), 1);
    let run = Object::new(Reexport::new(Buffer::get(&object, Request::SIMPLE).unwrap()));
    let report = Examination::of(&run).contents([9, 9]).within(0..1).run();
    assert_eq!(report.rejected_inputs.len(), 2, "{report}");
    let inputs: Vec<_> = report.checked.iter().filter_map(|check| check.requires).collect();
    assert!(inputs.is_empty(), "{report}");
}

/// The rules that a report counts as checked.
fn checked(report: &Report) -> BTreeSet<&'static str> {
    report.checked.iter().map(|check| check.rule).collect()
}

#[test]
fn a_rule_without_a_case_is_not_counted_as_checked() {
    let report = Examination::of(&Object::new(Shared::from_vec(vec![1u16, 2]))).run();
    let unexamined: BTreeSet<_> = report.unexamined.iter().map(|check| check.rule).collect();
    assert!(checked(&report).is_disjoint(&unexamined));
    for (rule, has_case) in [
        ("field.len.product", true),
        ("getbuffer.refuse.obj-null", true), // FORMAT without ND is refused
        ("field.ndim.zero", false),
        ("suboffsets.indirect-only", false),
        ("field.buf.empty", false),
    ] {
        assert_eq!(checked(&report).contains(rule), has_case, "{rule}\n{report}");
        assert_eq!(unexamined.contains(rule), !has_case, "{rule}\n{report}");
    }
    let line = "not checked for want of a case: field.buf.empty, field.ndim.zero, ";
    assert!(report.to_string().contains(line), "{report}");
    let one = Object::new(
        Strided::readonly(vec![1u8], Layout::strided(&[], &[], 1).unwrap(), 0).unwrap(),
    );
    assert!(checked(&Examination::of(&one).run()).contains("field.ndim.zero"));
}

/// As a resize of a copy-on-write mapping: it fails, whether views are held or not.
#[test]
fn a_mutator_that_fails_for_reasons_of_its_own_accuses_no_exporter() {
    let object = Object::new(Shared::from_vec(vec![1u16]));
    let samples = object.exported::<Vec<Shared<u16>>>().unwrap();
    let other = |name: &'static str| Err(Exception::other(name, "for a reason of its own"));
    for held in [Err(Exception::buffer_error("a view is held")), other("ValueError")] {
        let mutate = || if samples.exports() > 0 { held.clone() } else { other("TypeError") };
        let report = Examination::of(&object).mutate("resize", mutate).run();
        assert!(report.violations.is_empty(), "{report}");
        let [reason] = &report.rejected_inputs[..] else { panic!("{report}") };
        assert!(
            reason.starts_with("mutate: resize raises ") && reason.contains("TypeError"),
            "{reason}"
        );
    }
}

#[test]
fn a_mutator_that_does_nothing_proves_nothing() {
    let object = Object::new(Shared::from_vec(vec![1u16]));
    let report = Examination::of(&object).mutate("nothing", || Ok(())).run();
    let reason = "mutate: nothing changes neither address nor size, with a view held and without";
    assert_eq!(report.rejected_inputs, [reason]);
    assert!(!checked(&report).contains("exported.no-resize"), "{report}");
}

/// Memory that another thread or process writes, as fast as it can.
#[test]
fn items_that_others_write_accuse_no_exporter() {
    let object = Object::new(Shared::from_vec(vec![0u64; 64]));
    let samples = object.exported::<Vec<Shared<u64>>>().unwrap();
    let is_over = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let items = samples.try_borrow().unwrap();
            let mut value = 0;
            while is_over.load(Ordering::Relaxed) == 0 {
                value += 1;
                items.iter().for_each(|item| item.store(value));
            }
        });
        // Waits until it writes.
        while samples.try_borrow().unwrap()[0].load() == 0 {
            std::thread::yield_now();
        }
        let reports = [(); 3].map(|()| Examination::of(&object).contents([0; 512]).run());
        is_over.store(1, Ordering::Relaxed); // before anything may panic
        for report in reports {
            assert!(report.violations.is_empty(), "{report}");
            let reason = "contents: the items change while they are compared";
            assert_eq!(report.rejected_inputs, [reason]);
        }
    });
}

#[test]
fn words_that_no_consumer_sends_are_noted() {
    let report = Examination::of(&Broken::new("request.nesting").unwrap()).run();
    let found = &report.violations[0];
    assert_eq!((found.check.severity(), found.severity()), (Severity::Error, Severity::Note));
    assert!(report.is_ok() && report.at_least(Severity::Warning).next().is_none());
    assert!(report.to_string().starts_with("note: request.nesting\n"), "{report}");
}

#[test]
fn a_format_is_in_the_syntax_of_struct_in_a_named_dialect_or_wrong() {
    let report = Examination::of(&Broken::new("field.format.string").unwrap()).run();
    let found = &report.violations[0].found;
    let expected =
        "format \"uint16\", in no known syntax (format, byte 3: no item type has the code `t`)";
    assert_eq!(found, expected);
    assert!(!checked(&report).contains("field.itemsize.one-item"), "{report}");
    let complex = Object::new(vec![bufferprocs::item::Complex { re: 0.5, im: 1.5 }]);
    let report = Examination::of(&complex).run();
    assert!(report.violations.is_empty() && checked(&report).contains("field.format.string"));
    let dialect = "the format \"Zd\" is in the syntax of PEP 3118";
    assert_eq!(report.dialect.as_deref(), Some(dialect));
    assert!(report.to_string().contains(dialect), "{report}");
    assert_eq!(Examination::of(&bytes::object(*b"abc")).run().dialect, None);
}

#[test]
fn items_that_overlap_are_found_and_repeated_ones_are_not() {
    let strided = |shape: &[usize], strides: &[isize]| {
        let layout = Layout::strided(shape, strides, 2).unwrap();
        Object::new(Strided::readonly((0..4096u16).collect(), layout, 0).unwrap())
    };
    for (shape, strides, overlaps) in [
        (&[2usize, 3][..], &[6isize, 2][..], false),
        (&[2, 3], &[4, 2], true),    // strides of the transpose
        (&[3, 3], &[8, 12], false),  // between each other, and apart
        (&[4, 3], &[8, 12], true),   // index 3, 0 is where 0, 2 is
        (&[3, 2], &[0, 2], false),   // repeated on purpose
        (&[1000, 4], &[4, 2], true), // far more items than there is room for
        (&[40, 40, 2], &[82, 2, 80], true),
        (&[1, 5], &[1, 2], false), // a stride that no index uses
    ] {
        let report = Examination::of(&strided(shape, strides)).run();
        let expected =
            if overlaps { BTreeSet::from(["strides.distinct"]) } else { BTreeSet::new() };
        assert_eq!(rules(&report), expected, "{shape:?} {strides:?}\n{report}");
        assert_eq!(report.at_least(Severity::Warning).count(), usize::from(overlaps));
    }
}

#[test]
fn large_contents_are_compared_to_the_last_byte() {
    let object = Object::new(vec![0u8; 100_000]);
    let mut contents = vec![0u8; 100_000];
    assert_conforms!(object, contents(contents.clone()));
    contents[99_999] = 1;
    let report = Examination::of(&object).contents(contents).run();
    assert_eq!(rules(&report), BTreeSet::from(["field.strides.address"]));
    let found = "byte 99999 in C order should be 0x01, and is 0x00";
    assert_eq!(report.violations[0].found, found);
    let report = Examination::of(&object).contents([0; 3]).run();
    assert_eq!(report.violations[0].found, "3 bytes were expected, and the view has 100000");

    // One byte, shown more often than there is memory: nothing of that is read.
    let often = Layout::strided(&[isize::MAX as usize], &[0], 1).unwrap();
    let object = Object::new(Strided::readonly(vec![7u8], often, 0).unwrap());
    let report = Examination::of(&object).contents([7; 3]).run();
    let found = format!("3 bytes were expected, and the view has {}", isize::MAX);
    assert_eq!(report.violations[0].found, found);
}

#[test]
fn views_with_memory_of_their_own_may_be_taken_amid_a_change() {
    let snapshot =
        exporters::test_exporters().into_iter().find(|exporter| exporter.name == "snapshot");
    let object = snapshot.unwrap().object;
    let taken = RefCell::new(Vec::new());
    let report = Examination::of(&object)
        .reenter("a view, and then a change", || {
            let view = Buffer::get(&object, Request::FULL_RO).unwrap();
            let shown = (view.raw().buf.addr(), view.len_bytes());
            taken.borrow_mut().push(view);
            Some(shown)
        })
        .run();
    assert!(report.violations.is_empty(), "{report}");
}

/// A log from which each view gets a copy, and that is one item longer each time.
struct Log {
    asked: AtomicUsize,
    freed: Arc<AtomicUsize>,
}

struct Logged {
    items: Vec<u16>,
    freed: Arc<AtomicUsize>,
}

impl Snapshots for Log {
    type Copy = Logged;

    fn snapshot(&self) -> Result<Logged, BufferError> {
        let items = vec![7; 1 + self.asked.fetch_add(1, Ordering::Relaxed)];
        Ok(Logged { items, freed: Arc::clone(&self.freed) })
    }
}

impl Exporter for Logged {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(View::readonly(&self.items))
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        self.freed.fetch_add(1, Ordering::Relaxed);
    }
}

/// The rules on memory that views share accuse nobody who gives each view memory of its own.
#[test]
fn views_with_memory_of_their_own_end_one_by_one_and_may_differ() {
    let freed = Arc::new(AtomicUsize::new(0));
    let log = Log { asked: AtomicUsize::new(0), freed: Arc::clone(&freed) };
    let object = Object::from_raw_exporter(Snapshot(log));
    let first = Buffer::get(&object, Request::FULL_RO).unwrap();
    let second = Buffer::get(&object, Request::FULL_RO).unwrap();
    drop(first);
    assert_eq!((freed.load(Ordering::Relaxed), second.len_bytes()), (1, 4));
    drop(second);

    let mutate = || Ok(()); // it goes through without an error: nothing is refused
    let report = Examination::of(&object).mutate("append", mutate).run();
    assert!(report.violations.is_empty() && report.is_ok(), "{report}");
    let asked = object.value::<Snapshot<Log>>().unwrap().0.asked.load(Ordering::Relaxed);
    assert_eq!(freed.load(Ordering::Relaxed), asked);
}

#[test]
fn a_rule_can_be_ignored_and_requests_are_counted_once() {
    let report = Examination::of(&Broken::new("release.give-back").unwrap()).run();
    assert_eq!(report.violations[0].requests.len(), 384);
    let report = report.ignoring("release.give-back");
    assert!(report.is_ok() && !checked(&report).contains("release.give-back"), "{report}");
}

#[test]
fn steps_are_told_before_they_are_taken() {
    let steps = RefCell::new(Vec::new());
    let object = bytes::object(*b"abc");
    let report = Examination::of(&object).follow(|step| steps.borrow_mut().push(step)).run();
    assert!(report.is_ok());
    let steps = steps.into_inner();
    assert_eq!(steps[0x1c], Step::Alone(Request::RECORDS_RO));
    let (reading, others): (Vec<Step>, Vec<Step>) =
        steps.iter().partition(|step| matches!(step, Step::Reading(_)));
    assert_eq!(steps[512..512 + reading.len()], reading);
    assert!(reading.contains(&Step::Reading(Request::FULL_RO)));
    assert_eq!(others.len(), 512 + 512 + 2);
    assert_eq!(others[512 + 0x1c], Step::Beside(Request::RECORDS_RO));
    assert_eq!(others[1024..], [Step::Releases, Step::Copies]);
}

#[test]
fn a_report_says_where_and_what() {
    let broken = Broken::new("getbuffer.refuse.obj-null").unwrap();
    let report = Examination::of(&broken).run();
    let text = report.to_string();
    for line in [
        "error: getbuffer.refuse.obj-null",
        "  request   0x001 WRITABLE, and 319 more",
        "  expected  obj NULL after the refusal",
        "  found     obj set to the exporter",
        "  book      procs.html#r-getbuffer.refuse.obj-null",
        "192 of 512 requests granted; 47 rules checked: 1 error, 0 warnings, 0 notes",
        "not checked without `base`: chain.invents-nothing, chain.stays-read-only",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert_eq!(report.at_least(Severity::Note).count(), 1);
    assert!(Broken::new("no.such-rule").is_none());

    let text = report.clone().only("field.buf.first-item").to_string();
    let missing_inputs = "not checked without `contents`: field.buf.first-item";
    assert!(text.starts_with("192 of 512 requests granted; 0 rules checked: 0 errors"), "{text}");
    assert!(text.contains(missing_inputs) && !text.contains("`base`"), "{text}");
    assert!(!report.clone().only("getbuffer.refuse.obj-null").is_ok());
    assert!(report.only("field.len.product").is_ok());
}

#[test]
#[should_panic(expected = "broken does not conform")]
fn the_macro_panics_with_the_report() {
    let broken = Broken::new("field.len.product").unwrap();
    assert_conforms!(broken);
}

//! The judgement, by records written by hand; and consumers in Rust.

use std::collections::BTreeSet;
use std::ffi::c_int;

use super::event::STRUCT_FIELDS;
use super::*;
use crate::abi::{
    PyBUF_ANY_CONTIGUOUS, PyBUF_FORMAT, PyBUF_FULL_RO, PyBUF_ND, PyBUF_SIMPLE, PyBUF_WRITABLE,
};
use crate::conformance::Severity;
use crate::{Buffer, BufferError, Order, Request};

fn number_of(name: &str) -> usize {
    scenarios().iter().position(|scenario| scenario.name == name).unwrap()
}

fn requested(view: impl Into<Option<u32>>, flags: c_int) -> Event {
    Event::Requested { granted: view.into(), flags, at: 8 }
}

fn released(view: u32, changed: u32) -> Event {
    Event::Released { view, at: 8, changed, raised: false }
}

fn returned(value: &str) -> Outcome {
    Outcome::Returned { value: Some(value.to_owned()) }
}

fn record_of(name: &str, outcome: Outcome, events: &[Event]) -> Record {
    Record {
        scenario: number_of(name),
        outcome,
        phase: Phase::Done,
        events: events.to_vec(),
        kept: 0,
        keepers: Vec::new(),
        wrote_after_release: false,
    }
}

/// The findings, as `error RULE`, or `error -` without a rule.
fn judged(records: &[Record]) -> BTreeSet<String> {
    let report = ConsumerReport::of(&scenarios(), records, Vec::new());
    let word = |found: &ConsumerFinding| {
        format!("{} {}", found.severity, found.rule.unwrap_or("-")) //
    };
    report.findings.iter().map(word).collect()
}

#[track_caller]
fn case(record: Record, expected: &[&str]) {
    let expected: BTreeSet<String> = expected.iter().map(|&word| word.to_owned()).collect();
    assert_eq!(judged(&[record]), expected);
}

#[test]
fn releases_and_fields() {
    let of = |events: &[Event]| record_of("bytes", returned("1"), events);
    let get = requested(0, PyBUF_FULL_RO);
    case(of(&[get, released(0, 0)]), &[]);
    let again = Event::ReleasedAgain { view: Some(0), at: 8 };
    case(of(&[get, released(0, 0), again]), &["error exports.release-once"]);
    let unknown = Event::ReleasedAgain { view: None, at: 8 };
    case(of(&[unknown]), &["error exports.release-once"]);
    let field_rules = [
        (0..6, "warning consumer.struct-as-filled"),
        (6..10, "error view.read-only-fields"),
        (10..11, "error release.internal-unchanged"),
        (STRUCT_FIELDS..STRUCT_FIELDS + 4, "error view.read-only-fields"),
    ];
    for (places, expected) in field_rules {
        for place in places {
            case(of(&[get, released(0, 1 << place)]), &[expected]);
        }
    }
    let leak = Record { kept: 1, ..of(&[get]) };
    case(leak.clone(), &["error exports.release-once"]);
    let keepers = vec!["list".to_owned()];
    case(Record { keepers, ..leak }, &["warning consumer.release-promptly"]);
    let wrote = Record { wrote_after_release: true, ..of(&[get, released(0, 0)]) };
    case(wrote, &["error consumer.no-use-after-release"]);
}

#[test]
fn flags() {
    let of = |flags| record_of("bytes", returned("1"), &[requested(0, flags), released(0, 0)]);
    for flags in 0..512 {
        // By the header: what is above ND comes with ND, what is above STRIDES with that.
        let has = |bits: c_int| flags & bits == bits;
        let nests = flags & 0x02 == 0
            && (flags & 0x1F0 == 0 || has(0x08))
            && (flags & 0x1E0 == 0 || has(0x18));
        let bare = has(PyBUF_FORMAT) && !has(PyBUF_ND);
        let expected: &[&str] = match (nests, bare) {
            (false, _) => &["warning request.values"],
            (true, true) => &["warning request.format.without-nd"],
            (true, false) => &[],
        };
        case(of(flags), expected);
    }
    case(of(0x1000), &["warning request.values"]);
}

#[test]
fn ends_of_the_process() {
    let view = [requested(0, PyBUF_SIMPLE)];
    let gone = [requested(0, PyBUF_SIMPLE), released(0, 0)];
    let strided = [requested(0, PyBUF_FULL_RO)];
    let refused = [requested(None, PyBUF_SIMPLE)];
    let died = |name, events: &[Event], region: Option<Region>| {
        let fault = region.map(|region| Fault { region, offset: 3, is_write: Some(true) });
        let outcome = Outcome::Died { how: "SIGSEGV".to_owned(), fault };
        Record { phase: Phase::Call, ..record_of(name, outcome, events) }
    };
    let cases: [(&str, &[Event], Option<Region>, &str); 15] = [
        ("bytes", &gone, Some(Region::Released), "consumer.no-use-after-release"),
        ("bytes, read-only", &view, Some(Region::Items), "writable.respect"),
        ("bytes", &view, Some(Region::Fields), "view.read-only-fields"),
        ("bytes", &view, Some(Region::AfterItems), "field.len.one-run"),
        ("bytes", &view, Some(Region::BeforeItems), "field.len.one-run"),
        ("bytes", &strided, Some(Region::AfterItems), "field.strides.address"),
        (
            "table, rows behind pointers",
            &strided,
            Some(Region::AfterItems),
            "field.suboffsets.address",
        ),
        ("no items", &view, Some(Region::AfterItems), "consumer.no-items"),
        ("every request refused", &refused, Some(Region::Refused), "consumer.refused"),
        ("bytes", &view, Some(Region::Null), "consumer.look"),
        ("every request refused", &refused, Some(Region::Null), "-"),
        ("bytes", &view, Some(Region::Elsewhere), "-"),
        // Without the address of the fault: by whether a view was held.
        ("bytes", &gone, None, "consumer.no-use-after-release"),
        ("bytes", &view, None, "-"),
        ("every request refused", &refused, None, "-"),
    ];
    for (name, events, region, rule) in cases {
        case(died(name, events, region), &[&format!("error {rule}")]);
    }
    let late = Record { outcome: Outcome::TimedOut, ..died("bytes", &view, None) };
    case(late, &["warning -"]);
}

#[test]
fn exceptions() {
    let raised = |name: &str, message: &str| Outcome::Raised {
        name: name.to_owned(),
        message: message.to_owned(),
    };
    let refused = [requested(None, PyBUF_SIMPLE)];
    let of = |outcome| record_of("bytes", outcome, &refused);
    for name in ["BufferError", "TypeError", "NotImplementedError", "KeyError"] {
        case(of(raised(name, "with an exception set")), &[]);
    }
    case(of(raised("SystemError", "bad argument")), &[]);
    for message in [
        "f returned a result with an exception set",
        "f returned NULL without setting an exception",
        "f returned a result with an error set", // before 3.11
        "f returned NULL without setting an error",
    ] {
        case(of(raised("SystemError", message)), &["error consumer.exception"]);
    }
    let lost = Event::Released { view: 0, at: 8, changed: 0, raised: true };
    let events = [requested(0, PyBUF_SIMPLE), lost];
    case(record_of("bytes", returned("1"), &events), &["warning consumer.exception"]);
    case(record_of("bytes", raised("ValueError", ""), &events), &[]);
}

/// Records of a family: what the consumer returns over each scenario.
fn family(values: &[(&str, &str)]) -> Vec<Record> {
    let events = [requested(0, PyBUF_FULL_RO), released(0, 0)];
    values.iter().map(|(name, value)| record_of(name, returned(value), &events)).collect()
}

#[test]
fn values_are_compared_if_they_depend_on_the_items_alone() {
    let of = |elsewhere, other, second, backwards, pointers| {
        judged(&family(&[
            ("bytes", "1"),
            ("bytes, at the start of a page", elsewhere),
            ("other bytes", other),
            ("bytes, every second", second),
            ("bytes, backwards", backwards),
            ("bytes, behind pointers", pointers),
        ]))
    };
    assert!(of("1", "2", "1", "1", "1").is_empty());
    let strides = BTreeSet::from(["warning field.strides.address".to_owned()]);
    assert_eq!(of("1", "2", "3", "1", "1"), strides);
    let negative = BTreeSet::from(["warning field.strides.any-sign".to_owned()]);
    assert_eq!(of("1", "2", "1", "3", "1"), negative);
    let pointers = BTreeSet::from(["warning field.suboffsets.address".to_owned()]);
    assert_eq!(of("1", "2", "1", "1", "3"), pointers);
    let mut records = family(&[("table", "1"), ("table, at the start of a page", "1")]);
    records.extend(family(&[("other table", "2"), ("table, Fortran order", "3")]));
    assert_eq!(judged(&records), strides);
    // Packed in either order, and taken for C order.
    records[3].events = vec![requested(0, PyBUF_ANY_CONTIGUOUS), released(0, 0)];
    let either = BTreeSet::from(["warning request.any-contiguous".to_owned()]);
    assert_eq!(judged(&records), either);
    // An address, and a shape.
    assert!(of("5", "2", "3", "3", "3").is_empty());
    assert!(of("1", "1", "3", "3", "3").is_empty());
    // A result without a value says nothing.
    let mut records = family(&[("bytes", "1"), ("bytes, at the start of a page", "1")]);
    records.extend(family(&[("other bytes", "2"), ("bytes, every second", "3")]));
    records[0].outcome = Outcome::Returned { value: None };
    assert!(judged(&records).is_empty());
}

#[test]
fn a_refusal_is_passed_on() {
    let mut records = family(&[("bytes", "1"), ("bytes, at the start of a page", "1")]);
    records.extend(family(&[("other bytes", "2")]));
    let refused = [requested(None, PyBUF_SIMPLE)];
    records.push(record_of("every request refused", returned("0"), &refused));
    assert_eq!(judged(&records), BTreeSet::from(["warning consumer.refused".to_owned()]));
    records.last_mut().unwrap().outcome = returned("1");
    assert!(judged(&records).is_empty());
}

#[test]
fn writable_is_for_those_that_write() {
    let granted = [requested(0, PyBUF_WRITABLE), released(0, 0)];
    let refused = [requested(None, PyBUF_WRITABLE)];
    let raised = Outcome::Raised { name: "BufferError".to_owned(), message: String::new() };
    let of = |wrote: &[Event], read_only: Record| {
        let events = [&granted[..], wrote].concat();
        let records = [
            record_of("bytes", returned("1"), &events),
            record_of("bytes, at the start of a page", returned("1"), &granted),
            read_only,
        ];
        judged(&records)
    };
    let gives_up = || record_of("bytes, read-only", raised.clone(), &refused);
    let note = BTreeSet::from(["note consumer.writable-to-write".to_owned()]);
    assert_eq!(of(&[], gives_up()), note);
    assert!(of(&[Event::Wrote { readonly: false }], gives_up()).is_empty());
    // It asks once more, without.
    let again = [refused[0], requested(0, PyBUF_SIMPLE), released(0, 0)];
    assert!(of(&[], record_of("bytes, read-only", returned("1"), &again)).is_empty());
}

#[test]
fn events_survive_their_encoding() {
    let events = [
        requested(7, PyBUF_FULL_RO),
        requested(None, -1),
        Event::Released { view: 3, at: usize::MAX, changed: 1 << 14, raised: true },
        Event::ReleasedAgain { view: None, at: 1 },
        Event::Wrote { readonly: true },
    ];
    for event in events {
        assert_eq!(Event::decode(event.encode()), Some(event));
    }
    assert_eq!(Event::decode([0; 5]), None);
}

fn found<T: Debug, E: Display>(consumer: impl Fn(&Object) -> Result<T, E>) -> Vec<&'static str> {
    let report = ConsumerExamination::of(consumer).run();
    assert!(!report.requests.is_empty(), "{report}");
    report.findings.iter().filter_map(|found| found.rule).collect()
}

/// A view by the C functions, which the consumer may mistreat.
fn raw(object: &Object) -> Result<Py_buffer, BufferError> {
    let mut view = Py_buffer::zeroed();
    // SAFETY: the object is alive, the view is valid for writes.
    match unsafe { object::get_buffer(object.as_ptr(), &mut view, PyBUF_FULL_RO) } {
        0 => Ok(view),
        _ => Err(object::take_raised().unwrap()),
    }
}

fn release(view: &mut Py_buffer) {
    // SAFETY: granted, and released as often as a watching exporter allows.
    unsafe { object::release_buffer(view) };
}

#[test]
fn consumers_in_rust_without_a_mistake() {
    let none: [&str; 0] = [];
    let to_vec = |object: &Object| -> Result<_, Box<dyn std::error::Error>> {
        Ok(Buffer::get(object, Request::FULL_RO)?.to_vec::<u8>(Order::C)?)
    };
    assert_eq!(found(to_vec), none);
    assert_eq!(found(|object: &Object| Buffer::get(object, Request::FULL_RO)), none);
    let report = ConsumerExamination::of(to_vec).run();
    assert!(report.is_ok() && report.not_examined.len() == 2, "{report}");
    assert_eq!(report.tried, report.returned + report.raised);
    let text = report.to_string();
    assert!(text.contains("requested 0x11c FULL_RO: "), "{text}");
    let no_consumer = ConsumerExamination::of(|_: &Object| Ok::<_, BufferError>(())).run();
    assert!(!no_consumer.is_ok() && no_consumer.to_string().contains("no request came"));
}

#[test]
fn consumers_in_rust_with_a_mistake() {
    let leak = |object: &Object| Buffer::get(object, Request::SIMPLE).map(std::mem::forget);
    assert_eq!(found(leak), ["exports.release-once"]);
    let twice = |object: &Object| {
        let mut view = raw(object)?;
        let mut copy = view;
        // A reference for the second release to drop. SAFETY: alive.
        unsafe { object::incref(object.as_ptr()) };
        release(&mut view);
        release(&mut copy);
        Ok::<_, BufferError>(())
    };
    assert_eq!(found(twice), ["exports.release-once"]);
    let internal = |object: &Object| {
        let mut view = raw(object)?;
        view.internal = std::ptr::null_mut();
        release(&mut view);
        Ok::<_, BufferError>(())
    };
    assert_eq!(found(internal), ["release.internal-unchanged"]);
    let shape = |object: &Object| {
        let mut view = raw(object)?;
        if let Some(shape) = std::ptr::NonNull::new(view.shape) {
            // SAFETY: the exporter's array, which it may write.
            unsafe { shape.write(3) };
        }
        release(&mut view);
        Ok::<_, BufferError>(())
    };
    assert_eq!(found(shape), ["view.read-only-fields"]);
    let late = |object: &Object| {
        let mut view = raw(object)?;
        let (first, len) = (view.buf.cast::<u8>(), view.len);
        release(&mut view);
        if len > 0 {
            // SAFETY: the memory is there as long as the object.
            unsafe { first.write(7) };
        }
        Ok::<_, BufferError>(())
    };
    assert_eq!(found(late), ["consumer.no-use-after-release"]);
    let writes = |object: &Object| {
        let mut view = raw(object)?;
        if view.len > 0 && view.suboffsets.is_null() {
            // SAFETY: the memory is there as long as the object.
            unsafe { view.buf.cast::<u8>().write(7) };
        }
        release(&mut view);
        Ok::<_, BufferError>(())
    };
    assert_eq!(found(writes), ["writable.respect"]);
    let reads_packed = |object: &Object| {
        let mut view = raw(object)?;
        let numbers = |from: *const isize| -> Vec<isize> {
            // SAFETY: arrays of `ndim` numbers, unless NULL.
            (0..view.ndim as usize).map(|axis| unsafe { *from.wrapping_add(axis) }).collect()
        };
        let in_order = view.ndim == 1 && numbers(view.strides)[0] >= 0;
        let len = if in_order && view.suboffsets.is_null() { numbers(view.shape)[0] } else { 0 };
        // Within the memory: items lie one after the other at least.
        let fits = len > 1 && numbers(view.strides)[0] > 0;
        let len = if fits { len as usize } else { 0 };
        // SAFETY: one byte for each item.
        let read: Vec<u8> =
            (0..len).map(|place| unsafe { *view.buf.cast::<u8>().wrapping_add(place) }).collect();
        release(&mut view);
        match in_order && view.suboffsets.is_null() {
            true => Ok(read),
            false => Err(BufferError::NoStrides),
        }
    };
    assert_eq!(found(reads_packed), ["field.strides.address"]);
    let panics = |object: &Object| -> Result<(), BufferError> {
        let _view = Buffer::get(object, Request::FULL_RO)?;
        panic!("a consumer that panics gives its view back")
    };
    assert_eq!(found(panics), [""; 0]);
    assert_eq!(Severity::Error.to_string(), "error");
}

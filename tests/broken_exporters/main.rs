//! Forty correct exporters, and mutants of them: exporters with one fault each. The conformance
//! checks report nothing for the correct ones, and report each mutant by the rule that its fault
//! breaks.
//!
//! A kind of fault changes one step. It is tried on every shape. Where a consumer could notice the
//! change, the result is a mutant.

mod facts;
mod kinds;
mod memory;
mod mutant;
mod shapes;
mod transcript;

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use bufferprocs::conformance::{CHECKS, Examination, Report};
use facts::Facts;
use kinds::{Kind, kinds};
use mutant::{CORRECT, Mutant};
use shapes::{Made, Place, SHAPES, Shape};

/// An exporter with its facts.
fn make(shape: &Shape) -> (Made, Facts) {
    let made = (shape.make)();
    let facts = Facts::of(&made.object, made.place == Place::PerView);
    (made, facts)
}

/// What the author of an exporter can say without the memory of a mutant.
fn claims<'a>(
    examination: Examination<'a>,
    made: &'a Made,
    facts: &Facts,
    is_told: bool,
) -> Examination<'a> {
    let mut examination = examination;
    if facts.strides.is_some() && is_told {
        examination = examination.contents(made.contents.clone()).base(&made.object);
    }
    if let Some(reenter) = made.reenter {
        examination = examination.reenter("push", move || reenter(&made.object));
    }
    if let Some(grow) = made.grow {
        examination = examination.mutate("grow", move || grow(&made.object));
    }
    examination
}

/// Examines a mutant, with all that its author can say, or without what concerns the items.
fn examine(mutant: &Mutant, made: &Made, is_told: bool) -> Report {
    let mut examination = Examination::of(mutant)
        .reenter("a request during a change", || mutant.reenter())
        .mutate("change", || mutant.mutate());
    if let Some(memory) = mutant.memory().filter(|_| mutant.facts().strides.is_some() && is_told) {
        examination = examination.within(memory);
    }
    claims(examination, made, mutant.facts(), is_told).run()
}

fn rules(report: &Report) -> BTreeSet<&'static str> {
    report.violations.iter().map(|found| found.check.rule).collect()
}

/// All that is observed of the correct exporter, in lines.
fn original(shape: &Shape) -> Vec<String> {
    let (made, facts) = make(shape);
    let mut lines = Vec::new();
    transcript::transcribe(&Mutant::new(&made, &facts, CORRECT), &mut |line| {
        lines.push(line.to_owned());
        true
    });
    lines
}

/// Whether anything that is observed of the mutant differs from the original.
fn is_mutant(kind: &Kind, shape: &Shape, original: &[String]) -> bool {
    let (made, facts) = make(shape);
    let mut is_same = true;
    let mut lines = original.iter();
    transcript::transcribe(&Mutant::new(&made, &facts, kind.fault), &mut |line| {
        is_same &= lines.next().is_some_and(|original| original == line);
        is_same
    });
    !is_same || lines.next().is_some()
}

/// A mutant and the rules that were reported.
struct Outcome {
    kind: &'static str,
    rule: &'static str,
    reported: BTreeSet<&'static str>,
    /// What is wrong with the report.
    complaint: Option<String>,
}

impl Outcome {
    fn of(kind: &Kind, shape: &Shape) -> Outcome {
        let (made, facts) = make(shape);
        let report = examine(&Mutant::new(&made, &facts, kind.fault), &made, kind.is_told);
        let reported = rules(&report);
        let is_expected = |rule: &&str| kind.implied.contains(rule) || *rule == kind.rule;
        let is_right = reported.contains(kind.rule) && reported.iter().all(is_expected);
        let (name, rule) = (kind.name, kind.rule);
        let complaint = (!is_right).then(|| {
            let expected = format!("{rule} expected, perhaps with {:?}", kind.implied);
            format!("-- {name}, on {}: {expected}; found {reported:?}\n{report}", shape.name)
        });
        Outcome { kind: name, rule, reported, complaint }
    }
}

/// The mutants of all kinds and shapes.
fn outcomes() -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut outcomes = Vec::new();
        while let Some(shape) = SHAPES.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (original, (_, facts)) = (original(shape), make(shape));
            let fitting = kinds().into_iter().filter(|kind| (kind.on)(&facts));
            let mutants = fitting.filter(|kind| is_mutant(kind, shape, &original));
            outcomes.extend(mutants.map(|kind| Outcome::of(kind, shape)));
        }
        outcomes
    };
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get().min(8));
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    })
}

/// Prints a line, also if the test passes, and demands that the book has it.
#[track_caller]
fn publish(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("standard output can be written");
    let page = include_str!("../../book/src/checking.md");
    let is_there = page.lines().any(|found| found == line);
    // On other systems there are fewer kinds.
    let is_right = is_there || !kinds::TRIES_ADDRESSES;
    assert!(is_right, "book/src/checking.md should have this line:\n{line}");
}

#[test]
fn correct_exporters_are_without_a_finding() {
    let mut clean = 0;
    for shape in &SHAPES {
        let (made, facts) = make(shape);
        let report = examine(&Mutant::new(&made, &facts, CORRECT), &made, true);
        assert!(report.violations.is_empty() && report.is_ok(), "{}\n{report}", shape.name);
        // The exporter by itself too, without the layer that mutants change.
        let (made, facts) = make(shape);
        let report = claims(Examination::of(&made.object), &made, &facts, true).run();
        assert!(report.violations.is_empty() && report.is_ok(), "{}\n{report}", shape.name);
        clean += 1;
    }
    publish(&format!("correct: {clean} of {} without a finding", SHAPES.len()));
}

#[test]
fn mutants_are_reported_by_their_rule() {
    let outcomes = outcomes();
    let wrong: Vec<_> =
        outcomes.iter().filter_map(|outcome| outcome.complaint.as_deref()).collect();
    assert!(wrong.is_empty(), "{} wrong reports\n{}", wrong.len(), wrong.join("\n"));

    let different: BTreeSet<_> = outcomes.iter().map(|outcome| outcome.kind).collect();
    let broken: BTreeSet<_> = outcomes.iter().map(|outcome| outcome.rule).collect();
    let mut unreported = Vec::new();
    for kind in kinds() {
        assert!(different.contains(kind.name), "no mutant: {}", kind.name);
        for rule in kind.implied {
            let is_reported =
                |outcome: &Outcome| outcome.kind == kind.name && outcome.reported.contains(rule);
            if !outcomes.iter().any(is_reported) {
                unreported.push(format!("{}: {rule}", kind.name));
            }
        }
    }
    assert!(unreported.is_empty(), "implied rules that are never reported: {unreported:#?}");
    let share = 100 * broken.len() / CHECKS.len();
    let without: Vec<_> = CHECKS.iter().map(|check| check.rule).collect();
    let without: Vec<_> = without.iter().filter(|rule| !broken.contains(**rule)).collect();
    assert!(share >= 80, "rules without a kind of fault: {without:?}");
    assert!(different.len() >= 60 && outcomes.len() >= 300, "too few kinds or mutants");
    publish(&format!(
        "mutants: {} of {} reported by their rule; {} kinds, {} of {} rules ({share} %)",
        outcomes.len() - wrong.len(),
        outcomes.len(),
        different.len(),
        broken.len(),
        CHECKS.len(),
    ));
}

/// A name stands for one fault only.
#[test]
fn kinds_and_shapes_have_different_names() {
    let names: BTreeSet<_> = kinds().iter().map(|kind| kind.name).collect();
    assert_eq!(names.len(), kinds().len());
    let names: BTreeSet<_> = SHAPES.iter().map(|shape| shape.name).collect();
    assert_eq!(names.len(), SHAPES.len());
}

/// The judgement fails for another rule, and for a rule that is not listed.
#[test]
fn a_report_by_another_rule_is_a_complaint() {
    let shape = SHAPES.iter().find(|shape| shape.name == "rows in C order").unwrap();
    let find = |name: &str| *kinds().iter().find(|kind| kind.name == name).unwrap();
    let swapped = find("strides are in the wrong order");
    assert_eq!(Outcome::of(swapped, shape).complaint, None);
    let copy = |rule, implied| Kind { rule, implied, ..*swapped };
    for wrong in [copy("field.len.product", swapped.implied), copy(swapped.rule, &[])] {
        assert!(Outcome::of(&wrong, shape).complaint.is_some(), "{}", wrong.rule);
    }
}

/// A fault without effect, in general or on this shape, makes no mutant.
#[test]
fn a_fault_that_cannot_be_observed_makes_no_mutant() {
    let shape = SHAPES.iter().find(|shape| shape.name == "line of H, read-only").unwrap();
    let original = original(shape);
    let is_mutant_of = |fault| {
        let kind = Kind { name: "", rule: "", implied: &[], on: |_| true, is_told: true, fault };
        is_mutant(&kind, shape, &original)
    };
    assert!(!is_mutant_of(CORRECT));
    let one_readonly = mutant::Fault { granted: |step| step.view.readonly = 1, ..CORRECT };
    assert!(!is_mutant_of(one_readonly));
    let one_writable = mutant::Fault { granted: |step| step.view.readonly = 0, ..CORRECT };
    assert!(is_mutant_of(one_writable));
}

//! Seven comparisons on arbitrary input: what the crate says and does, beside CPython, NumPy or a
//! model.
//!
//! A target makes a case of the bytes it is given, and fails where the two sides differ. Each is
//! run in three ways: on the seeds in `corpus/` by `cargo test`; by `fuzz.py` for as long as one
//! likes, on random bytes and on seeds that were changed a little; and by cargo-fuzz, which looks
//! for bytes that reach code not seen before.
//!
//! As a Python module it is called `fuzzing`.

mod choices;
mod consumers;
mod exporters;
mod format;
mod given;
mod layout;
mod ndarrays;
mod reading;
mod request;
mod slices;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use arbitrary::Unstructured;
use pyo3::exceptions::{PyAssertionError, PyKeyError};
use pyo3::prelude::*;

#[allow(dead_code)] // the tests choose in more ways
#[path = "../../tests/python/random.rs"]
mod random;

use random::{Choices, Random};

/// How a case ended that shows no fault.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    /// The two sides were compared.
    Compared,
    /// Both sides refuse the request, or the type.
    Refused,
    /// The bytes make nothing that can be compared.
    Nothing,
}

/// Fails with what differs. The inner error means that the bytes were too few to make a case of.
type Outcome = Result<arbitrary::Result<Case>, String>;
type Target = fn(Python<'_>, &mut Unstructured<'_>) -> Outcome;

const TARGETS: [(&str, Target); 7] = [
    ("format", format::compare),
    ("layout", layout::compare),
    ("request", request::compare),
    ("slices", slices::compare),
    ("consumers", consumers::compare),
    ("exporters", exporters::compare),
    ("reading", reading::compare),
];

/// Most bytes of a random input.
const MOST: usize = 96;

/// Panics so far, those included that the crate turns into errors: no target's exporter panics by
/// itself.
static PANICS: AtomicUsize = AtomicUsize::new(0);

fn target(name: &str) -> PyResult<Target> {
    let found = TARGETS.into_iter().find(|(each, _)| *each == name);
    found.map(|(_, target)| target).ok_or_else(|| PyKeyError::new_err(name.to_owned()))
}

/// Runs one case. A difference and a panic name the bytes that led to it.
fn run_one(py: Python<'_>, target: Target, input: &[u8]) -> Result<Case, String> {
    let panics = PANICS.load(Ordering::Relaxed);
    let ran = catch_unwind(AssertUnwindSafe(|| target(py, &mut Unstructured::new(input))));
    let caught = PANICS.load(Ordering::Relaxed) > panics;
    let told = |what: &str| {
        let hex: String = input.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("input {hex}: {what}")
    };
    match ran {
        Ok(Ok(_)) if caught => Err(told("a panic that somebody caught")),
        Ok(Ok(case)) => Ok(case.unwrap_or(Case::Nothing)),
        Ok(Err(difference)) => Err(told(&difference)),
        Err(payload) => Err(told(&format!("a panic: {}", message(&*payload)))),
    }
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("?")
}

/// One case for libFuzzer, in an interpreter of its own. Stops the process where the sides differ.
pub fn alone(name: &str, input: &[u8]) {
    Python::attach(|py| {
        let target = target(name).expect("a target's name");
        if let Err(difference) = run_one(py, target, input) {
            eprintln!("{difference}");
            std::process::abort();
        }
    });
}

/// An input: random bytes, or a seed with a few bytes changed, left out or put in.
fn next_input(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    if seeds.is_empty() || random.chance(3, 4) {
        let len = 1 + random.below(MOST);
        let words = (0..len.div_ceil(8)).flat_map(|_| random.word().to_le_bytes());
        return words.take(len).collect();
    }
    let mut input = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(4) {
        let at = random.below(input.len() + 1);
        let byte = random.below(256) as u8;
        match random.below(4) {
            0 => input.insert(at, byte),
            1 if at < input.len() => drop(input.remove(at)),
            _ if at < input.len() => input[at] = byte,
            _ => input.push(byte),
        }
    }
    input
}

#[pymodule]
mod fuzzing {
    use super::*;

    /// Names of the targets.
    #[pyfunction]
    fn targets() -> Vec<&'static str> {
        TARGETS.iter().map(|(name, _)| *name).collect()
    }

    /// Runs the case that `input` makes. Returns whether it was compared, or refused by both sides.
    #[pyfunction]
    fn check(py: Python<'_>, name: &str, input: &[u8]) -> PyResult<bool> {
        let case = run_one(py, target(name)?, input).map_err(PyAssertionError::new_err)?;
        Ok(case != Case::Nothing)
    }

    /// Runs `cases` cases, the same for the same `seed`. Returns how many of them were compared,
    /// and how many were refused by both sides.
    #[pyfunction]
    fn run(
        py: Python<'_>,
        name: &str,
        seed: u64,
        cases: usize,
        seeds: Vec<Vec<u8>>,
    ) -> PyResult<(usize, usize)> {
        let target = target(name)?;
        let mut random = Random(seed);
        let (mut compared, mut refused) = (0, 0);
        for _ in 0..cases {
            let input = next_input(&mut random, &seeds);
            let case = run_one(py, target, &input).map_err(PyAssertionError::new_err)?;
            compared += usize::from(case == Case::Compared);
            refused += usize::from(case == Case::Refused);
        }
        py.check_signals()?;
        Ok((compared, refused))
    }

    /// The inputs of such a run, to find the one at which it ended the process.
    #[pyfunction]
    fn inputs(seed: u64, cases: usize, seeds: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let mut random = Random(seed);
        (0..cases).map(|_| next_input(&mut random, &seeds)).collect()
    }

    #[pymodule_init]
    fn init(_module: &Bound<'_, PyModule>) -> PyResult<()> {
        let told = std::panic::take_hook();
        let tells = std::env::var_os("RUST_BACKTRACE").is_some(); // else `run_one` does
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.fetch_add(1, Ordering::Relaxed);
            if tells {
                told(panic);
            }
        }));
        Ok(())
    }
}

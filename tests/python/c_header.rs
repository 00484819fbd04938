//! `examples/c/buffer_fill.h`, compared with the oracle of requests and with `_testbuffer.ndarray`:
//! all low flag words, over thousands of layouts.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use bufferprocs::Layout;

use crate::Outcome;
use crate::c_compiler::{Compiler, Headers, Language};
use crate::interpreter::Interpreter;
use crate::oracle::{FORMAT, Facts, INDIRECT, ND, STRIDES, accepted, refusal};

/// The header in each language, with each kind of atomics: by builtins, for MSVC (with a header of
/// ours in place of Microsoft's) and by C11.
const VARIANTS: [(&str, Language, &str); 5] = [
    ("c11-builtins", Language::C11, "1"),
    ("c11-msvc", Language::C11, "2"),
    ("c11-stdatomic", Language::C11, "3"),
    ("c++17-builtins", Language::Cxx17, "1"),
    ("c++17-msvc", Language::Cxx17, "2"),
];

/// Wrong descriptions that the script tries.
const WRONG: usize = 13;

pub fn compare(python: &Interpreter) -> Outcome {
    let compiler = Compiler::find()?;
    let headers = Headers::of(python)?;
    let layouts = layouts();
    let questions: String = layouts.iter().map(Memory::question).collect();
    let ours: Vec<String> = layouts.iter().map(Memory::answers).collect();
    let all = layouts.len();
    let direct = layouts.iter().filter(|memory| memory.layout.suboffsets().is_none()).count();
    let mut beside_ndarray = String::new();
    for (place, (name, language, atomics)) in VARIANTS.into_iter().enumerate() {
        let define = format!("-DBUFFER_FILL_ATOMICS={atomics}");
        let options = [define.as_str(), "-Iexamples/c", "-isystem", "tests/python/c"];
        let folder = format!("header-{name}");
        let source = "tests/python/c/header.c";
        let folder =
            compiler.module(python, &headers, language, source, &folder, "header", &options)?;
        // Once is enough: all builds have to give the same answers.
        let variables: &[_] = if place == 0 { &[("BUFFERPROCS_NDARRAY", "1")] } else { &[] };
        let script = "tests/python/c_header.py";
        let output = python.run_with_modules_and(script, &folder, &questions, variables)?;
        let mut lines = output.lines();
        let mut differing = String::new();
        for (memory, own) in layouts.iter().zip(&ours) {
            let found = lines.next().unwrap_or("nothing");
            if found != own {
                let question = memory.question();
                let _ = writeln!(differing, "{name}, {question}C:      {found}\noracle: {own}");
            }
        }
        if !differing.is_empty() {
            return Err(format!("buffer_fill.h differs from the oracle:\n{differing}"));
        }
        let rest: Vec<&str> = lines.collect();
        let expected = [format!("contiguous {direct}"), format!("wrong descriptions {WRONG}")];
        let &[contiguous, ndarray, wrong] = rest.as_slice() else {
            return Err(format!("{name}: expected {expected:?}, found {rest:?}"));
        };
        if [contiguous, wrong] != expected {
            return Err(format!("{name}: expected {expected:?}, found {rest:?}"));
        }
        if place == 0 {
            beside_ndarray = match ndarray {
                "ndarray absent" => "; _testbuffer is absent".to_owned(),
                line if line == format!("ndarray {all}") => {
                    format!(", nor from _testbuffer.ndarray over {all} layouts")
                }
                line => return Err(format!("{name}: {line}, expected {all}")),
            };
        }
    }
    let builds = VARIANTS.len();
    Ok(format!(
        "512 words x {all} layouts x {builds} builds: 0 differences from the oracle{beside_ndarray}"
    ))
}

/// A layout, and whether consumers may write.
struct Memory {
    layout: Layout,
    /// As they are given to the header, which may get none, or some that mean nothing.
    strides: Option<Vec<isize>>,
    suboffsets: Option<Vec<isize>>,
    format: &'static str,
    readonly: bool,
}

impl Memory {
    fn question(&self) -> String {
        let list = |numbers: Option<&[isize]>| match numbers {
            None => "-".to_owned(),
            Some([]) => ",".to_owned(),
            Some(numbers) => numbers.iter().map(isize::to_string).collect::<Vec<_>>().join(","),
        };
        format!(
            "{} {} {} {} {} {}\n",
            self.layout.itemsize(),
            self.format,
            u8::from(self.readonly),
            list(Some(self.layout.shape())),
            list(self.strides.as_deref()),
            list(self.suboffsets.as_deref()),
        )
    }

    fn facts(&self) -> Facts {
        Facts {
            readonly: self.readonly,
            c: self.layout.is_c_contiguous(),
            f: self.layout.is_f_contiguous(),
            suboffsets: self.layout.suboffsets().is_some(),
            bare_format: false,
            knows_shape: true,
            knows_strides: true,
            knows_format: true,
        }
    }

    /// The line that the script has to print.
    fn answers(&self) -> String {
        let answers: Vec<String> = (0..512).map(|flags| self.answer(flags)).collect();
        let different: BTreeSet<&String> = answers.iter().collect();
        let letter = |answer| {
            let place = different.iter().position(|other| *other == answer).unwrap_or_default();
            char::from(b'A' + u8::try_from(place).unwrap_or_default())
        };
        let mut line: String = answers.iter().map(letter).collect();
        for answer in &different {
            line.push('|');
            line.push_str(answer);
        }
        line
    }

    fn answer(&self, flags: i32) -> String {
        let facts = self.facts();
        if let Some(refusal) = refusal(facts, flags) {
            assert!(!accepted(facts, flags), "the oracle contradicts itself: {flags:#x}");
            return format!("BufferError: {refusal}");
        }
        assert!(accepted(facts, flags), "the oracle contradicts itself: {flags:#x}");
        let asks = |flag| flags & flag == flag;
        let list = |is_there: bool, numbers: &[isize]| match (is_there, numbers) {
            (false, _) | (_, []) => "NULL".to_owned(),
            (_, [number]) => format!("({number},)"),
            (_, numbers) => {
                let numbers: Vec<String> = numbers.iter().map(isize::to_string).collect();
                format!("({})", numbers.join(", "))
            }
        };
        let format = match (asks(FORMAT), self.format) {
            (false, _) => "NULL",
            (_, "-") => "B",
            (_, format) => format,
        };
        format!(
            "len={} itemsize={} readonly={} ndim={} format={format} shape={} strides={} suboffsets={}",
            self.layout.len_bytes(),
            self.layout.itemsize(),
            u8::from(self.readonly),
            if asks(ND) { self.layout.ndim() } else { 1 },
            list(asks(ND), self.layout.shape()),
            list(asks(STRIDES), self.layout.strides()),
            list(asks(INDIRECT), self.layout.suboffsets().unwrap_or_default()),
        )
    }
}

/// Every shape of up to three extents of 0 to 2 (two: 0 to 3), in both orders, with each stride as
/// it is, negative, zero and doubled; suboffsets; items of other sizes; and 64 dimensions.
fn layouts() -> Vec<Memory> {
    let mut of_items = BTreeSet::new();
    for (ndim, most) in [(0, 1), (1, 3), (2, 3), (3, 2)] {
        for shape in tuples(ndim, most + 1) {
            for fastest_last in [true, false] {
                for changes in tuples(ndim, if ndim == 3 { 3 } else { 4 }) {
                    of_items.insert((shape.clone(), strides(&shape, fastest_last, &changes)));
                }
            }
        }
    }
    of_items.insert((vec![1; 64], vec![2; 64]));
    let mut all = Vec::new();
    let mut add = |shape: &[usize],
                   given: Option<&[isize]>,
                   suboffsets: Option<&[isize]>,
                   format: &'static str,
                   itemsize: usize| {
        let packed = [itemsize as isize];
        let whole = given.unwrap_or(if shape.is_empty() { &[] } else { &packed });
        for readonly in [false, true] {
            let layout = match suboffsets {
                None => Layout::strided(shape, whole, itemsize),
                Some(suboffsets) => Layout::indirect(shape, whole, suboffsets, itemsize),
            };
            let layout = layout.expect("a layout");
            let (strides, suboffsets) = (given.map(Vec::from), suboffsets.map(Vec::from));
            all.push(Memory { layout, strides, suboffsets, format, readonly });
        }
    };
    for (shape, strides) in &of_items {
        add(shape, Some(strides), None, "H", 2);
    }
    for (format, itemsize) in [("-", 1), ("B", 1), ("T{f:x:f:y:}", 8)] {
        add(&[3], None, None, format, itemsize); // the strides are the header's to find
        add(&[0], None, None, format, itemsize);
        add(&[], None, None, format, itemsize);
        let row = itemsize as isize * 3;
        add(&[2, 3], Some(&[row, itemsize as isize]), None, format, itemsize);
    }
    for suboffsets in [[-1, -1], [0, -1], [-1, 0], [4, 4]] {
        for shape in [[2, 3], [1, 1], [0, 3], [3, 0]] {
            add(&shape, Some(&[8, 2]), Some(&suboffsets), "H", 2);
        }
    }
    add(&[3], Some(&[8]), Some(&[0]), "H", 2);
    add(&[3], Some(&[2]), Some(&[-1]), "H", 2);
    all
}

/// All lists of `len` numbers below `end`.
fn tuples(len: u32, end: usize) -> Vec<Vec<usize>> {
    let digit = |number: usize, place: u32| number / end.pow(place) % end;
    (0..end.pow(len)).map(|number| (0..len).map(|place| digit(number, place)).collect()).collect()
}

/// Packed strides of items of two bytes, each of them changed.
fn strides(shape: &[usize], fastest_last: bool, changes: &[usize]) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut step = 2;
    let axes: Vec<usize> = match fastest_last {
        true => (0..shape.len()).rev().collect(),
        false => (0..shape.len()).collect(),
    };
    for axis in axes {
        strides[axis] = [step, -step, 0, 2 * step][changes[axis]];
        step *= shape[axis].max(1) as isize;
    }
    strides
}

//! Layouts: contiguity, addresses, packed strides and copies, by CPython's `PyBuffer_*` functions
//! and by us.
//!
//! All of the functions exist in 3.9 and newer. `PyBuffer_GetPointer` reads strides without asking
//! whether there are any, so every view has some.

use std::fmt::{Debug, Write as _};

use bufferprocs::{Layout, Order};

use crate::Outcome;
use crate::by_hand::ByHand;
use crate::interpreter::Interpreter;
use crate::random::{Choices, Random};

const STRIDED: usize = 8000;
const ROWS: usize = 1500;
/// More items say nothing more.
const MOST_ITEMS: usize = 200;
/// Bytes of the largest item.
const MOST_BYTES: usize = 8;
/// Bytes of the memory that the views show.
const MEMORY: usize = 512;
/// Where the first item of a strided view lies: in the middle, so that strides may go both ways.
const ORIGIN: usize = MEMORY / 2;
/// Bytes of a row behind a pointer. The memory is the rows, one after the other.
const ROW: usize = 32;

/// A view to ask about.
#[derive(Debug)]
struct Question {
    shape: Vec<usize>,
    /// In bytes; the first one counts pointers if there are rows.
    strides: Vec<isize>,
    itemsize: usize,
    rows: Option<Rows>,
}

/// A table of pointers along the first axis.
#[derive(Debug)]
struct Rows {
    suboffset: usize,
    /// The pointer for the first index 0.
    first: usize,
}

/// What CPython says of one view.
struct Answer {
    /// In C order, Fortran order, any of them.
    contiguous: [bool; 3],
    /// Of all items in C order: relative to the first one, or places in the memory if there are
    /// rows.
    addresses: Vec<isize>,
    /// The items packed in the orders C, F, A.
    packed: [Vec<u8>; 3],
    /// Only of strided views.
    strided: Option<Strided>,
}

struct Strided {
    /// The whole memory, after bytes were copied into the items in the orders C and F.
    memory: [Vec<u8>; 2],
    /// The strides of packed items in the orders C and F.
    packed_strides: [Vec<isize>; 2],
}

/// The memory, and what is copied into it.
struct Bytes {
    memory: Vec<u8>,
    source: Vec<u8>,
}

pub fn compare(python: &Interpreter) -> Outcome {
    let mut random = Random(1);
    let mut bytes = |len| -> Vec<u8> { (0..len).map(|_| random.below(256) as u8).collect() };
    let bytes = Bytes { memory: bytes(MEMORY), source: bytes(MOST_ITEMS * MOST_BYTES) };
    let mut questions: Vec<Question> = (0..STRIDED).map(|_| strided(&mut random)).collect();
    questions.extend((0..ROWS).map(|_| rows(&mut random)));
    let mut input = format!("{}\n{}\n", hex(&bytes.memory), hex(&bytes.source));
    questions.iter().for_each(|question| question.ask(&mut input));
    let output = python.run("layouts.py", &input)?;
    let lines: Vec<&str> = output.lines().collect();
    if lines.len() != questions.len() {
        return Err(format!("{} answers to {} questions", lines.len(), questions.len()));
    }
    let mut counts = Counts::default();
    for (question, line) in questions.iter().zip(lines) {
        let told = |why: String| format!("{question:?}: {why}");
        let answer = Answer::parse(line, question).ok_or_else(|| told(format!("answer {line}")))?;
        geometry(question, &answer).map_err(told)?;
        copies(question, &answer, &bytes).map_err(told)?;
        counts.add(question, &answer);
    }
    counts.enough()
}

// The questions

/// Any strides. Half of the views are packed or nearly so.
fn strided(random: &mut Random) -> Question {
    loop {
        let (shape, itemsize) = (shape(random, 0, 6), random.pick(&[1, 1, 2, 3, 4, MOST_BYTES]));
        let packed = match random.below(4) {
            0 => Layout::c_contiguous(&shape, itemsize),
            1 => Layout::f_contiguous(&shape, itemsize),
            _ => Layout::strided(&shape, &any_strides(random, shape.len(), itemsize), itemsize),
        };
        let mut strides = packed.expect("a small layout").strides().to_vec();
        if !strides.is_empty() && random.chance(1, 3) {
            let axis = random.below(strides.len());
            strides[axis] = match random.below(3) {
                0 => -strides[axis],
                1 => 0,
                _ => strides[axis] + 1,
            };
        }
        let layout = Layout::strided(&shape, &strides, itemsize).expect("a small layout");
        let (span, room) = (layout.span(), ORIGIN as isize);
        if span.start >= -room && span.end <= room {
            return Question { shape, strides, itemsize, rows: None };
        }
    }
}

/// A table of pointers, in any order and with repetitions, to rows of one or two axes.
fn rows(random: &mut Random) -> Question {
    let (row, pointers) = (ROW as isize, MEMORY / ROW);
    loop {
        let (shape, itemsize) = (shape(random, 2, 3), random.pick(&[1, 2, 3, 4]));
        let mut strides = any_strides(random, shape.len(), itemsize);
        strides[0] = random.pick(&[1, 1, -1, 2, -3, 0]);
        let (suboffset, first) = (random.below(ROW), random.below(pointers));
        let inner = Layout::strided(&shape[1..], &strides[1..], itemsize).expect("a small layout");
        let table = Layout::strided(&shape[..1], &strides[..1], 1).expect("a small layout");
        let (span, table) = (inner.span(), table.span());
        let (start, from) = (suboffset as isize, first as isize);
        let within = start + span.start >= 0 && start + span.end <= row;
        if within && from + table.start >= 0 && from + table.end <= pointers as isize {
            return Question { shape, strides, itemsize, rows: Some(Rows { suboffset, first }) };
        }
    }
}

/// Extents 0 to 4, 0 being rare, for `least` to `most` axes.
fn shape(random: &mut Random, least: usize, most: usize) -> Vec<usize> {
    loop {
        let ndim = least + random.below(most - least + 1);
        let extent = |random: &mut Random| match random.chance(1, 32) {
            true => 0,
            false => random.pick(&[1, 2, 2, 3, 3, 4]),
        };
        let shape: Vec<usize> = (0..ndim).map(|_| extent(random)).collect();
        if shape.iter().product::<usize>() <= MOST_ITEMS {
            return shape;
        }
    }
}

/// Small ones: multiples of the itemsize, or any.
fn any_strides(random: &mut Random, ndim: usize, itemsize: usize) -> Vec<isize> {
    let unit = if random.chance(1, 2) { itemsize as isize } else { 1 };
    (0..ndim).map(|_| unit * (random.below(13) as isize - 6)).collect()
}

impl Question {
    /// One line for layouts.py.
    fn ask(&self, input: &mut String) {
        let (shape, strides, itemsize) = (list(&self.shape), list(&self.strides), self.itemsize);
        let _ = match &self.rows {
            None => writeln!(input, "strided {shape} {strides} {itemsize} {ORIGIN}"),
            Some(Rows { suboffset, first }) => {
                writeln!(input, "rows {shape} {strides} {itemsize} {suboffset} {ROW} {first}")
            }
        };
    }

    /// The view for our consumer, over memory of its own.
    fn by_hand(&self, memory: Vec<u8>) -> ByHand {
        let (mut strides, ndim) = (self.strides.clone(), self.shape.len());
        let (mut table, mut first, mut suboffsets) = (Vec::new(), ORIGIN, Vec::new());
        if let Some(rows) = &self.rows {
            strides[0] *= size_of::<*const u8>() as isize;
            (table, first) = ((0..MEMORY).step_by(ROW).collect(), rows.first);
            suboffsets = vec![-1; ndim];
            suboffsets[0] = rows.suboffset as isize;
        }
        let shape = self.shape.iter().map(|&extent| extent as isize).collect();
        let (itemsize, pointers) = (self.itemsize, Vec::new());
        ByHand { memory, table, pointers, first, shape, strides, suboffsets, itemsize }
    }

    fn items(&self) -> usize {
        self.shape.iter().product()
    }

    /// The indices of all items, by the definition: in C order the last one runs fastest, in
    /// Fortran order the first.
    fn indices(&self, order: Order) -> Vec<Vec<usize>> {
        let axes: Vec<usize> = match order {
            Order::Fortran => (0..self.shape.len()).collect(),
            _ => (0..self.shape.len()).rev().collect(),
        };
        let item = |number: usize| {
            let mut indices = vec![0; self.shape.len()];
            let mut left = number;
            for &axis in &axes {
                indices[axis] = left % self.shape[axis];
                left /= self.shape[axis];
            }
            indices
        };
        (0..self.items()).map(item).collect()
    }

    /// Where an item starts in the memory.
    fn place(&self, indices: &[usize]) -> usize {
        let steps: Vec<isize> = indices
            .iter()
            .zip(&self.strides)
            .map(|(&index, stride)| index as isize * stride)
            .collect();
        let place = match &self.rows {
            None => ORIGIN as isize + steps.iter().sum::<isize>(),
            Some(Rows { suboffset, first }) => {
                let pointer = *first as isize + steps[0];
                pointer * ROW as isize + *suboffset as isize + steps[1..].iter().sum::<isize>()
            }
        };
        usize::try_from(place).expect("within the memory")
    }

    /// The places of all items, in order.
    fn places(&self, order: Order) -> Vec<usize> {
        self.indices(order).iter().map(|indices| self.place(indices)).collect()
    }
}

// The answers

impl Answer {
    fn parse(line: &str, question: &Question) -> Option<Answer> {
        let mut words = line.split(' ');
        let mut next = || words.next();
        let mut contiguous = next()?.chars().map(|answer| answer == '1');
        let contiguous = [contiguous.next()?, contiguous.next()?, contiguous.next()?];
        let addresses = numbers(next()?)?;
        let packed = [unhex(next()?)?, unhex(next()?)?, unhex(next()?)?];
        let strided = match question.rows {
            Some(_) => None,
            None => Some(Strided {
                memory: [unhex(next()?)?, unhex(next()?)?],
                packed_strides: [numbers(next()?)?, numbers(next()?)?],
            }),
        };
        next().is_none().then_some(Answer { contiguous, addresses, packed, strided })
    }
}

/// Contiguity, addresses and packed strides.
fn geometry(question: &Question, answer: &Answer) -> Result<(), String> {
    let Question { shape, strides, itemsize, .. } = question;
    let Some(Strided { packed_strides, .. }) = &answer.strided else {
        // Memory with suboffsets is not contiguous, not even if there is no item.
        differ("PyBuffer_IsContiguous", &answer.contiguous, &[false; 3])?;
        let places: Vec<isize> = question.places(Order::C).iter().map(|&at| at as isize).collect();
        return differ("PyBuffer_GetPointer", &answer.addresses, &places);
    };
    let layout = Layout::strided(shape, strides, *itemsize).expect("a small layout");
    let (c, f) = (layout.is_c_contiguous(), layout.is_f_contiguous());
    differ("PyBuffer_IsContiguous for C, F, A", &answer.contiguous, &[c, f, c || f])?;
    let offset_of = |indices: &Vec<usize>| layout.offset_of(indices).expect("indices in range");
    let offsets: Vec<isize> = question.indices(Order::C).iter().map(offset_of).collect();
    differ("PyBuffer_GetPointer", &answer.addresses, &offsets)?;
    let [c, f] = [Layout::c_contiguous, Layout::f_contiguous]
        .map(|packed| packed(shape, *itemsize).expect("a small layout"));
    differ("PyBuffer_FillContiguousStrides for C", &packed_strides[0], c.strides())?;
    differ("PyBuffer_FillContiguousStrides for F", &packed_strides[1], f.strides())
}

/// Items out of the memory and into it, by our consumer. Of items that overlap, the last one
/// stays.
fn copies(question: &Question, answer: &Answer, bytes: &Bytes) -> Result<(), String> {
    let mut view = question.by_hand(bytes.memory.clone());
    let buffer = view.buffer().map_err(|error| error.to_string())?;
    let packed = |order| buffer.to_contiguous(order).map_err(|error| error.to_string());
    differ("PyBuffer_ToContiguous for C", &answer.packed[0], &packed(Order::C)?)?;
    differ("PyBuffer_ToContiguous for F", &answer.packed[1], &packed(Order::Fortran)?)?;
    differ("PyBuffer_ToContiguous for A", &answer.packed[2], &packed(Order::Any)?)?;
    let Some(strided) = &answer.strided else { return Ok(()) };
    let source = &bytes.source[..buffer.len_bytes()];
    drop(buffer);
    let unpacked = |order| {
        let mut view = question.by_hand(bytes.memory.clone());
        let buffer = view.buffer().map_err(|error| error.to_string())?;
        buffer.from_contiguous(source, order).map_err(|error| error.to_string())?;
        drop(buffer);
        Ok::<_, String>(view.memory)
    };
    differ("PyBuffer_FromContiguous for C", &strided.memory[0], &unpacked(Order::C)?)?;
    differ("PyBuffer_FromContiguous for F", &strided.memory[1], &unpacked(Order::Fortran)?)
}

/// Names the first that differs.
fn differ<T: PartialEq + Debug>(what: &str, theirs: &[T], ours: &[T]) -> Result<(), String> {
    if theirs.len() != ours.len() {
        return Err(format!("{what}: CPython says {theirs:?}, we say {ours:?}"));
    }
    let mut pairs = theirs.iter().zip(ours).enumerate();
    match pairs.find(|(_, (theirs, ours))| theirs != ours) {
        None => Ok(()),
        Some((at, (theirs, ours))) => {
            Err(format!("{what}: at {at} CPython says {theirs:?}, we say {ours:?}"))
        }
    }
}

/// How many views of each kind were compared, so that no kind can go missing unseen.
#[derive(Default)]
struct Counts {
    c_alone: usize,
    f_alone: usize,
    neither: usize,
    empty: usize,
    overlapping: usize,
    rows: usize,
    addresses: usize,
}

impl Counts {
    fn add(&mut self, question: &Question, answer: &Answer) {
        let items = question.items();
        self.addresses += items;
        if question.rows.is_some() {
            self.rows += 1;
            return;
        }
        match answer.contiguous {
            [true, false, _] => self.c_alone += 1,
            [false, true, _] => self.f_alone += 1,
            [false, false, _] => self.neither += 1,
            [true, true, _] => self.empty += usize::from(items == 0),
        }
        let mut places = question.places(Order::C);
        places.sort_unstable();
        let overlap = places.windows(2).any(|pair| pair[1] - pair[0] < question.itemsize);
        self.overlapping += usize::from(overlap);
    }

    fn enough(&self) -> Outcome {
        let Counts { c_alone, f_alone, neither, empty, overlapping, rows, addresses } = self;
        let said = format!(
            "{STRIDED} strided views ({c_alone} in C order, {f_alone} in Fortran order, {neither} in neither, {empty} \
             without items, {overlapping} with overlapping items), {rows} behind pointers, {addresses} addresses"
        );
        let all_there = [c_alone, f_alone, neither, empty, overlapping, rows]
            .into_iter()
            .all(|&count| count >= 500);
        match all_there && *addresses >= 50_000 {
            true => Ok(said),
            false => Err(format!("too few of a kind: {said}")),
        }
    }
}

// The lines

fn list<T: ToString>(numbers: &[T]) -> String {
    match numbers {
        [] => "-".to_owned(),
        _ => numbers.iter().map(T::to_string).collect::<Vec<_>>().join(","),
    }
}

fn numbers(list: &str) -> Option<Vec<isize>> {
    match list {
        "-" => Some(Vec::new()),
        _ => list.split(',').map(|number| number.parse().ok()).collect(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    if digits == "-" {
        return Some(Vec::new());
    }
    let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(pair).collect()
}

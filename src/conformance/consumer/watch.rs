//! An exporter that keeps what its consumer does.

use std::ptr::{null_mut, without_provenance_mut};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::super::view_state::numbers;
use super::event::{ARRAYS, Event, STRUCT_FIELDS};
use super::scenario::{Refuses, Scenario};
use crate::abi::{Py_buffer, Py_ssize_t, PyObject};
use crate::error::BufferError;
use crate::grant::grant;
use crate::item::Shared;
use crate::request::Request;

/// Memory for the items of a scenario and for the arrays of its views.
///
/// # Safety
///
/// The memory that [`open`](Self::open) returns stays valid, for reads and writes, until
/// [`take_away`](Self::take_away). Items are aligned to a pointer if their size is a multiple of
/// that, and fields are in any case.
#[doc(hidden)]
pub unsafe trait Room: Send + Sync {
    /// New memory of these sizes in bytes. Items are at the end of a page, or at its start.
    fn open(&self, items: usize, at_start: bool, fields: usize) -> (*mut u8, *mut u8);

    /// Writes items and fields.
    fn write(&self, items: Option<&[u8]>, fields: &[u8]);

    /// From now on a write to the items ends the process, where that is possible.
    fn seal(&self);

    /// Items and fields.
    fn read(&self) -> (Vec<u8>, Vec<u8>);

    /// Takes the memory away, as far as that is possible.
    fn take_away(&self);

    /// Memory that ends the process when it is touched, for the view of a refused request.
    fn trap(&self) -> Option<*mut u8>;

    /// Keeps an event.
    fn keep(&self, event: Event);
}

/// The watching part of an exporter. Its procs call it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Watch<R> {
    scenario: Scenario,
    room: R,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Each view that was granted.
    views: Vec<Granted>,
    held: usize,
    open: Option<Open>,
    /// The memory, as it was when views were last seen.
    memory: Vec<u8>,
}

#[derive(Debug)]
struct Granted {
    numbers: [usize; STRUCT_FIELDS],
    at: usize,
    is_released: bool,
}

/// Memory that views show.
#[derive(Debug, Clone)]
struct Open {
    items: *mut u8,
    fields: *mut u8,
    /// The memory with its pointers, and the fields, as they were written.
    image: Vec<u8>,
    arrays: Vec<u8>,
}

// SAFETY: the pointers are passed to consumers, and are not followed here.
unsafe impl Send for State {}

/// The number of a view in `internal`, told from other numbers by the rest of the word.
const MARK: usize = 0x5A00_0000;

impl<R: Room> Watch<R> {
    pub fn new(scenario: Scenario, room: R) -> Watch<R> {
        let state = State { memory: scenario.memory.clone(), ..State::default() };
        Watch { scenario, room, state: Mutex::new(state) }
    }

    pub fn room(&self) -> &R {
        &self.room
    }

    /// Views that are held.
    pub fn held(&self) -> usize {
        self.state().held
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request, made with the struct at address `at`, by a view of `obj`.
    pub fn request(
        &self,
        obj: *mut PyObject,
        at: usize,
        flags: i32,
    ) -> Result<Py_buffer, BufferError> {
        let mut state = self.state();
        let granted = match self.scenario.refuses {
            Refuses::All => Err(BufferError::Refused("this scenario refuses every request".into())),
            Refuses::Second if state.held > 0 => {
                Err(BufferError::Refused("this scenario refuses a second view".into()))
            }
            _ => grant(&self.scenario.properties(), Request::from_bits_retain(flags)),
        };
        let granted = granted.inspect_err(|_| {
            self.room.keep(Event::Requested { granted: None, flags, at });
        })?;
        let open = match &state.open {
            Some(open) => open.clone(),
            None => self.open(&mut state),
        };
        let ndim = self.scenario.shape.len();
        let array = |is_there: bool, place: usize| match is_there {
            true => open.fields.wrapping_add(place * ndim * size_of::<Py_ssize_t>()),
            false => null_mut(),
        };
        let view = Py_buffer {
            buf: open.items.wrapping_add(self.scenario.offset).cast(),
            obj,
            len: self.scenario.len_bytes() as Py_ssize_t,
            itemsize: self.scenario.itemsize as Py_ssize_t,
            readonly: self.scenario.readonly.into(),
            ndim: granted.ndim as i32,
            format: array(granted.format, 3).cast(),
            shape: array(granted.shape, 0).cast(),
            strides: array(granted.strides, 1).cast(),
            suboffsets: array(granted.suboffsets, 2).cast(),
            internal: without_provenance_mut(MARK + state.views.len()),
        };
        let number = state.views.len() as u32;
        state.views.push(Granted { numbers: numbers(&view), at, is_released: false });
        state.held += 1;
        self.room.keep(Event::Requested { granted: Some(number), flags, at });
        Ok(view)
    }

    /// The struct that a refused request leaves, if it can lead a consumer into a trap that looks
    /// at it all the same.
    pub fn refused(&self) -> Option<Py_buffer> {
        let trap = self.room.trap()?;
        Some(Py_buffer {
            buf: trap.cast(),
            obj: null_mut(),
            len: self.scenario.len_bytes() as Py_ssize_t,
            itemsize: self.scenario.itemsize as Py_ssize_t,
            readonly: 0,
            ndim: self.scenario.shape.len() as i32,
            format: trap.cast(),
            shape: trap.cast(),
            strides: trap.cast(),
            suboffsets: null_mut(),
            internal: null_mut(),
        })
    }

    fn open(&self, state: &mut State) -> Open {
        let scenario = &self.scenario;
        let numbers = [&scenario.shape, &scenario.strides, &scenario.suboffsets];
        let ndim = scenario.shape.len();
        let mut arrays = Vec::new();
        for numbers in numbers {
            let padded = numbers.iter().copied().chain(std::iter::repeat(-1)).take(ndim);
            arrays.extend(padded.flat_map(isize::to_ne_bytes));
        }
        arrays.extend(scenario.format.to_bytes_with_nul());
        let (items, fields) = self.room.open(state.memory.len(), scenario.at_start, arrays.len());
        let mut image = state.memory.clone();
        for &(at, to) in &scenario.pointers {
            let address = items.wrapping_add(to).expose_provenance();
            image[at..][..size_of::<usize>()].copy_from_slice(&address.to_ne_bytes());
        }
        self.room.write(Some(&image), &arrays);
        if scenario.readonly {
            self.room.seal();
        }
        let open = Open { items, fields, image, arrays };
        state.open = Some(open.clone());
        open
    }

    /// Takes back a view whose struct is at address `at`. `raised`: an exception is set.
    pub fn release(&self, view: &Py_buffer, at: usize, raised: bool) {
        let mut state = self.state();
        let found = numbers(view);
        let Some(number) = state.find(found[STRUCT_FIELDS - 1], at) else {
            self.room.keep(Event::ReleasedAgain { view: None, at });
            return;
        };
        let granted = &mut state.views[number];
        if granted.is_released {
            self.room.keep(Event::ReleasedAgain { view: Some(number as u32), at });
            return;
        }
        granted.is_released = true;
        let differs = |place: &usize| granted.numbers[*place] != found[*place];
        let mut changed =
            (0..STRUCT_FIELDS).filter(differs).fold(0, |bits, place| bits | 1 << place);
        state.held -= 1;
        let (items, arrays) = self.room.read();
        if let Some(open) = &mut state.open {
            let ndim = self.scenario.shape.len() * size_of::<Py_ssize_t>();
            for place in 0..ARRAYS.len() {
                let end = if place == 3 { open.arrays.len() } else { (place + 1) * ndim };
                let part = place * ndim..end;
                if open.arrays.get(part.clone()) != arrays.get(part) {
                    changed |= 1 << (STRUCT_FIELDS + place);
                }
            }
            if arrays != open.arrays {
                self.room.write(None, &open.arrays); // reported once
            }
        }
        self.room.keep(Event::Released { view: number as u32, at, changed, raised });
        self.look_at_items(&mut state, items);
        if state.held == 0 {
            state.open = None;
            self.room.take_away();
        }
    }

    fn look_at_items(&self, state: &mut State, items: Vec<u8>) {
        let Some(open) = &mut state.open else { return };
        if items != open.image {
            self.room.keep(Event::Wrote { readonly: self.scenario.readonly });
            open.image.clone_from(&items);
            state.memory = items;
        }
    }

    /// Looks at the items of views that are never released.
    pub fn finish(&self) {
        let mut state = self.state();
        if state.open.is_some() {
            let (items, _) = self.room.read();
            self.look_at_items(&mut state, items);
        }
    }
}

impl State {
    /// The number of a view by its `internal`. If that was changed, it is a view that was requested
    /// with the same struct, or the last one that is held.
    fn find(&self, internal: usize, at: usize) -> Option<usize> {
        let number = internal.wrapping_sub(MARK);
        if number < self.views.len() {
            return Some(number);
        }
        let held = |view: &&Granted| !view.is_released;
        let mut all_held = self.views.iter().enumerate().filter(|(_, view)| held(view));
        let last = all_held.clone().next_back();
        all_held.rfind(|(_, view)| view.at == at).or(last).map(|(number, _)| number)
    }
}

/// Memory on the heap. A use after the release is found only if it writes, since nothing is freed
/// before the end.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Heap {
    /// Items and fields. The last pair is the open one, unless it was taken away.
    blocks: Mutex<Vec<Block>>,
    events: Mutex<Vec<Event>>,
}

#[derive(Debug)]
struct Block {
    items: Words,
    fields: Words,
    /// The contents of both when they were taken away.
    taken: Option<[Vec<u8>; 2]>,
}

/// Bytes, aligned to a pointer, that others may write.
#[derive(Debug)]
struct Words {
    words: Box<[Shared<u64>]>,
    len: usize,
}

impl Words {
    fn new(len: usize) -> Words {
        let words = vec![0u64; len.div_ceil(size_of::<u64>())];
        Words { words: Shared::from_vec(words).into(), len }
    }

    fn start(&self) -> *mut u8 {
        self.words.as_ptr().cast_mut().cast()
    }

    fn write(&self, bytes: &[u8]) {
        for (word, part) in self.words.iter().zip(bytes.chunks(size_of::<u64>())) {
            let mut whole = [0; size_of::<u64>()];
            whole[..part.len()].copy_from_slice(part);
            word.store(u64::from_ne_bytes(whole));
        }
    }

    fn read(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> =
            self.words.iter().flat_map(|word| word.load().to_ne_bytes()).collect();
        bytes.truncate(self.len);
        bytes
    }
}

impl Heap {
    fn blocks(&self) -> MutexGuard<'_, Vec<Block>> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Memory was written after it was taken away.
    pub fn wrote_after_release(&self) -> bool {
        self.blocks().iter().any(|block| {
            let found = [block.items.read(), block.fields.read()];
            block.taken.as_ref().is_some_and(|taken| *taken != found)
        })
    }

    /// The events so far.
    pub fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

// SAFETY: nothing is freed before the `Heap`, and words are aligned.
unsafe impl Room for Heap {
    fn open(&self, items: usize, _at_start: bool, fields: usize) -> (*mut u8, *mut u8) {
        let block = Block { items: Words::new(items), fields: Words::new(fields), taken: None };
        let starts = (block.items.start(), block.fields.start());
        self.blocks().push(block);
        starts
    }

    fn write(&self, items: Option<&[u8]>, fields: &[u8]) {
        if let Some(block) = self.blocks().last() {
            items.into_iter().for_each(|items| block.items.write(items));
            block.fields.write(fields);
        }
    }

    fn seal(&self) {}

    fn read(&self) -> (Vec<u8>, Vec<u8>) {
        let blocks = self.blocks();
        blocks.last().map(|b| (b.items.read(), b.fields.read())).unwrap_or_default()
    }

    fn take_away(&self) {
        if let Some(block) = self.blocks().last_mut() {
            block.taken = Some([block.items.read(), block.fields.read()]);
        }
    }

    fn trap(&self) -> Option<*mut u8> {
        None
    }

    fn keep(&self, event: Event) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }
}

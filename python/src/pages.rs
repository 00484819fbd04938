//! Memory in pages of its own, which are taken away; and what a trial leaves for the process that
//! waits for it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bufferprocs::conformance::consumer::{Event, Fault, Phase, Region, Room};

/// Words of the memory that two processes share. The first ones have a meaning each.
const PHASE: usize = 0;
const FAULTS: usize = 1;
const FAULT_ADDRESS: usize = 2;
const FAULT_ACCESS: usize = 3;
const EVENTS: usize = 4;
const REGIONS: usize = 5;
const FIRST_REGION: usize = 8;
/// Start, end, kind, and the address that offsets count from.
const REGION: usize = 4;
const MOST_REGIONS: usize = 512;
const FIRST_EVENT: usize = FIRST_REGION + REGION * MOST_REGIONS;
const EVENT: usize = 5;
const MOST_EVENTS: usize = 4000;
/// Size of the shared memory in bytes.
pub const SHARED: usize = (FIRST_EVENT + EVENT * MOST_EVENTS) * size_of::<u64>();

const KINDS: [Region; 6] = [
    Region::Items,
    Region::Fields,
    Region::Released,
    Region::BeforeItems,
    Region::AfterItems,
    Region::Refused,
];

/// Memory that another process shares, which outlives this one.
#[derive(Debug, Clone, Copy)]
pub struct Shared(*mut u64);

// SAFETY: words are read and written one at a time, by a single thread of each process.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    /// # Safety
    ///
    /// `start` is valid for [`SHARED`] bytes as long as the process runs, and aligned to 8.
    pub unsafe fn new(start: *mut u64) -> Shared {
        Shared(start)
    }

    fn get(self, place: usize) -> u64 {
        // SAFETY: within the memory, whose places are constants or checked by the callers.
        unsafe { self.0.wrapping_add(place).read_volatile() }
    }

    fn set(self, place: usize, word: u64) {
        // SAFETY: as above.
        unsafe { self.0.wrapping_add(place).write_volatile(word) }
    }

    fn keep(self, event: Event) {
        let count = self.get(EVENTS) as usize;
        if count < MOST_EVENTS {
            for (place, word) in event.encode().into_iter().enumerate() {
                self.set(FIRST_EVENT + count * EVENT + place, word);
            }
            self.set(EVENTS, count as u64 + 1);
        }
    }

    /// Keeps where a region is. Returns its number, if there is a place left.
    #[cfg(unix)]
    fn add_region(self, words: [u64; REGION]) -> Option<usize> {
        let count = self.get(REGIONS) as usize;
        if count == MOST_REGIONS {
            return None;
        }
        for (place, word) in words.into_iter().enumerate() {
            self.set(FIRST_REGION + count * REGION + place, word);
        }
        self.set(REGIONS, count as u64 + 1);
        Some(count)
    }
}

/// What a process left, from a copy of the shared memory.
pub struct Left(Vec<u64>);

impl Left {
    pub fn new(bytes: &[u8]) -> Option<Left> {
        let words = bytes.chunks_exact(size_of::<u64>());
        let words: Vec<u64> = words
            .map(|word| word.try_into().map(u64::from_ne_bytes))
            .collect::<Result<_, _>>()
            .ok()?;
        (words.len() == SHARED / size_of::<u64>()).then_some(Left(words))
    }

    pub fn phase(&self) -> Phase {
        let phases = [Phase::Call, Phase::Result, Phase::Use, Phase::Drop];
        phases.get(self.0[PHASE] as usize).copied().unwrap_or(Phase::Done)
    }

    pub fn events(&self) -> Vec<Event> {
        let count = (self.0[EVENTS] as usize).min(MOST_EVENTS);
        let all = self.0[FIRST_EVENT..].chunks_exact(EVENT).take(count);
        all.filter_map(|words| Event::decode(words.try_into().ok()?)).collect()
    }

    pub fn fault(&self) -> Option<Fault> {
        if self.0[FAULTS] == 0 {
            return None;
        }
        let address = self.0[FAULT_ADDRESS];
        let count = (self.0[REGIONS] as usize).min(MOST_REGIONS);
        let regions = self.0[FIRST_REGION..].chunks_exact(REGION).take(count);
        let found = regions.rev().find(|words| (words[0]..words[1]).contains(&address));
        let (region, offset) = match found {
            Some(words) => {
                let offset = address.wrapping_sub(words[3]) as isize; // between two addresses
                (KINDS.get(words[2] as usize).copied(), offset)
            }
            None if address < 1 << 16 => (Some(Region::Null), address as isize),
            None => (None, 0),
        };
        let is_write = match self.0[FAULT_ACCESS] {
            1 => Some(false),
            2 => Some(true),
            _ => None,
        };
        Some(Fault { region: region.unwrap_or(Region::Elsewhere), offset, is_write })
    }
}

#[cfg(unix)]
pub use unix::Pages as Memory;

/// Memory of pages, with pages around that cannot be touched.
#[cfg(unix)]
mod unix {
    use super::*;
    use std::ffi::{c_int, c_long, c_void};

    unsafe extern "C" {
        fn mmap(
            at: *mut c_void,
            len: usize,
            how: c_int,
            flags: c_int,
            file: c_int,
            offset: i64,
        ) -> *mut c_void;
        fn mprotect(at: *mut c_void, len: usize, how: c_int) -> c_int;
        fn sysconf(name: c_int) -> c_long;
    }

    const NO_ACCESS: c_int = 0;
    const READ: c_int = 1;
    const READ_WRITE: c_int = 3;
    const PRIVATE: c_int = 2;
    const ANONYMOUS: c_int = if cfg!(target_os = "linux") { 0x20 } else { 0x1000 };
    const PAGE_SIZE: c_int = if cfg!(target_os = "linux") { 30 } else { 29 };
    /// Pages before and after that cannot be touched.
    const GUARD: usize = 16;
    /// Memory of its own for so many times that no view is held. Later ones use the last again.
    const MOST_BLOCKS: usize = 80;

    /// The memory of one trial.
    #[derive(Debug)]
    pub struct Pages {
        shared: Shared,
        page: usize,
        trap: usize,
        state: Mutex<State>,
    }

    #[derive(Debug, Default)]
    struct State {
        blocks: usize,
        block: Option<Block>,
    }

    /// Addresses of one mapping.
    #[derive(Debug, Clone, Copy)]
    struct Block {
        pages: usize,
        /// Size of the pages of the items.
        size: usize,
        items: usize,
        len: usize,
        fields: usize,
        fields_len: usize,
        first_region: Option<usize>,
    }

    fn map(size: usize) -> usize {
        let (null, flags) = (std::ptr::null_mut(), PRIVATE | ANONYMOUS);
        // SAFETY: a new mapping at any address.
        let start = unsafe { mmap(null, size, NO_ACCESS, flags, -1, 0) };
        assert!(start.addr() != usize::MAX, "mmap gives no memory");
        start.expose_provenance()
    }

    fn protect(start: usize, size: usize, how: c_int) {
        let start = std::ptr::with_exposed_provenance_mut(start);
        // SAFETY: pages of a mapping made by `map`, which nothing in Rust refers to.
        let status = unsafe { mprotect(start, size, how) };
        assert!(status == 0, "mprotect fails");
    }

    fn write(start: usize, bytes: &[u8]) {
        let to = std::ptr::with_exposed_provenance_mut::<u8>(start);
        // SAFETY: writable memory of a mapping made by `map`, of at least this size.
        unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }

    fn read(start: usize, len: usize) -> Vec<u8> {
        let from = std::ptr::with_exposed_provenance::<u8>(start);
        let mut bytes = vec![0; len];
        // SAFETY: readable memory of a mapping made by `map`, of at least this size.
        unsafe { from.copy_to_nonoverlapping(bytes.as_mut_ptr(), len) };
        bytes
    }

    impl Pages {
        pub fn new(shared: Shared) -> Pages {
            // SAFETY: it takes any number.
            let page = unsafe { sysconf(PAGE_SIZE) } as usize;
            let trap = map(GUARD * page);
            let end = trap + GUARD * page;
            shared.add_region([trap as u64, end as u64, 5, trap as u64]);
            // The middle, so that an access before it is caught too.
            let trap = trap + GUARD / 2 * page;
            Pages { shared, page, trap, state: Mutex::default() }
        }

        fn state(&self) -> MutexGuard<'_, State> {
            self.state.lock().unwrap_or_else(PoisonError::into_inner)
        }

        fn mapped(&self, len: usize, at_start: bool, fields_len: usize) -> Block {
            let (page, guard) = (self.page, GUARD * self.page);
            let size = len.max(1).next_multiple_of(page);
            let mapping = map(3 * guard + size + page);
            let pages = mapping + guard;
            let items = if at_start { pages } else { pages + size - len };
            let fields = pages + size + guard;
            let end = fields + page + guard;
            let add = |start: usize, end: usize, kind: u64, origin: usize| {
                self.shared.add_region([start as u64, end as u64, kind, origin as u64])
            };
            let first_region = add(mapping, pages, 3, pages);
            add(pages, pages + size, 0, items);
            add(pages + size, fields, 4, pages + size);
            add(fields, end, 1, fields);
            Block { pages, size, items, len, fields, fields_len, first_region }
        }

        /// The four regions of a block become `Released`, or what they were.
        fn name_regions(&self, block: &Block, kinds: [u64; 4]) {
            if let Some(first) = block.first_region {
                for (number, kind) in (first..).zip(kinds) {
                    if number < MOST_REGIONS {
                        self.shared.set(FIRST_REGION + number * REGION + 2, kind);
                    }
                }
            }
        }

        pub fn wrote_after_release(&self) -> bool {
            false // it would have ended the process
        }
    }

    // SAFETY: mappings are never undone, and become accessible in `open`.
    unsafe impl Room for Pages {
        fn open(&self, items: usize, at_start: bool, fields: usize) -> (*mut u8, *mut u8) {
            let mut state = self.state();
            let block = match state.block {
                Some(block) if state.blocks >= MOST_BLOCKS => block,
                _ => {
                    state.blocks += 1;
                    self.mapped(items, at_start, fields)
                }
            };
            self.name_regions(&block, [3, 0, 4, 1]);
            protect(block.pages, block.size, READ_WRITE);
            protect(block.fields, self.page, READ_WRITE);
            state.block = Some(block);
            let pointer = std::ptr::with_exposed_provenance_mut;
            (pointer(block.items), pointer(block.fields))
        }

        fn write(&self, items: Option<&[u8]>, fields: &[u8]) {
            if let Some(block) = self.state().block {
                items.into_iter().for_each(|items| write(block.items, &items[..block.len]));
                write(block.fields, &fields[..block.fields_len]);
            }
        }

        fn seal(&self) {
            if let Some(block) = self.state().block {
                protect(block.pages, block.size, READ);
            }
        }

        fn read(&self) -> (Vec<u8>, Vec<u8>) {
            let block = self.state().block;
            block.map(|b| (read(b.items, b.len), read(b.fields, b.fields_len))).unwrap_or_default()
        }

        fn take_away(&self) {
            if let Some(block) = self.state().block {
                protect(block.pages, block.size, NO_ACCESS);
                protect(block.fields, self.page, NO_ACCESS);
                self.name_regions(&block, [2; 4]);
            }
        }

        fn trap(&self) -> Option<*mut u8> {
            Some(std::ptr::with_exposed_provenance_mut(self.trap))
        }

        fn keep(&self, event: Event) {
            self.shared.keep(event);
        }
    }
}

#[cfg(not(unix))]
pub use elsewhere::OnHeap as Memory;

/// Memory on the heap, which is never taken away.
#[cfg(not(unix))]
mod elsewhere {
    use super::*;
    use bufferprocs::conformance::consumer::Heap;

    #[derive(Debug)]
    pub struct OnHeap {
        shared: Shared,
        heap: Heap,
    }

    impl OnHeap {
        pub fn new(shared: Shared) -> OnHeap {
            OnHeap { shared, heap: Heap::default() }
        }

        pub fn wrote_after_release(&self) -> bool {
            self.heap.wrote_after_release()
        }
    }

    // SAFETY: as `Heap`.
    unsafe impl Room for OnHeap {
        fn open(&self, items: usize, at_start: bool, fields: usize) -> (*mut u8, *mut u8) {
            self.heap.open(items, at_start, fields)
        }

        fn write(&self, items: Option<&[u8]>, fields: &[u8]) {
            self.heap.write(items, fields);
        }

        fn seal(&self) {}

        fn read(&self) -> (Vec<u8>, Vec<u8>) {
            self.heap.read()
        }

        fn take_away(&self) {
            self.heap.take_away();
        }

        fn trap(&self) -> Option<*mut u8> {
            None
        }

        fn keep(&self, event: Event) {
            self.shared.keep(event);
        }
    }
}

/// Keeps the address of the access that ends this process. Returns whether that is possible here.
pub fn catch_faults(shared: Shared) -> bool {
    faults::catch(shared)
}

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod faults {
    use super::*;
    use std::ffi::{c_int, c_void};
    use std::sync::atomic::{AtomicPtr, Ordering};

    /// `struct sigaction`, as glibc and musl lay it out.
    #[repr(C)]
    struct Action {
        handler: usize,
        mask: [u64; 16],
        flags: c_int,
        restorer: usize,
    }

    unsafe extern "C" {
        fn sigaction(signal: c_int, new: *const Action, old: *mut Action) -> c_int;
    }

    const SIGBUS: c_int = 7;
    const SIGSEGV: c_int = 11;
    const WITH_ADDRESS: c_int = 4;
    /// Where `siginfo_t` has the address.
    const ADDRESS: usize = 16;
    /// Where `ucontext_t` has the error code of a page fault, on x86-64.
    const ERROR_CODE: usize = 40 + 19 * 8;

    static KEEP: AtomicPtr<u64> = AtomicPtr::new(std::ptr::null_mut());

    fn set(handler: usize, flags: c_int) -> bool {
        let action = Action { handler, mask: [0; 16], flags, restorer: 0 };
        [SIGSEGV, SIGBUS].into_iter().all(|signal| {
            // SAFETY: `action` is laid out as the C library expects.
            unsafe { sigaction(signal, &action, std::ptr::null_mut()) == 0 }
        })
    }

    pub fn catch(shared: Shared) -> bool {
        KEEP.store(shared.0, Ordering::Relaxed);
        let handler: extern "C" fn(c_int, *const u8, *const c_void) = keep;
        set(handler as *const () as usize, WITH_ADDRESS)
    }

    /// Keeps the address, and lets the access happen once more, which ends the process.
    extern "C" fn keep(_signal: c_int, info: *const u8, context: *const c_void) {
        let shared = Shared(KEEP.load(Ordering::Relaxed));
        // SAFETY: the kernel passes a `siginfo_t` of 128 bytes, aligned to 8.
        let address = unsafe { info.wrapping_add(ADDRESS).cast::<u64>().read() };
        shared.set(FAULT_ADDRESS, address);
        if cfg!(target_arch = "x86_64") {
            // SAFETY: the kernel passes a `ucontext_t`, aligned to 8.
            let code =
                unsafe { context.cast::<u8>().wrapping_add(ERROR_CODE).cast::<u64>().read() };
            shared.set(FAULT_ACCESS, if code & 2 == 0 { 1 } else { 2 });
        }
        shared.set(FAULTS, 1);
        set(0, 0);
    }
}

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
mod faults {
    pub fn catch(_: super::Shared) -> bool {
        false
    }
}

//! Copies between items of any layout and packed bytes.
//!
//! Knows addresses and layouts, and neither exporters nor consumers. Packed means that the items
//! follow each other without a gap, in the order asked for. [`axes`] says how far a step leads on
//! both sides, [`loops`] in which order to go, and [`moves`] how one item gets over. [`strips`]
//! packs planes whose items lie across, with what [`cache`] says to the cache.
//!
//! A copy from one view to another goes by packed bytes of its own, so that the two may overlap:
//! all of them, or those of a row.

mod axes;
mod cache;
mod loops;
mod moves;
mod strips;

use crate::addresses;
use crate::item::{WIDE, width};
use crate::layout::{LayoutRef, Order};
use crate::walk::Walk;
use axes::Axis;
use cache::Streaming;
use loops::{Places, each};
use moves::{Load, LoadAny, Pack, Plain, PlainAny, Store, StoreAny, Streamed, StreamedWords};

/// How the memory on the layout's side is accessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Memory {
    /// Plainly: no code writes it.
    Immutable,
    /// By relaxed atomic operations of the item's width.
    Shared,
}

/// Packs the items at `buf` into `target`: what `PyBuffer_ToContiguous` does.
///
/// # Safety
///
/// - `buf` and `layout` describe memory as [`Walk::new`] wants it, of initialised items. With
///   `Memory::Immutable` nobody writes it, with `Memory::Shared` others do so by atomic operations
///   of the item's width.
/// - `target` is valid for writes of `layout.len_bytes()` bytes, and no other code accesses it.
pub(crate) unsafe fn to_contiguous(
    target: *mut u8,
    buf: *const u8,
    layout: LayoutRef<'_>,
    order: Order,
    memory: Memory,
) {
    let past_the_cache = layout.len_bytes() >= cache::LARGE;
    // SAFETY: the caller's promise.
    unsafe { to_contiguous_by(target, buf, layout, order, memory, past_the_cache) }
}

/// # Safety
///
/// As for [`to_contiguous`].
unsafe fn to_contiguous_by(
    target: *mut u8,
    buf: *const u8,
    layout: LayoutRef<'_>,
    order: Order,
    memory: Memory,
    past_the_cache: bool,
) {
    let itemsize = layout.itemsize();
    let places = Places { packed: target, memory: buf.cast_mut() };
    // SAFETY: the target is ours, and nothing that is written to it here is read again.
    let streaming = past_the_cache.then(|| unsafe { Streaming::new() });
    let pack = |places: Places, axes: &[Axis]| {
        // SAFETY: the caller's promise, for these items.
        unsafe { pack_memory(places, axes, itemsize, memory, streaming.as_ref()) }
    };
    // SAFETY: the caller's promise.
    unsafe { each_block(places, layout, order, pack) };
}

/// Spreads the packed bytes at `source` over the items at `buf`: what `PyBuffer_FromContiguous`
/// does.
///
/// Of items that share memory the last in the order of the packed bytes stays.
///
/// # Safety
///
/// - `buf` and `layout` describe memory as [`Walk::new`] wants it, valid for reads and writes,
///   which others access by atomic operations of the item's width.
/// - `source` is valid for reads of `layout.len_bytes()` initialised bytes, and no other code
///   writes them.
pub(crate) unsafe fn from_contiguous(
    buf: *mut u8,
    layout: LayoutRef<'_>,
    source: *const u8,
    order: Order,
) {
    let itemsize = layout.itemsize();
    let places = Places { packed: source.cast_mut(), memory: buf };
    let spread = |places: Places, axes: &[Axis]| {
        // SAFETY: the caller's promise, for these items.
        unsafe { spread_shared(places, axes, itemsize) }
    };
    // SAFETY: the caller's promise.
    unsafe { each_block(places, layout, order, spread) };
}

/// Calls `block` with parts of the memory that are reached without a pointer: their places and
/// their axes. The parts come in the order of their packed bytes, or have one item each.
///
/// # Safety
///
/// `places` and `layout` describe memory as [`Walk::new`] wants it.
unsafe fn each_block(
    places: Places,
    layout: LayoutRef<'_>,
    order: Order,
    block: impl Fn(Places, &[Axis]),
) {
    if layout.len_bytes() == 0 {
        return;
    }
    let fortran = addresses::is_fortran(layout, order);
    let mut axes = axes::of(layout);
    axes::pack(&mut axes, layout.itemsize(), fortran);
    let pointers = layout.suboffsets().and_then(|all| all.iter().rposition(|one| *one >= 0));
    let Some(last) = pointers else {
        return block(places, &axes::merged(axes, fortran));
    };
    if fortran {
        // The fastest axes are those before the pointers: nothing behind one is packed as a whole.
        // SAFETY: the caller's promise.
        let items = unsafe { Walk::new(places.memory, layout, order) };
        for (number, item) in items.enumerate() {
            let packed = places.packed.wrapping_add(number * layout.itemsize());
            block(Places { packed, memory: item.cast_mut() }, &[]);
        }
        return;
    }
    let (inner, outer) = (axes::merged(axes.split_off(last + 1), fortran), axes);
    let mut indices = vec![0; outer.len()];
    loop {
        let steps = outer.iter().zip(&indices).map(|(axis, index)| axis.packed * *index as isize);
        let packed = places.packed.wrapping_offset(steps.sum());
        // SAFETY: the caller's promise; the indices are within their extents.
        let memory = unsafe { addresses::address(places.memory, layout, &indices) }.cast_mut();
        block(Places { packed, memory }, &inner);
        if !addresses::advance(&mut indices, |axis| outer[axis].extent) {
            return;
        }
    }
}

/// Whether each item has the largest width that its size allows, where the first is at `memory`.
fn is_aligned(memory: *const u8, axes: &[Axis], itemsize: usize) -> bool {
    let widest = width(std::ptr::null(), itemsize);
    width(memory, itemsize) == widest
        && axes.iter().all(|axis| axis.memory.unsigned_abs() % widest == 0)
}

/// Packs every item. `K` is how many of them make a word, or 1.
///
/// # Safety
///
/// As for [`to_contiguous`], of items that `moves` may move.
unsafe fn pack<M: Pack, const K: usize>(
    places: Places,
    axes: &[Axis],
    itemsize: usize,
    streaming: Option<&Streaming>,
    moves: M,
) {
    let words = streaming.filter(|_| itemsize == WIDE && places.packed.addr() % WIDE == 0);
    match (strips::plane(axes, itemsize, streaming.is_some()), words) {
        // SAFETY: the caller's promise. Items of the target do not overlap: they may come in any
        // order.
        (Some(plane), _) => unsafe {
            strips::pack::<M, K>(places, plane, itemsize, streaming, moves)
        },
        // SAFETY: as above; the places are aligned, as all that follow the first one.
        (None, Some(streaming)) => unsafe {
            each(places, axes, itemsize, true, StreamedWords { moves, streaming })
        },
        // SAFETY: as above.
        (None, None) => unsafe {
            each(places, axes, itemsize, true, Streamed { moves, streaming })
        },
    }
}

/// Calls `$copy` with what moves the items, and how many make a word: by words where each item has
/// the width of one, else by whatever width it has.
macro_rules! by_words {
    ($words:ident, $any:ident, $places:ident, $axes:ident, $itemsize:ident, $copy:ident) => {{
        let aligned = is_aligned($places.memory, $axes, $itemsize);
        match ($itemsize, size_of::<usize>()) {
            (1, _) => $copy!($words::<u8, 1>::new(), 8),
            (2, _) if aligned => $copy!($words::<u16, 1>::new(), 4),
            (4, _) if aligned => $copy!($words::<u32, 1>::new(), 2),
            (8, 8) if aligned => $copy!($words::<usize, 1>::new(), 1),
            (16, 8) if aligned => $copy!($words::<usize, 2>::new(), 1),
            _ => $copy!($any($itemsize), 1),
        }
    }};
}

/// # Safety
///
/// As for [`to_contiguous`].
unsafe fn pack_memory(
    places: Places,
    axes: &[Axis],
    itemsize: usize,
    memory: Memory,
    streaming: Option<&Streaming>,
) {
    macro_rules! copy {
        ($moves:expr, $words:expr) => {
            // SAFETY: the promise of the caller; words only where each item has the width of one.
            unsafe { pack::<_, { $words }>(places, axes, itemsize, streaming, $moves) }
        };
    }
    match (memory, itemsize) {
        (Memory::Shared, _) => by_words!(Load, LoadAny, places, axes, itemsize, copy),
        (Memory::Immutable, 1) => copy!(Plain::<1>, 8),
        (Memory::Immutable, 2) => copy!(Plain::<2>, 4),
        (Memory::Immutable, 4) => copy!(Plain::<4>, 2),
        (Memory::Immutable, 8) => copy!(Plain::<8>, 1),
        (Memory::Immutable, 16) => copy!(Plain::<16>, 1),
        (Memory::Immutable, _) => copy!(PlainAny(itemsize), 1),
    }
}

/// # Safety
///
/// As for [`from_contiguous`].
unsafe fn spread_shared(places: Places, axes: &[Axis], itemsize: usize) {
    let any_order = axes::are_apart(axes, itemsize);
    macro_rules! copy {
        ($moves:expr, $_words:expr) => {
            // SAFETY: the promise of the caller; words only where each item has the width of one.
            unsafe { each(places, axes, itemsize, any_order, $moves) }
        };
    }
    by_words!(Store, StoreAny, places, axes, itemsize, copy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;

    /// Memory none of whose bytes is like its neighbours, aligned to 16.
    fn memory(len: usize) -> Vec<u128> {
        let word =
            |at: usize| (at as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        (0..len.div_ceil(16)).map(word).collect()
    }

    /// `is_aligned` judges by the first item and the steps. The test looks at one item after the
    /// other.
    #[test]
    fn items_are_aligned_where_each_of_them_is() {
        #[track_caller]
        fn case(start: usize, shape: &[usize], strides: &[isize], itemsize: usize) -> bool {
            let layout = Layout::strided(shape, strides, itemsize).unwrap();
            let largest = |address: usize| {
                let fits = |width: &usize| itemsize % width == 0 && address % width == 0;
                (1..=size_of::<usize>()).rev().filter(|width| width.is_power_of_two()).find(fits)
            };
            let expected =
                starts(start, &layout, Order::C).into_iter().all(|at| largest(at) == largest(0));
            let mut axes = axes::of(layout.as_ref());
            axes::pack(&mut axes, itemsize, false);
            let axes = axes::merged(axes, false);
            let start = std::ptr::without_provenance(start);
            assert_eq!(is_aligned(start, &axes, itemsize), expected);
            expected
        }
        let mut aligned = 0;
        let sizes: &[usize] = if cfg!(miri) { &[4, 16] } else { &[1, 2, 3, 4, 6, 8, 12, 16, 24] };
        for &itemsize in sizes {
            for start in 4096..4112 {
                aligned += usize::from(case(start, &[], &[], itemsize));
                for step in -16..=16 {
                    aligned += usize::from(case(start, &[3], &[step], itemsize));
                    aligned += usize::from(case(start, &[2, 2], &[16, step], itemsize));
                    aligned += usize::from(case(start, &[2, 2], &[step, 16], itemsize));
                }
            }
        }
        assert!(case(4096, &[1, 3], &[1, 8], 8), "the step of an axis of one item is never taken");
        assert!(aligned > 100);
    }

    /// Where each item starts in the memory, in the order asked for.
    fn starts(start: usize, layout: &Layout, order: Order) -> Vec<usize> {
        let nowhere = std::ptr::without_provenance::<u8>(start);
        // SAFETY: no pointer is followed, only addresses are computed.
        unsafe { Walk::new(nowhere, layout.as_ref(), order) }.map(<*const u8>::addr).collect()
    }

    /// Both ways, both orders, and at every alignment: as one item after the other is copied.
    #[track_caller]
    fn check(shape: &[usize], strides: &[isize], itemsize: usize) {
        let layout = Layout::strided(shape, strides, itemsize).unwrap();
        let first = layout.span().start.unsigned_abs().next_multiple_of(16);
        let mut memory = memory(first + layout.span().end.unsigned_abs() + 16);
        let size = memory.len() * 16;
        let bytes: Vec<u8> = memory.iter().flat_map(|word| word.to_ne_bytes()).collect();
        // As atomic operations want it: such as may be written.
        let all = memory.as_mut_ptr().cast::<u8>();
        for (shift, order) in
            [(0, Order::C), (0, Order::Fortran), (1, Order::C), (2, Order::Fortran), (8, Order::C)]
        {
            let start = first + shift;
            let starts = starts(start, &layout, order);
            let items: Vec<u8> =
                starts.iter().flat_map(|at| &bytes[*at..at + itemsize]).copied().collect();
            for (kind, past) in [
                (Memory::Immutable, false),
                (Memory::Shared, false),
                (Memory::Immutable, true),
                (Memory::Shared, true),
            ] {
                // A place that begins no line of the cache.
                let mut packed = vec![0; shift + layout.len_bytes()];
                let (to, buf) = (packed[shift..].as_mut_ptr(), all.wrapping_add(start));
                // SAFETY: the layout lies within the memory, which no code writes.
                unsafe { to_contiguous_by(to, buf, layout.as_ref(), order, kind, past) };
                assert!(
                    packed[shift..] == items,
                    "{shape:?} {strides:?} {itemsize} {order:?} {kind:?} {past}"
                );
            }
            let source: Vec<u8> =
                bytes.iter().rev().copied().cycle().take(layout.len_bytes()).collect();
            let mut expected = bytes.clone();
            for (item, at) in source.chunks(itemsize).zip(&starts) {
                expected[*at..at + itemsize].copy_from_slice(item);
            }
            let mut written = memory.clone();
            let buf = written.as_mut_ptr().cast::<u8>().wrapping_add(start);
            // SAFETY: the layout lies within the memory, which is ours.
            unsafe { from_contiguous(buf, layout.as_ref(), source.as_ptr(), order) };
            // SAFETY: as above.
            let written =
                unsafe { std::slice::from_raw_parts(written.as_ptr().cast::<u8>(), size) };
            assert!(written == expected, "back: {shape:?} {strides:?} {itemsize} {order:?}");
        }
    }

    /// More than a tile, and no multiple of one.
    #[test]
    fn every_loop_copies_what_one_item_after_the_other_would() {
        // Miri takes hours for all sizes.
        let sizes: &[usize] =
            if cfg!(miri) { &[1, 4] } else { &[1, 2, 3, 4, 6, 8, 12, 16, 24, 64, 72] };
        for &itemsize in sizes {
            let item = itemsize as isize;
            check(&[70, 300], &[item, 70 * item], itemsize); // transposed
            // With lines of the cache in every row.
            check(&[70, 300], &[item, 128 * item], itemsize);
            check(&[100], &[3 * item], itemsize); // no axis across
            check(&[3, 300], &[0, 3 * item], itemsize);
            check(&[300, 70], &[-item, 300 * item], itemsize);
            check(&[70, 3, 300], &[3 * item, item, 210 * item + 8], itemsize);
            check(&[5, 66, 4], &[66 * 4 * item, 4 * item, item], itemsize); // packed
            check(&[5, 66, 4], &[70 * 4 * item, -4 * item, item], itemsize); // runs
            check(&[40, 7], &[item, 0], itemsize); // the same item many times: the last one stays
            check(&[70, 300], &[item, 3 * item], itemsize);
            check(&[9, 33], &[item + 1, 9 * item + 9], itemsize); // no multiple of the itemsize
            check(&[], &[], itemsize);
            check(&[1, 5, 1], &[999, 2 * item, -7], itemsize);
        }
    }
}

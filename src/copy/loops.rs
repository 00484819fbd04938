//! In which order the items of a copy come: so that whole lines of the cache are used on both
//! sides.

use super::axes::Axis;
use super::cache::prefetch;
use super::moves::Move;
use crate::addresses::advance;

/// Where an item is on both sides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    pub packed: *mut u8,
    pub memory: *mut u8,
}

impl Places {
    /// Within the bounds of both sides.
    pub fn step(self, axis: &Axis, index: usize) -> Places {
        let index = index as isize;
        Places {
            packed: self.packed.wrapping_offset(axis.packed * index),
            memory: self.memory.wrapping_offset(axis.memory * index),
        }
    }
}

/// Items of a tile along the packed bytes, and along the memory: what is written comes in runs,
/// and what is read is still in the cache for the next run. `cargo bench -- copies` shows what
/// other sizes cost.
const LONG: usize = 256;
const WIDE: usize = 64;

/// Moves every item. `axes` has the slowest of the packed bytes first; in this order the items
/// come, unless they may in any.
///
/// # Safety
///
/// `moves` may move what is at `places`, and whatever the axes lead to from there.
pub(super) unsafe fn each<M: Move>(
    places: Places,
    axes: &[Axis],
    itemsize: usize,
    any_order: bool,
    moves: M,
) {
    let Some((fastest, outer)) = axes.split_last() else {
        // SAFETY: the caller's promise.
        return unsafe { moves.item(places.packed, places.memory) };
    };
    if fastest.memory == itemsize as isize {
        let size = fastest.extent * itemsize;
        return each_place(places, outer, |places| {
            // SAFETY: the caller's promise: items without a gap on both sides.
            unsafe { moves.run(places.packed, places.memory, size) };
        });
    }
    // The axis along which the memory has its items closest to each other.
    let closest = |axis: &&Axis| axis.memory.unsigned_abs();
    let across = outer.iter().min_by_key(closest).filter(|axis| closest(axis) < closest(&fastest));
    match across.filter(|_| any_order) {
        None => each_place(places, outer, |places| {
            // SAFETY: the caller's promise.
            unsafe { long_line(places, fastest, moves) };
        }),
        Some(across) => {
            let mut others: Vec<Axis> =
                outer.iter().filter(|axis| *axis != across).copied().collect();
            others.sort_by_key(|axis| std::cmp::Reverse(axis.memory.unsigned_abs()));
            each_place(places, &others, |places| {
                // SAFETY: the caller's promise.
                unsafe { each_tile(places, across, fastest, moves) };
            });
        }
    }
}

/// So many items along an axis.
///
/// # Safety
///
/// As for [`each`].
#[inline(always)]
pub(super) unsafe fn line<M: Move>(from: Places, axis: &Axis, count: usize, moves: M) {
    let Places { mut packed, mut memory } = from;
    for _ in 0..count {
        // SAFETY: the caller's promise.
        unsafe { moves.item(packed, memory) };
        packed = packed.wrapping_offset(axis.packed);
        memory = memory.wrapping_offset(axis.memory);
    }
}

/// All items along an axis. The memory of those ahead is prefetched.
///
/// # Safety
///
/// As for [`each`].
#[inline(always)]
unsafe fn long_line<M: Move>(mut from: Places, axis: &Axis, moves: M) {
    /// Items of a turn, and how many turns ahead the memory is prefetched.
    const TURN: usize = 8;
    const AHEAD: isize = 16;
    for _ in 0..axis.extent / TURN {
        prefetch(from.memory.wrapping_offset(axis.memory.wrapping_mul(AHEAD * TURN as isize)));
        // SAFETY: the caller's promise.
        unsafe { line(from, axis, TURN, moves) };
        from = from.step(axis, TURN);
    }
    // SAFETY: as above.
    unsafe { line(from, axis, axis.extent % TURN, moves) };
}

/// A plane whose items are close to each other along one axis in the memory, and along the other
/// among the packed bytes: in tiles, so that lines of the cache are used whole on both sides.
///
/// # Safety
///
/// As for [`each`].
unsafe fn each_tile<M: Move>(places: Places, across: &Axis, along: &Axis, moves: M) {
    for start in (0..along.extent).step_by(LONG) {
        let strip = places.step(along, start);
        let long = LONG.min(along.extent - start);
        for first in (0..across.extent).step_by(WIDE) {
            let tile = strip.step(across, first);
            for index in 0..WIDE.min(across.extent - first) {
                // SAFETY: the caller's promise.
                unsafe { line(tile.step(across, index), along, long, moves) };
            }
        }
    }
}

/// Calls `act` with each place that the axes lead to, the last axis running fastest.
pub(super) fn each_place(places: Places, axes: &[Axis], mut act: impl FnMut(Places)) {
    let Some((fastest, outer)) = axes.split_last() else {
        return act(places);
    };
    let mut indices = vec![0; outer.len()];
    let mut row = places;
    loop {
        for index in 0..fastest.extent {
            act(row.step(fastest, index));
        }
        if !advance(&mut indices, |axis| outer[axis].extent) {
            return;
        }
        row = outer
            .iter()
            .zip(&indices)
            .fold(places, |place, (axis, index)| place.step(axis, *index));
    }
}

//! Items gathered into a strip that stays in the cache, and written from there in rows.
//!
//! Where neighbours in the memory are far apart among the packed bytes, either the reads or the
//! writes leap. Here the reads do, a few lines of the cache wide, and ask for the next lines
//! ahead; the writes go along the packed bytes. Items of less than eight bytes are turned by the
//! word.

use super::axes::Axis;
use super::cache::{LINE, SHORTEST, Streaming, prefetch};
use super::loops::{Places, each_place, line};
use super::moves::{Move, Pack, PlainAny, Streamed};
use crate::item::WIDE;

/// Bytes of a strip, and the most items of one of its rows: as many lines of the memory are read
/// by turns. `cargo bench -- copies` shows what other sizes cost.
const STRIP: usize = 32 << 10;
const LONG: usize = 256;

/// Items up to this size are gathered: so that a strip has room for a few of each row.
const LARGEST: usize = 64;

/// A smaller plane stays in the cache as it is.
const SMALLEST: usize = 32 << 10;

// So many rows of as many items of each size have room: fewer than two lines of the memory are
// across.
const _: () = assert!(STRIP >= 2 * LINE * LONG && STRIP >= 2 * LINE * LARGEST);

/// Bytes, from which nothing is read before it was written.
#[repr(align(64))]
struct Strip(#[allow(dead_code)] [u8; STRIP]);

/// A plane of the memory: a few items across, whose neighbours are close, and a row of the packed
/// bytes along.
pub(super) struct Plane {
    across: Axis,
    along: Axis,
    /// The axes from plane to plane: those whose steps are shortest in the memory run fastest.
    others: Vec<Axis>,
    /// Room for one strip, and not on the stack, which is short in some threads.
    room: Vec<Strip>,
}

/// The plane that a copy of these axes goes by, where one pays and there is room. The last axis is
/// the fastest of the packed bytes.
pub(super) fn plane(axes: &[Axis], itemsize: usize, streaming: bool) -> Option<Plane> {
    let (along, outer) = axes.split_last()?;
    let row = along.extent * itemsize;
    if along.memory == itemsize as isize || itemsize > LARGEST || row < SHORTEST {
        return None;
    }
    let step = |axis: &Axis| axis.memory.unsigned_abs();
    let closest = (0..outer.len()).min_by_key(|at| step(&outer[*at]));
    let across = closest.filter(|at| step(&outer[*at]) < step(along));
    let pays = match across {
        // If no two items lie in a line, there is nothing to gather.
        Some(at) => streaming || row * outer[at].extent >= SMALLEST && 2 * step(&outer[at]) <= LINE,
        // No axis lies closer: what a strip is good for is the row that is written past the cache.
        // Items of eight bytes are written past the cache as they are.
        None => streaming && itemsize != WIDE && step(along) > itemsize,
    };
    if !pays {
        return None;
    }
    let mut others = outer.to_vec();
    let across = match across {
        Some(at) => others.remove(at),
        None => Axis { extent: 1, memory: 0, packed: 0 },
    };
    others.sort_by_key(|axis| std::cmp::Reverse(step(axis)));
    let mut room = Vec::new();
    room.try_reserve_exact(1).ok()?;
    Some(Plane { across, along: *along, others, room })
}

/// Packs every item. `K` items make a word, or 1 stands for items that are moved one by one.
///
/// # Safety
///
/// `moves` may move what is at `places`, and whatever the axes of the plane lead to from there,
/// which have items of `itemsize` bytes. `K` is 1, or `K * itemsize` is 8.
#[inline(never)]
pub(super) unsafe fn pack<M: Pack, const K: usize>(
    places: Places,
    mut plane: Plane,
    itemsize: usize,
    streaming: Option<&Streaming>,
    moves: M,
) {
    let strip: *mut u8 = plane.room.as_mut_ptr().cast();
    let Plane { across, along, others, .. } = &plane;
    let to_packed = Streamed { moves: PlainAny(itemsize), streaming };
    // Whole lines of the memory where steps divide them, so that each is read once.
    let line = LINE.checked_div(across.memory.unsigned_abs()).unwrap_or(LINE).max(1);
    let rows = if across.extent < 2 * line { across.extent } else { line };
    let long = LONG.min(STRIP / (rows * itemsize));
    let ahead = Ahead {
        last: across.memory * (2 * rows - 1) as isize,
        is_long: across.memory.unsigned_abs() * rows > LINE,
    };
    let by_words = across.memory == itemsize as isize && K * itemsize == WIDE;
    // From items of the memory to their places in the strip.
    let down = Axis { packed: (long * itemsize) as isize, ..*across };
    let right = Axis { packed: itemsize as isize, ..*along };
    each_place(places, others, |places| {
        let Places { packed, memory } = places;
        let columns = Parts::new(packed.addr(), along.extent, right.packed, across.packed, long);
        for (start, count) in columns {
            let lines = Parts::new(memory.addr(), across.extent, across.memory, along.memory, rows);
            for (first, height) in lines {
                let tile = places.step(along, start).step(across, first);
                let part = Places { packed: strip, memory: tile.memory };
                match by_words && height * itemsize == LINE {
                    // SAFETY: the caller's promise. The strip has room for as many rows of LONG
                    // items as fit into a line.
                    true => unsafe { gather_lines::<M, K>(part, right, count, ahead, moves) },
                    // SAFETY: the caller's promise; `long` is what the strip has room for.
                    false => unsafe { gather(part, down, height, right, count, ahead, moves) },
                }
                for row in 0..height {
                    let from = part.step(&down, row).packed;
                    let to = tile.step(across, row).packed;
                    // SAFETY: a row that was just gathered, to its place among the packed bytes.
                    unsafe { to_packed.run(to, from, count * itemsize) };
                }
            }
        }
    });
}

/// An axis in parts of `size` items, which begin with lines of the cache where that can be.
struct Parts {
    extent: usize,
    /// Where the next part starts, and how many items it has at most.
    start: usize,
    next: usize,
    size: usize,
}

impl Parts {
    /// `beside` leads to the axis beside this one, in which the same items must begin lines.
    fn new(address: usize, extent: usize, step: isize, beside: isize, size: usize) -> Parts {
        let until_a_line = address.wrapping_neg() % LINE;
        let short = match extent > size && step > 0 && beside % LINE as isize == 0 {
            true => until_a_line / step.unsigned_abs() % size,
            false => 0,
        };
        Parts { extent, start: 0, next: if short == 0 { size } else { short }, size }
    }
}

impl Iterator for Parts {
    /// The first item, and how many.
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        let (start, count) = (self.start, self.next.min(self.extent - self.start));
        self.start += count;
        self.next = self.size;
        (count > 0).then_some((start, count))
    }
}

/// Where the memory of the next strip is. Behind the last one of a plane lies what the next plane
/// needs, or nothing of the copy.
#[derive(Clone, Copy)]
struct Ahead {
    /// From the first item of a column to the last one of the column that comes then.
    last: isize,
    /// Whether that has more bytes than a line of the cache.
    is_long: bool,
}

impl Ahead {
    /// Asks for what this column does not reach yet.
    #[inline(always)]
    fn prefetch(self, column: *const u8) {
        let last = column.wrapping_offset(self.last);
        prefetch(last);
        if self.is_long {
            prefetch(last.wrapping_sub(LINE));
        }
    }
}

/// Fills a strip with `height` rows, of `count` items each, `down` and `right` from `part`.
///
/// # Safety
///
/// As for [`pack`], for these items.
#[inline(always)]
unsafe fn gather<M: Pack>(
    part: Places,
    down: Axis,
    height: usize,
    right: Axis,
    count: usize,
    ahead: Ahead,
    moves: M,
) {
    if height == 1 {
        // SAFETY: the caller's promise.
        return unsafe { line(part, &right, count, moves) };
    }
    let mut column = part;
    for _ in 0..count {
        ahead.prefetch(column.memory);
        // SAFETY: the caller's promise.
        unsafe { line(column, &down, height, moves) };
        column = column.step(&right, 1);
    }
}

/// [`gather`] for a line of the memory in each column, whose items follow each other: by words of
/// `K` items, and without a number that is known only now.
///
/// # Safety
///
/// As for [`pack`], for these items, in a strip of rows of [`LONG`] items.
#[inline(always)]
unsafe fn gather_lines<M: Pack, const K: usize>(
    part: Places,
    right: Axis,
    count: usize,
    ahead: Ahead,
    moves: M,
) {
    let mut column = part;
    for _ in 0..count / K {
        for number in 0..K {
            ahead.prefetch(column.step(&right, number).memory);
        }
        for line in 0..LINE / WIDE {
            let words = std::array::from_fn(|number| {
                let from = column.step(&right, number).memory.wrapping_add(line * WIDE);
                // SAFETY: K items, which make a word.
                unsafe { moves.word(from) }
            });
            for (number, word) in turn::<K>(words).into_iter().enumerate() {
                let row = (line * K + number) * (LONG * WIDE / K);
                let to = column.packed.wrapping_add(row).cast::<u64>();
                // SAFETY: K places in the row, which have room for a word.
                unsafe { to.write_unaligned(word.to_le()) };
            }
        }
        column = column.step(&right, K);
    }
    let down = Axis { extent: 0, memory: (WIDE / K) as isize, packed: (LONG * WIDE / K) as isize };
    for number in 0..count % K {
        // SAFETY: the caller's promise.
        unsafe { line(column.step(&right, number), &down, LINE / WIDE * K, moves) };
    }
}

/// Turns rows into columns: item `a` of word `b` becomes item `b` of word `a`. Item 0 has the
/// lowest bits.
///
/// In halves, then in quarters of what is left: what lies off the diagonal changes places.
#[inline(always)]
fn turn<const K: usize>(mut words: [u64; K]) -> [u64; K] {
    let (mut distance, mut bits, mut low) = (K / 2, 32, u64::MAX);
    while distance > 0 {
        low ^= low << bits;
        for number in 0..K {
            if number & distance == 0 {
                let (a, b) = (words[number], words[number + distance]);
                words[number] = (a & low) | ((b & low) << bits);
                words[number + distance] = ((a >> bits) & low) | (b & !low);
            }
        }
        distance /= 2;
        bits /= 2;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const K: usize>() {
        let size = 8 / K;
        let bytes: Vec<u8> = (0..8 * K as u8).collect();
        let words = std::array::from_fn(|row| {
            u64::from_le_bytes(bytes[8 * row..8 * row + 8].try_into().unwrap())
        });
        for (row, word) in turn::<K>(words).into_iter().enumerate() {
            let item =
                |number: usize| &bytes[8 * number + row * size..8 * number + (row + 1) * size];
            let expected: Vec<u8> = (0..K).flat_map(item).copied().collect();
            assert_eq!(word.to_le_bytes().as_slice(), expected, "{K} items of {size}, word {row}");
        }
    }

    /// Each axis is an extent and a step in the memory, and the last one runs along the packed
    /// bytes. The result is the step across and the steps of the other axes. The step across is 0
    /// if no axis lies closer than the last one.
    #[test]
    fn planes_are_taken_where_they_pay() {
        #[track_caller]
        fn case(
            axes: &[(usize, isize)],
            itemsize: usize,
            streaming: bool,
            expected: Option<(isize, &[isize])>,
        ) {
            let axis = |&(extent, memory): &(usize, isize)| Axis { extent, memory, packed: 0 };
            let axes: Vec<Axis> = axes.iter().map(axis).collect();
            let found = plane(&axes, itemsize, streaming).map(|plane| {
                assert_eq!(Some(&plane.along), axes.last());
                assert_eq!(plane.room.capacity(), 1);
                let others: Vec<isize> = plane.others.iter().map(|axis| axis.memory).collect();
                assert_eq!(plane.across.extent == 1, plane.across.memory == 0);
                (plane.across.memory, others)
            });
            assert_eq!(found, expected.map(|(across, others)| (across, others.to_vec())));
        }
        #[track_caller]
        fn both(axes: &[(usize, isize)], itemsize: usize, expected: Option<(isize, &[isize])>) {
            case(axes, itemsize, false, expected);
            case(axes, itemsize, true, expected);
        }
        // So many of the shortest rows make the smallest plane.
        let large = SMALLEST / SHORTEST;
        both(&[(large, 4), (64, 512)], 4, Some((4, &[])));
        both(&[(large, -4), (64, -512)], 4, Some((-4, &[])));
        both(&[], 4, None);
        // A plane that is too small, unless it is a part of a large copy.
        case(&[(large - 1, 4), (64, 512)], 4, false, None);
        case(&[(large - 1, 4), (64, 512)], 4, true, Some((4, &[])));
        // Rows that are too short.
        both(&[(1000, 4), (63, 4000)], 4, None);
        both(&[(1000, 1), (255, 1000)], 1, None);
        // Items without a gap along the row, and items that are too large.
        both(&[(1000, 256), (64, 4)], 4, None);
        both(&[(1000, 2), (64, 4)], 4, None);
        both(&[(1000, 32), (64, 64_000)], LARGEST, Some((32, &[])));
        both(&[(1000, 32), (64, 64_000)], LARGEST + 1, None);
        // No two items in a line: nothing to gather, but rows to write past the cache.
        both(&[(1000, 32), (64, 64_000)], 4, Some((32, &[])));
        case(&[(1000, 33), (64, 64_000)], 4, false, None);
        case(&[(1000, 33), (64, 64_000)], 4, true, Some((33, &[])));
        // Of several axes the closest lies across. The closer of the others run faster.
        both(
            &[(5, 7000), (1000, -4), (6, -9000), (3, 8), (64, 4000)],
            4,
            Some((-4, &[-9000, 7000, 8])),
        );
        // No axis lies closer than the row.
        case(&[(1000, 512), (64, 8)], 4, false, None);
        case(&[(1000, 512), (64, 8)], 4, true, Some((0, &[512])));
        case(&[(1000, 8), (64, 8)], 4, true, Some((0, &[8])));
        case(&[(64, -8)], 4, true, Some((0, &[])));
        case(&[(64, -8)], 4, false, None);
        // A row whose items overlap, or are packed backwards.
        both(&[(1000, 512), (64, 3)], 4, None);
        both(&[(64, -4)], 4, None);
        both(&[(64, 0)], 4, None);
    }

    #[test]
    fn parts_begin_with_lines() {
        let parts = |address: usize, extent: usize, step: isize, beside: isize| {
            Parts::new(address, extent, step, beside, 4).collect::<Vec<_>>()
        };
        let as_they_come = [(0, 4), (4, 4), (8, 2)];
        assert_eq!(parts(640, 10, 16, 64), as_they_come);
        assert_eq!(parts(640 + 16, 10, 16, 64), [(0, 3), (3, 4), (7, 3)]);
        assert_eq!(parts(640 + 48, 10, 16, -128), [(0, 1), (1, 4), (5, 4), (9, 1)]);
        assert_eq!(parts(640 + 48, 10, -16, 64), as_they_come, "backwards");
        assert_eq!(parts(640 + 48, 10, 16, 72), as_they_come, "other rows begin elsewhere");
        assert_eq!(parts(640 + 48, 10, 0, 64), as_they_come, "the same item");
        assert_eq!(parts(640 + 48, 4, 16, 64), [(0, 4)], "one part is enough");
        assert_eq!(parts(640, 0, 16, 64), []);
    }

    #[test]
    fn words_are_turned() {
        check::<1>();
        check::<2>();
        check::<4>();
        check::<8>();
    }
}

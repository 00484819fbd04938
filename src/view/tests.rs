//! Layouts and formats that fit a memory, and those that do not.

use super::*;

const MEMORY: [u16; 6] = [1, 2, 3, 4, 5, 6]; // 12 bytes

#[track_caller]
fn case(shape: &[usize], strides: &[isize], offset: usize, expected: Result<(), LayoutError>) {
    let layout = Layout::strided(shape, strides, 2).unwrap();
    let view = View::readonly(&MEMORY).with_layout(&layout, offset);
    assert_eq!(view.map(|_| ()), expected);
}

#[test]
fn a_layout_has_to_fit_its_memory() {
    let outside = |first, end| Err(LayoutError::OutOfBounds { first, end, memory: 12 });
    case(&[6], &[2], 0, Ok(()));
    case(&[6], &[2], 1, outside(1, 13));
    case(&[7], &[2], 0, outside(0, 14));
    case(&[6], &[-2], 10, Ok(()));
    case(&[6], &[-2], 9, outside(-1, 11));
    case(&[2, 3], &[6, 2], 0, Ok(()));
    case(&[2, 3], &[-6, 2], 6, Ok(()));
    case(&[2, 3], &[-6, 2], 4, outside(-2, 10));
    case(&[100], &[0], 10, Ok(()));
    case(&[2], &[3], 1, Ok(())); // misaligned, and not a multiple of the itemsize
    case(&[], &[], 10, Ok(()));
    case(&[], &[], 11, outside(11, 13));
    case(&[0], &[2], 12, Ok(()));
    case(&[0], &[2], 13, outside(13, 13));
    case(&[0], &[2], usize::MAX, outside(isize::MAX, isize::MAX));
    case(&[1], &[2], usize::MAX, outside(isize::MAX, isize::MAX));
}

#[test]
fn writable_items_are_whole() {
    #[track_caller]
    fn case(
        shape: &[usize],
        strides: &[isize],
        offset: usize,
        expected: Option<(Option<usize>, isize)>,
    ) {
        let memory = Shared::from_vec(vec![0u16; 6]);
        let layout = Layout::strided(shape, strides, 2).unwrap();
        let found = View::writable(&memory).with_layout(&layout, offset).map(|_| ());
        let splits = |(axis, step)| LayoutError::SplitsItems { axis, step, itemsize: 2 };
        assert_eq!(found, expected.map_or(Ok(()), |splitting| Err(splits(splitting))));
    }
    case(&[2], &[2], 2, None);
    case(&[2], &[2], 1, Some((None, 1)));
    case(&[2], &[3], 0, Some((Some(0), 3)));
    case(&[2, 2], &[-4, 1], 4, Some((Some(1), 1)));
    case(&[2, 3], &[0, 2], 0, None);
    case(&[1, 3], &[99, 2], 0, None);
    case(&[], &[], 10, None);
}

#[test]
fn a_layout_has_to_fit_its_items() {
    let bytes = Layout::c_contiguous(&[12], 1).unwrap();
    let differs = LayoutError::ItemsizeDiffers { layout: 1, memory: 2 };
    assert_eq!(View::readonly(&MEMORY).with_layout(&bytes, 0).unwrap_err(), differs);
    let deep = Layout::c_contiguous(&[1; 65], 2).unwrap();
    let too_many = LayoutError::TooManyDimensions { ndim: 65 };
    assert_eq!(View::readonly(&MEMORY).with_layout(&deep, 0).unwrap_err(), too_many);
    let deepest = Layout::c_contiguous(&[1; 64], 2).unwrap();
    assert!(View::readonly(&MEMORY).with_layout(&deepest, 0).is_ok());
}

#[test]
fn empty_memory_has_an_aligned_address() {
    let view = View::readonly::<u64>(&[]);
    assert!(!view.buf().is_null() && view.buf().addr() % align_of::<u64>() == 0);
    assert_eq!((view.len_bytes(), view.layout().shape()), (0, &[0][..]));
    assert!(view.layout().is_c_contiguous() && view.layout().is_f_contiguous());
}

#[test]
fn a_format_has_to_fit_the_memory() {
    let bytes = [0u8; 12];
    let shown = |format| {
        View::readonly(&bytes).with_format(format).map(|view| {
            assert_eq!(view.format(), Some(format));
            view.layout().clone()
        })
    };
    assert_eq!(shown(c"3s"), Layout::c_contiguous(&[4], 3));
    assert_eq!(shown(c"T{<i:a:>h:b:}"), Layout::c_contiguous(&[2], 6));
    assert_eq!(shown(c"5s"), Err(LayoutError::FormatSize { format: 5, memory: 12 }));
    assert_eq!(shown(c"0s"), Err(LayoutError::FormatSize { format: 0, memory: 12 }));
    for addresses in [c"P", c"T{B:a:O:b:}", c"&B", c"X{}"] {
        assert_eq!(shown(addresses), Err(LayoutError::FormatHoldsAddresses));
    }
    assert!(matches!(shown(c"k"), Err(LayoutError::Format(_))));
    // What consumers write they write at the width of the items.
    let cells = Shared::from_vec(vec![[0u8; 3]; 4]);
    let names = View::writable(&cells).with_format(c"3s").unwrap();
    assert_eq!((names.format(), names.shape(), names.itemsize()), (Some(c"3s"), &[4][..], 3));
    let error = View::writable(&cells).with_format(c"h").unwrap_err();
    assert_eq!(error, LayoutError::FormatSize { format: 2, memory: 3 });
    let columns = Layout::strided(&[6], &[2], 1).unwrap();
    let spread = View::readonly(&bytes).with_layout(&columns, 0).unwrap();
    assert!(spread.with_format(c"h").is_err());
}

#[test]
fn parts_of_a_view() {
    let rows = Layout::c_contiguous(&[2, 3], 2).unwrap();
    let view = View::readonly(&MEMORY).with_layout(&rows, 0).unwrap();
    let start = view.buf();
    let part = view.slice(1, Slice { start: 2, count: 2, step: -1 }).unwrap();
    assert_eq!(part.buf(), start.wrapping_add(4));
    assert_eq!((part.layout().shape(), part.layout().strides()), (&[2, 2][..], &[6, -2][..]));
    let part = part.transposed().unwrap();
    assert_eq!((part.layout().shape(), part.layout().strides()), (&[2, 2][..], &[-2, 6][..]));
    let pointers = Layout::indirect(&[1], &[8], &[0], 2).unwrap();
    let error = View::readonly(&MEMORY).with_layout(&pointers, 0).unwrap_err();
    assert_eq!(error, LayoutError::FollowsPointers { axis: 0 });
}

/// A part of a view leads back to no item that it leaves out.
#[test]
fn a_narrowed_view_cannot_be_widened() {
    #[track_caller]
    fn case(part: View<'_>, block: Option<Vec<u16>>) {
        let items = block.as_ref().map_or(0, Vec::len);
        let line = |items: usize| Layout::c_contiguous(&[items], 2).unwrap();
        let one_more = part.clone().with_layout(&line(items + 1), 0).map(|_| ());
        let one_before = part.clone().with_layout(&Layout::strided(&[2], &[-2], 2).unwrap(), 0);
        assert!(one_before.is_err());
        let Some(block) = block else {
            assert_eq!(one_more, Err(LayoutError::Scattered));
            let first = part.with_items(c"B", &Layout::c_contiguous(&[1], 1).unwrap(), 0);
            assert_eq!(first.map(|_| ()), Err(LayoutError::Scattered));
            return;
        };
        let memory = 2 * items;
        let outside = LayoutError::OutOfBounds { first: 0, end: memory as isize + 2, memory };
        assert_eq!(one_more, Err(outside));
        let again = part.with_layout(&line(items), 0).unwrap();
        // SAFETY: the items of the array, as the layout was checked.
        let found =
            (0..items).map(|at| unsafe { again.buf().cast::<u16>().wrapping_add(at).read() });
        assert_eq!(found.collect::<Vec<_>>(), block);
    }
    let line = || View::readonly(&MEMORY);
    let rows = || line().with_layout(&Layout::c_contiguous(&[2, 3], 2).unwrap(), 0).unwrap();
    let slice = |start, count, step| Slice { start, count, step };
    case(line().slice(0, slice(1, 3, 1)).unwrap(), Some(vec![2, 3, 4]));
    case(line().slice(0, slice(0, 3, 2)).unwrap(), None);
    case(line().slice(0, slice(5, 6, -1)).unwrap(), None);
    case(line().slice(0, slice(2, 0, 1)).unwrap(), Some(vec![]));
    case(rows().index(1).unwrap(), Some(vec![4, 5, 6]));
    case(rows().slice(1, slice(0, 2, 1)).unwrap(), None);
    case(rows().slice(1, slice(0, 2, 1)).unwrap().index(0).unwrap(), Some(vec![1, 2]));
    case(rows().transposed().unwrap(), Some(MEMORY.to_vec()));
    case(rows().transposed().unwrap().index(1).unwrap(), None);
    let part = Layout::strided(&[3], &[2], 2).unwrap();
    case(line().with_layout(&part, 4).unwrap(), Some(vec![3, 4, 5]));
    let spread = Layout::strided(&[2], &[6], 2).unwrap();
    case(line().with_layout(&spread, 0).unwrap(), None);
    let bytes = View::readonly(b"abcdef").slice(0, slice(0, 4, 1)).unwrap();
    case(bytes.with_format(c"H").unwrap(), Some([*b"ab", *b"cd"].map(u16::from_ne_bytes).to_vec()));
}

/// Two rows of three items behind a table of their addresses.
fn behind_pointers(table: &[*const [u16; 3]; 2]) -> View<'_> {
    const P: isize = size_of::<*const u16>() as isize;
    let layout = Layout::indirect(&[2, 3], &[P, 2], &[0, -1], 2).unwrap();
    let (start, missing) = (table.as_ptr().cast(), Missing::default());
    // SAFETY: the table has the addresses of two rows of three items. They do not change.
    unsafe { View::from_raw(start, layout, Some(c"H"), Access::Immutable, missing) }
}

#[test]
fn another_layout_needs_one_known_block() {
    #[track_caller]
    fn case(view: View<'_>, items: usize, expected: Result<(), LayoutError>) {
        let layout = Layout::c_contiguous(&[items], 2).unwrap();
        let shown = view.clone().with_layout(&layout, 0).map(|_| ());
        assert_eq!(shown, expected);
        assert_eq!(view.with_items(c"H", &layout, 0).map(|_| ()), expected);
    }
    let rows = [[1u16, 2, 3], [4, 5, 6]];
    let table = [&raw const rows[0], &raw const rows[1]];
    let whole = || behind_pointers(&table);
    // The table holds addresses. A row behind one of them is a block of its items.
    let outside =
        |items: usize| LayoutError::OutOfBounds { first: 0, end: 2 * items as isize, memory: 6 };
    for items in [0, 3, 4, 100] {
        case(whole(), items, Err(LayoutError::Scattered));
        let expected = if items <= 3 { Ok(()) } else { Err(outside(items)) };
        case(whole().index(1).unwrap(), items, expected);
    }
    assert_eq!(whole().index(1).unwrap().buf(), table[1].cast());
    // An index leads to a part of the block, and not beyond it.
    let lines = Layout::c_contiguous(&[2, 3], 2).unwrap();
    let memory = MEMORY;
    let line = || View::readonly(&memory).with_layout(&lines, 0).unwrap().index(1).unwrap();
    case(line(), 3, Ok(()));
    case(line(), 4, Err(outside(4)));
    assert_eq!(line().buf(), View::readonly(&memory[3..]).buf());
    // Of a foreign view only packed items are known to be a block.
    let foreign = |strides: &[isize]| {
        let layout = Layout::strided(&[3], strides, 2).unwrap();
        let (start, missing) = (MEMORY.as_ptr().cast(), Missing::default());
        // SAFETY: three items of the memory, which is a constant.
        unsafe { View::from_raw(start, layout, Some(c"H"), Access::Immutable, missing) }
    };
    case(foreign(&[2]), 3, Ok(()));
    case(foreign(&[2]), 4, Err(outside(4)));
    case(foreign(&[4]), 3, Err(LayoutError::Scattered));
}

#[test]
fn other_items_need_frozen_memory() {
    #[track_caller]
    fn case(
        view: View<'_>,
        format: &'static CStr,
        shape: &[usize],
        offset: usize,
        expected: Result<(), LayoutError>,
    ) {
        let layout = Layout::c_contiguous(shape, 4).unwrap();
        let start = view.buf();
        let shown = view.with_items(format, &layout, offset);
        if let Ok(shown) = &shown {
            assert_eq!(shown.buf(), start.wrapping_add(offset));
            assert_eq!((shown.format(), shown.layout()), (Some(format), &layout));
        }
        assert_eq!(shown.map(|_| ()), expected);
    }
    let immutable = || View::readonly(&MEMORY);
    case(immutable(), c"f", &[2], 0, Ok(()));
    case(immutable(), c"f", &[2], 3, Ok(()));
    case(immutable(), c"f", &[], 8, Ok(()));
    let outside = LayoutError::OutOfBounds { first: 5, end: 13, memory: 12 };
    case(immutable(), c"f", &[2], 5, Err(outside));
    let size = LayoutError::FormatSize { format: 2, memory: 4 };
    case(immutable(), c"h", &[2], 0, Err(size));
    case(immutable(), c"4x&i", &[2], 0, Err(LayoutError::FormatHoldsAddresses));
    case(immutable(), c"f", &[1; 64], 0, Ok(()));
    let too_many = LayoutError::TooManyDimensions { ndim: 65 };
    case(immutable(), c"f", &[1; 65], 0, Err(too_many));
    // Consumers may write here, or the exporter may.
    let cells = Shared::from_vec(vec![0u16; 6]);
    case(View::writable(&cells), c"f", &[2], 0, Err(LayoutError::NotFrozen));
    case(View::writable(&cells), c"4s", &[2], 0, Err(LayoutError::NotFrozen));
    let written = View { access: Access::Readonly, ..View::writable(&cells) };
    case(written, c"f", &[2], 0, Err(LayoutError::NotFrozen));
}

#[test]
fn parts_need_shape_and_strides() {
    #[track_caller]
    fn case(shape: bool, strides: bool, expected: Option<&'static str>) {
        let (start, layout) = (MEMORY.as_ptr().cast(), Layout::c_contiguous(&[2, 3], 2).unwrap());
        let missing = Missing { shape, strides };
        // SAFETY: six items of the memory, which is a constant.
        let view = || unsafe {
            View::from_raw(start, layout.clone(), Some(c"H"), Access::Immutable, missing)
        };
        let slice = Slice { start: 1, count: 1, step: 1 };
        let expected = expected.map_or(Ok(()), |field| Err(LayoutError::Unknown { field }));
        assert_eq!(view().slice(0, slice).map(|_| ()), expected);
        assert_eq!(view().index(1).map(|_| ()), expected);
        assert_eq!(view().transposed().map(|_| ()), expected);
        // A layout that the exporter gives is known.
        assert_eq!(view().with_layout(&layout, 0).unwrap().missing(), Missing::default());
        assert_eq!(view().with_items(c"H", &layout, 0).unwrap().missing(), Missing::default());
    }
    case(false, false, None);
    case(true, true, Some("shape"));
    case(true, false, Some("shape"));
    case(false, true, Some("strides"));
}

#[test]
fn an_index_takes_the_first_axis_away() {
    #[track_caller]
    fn case(shape: &[usize], index: usize, expected: Option<(&[isize], usize)>) {
        let layout = Layout::strided(shape, &[4, 2][..shape.len()], 2).unwrap();
        let view = View::readonly(&MEMORY).with_layout(&layout, 2).unwrap();
        let start = view.buf().addr();
        let found = view.index(index);
        let found = found.as_ref().ok().map(|part| (part.shape(), part.buf().addr() - start));
        assert_eq!(found, expected);
    }
    case(&[2, 3], 0, Some((&[3], 0)));
    case(&[2, 3], 1, Some((&[3], 4)));
    case(&[2, 3], 2, None);
    case(&[2, 0], 1, Some((&[0], 0)));
    case(&[0, 3], 0, None);
    case(&[2], 1, Some((&[], 4)));
    case(&[], 0, None);
}

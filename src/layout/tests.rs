//! Numbers that are a layout, and numbers that are not.

use super::*;

#[track_caller]
fn case(shape: &[usize], strides: &[isize], itemsize: usize) -> Layout {
    let layout = Layout::strided(shape, strides, itemsize).unwrap();
    assert_eq!(layout.as_ref().items(), shape.iter().product::<usize>());
    assert_eq!(layout.ndim(), shape.len());
    assert_eq!(layout.len_bytes(), shape.iter().product::<usize>() * itemsize);
    // Every item, by the definition.
    let mut offsets = vec![0isize];
    for (&extent, &stride) in shape.iter().zip(strides) {
        let steps = || (0..extent).map(|index| isize::try_from(index).unwrap() * stride);
        offsets = offsets.iter().flat_map(|at| steps().map(move |step| at + step)).collect();
    }
    let size = isize::try_from(itemsize).unwrap();
    let first = offsets.iter().copied().min().unwrap_or(0);
    let end = offsets.iter().map(|at| at + size).max().unwrap_or(0);
    assert_eq!(layout.span(), first..end);
    layout
}

#[test]
fn spans_cover_every_item() {
    case(&[], &[], 8);
    case(&[3], &[4], 4);
    case(&[3], &[-4], 4);
    case(&[3], &[0], 4);
    case(&[3], &[5], 4);
    case(&[2, 3], &[-12, 4], 4);
    case(&[2, 3], &[1, 1], 4);
    case(&[2, 0, 3], &[7, 9, 11], 2);
    case(&[4, 3, 2], &[-2, 100, 7], 3);
}

#[test]
fn contiguity_is_that_of_pybuffer_iscontiguous() {
    #[track_caller]
    fn contiguous(shape: &[usize], strides: &[isize], c: bool, f: bool) {
        let layout = case(shape, strides, 4);
        assert_eq!((layout.is_c_contiguous(), layout.is_f_contiguous()), (c, f));
    }
    contiguous(&[], &[], true, true);
    contiguous(&[3], &[4], true, true);
    contiguous(&[3], &[8], false, false);
    contiguous(&[3], &[-4], false, false);
    contiguous(&[3], &[0], false, false);
    contiguous(&[1], &[99], true, true);
    contiguous(&[0], &[99], true, true);
    contiguous(&[2, 3], &[12, 4], true, false);
    contiguous(&[2, 3], &[4, 8], false, true);
    contiguous(&[1, 3], &[999, 4], true, true);
    contiguous(&[3, 1], &[4, 999], true, true);
    contiguous(&[2, 0, 3], &[7, 9, 11], true, true);
    contiguous(&[2, 3], &[16, 4], false, false);
    contiguous(&[2, 1, 3], &[12, -7, 4], true, false);
}

#[test]
fn packed_strides() {
    #[track_caller]
    fn strides(shape: &[usize], c: &[isize], f: &[isize]) {
        let (by_rows, by_columns) =
            (Layout::c_contiguous(shape, 4).unwrap(), Layout::f_contiguous(shape, 4).unwrap());
        assert_eq!((by_rows.strides(), by_columns.strides()), (c, f));
        assert!(by_rows.is_c_contiguous() && by_columns.is_f_contiguous());
    }
    strides(&[], &[], &[]);
    strides(&[5], &[4], &[4]);
    strides(&[2, 3], &[12, 4], &[4, 8]);
    strides(&[2, 3, 4], &[48, 16, 4], &[4, 8, 24]);
    strides(&[2, 0, 3], &[0, 12, 4], &[4, 8, 0]); // as PyBuffer_FillContiguousStrides
}

#[test]
fn offsets_of_items() {
    let layout = Layout::strided(&[2, 3], &[-12, 4], 4).unwrap();
    assert_eq!(layout.offset_of(&[0, 0]), Some(0));
    assert_eq!(layout.offset_of(&[1, 2]), Some(-4));
    assert_eq!(layout.offset_of(&[2, 0]), None);
    assert_eq!(layout.offset_of(&[0, usize::MAX]), None);
    assert_eq!(layout.offset_of(&[0]), None);
    assert_eq!(Layout::c_contiguous(&[], 4).unwrap().offset_of(&[]), Some(0));
}

#[test]
fn numbers_that_are_no_layout() {
    #[track_caller]
    fn refused(shape: &[usize], strides: &[isize], itemsize: usize, expected: LayoutError) {
        assert_eq!(Layout::strided(shape, strides, itemsize), Err(expected));
    }
    const HUGE: usize = isize::MAX as usize;
    refused(&[1], &[1], 0, LayoutError::ZeroItemsize);
    refused(&[1], &[1], HUGE + 1, LayoutError::ItemsizeTooLarge { itemsize: HUGE + 1 });
    refused(&[1], &[], 1, LayoutError::StridesLength { shape: 1, strides: 0 });
    refused(&[HUGE + 1], &[0], 1, LayoutError::TooLarge { axis: 0 });
    refused(&[0, HUGE + 1], &[0, 0], 1, LayoutError::TooLarge { axis: 1 });
    refused(&[2, HUGE], &[0, 0], 1, LayoutError::TooLarge { axis: 1 });
    refused(&[3], &[isize::MAX], 1, LayoutError::TooLarge { axis: 0 });
    refused(&[3], &[isize::MIN], 1, LayoutError::TooLarge { axis: 0 });
    refused(&[2], &[isize::MAX], 1, LayoutError::TooLarge { axis: 0 });
    refused(&[2, 2], &[isize::MIN, -1], 1, LayoutError::TooLarge { axis: 1 });
    assert!(Layout::strided(&[2], &[isize::MIN], 1).is_ok());
    assert_eq!(Layout::c_contiguous(&[2, HUGE], 1), Err(LayoutError::TooLarge { axis: 0 }),);
    for empty in [[0, HUGE / 4, 8], [HUGE / 4, 8, 0], [HUGE / 4, 0, 8]] {
        assert_eq!(Layout::c_contiguous(&empty, 1).unwrap().len_bytes(), 0);
        assert_eq!(Layout::f_contiguous(&empty, 1).unwrap().len_bytes(), 0);
    }
    assert_eq!(Layout::f_contiguous(&[1], 0), Err(LayoutError::ZeroItemsize));
}

#[test]
fn a_layout_may_have_any_number_of_dimensions() {
    assert_eq!(Layout::c_contiguous(&[1; 128], 1).unwrap().ndim(), 128);
}

#[test]
fn numbers_of_foreign_views() {
    use LayoutError as E;
    #[track_caller]
    fn case(
        shape: &[isize],
        strides: Option<&[isize]>,
        suboffsets: Option<&[isize]>,
        expected: Result<(), LayoutError>,
    ) {
        assert_eq!(LayoutRef::new(shape, strides, suboffsets, 2).map(|_| ()), expected);
    }
    case(&[], None, None, Ok(()));
    case(&[], None, Some(&[]), Ok(()));
    case(&[3], None, None, Ok(()));
    case(&[3], Some(&[2]), Some(&[0]), Ok(()));
    // Without strides the places of the pointers are unknown.
    case(&[3], None, Some(&[0]), Err(E::StridesLength { shape: 1, strides: 0 }));
    case(&[3], Some(&[2]), Some(&[]), Err(E::SuboffsetsLength { shape: 1, suboffsets: 0 }));
    case(&[3, -1], Some(&[2, 2]), None, Err(E::NegativeExtent { axis: 1, extent: -1 }));
    case(&[0, -1], Some(&[2, 2]), None, Err(E::NegativeExtent { axis: 1, extent: -1 }));
    // The block behind a pointer has bounds of its own.
    case(&[2, 3], Some(&[8, isize::MAX]), Some(&[0, -1]), Err(E::TooLarge { axis: 1 }));
    case(&[2, 2], Some(&[8, 1]), Some(&[isize::MAX, -1]), Err(E::TooLarge { axis: 1 }));
    case(&[2], Some(&[8]), Some(&[isize::MAX - 1]), Err(E::TooLarge { axis: 0 }));
    for itemsize in [0, -1] {
        assert_eq!(LayoutRef::new(&[], None, None, itemsize), Err(E::ZeroItemsize));
    }
    const P: isize = size_of::<usize>() as isize;
    let rows = Layout::indirect(&[3, 2], &[P, -2], &[2, -1], 2).unwrap();
    assert_eq!(rows.span(), 0..3 * P, "the table is what is read at buf");
    let behind = Layout::indirect(&[3, 2], &[-2, P], &[-1, 0], 2).unwrap();
    assert_eq!(behind.span(), -4..2 * P);
    assert_eq!((rows.offset_of(&[0, 0]), rows.as_ref().follows_pointers()), (None, Some(0)));
    assert_eq!(Layout::indirect(&[3], &[2], &[-5], 2).unwrap().suboffsets(), None);
}

//! Each walk beside the items one by one.

use super::*;
use crate::addresses::{address, advance};
use crate::layout::Layout;

const BUF: *const u8 = std::ptr::without_provenance(1 << 28);

/// One item after the other by its indices, without runs.
fn one_by_one(layout: LayoutRef<'_>, order: Order) -> Vec<usize> {
    if layout.items() == 0 {
        return Vec::new();
    }
    let shape: Vec<usize> = layout.shape().iter().map(|extent| extent.unsigned_abs()).collect();
    let fortran = is_fortran(layout, order);
    let mut indices = vec![0; shape.len()];
    let mut addresses = Vec::new();
    loop {
        let mut of_item = indices.clone();
        if fortran {
            of_item.reverse();
        }
        // SAFETY: no pointer is followed.
        addresses.push(unsafe { address(BUF, layout, &of_item) }.addr());
        let extent = |axis| if fortran { shape[shape.len() - 1 - axis] } else { shape[axis] };
        if !advance(&mut indices, extent) {
            return addresses;
        }
    }
}

fn walk(layout: &Layout, order: Order) -> Walk<'_> {
    // SAFETY: no pointer is followed.
    unsafe { Walk::new(BUF, layout.as_ref(), order) }
}

fn rest(walk: Walk<'_>) -> Vec<usize> {
    walk.map(<*const u8>::addr).collect()
}

fn layouts() -> Vec<Layout> {
    let strided =
        |shape: &[usize], strides: &[isize]| Layout::strided(shape, strides, 4).expect("a layout");
    vec![
        Layout::c_contiguous(&[], 4).expect("a layout"),
        Layout::c_contiguous(&[7], 4).expect("a layout"),
        Layout::c_contiguous(&[2, 3, 4], 4).expect("a layout"),
        Layout::f_contiguous(&[2, 3, 4], 4).expect("a layout"),
        Layout::c_contiguous(&[2, 0, 4], 4).expect("a layout"),
        strided(&[5], &[-8]),
        strided(&[1], &[-8]),
        strided(&[1, 3], &[isize::MIN, -4]),
        strided(&[3, 1], &[8, isize::MAX]),
        strided(&[3, 1, 4], &[16, 100, 4]),
        strided(&[3, 5], &[40, -8]),
        strided(&[3, 4, 2], &[8, 24, 4]),
        strided(&[4, 3, 3], &[0, 4, 0]),
        strided(&[3, 2, 5], &[-100, 4, 20]),
    ]
}

/// In both orders, from the front and from the back, and split at every place.
#[test]
fn runs_are_what_single_items_are() {
    for layout in layouts() {
        for order in [Order::C, Order::Fortran, Order::Any] {
            let expected = one_by_one(layout.as_ref(), order);
            if let Some(run) = Run::whole(BUF, layout.as_ref(), order) {
                assert_eq!(rest(Walk::of_run(run)), expected, "{layout:?} {order:?}");
            }
            assert_eq!(rest(walk(&layout, order)), expected, "{layout:?} {order:?}");
            let mut backwards = Vec::new();
            let mut from_back = walk(&layout, order);
            while let Some(item) = from_back.filled_back().pop_back() {
                backwards.push(item.addr());
            }
            backwards.reverse();
            assert_eq!(backwards, expected, "{layout:?} {order:?}");
            for at in 0..=expected.len() {
                let (head, tail) = walk(&layout, order).split_at(at);
                assert_eq!((head.len(), tail.len()), (at, expected.len() - at));
                for (part, expected) in [(head, &expected[..at]), (tail, &expected[at..])] {
                    let middle = expected.len() / 2;
                    let (first, second) = part.clone().split_at(middle);
                    assert_eq!(rest(part), expected, "{layout:?} {order:?}, split at {at}");
                    assert_eq!(rest(first), expected[..middle]);
                    assert_eq!(rest(second), expected[middle..]);
                }
            }
        }
    }
}

#[test]
fn the_order_of_the_memory_has_each_item_once() {
    for layout in layouts() {
        // SAFETY: no pointer is followed.
        let found = rest(unsafe { Walk::in_memory_order(BUF, layout.as_ref()) });
        assert!(found.is_sorted() || layout.strides().contains(&0), "{layout:?}: {found:?}");
        let (mut found, mut expected) = (found, one_by_one(layout.as_ref(), Order::C));
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{layout:?}");
    }
}

/// Axes whose items follow each other are one run.
#[test]
fn runs_are_as_long_as_they_can_be() {
    #[track_caller]
    fn case(layout: Layout, order: Order, runs: usize, len: usize) {
        let mut walk = walk(&layout, order);
        let first = walk.next_run().expect("an item");
        assert_eq!((first.len, walk.whole.len() + 1), (len, runs), "{layout:?}");
    }
    let strided =
        |shape: &[usize], strides: &[isize]| Layout::strided(shape, strides, 4).expect("a layout");
    case(Layout::c_contiguous(&[2, 3, 4], 4).expect("a layout"), Order::C, 1, 24);
    case(Layout::f_contiguous(&[2, 3, 4], 4).expect("a layout"), Order::Fortran, 1, 24);
    case(Layout::f_contiguous(&[2, 3, 4], 4).expect("a layout"), Order::C, 6, 4);
    case(strided(&[3, 1, 4], &[32, 100, 8]), Order::C, 1, 12);
    case(strided(&[6, 5], &[-40, -8]), Order::C, 1, 30);
    case(strided(&[6, 5], &[-48, -8]), Order::C, 6, 5);
    case(strided(&[6, 5], &[8, 48]), Order::Fortran, 1, 30);
}

/// Rows behind pointers are runs, and so are items that are all behind a pointer of their own.
#[test]
fn pointers_are_followed_once_a_run() {
    let memory: Vec<u32> = (0..12).collect();
    let rows: Vec<*const u8> =
        [4, 0, 8].iter().map(|&first| memory[first..].as_ptr().cast()).collect();
    let expected = [4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 10, 11];
    let read = |layout: &Layout, order: Order| {
        // SAFETY: the rows are there, and four items in each.
        let walk = unsafe { Walk::new(rows.as_ptr().cast(), layout.as_ref(), order) };
        // SAFETY: an item of the rows.
        walk.map(|item| unsafe { *item.cast::<u32>() }).collect::<Vec<u32>>()
    };
    let pointer = size_of::<*const u8>() as isize;
    let layout = Layout::indirect(&[3, 4], &[pointer, 4], &[0, -1], 4).expect("a layout");
    assert_eq!(read(&layout, Order::C), expected);
    assert_eq!(read(&layout, Order::Fortran), [4, 0, 8, 5, 1, 9, 6, 2, 10, 7, 3, 11]);
    let seconds = Layout::indirect(&[3], &[pointer], &[4], 4).expect("a layout");
    assert_eq!(read(&seconds, Order::C), [5, 1, 9]);
    assert_eq!(read(&seconds, Order::Fortran), [5, 1, 9]);
}

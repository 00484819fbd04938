//! Every way to go over the items of a view finds the same ones: iterators from both ends, whole
//! loops, blocks, parts for threads, updates in place, and the bytes in pieces.

use std::io::Read;
use std::thread;

use bufferprocs::consumer::{TypedBuffer, Write};
use bufferprocs::exporters::{Rows, Strided, Untyped};
use bufferprocs::item::{BigEndian, Complex, ItemValue};
use bufferprocs::{AnyBits, Buffer, Exporter, Layout, Object, Order, Request, Shared};

/// Compares all ways to read, in each order.
#[track_caller]
fn check_reads<T>(object: &Object, request: Request)
where
    T: ItemValue<Item = T> + AnyBits + PartialEq + std::fmt::Debug,
{
    let buffer = Buffer::get(object, request).expect("a view");
    let items = buffer.items::<T>().expect("such items");
    for order in [Order::C, Order::Fortran] {
        let expected = one_by_one::<T>(&buffer, order);
        let len = expected.len();
        assert_eq!(items.iter(order).collect::<Vec<_>>(), expected);
        assert_eq!(items.iter(order).len(), len);
        assert_eq!(buffer.to_vec::<T>(order).expect("a copy"), expected);
        let folded = items.iter(order).fold(Vec::new(), |mut all, item| {
            all.push(item);
            all
        });
        assert_eq!(folded, expected);
        let mut backwards: Vec<T> = items.iter(order).rev().collect();
        backwards.reverse();
        assert_eq!(backwards, expected);
        let mut blocks = Vec::new();
        items.iter(order).blocks().for_each(|block| {
            assert!(!block.is_empty());
            blocks.extend_from_slice(block);
        });
        assert_eq!(blocks, expected);
        let step = len / 9 + 1;
        for at in (0..=len).step_by(step) {
            let (head, tail) = items.iter(order).split_at(at);
            assert_eq!((head.len(), tail.len()), (at, len - at));
            assert_eq!(head.collect::<Vec<_>>(), expected[..at]);
            // A part begins anywhere, also within a word.
            assert_eq!(tail.clone().fold(0, |count, _| count + 1), len - at);
            let mut blocks = Vec::new();
            tail.clone().blocks().for_each(|block| blocks.extend_from_slice(block));
            assert_eq!(blocks, expected[at..]);
            assert_eq!(items.iter(order).nth(at), expected.get(at).copied());
            assert_eq!(tail.collect::<Vec<_>>(), expected[at..]);
        }
        assert_eq!(items.iter(order).nth(len), None);
        // From both ends at once.
        let mut both = items.iter(order);
        let (mut front, mut back) = (Vec::new(), Vec::new());
        while let Some(item) = both.next() {
            front.push(item);
            back.extend(both.next_back());
        }
        front.extend(back.into_iter().rev());
        assert_eq!(front, expected);
        let bytes = buffer.to_contiguous(order).expect("a copy");
        let mut chunks = Vec::new();
        buffer.for_each_chunk(order, |chunk| chunks.extend_from_slice(chunk));
        assert!(chunks == bytes, "chunks in {order:?}");
        let (mut read, mut few) = (Vec::new(), [0; 7]);
        let mut reader = buffer.reader(order);
        loop {
            match reader.read(&mut few).expect("it never fails") {
                0 => break,
                count => read.extend_from_slice(&few[..count]),
            }
        }
        assert!(read == bytes, "read in {order:?}");
    }
    let key = |item: &T| format!("{item:?}");
    let (mut found, mut expected): (Vec<_>, Vec<_>) = (
        items.iter_unordered().map(|item| key(&item)).collect(),
        items.iter(Order::C).map(|item| key(&item)).collect(),
    );
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

/// By indices, without a walk.
fn one_by_one<T: ItemValue>(buffer: &Buffer<Object>, order: Order) -> Vec<T> {
    let layout = buffer.layout();
    let mut shape: Vec<usize> = layout.shape().iter().map(|extent| extent.unsigned_abs()).collect();
    if order == Order::Fortran {
        shape.reverse();
    }
    let item = |mut number: usize| {
        let mut indices = vec![0; shape.len()];
        for axis in (0..shape.len()).rev() {
            indices[axis] = number % shape[axis];
            number /= shape[axis];
        }
        if order == Order::Fortran {
            indices.reverse();
        }
        buffer.item::<T>(&indices).expect("an item")
    };
    (0..layout.items()).map(item).collect()
}

const STRIDES: [(&[usize], &[isize]); 10] = [
    (&[], &[]),
    (&[40], &[1]),
    (&[40], &[-1]),
    (&[20], &[2]),
    (&[5, 8], &[8, 1]),
    (&[8, 5], &[1, 8]),
    (&[2, 4, 5], &[20, 1, 4]),
    (&[5, 3], &[-8, 2]),
    (&[4, 0, 5], &[1, 1, 1]),
    (&[3, 4], &[0, 1]),
];

fn each_layout<T>(value: impl Fn(u32) -> T)
where
    T: ItemValue<Item = T> + AnyBits + PartialEq + std::fmt::Debug,
    Strided<T>: Exporter + Send + Sync,
{
    for (shape, strides) in STRIDES {
        let size = size_of::<T>();
        let strides: Vec<isize> = strides.iter().map(|step| step * size as isize).collect();
        let layout = Layout::strided(shape, &strides, size).expect("a layout");
        let first = layout.span().start.unsigned_abs();
        let values: Vec<T> = (0..60).map(&value).collect();
        let readonly = Strided::readonly(values.clone(), layout.clone(), first).expect("it fits");
        check_reads::<T>(&Object::new(readonly), Request::FULL_RO);
        if !strides.contains(&0) {
            let writable = Strided::writable(values, layout, first).expect("it fits");
            check_reads::<T>(&Object::new(writable), Request::FULL_RO);
        }
    }
}

#[test]
fn all_ways_read_the_same_items() {
    each_layout(|value| value as u8);
    each_layout(|value| value as i16);
    each_layout(|value| value as f32);
    each_layout(f64::from);
    each_layout(|value| [value as u8, 1, 2]);
    each_layout(|value| Complex { re: f64::from(value), im: -1.0 });
    each_layout(BigEndian::new);
    each_layout(|value| [u64::from(value), 1, 2]);
}

#[test]
fn many_items_make_many_blocks() {
    let object = Object::new(Shared::from_vec((0..20_000).map(|item| item as u16).collect()));
    check_reads::<u16>(&object, Request::FULL_RO);
    let object = Object::new((0..20_000u32).collect::<Vec<_>>());
    check_reads::<u32>(&object, Request::FULL_RO);
    let rows = (0..30u8).map(|row| vec![row; 1000]).collect();
    check_reads::<u8>(&Object::new(Rows::new(rows).expect("rows")), Request::FULL_RO);
}

#[test]
fn rows_behind_pointers() {
    for len in [1, 5, 70] {
        let row = |row: u32| (0..len).map(|item| f64::from(row * len + item)).collect::<Vec<_>>();
        let object = Object::new(Rows::new((0..7).map(row).collect()).expect("rows"));
        check_reads::<f64>(&object, Request::FULL_RO);
    }
}

/// Short rows, every second of which is aligned to its items, and the others not.
#[test]
fn rows_of_which_some_are_not_aligned() {
    let bytes: Vec<u8> = (0..700).map(|byte| byte as u8).collect();
    for (items, step) in [(5, 17), (20, 41)] {
        let layout = Layout::strided(&[16, items], &[step, 2], 2).expect("a layout");
        let object = Object::new(Untyped::new(&bytes, c"H", layout, 1).expect("it fits"));
        check_reads::<u16>(&object, Request::FULL_RO);
    }
}

/// Without a shape the items are bytes, of larger items that others access at their width.
#[test]
fn bytes_of_larger_items() {
    let object = Object::new(Shared::from_vec((0..5000u32).collect::<Vec<_>>()));
    check_reads::<u8>(&object, Request::SIMPLE);
}

#[test]
fn items_are_changed_in_place() {
    for (shape, strides) in STRIDES.into_iter().filter(|(_, strides)| !strides.contains(&0)) {
        #[track_caller]
        fn case<T>(shape: &[usize], strides: &[isize], value: fn(u32) -> T)
        where
            T: ItemValue<Item = T> + AnyBits + PartialEq + std::fmt::Debug,
        {
            let size = size_of::<T>();
            let strides: Vec<isize> = strides.iter().map(|step| step * size as isize).collect();
            let layout = Layout::strided(shape, &strides, size).expect("a layout");
            let first = layout.span().start.unsigned_abs();
            let values: Vec<T> = (0..60).map(value).collect();
            let object = Object::new(Strided::writable(values, layout, first).expect("it fits"));
            let buffer = Buffer::get(&object, Request::FULL).expect("a view");
            let items = buffer.items::<T>().expect("such items");
            let before: Vec<T> = items.iter(Order::C).collect();
            let mut seen = Vec::new();
            let numbered = |item| {
                seen.push(item);
                value(100 + seen.len() as u32)
            };
            items.iter(Order::C).update(numbered).expect("it is writable");
            assert_eq!(seen, before);
            let numbers = (0..before.len() as u32).map(|number| value(101 + number));
            assert!(items.iter(Order::C).eq(numbers));
            items.update(|_| value(7)).expect("it is writable");
            assert!(items.iter(Order::C).all(|item| item == value(7)));
            // Items can be written from a slice, too.
            buffer.copy_from_slice(&before, Order::C).expect("it is writable");
            let mut copy = before.clone();
            buffer.copy_to_slice(&mut copy, Order::C).expect("as many items");
            assert_eq!(copy, before);
        }
        case(shape, strides, |value| value as u8);
        case(shape, strides, |value| value as i16);
        case(shape, strides, |value| value as f32);
        case(shape, strides, f64::from);
        case(shape, strides, |value| [value as u8, 1, 2]);
        case(shape, strides, |value| [u64::from(value), 2]);
    }
}

/// Without a shape the items are bytes of larger ones, which are changed one by one.
#[test]
fn bytes_of_larger_items_are_changed_in_place() {
    let object = Object::new(Shared::from_vec(vec![0x0101_0101u32; 100]));
    let buffer = Buffer::get(&object, Request::SIMPLE | Request::WRITABLE).expect("a view");
    let bytes = buffer.items::<u8>().expect("bytes");
    bytes.update(|byte| byte + 1).expect("it is writable");
    assert!(bytes.iter(Order::C).all(|byte| byte == 2));
    assert_eq!(bytes.sum(), 800);
}

/// Items that are larger than a block.
#[test]
fn large_items() {
    let values: Vec<[u8; 5000]> = (0..3).map(|value| [value; 5000]).collect();
    let object = Object::new(Shared::from_vec(values.clone()));
    check_reads::<[u8; 5000]>(&object, Request::FULL_RO);
    let buffer = Buffer::get(&object, Request::FULL).expect("a view");
    let items = buffer.items::<[u8; 5000]>().expect("such items");
    items.update(|item| [item[0] + 1; 5000]).expect("it is writable");
    let first = |item: [u8; 5000]| u64::from(item[0]);
    assert_eq!(items.iter(Order::C).map(first).sum::<u64>(), 6);
    let layout = Layout::c_contiguous(&[3], 5000).expect("a layout");
    let behind = Untyped::new(&values.concat(), c"(5000)B", layout, 0).expect("it fits");
    let behind = behind.behind_pointers().expect("a dimension");
    check_reads::<[u8; 5000]>(&Object::new(behind), Request::FULL_RO);
}

/// Items that no code writes, at odd addresses: copied, since they make no slice.
#[test]
fn immutable_items_that_are_not_aligned() {
    let bytes: Vec<u8> = (0..401).map(|byte| byte as u8).collect();
    let layout = Layout::c_contiguous(&[200], 2).expect("a layout");
    let object = Object::new(Untyped::new(&bytes, c"H", layout, 1).expect("it fits"));
    check_reads::<u16>(&object, Request::FULL_RO);
    let buffer = Buffer::get(&object, Request::FULL_RO).expect("a view");
    let items = buffer.items::<u16>().expect("such items");
    let expected: u64 = items.iter(Order::C).map(u64::from).sum();
    assert_eq!(items.sum(), expected);
    assert!(buffer.as_slice::<u16>().unwrap_err().to_string().contains("not aligned"));
}

#[test]
fn what_is_read_only_is_not_changed() {
    let object = Object::new(vec![1u8, 2]);
    let buffer = Buffer::get(&object, Request::FULL_RO).expect("a view");
    let items = buffer.items::<u8>().expect("such items");
    assert_eq!(items.update(|_| 0), Err(bufferprocs::AccessError::ReadOnly));
    assert!(buffer.copy_from_slice(&[0u8, 0], Order::C).is_err());
    let object = Object::new(Shared::from_vec(vec![1u8, 2]));
    let buffer = Buffer::get(&object, Request::FULL_RO).expect("a view");
    let refused = buffer.items::<u8>().expect("such items").update(|_| 0);
    assert_eq!(refused, Err(bufferprocs::AccessError::WritableNotRequested));
    assert_eq!(buffer.to_vec::<u8>(Order::C).expect("a copy"), [1, 2]);
}

#[test]
fn sums_of_all_types() {
    let sum = |layout: Layout, values: Vec<f64>| {
        let first = layout.span().start.unsigned_abs();
        let object = Object::new(Strided::writable(values, layout, first).expect("it fits"));
        let buffer = Buffer::get(&object, Request::FULL_RO).expect("a view");
        buffer.items::<f64>().expect("floats").sum()
    };
    let values: Vec<f64> = (0..5000).map(f64::from).collect();
    let columns = Layout::f_contiguous(&[50, 100], 8).expect("a layout");
    assert_eq!(sum(columns, values.clone()), 4999.0 * 2500.0);
    let seconds = Layout::strided(&[2500], &[-16], 8).expect("a layout");
    assert_eq!(sum(seconds, values), 2499.0 * 2500.0);
    fn plain<T: bufferprocs::item::Summable>(values: impl Exporter) -> T::Sum {
        let object = Object::new(values);
        let buffer = Buffer::get(&object, Request::FULL_RO).expect("a view");
        buffer.items::<T>().expect("such items").sum()
    }
    assert_eq!(plain::<u8>(vec![255u8; 100_000]), 25_500_000);
    for len in [0, 1, 63, 64, 127, 128, 1000, 100_001] {
        let bytes: Vec<u8> = (0..len).map(|byte: u32| byte as u8).collect();
        let expected: u64 = bytes.iter().map(|byte| u64::from(*byte)).sum();
        let shared = Shared::from_vec(bytes);
        assert_eq!(Shared::sum(&shared), expected);
        let skipped = len.min(3);
        let first = u64::from((0..skipped).sum::<u32>());
        assert_eq!(Shared::sum(&shared[skipped as usize..]), expected - first);
        assert_eq!(plain::<u8>(shared), expected);
        let halves = Shared::from_vec(vec![0.5f32; len as usize]);
        assert_eq!(Shared::sum(&halves), len as f32 / 2.0);
        assert_eq!(plain::<f32>(halves), len as f32 / 2.0);
    }
    assert_eq!(plain::<i8>(vec![-128i8; 100_000]), -12_800_000);
    assert_eq!(plain::<u64>(vec![u64::MAX, 2]), 1);
    assert_eq!(plain::<f32>(vec![0.5f32; 77]), 38.5);
    assert_eq!(plain::<bool>(vec![true, false, true]), 2);
    assert_eq!(plain::<u16>(Vec::<u16>::new()), 0);
    // Runs with gaps between them, and runs behind pointers.
    let padded = Layout::strided(&[40, 100], &[1000, 8], 8).expect("a layout");
    assert_eq!(sum(padded, vec![0.5; 5000]), 2000.0);
    assert_eq!(plain::<u16>(Rows::new(vec![vec![3u16; 70]; 5]).expect("rows")), 1050);
}

/// Each item is changed in its turn, also where the first of them do not fill a vector.
#[test]
fn updates_go_in_order() {
    fn case<T: AnyBits + PartialEq + std::fmt::Debug>(make: fn(usize) -> T) {
        for start in 0..20 {
            let shared = Shared::from_vec((0..70).map(|_| make(0)).collect::<Vec<T>>());
            let layout = Layout::c_contiguous(&[70 - start], size_of::<T>()).expect("a layout");
            let first = start * size_of::<T>();
            let strided = Strided::writable(Shared::to_vec(&shared), layout, first);
            let object = Object::new(strided.expect("it fits"));
            let buffer = Buffer::get(&object, Request::FULL).expect("a view");
            let items = buffer.items::<T>().expect("such items");
            let mut number = 0;
            let mut count = |_| {
                number += 1;
                make(number)
            };
            items.iter(Order::C).update(&mut count).expect("it is writable");
            let expected: Vec<T> = (1..=70 - start).map(make).collect();
            assert_eq!(items.iter(Order::C).collect::<Vec<T>>(), expected, "{start}");
            number = 0;
            Shared::update(&shared[start..], |_| {
                number += 1;
                make(number)
            });
            assert_eq!(Shared::to_vec(&shared[start..]), expected, "{start}");
            assert!(shared[..start].iter().all(|item| item.load() == make(0)));
        }
    }
    case(|number| number as u8);
    case(|number| number as u16);
    case(|number| number as f32);
    case(|number| number as u64);
    case(|number| [number as u8; 4]);
    case(|number| [number as u8; 3]);
}

/// Rows have the items that single indices lead to, and an iterator's values go to the items in
/// C order.
#[test]
fn rows_and_values_of_an_iterator() {
    #[track_caller]
    fn case(exporter: impl Exporter) {
        let object = Object::new(exporter);
        let items = TypedBuffer::<_, u16, Write>::get(&object).expect("such items");
        let all = items.to_vec().expect("a copy");
        let columns = items.shape().last().copied().unwrap_or(1);
        let rows: Vec<Vec<u16>> = items.rows().map(|row| row.to_vec()).collect();
        assert_eq!(rows.concat(), all);
        assert!(rows.iter().all(|row| row.len() == columns));
        assert_eq!(items.rows().len(), rows.len());
        for (row, expected) in items.rows().zip(&rows) {
            assert_eq!(row.sum(), expected.iter().copied().map(u64::from).sum::<u64>());
            let found: Vec<_> = (0..columns + 1).map(|column| row.get(column)).collect();
            let mut expected: Vec<_> = expected.iter().copied().map(Some).collect();
            expected.push(None);
            assert_eq!(found, expected);
        }
        let few = all.len() / 2;
        assert_eq!(items.write_from((0..few as u16).map(|value| 1000 + value)), few);
        let written = items.to_vec().expect("a copy");
        let new: Vec<u16> = (0..few as u16).map(|value| 1000 + value).collect();
        assert_eq!((&written[..few], &written[few..]), (&new[..], &all[few..]));
        assert_eq!(items.write_from(std::iter::repeat(7)), all.len());
        assert!(items.iter().all(|item| item == 7));
    }
    let numbers = |count: u16| (0..count).collect::<Vec<u16>>();
    case(Shared::from_vec(numbers(5)));
    for (shape, strides) in [
        (&[3, 4][..], &[8, 2][..]),
        (&[3, 4], &[2, 6]),
        (&[3, 4], &[-8, 2]),
        (&[2, 3, 2], &[12, -4, 2]),
        (&[1, 4], &[100, 2]),
        (&[4], &[-2]),
    ] {
        let layout = Layout::strided(shape, strides, 2).expect("a layout");
        let first = layout.span().start.unsigned_abs();
        case(Strided::writable(numbers(12), layout, first).expect("it fits"));
    }
    case(Rows::new(vec![numbers(3), numbers(3)]).expect("rows"));
}

/// Without an item, extents may be of any size.
#[test]
fn rows_may_be_more_than_there_are_numbers() {
    #[track_caller]
    fn case(shape: &[usize], len: usize) {
        let layout = Layout::strided(shape, &vec![2; shape.len()], 2).expect("a layout");
        let object = Object::new(Strided::readonly(Vec::<u16>::new(), layout, 0).expect("it fits"));
        let items = TypedBuffer::<_, u16>::get(&object).expect("such items");
        let mut rows = items.rows();
        assert_eq!(rows.len(), len);
        assert_eq!(rows.next().map(|row| row.len()), (len > 0).then_some(0));
    }
    const LARGE: usize = 1 << (usize::BITS - 2);
    case(&[3, 0], 3);
    case(&[LARGE, 3, 0], 3 * LARGE);
    case(&[LARGE, 4, 0], usize::MAX);
    case(&[LARGE, 5, 0], usize::MAX);
    case(&[LARGE, 4, 0, 0], 0);
}

/// Parts go to threads, which write to items of their own.
#[test]
fn threads_share_the_work() {
    let object = Object::new(Shared::from_vec((0..100_000u32).collect::<Vec<_>>()));
    let buffer = Buffer::get(&object, Request::FULL).expect("a view");
    let items = buffer.items::<u32>().expect("such items");
    let (head, tail) = items.iter(Order::C).split_at(33_333);
    thread::scope(|scope| {
        scope.spawn(|| head.update(|item| item + 1).expect("it is writable"));
        scope.spawn(|| tail.update(|item| item + 1).expect("it is writable"));
    });
    assert!(items.iter(Order::C).eq(1..=100_000));
}

#[test]
fn slices_only_of_what_nobody_writes() {
    let object = Object::new(vec![1u32, 2, 3]);
    let buffer = Buffer::get(&object, Request::FULL_RO).expect("a view");
    assert_eq!(buffer.as_slice::<u32>().expect("immutable"), [1, 2, 3]);
    let message = |error: bufferprocs::AccessError| error.to_string();
    assert!(message(buffer.as_slice::<i32>().unwrap_err()).contains("as `u32`"));
    let columns = Layout::f_contiguous(&[2, 2], 4).expect("a layout");
    let object = Object::new(Strided::readonly(vec![1u32; 4], columns, 0).expect("it fits"));
    let buffer = Buffer::get(&object, Request::FULL_RO).expect("a view");
    assert!(message(buffer.as_slice::<u32>().unwrap_err()).contains("not contiguous"));
    let mut object = Buffer::get(&Object::new(Shared::from_vec(vec![3u16, 1, 2])), Request::FULL)
        .expect("a view");
    assert!(message(object.as_slice::<u16>().unwrap_err()).contains("others may write"));
    // SAFETY: this is the only thread, and there is no other view.
    unsafe { object.as_mut_slice_unchecked::<u16>() }.expect("it is writable").sort();
    // SAFETY: as above, and it writes nothing.
    assert_eq!(unsafe { object.as_slice_unchecked::<u16>() }.expect("aligned"), [1, 2, 3]);
    let mut readonly = Buffer::get(&Object::new(vec![1u16]), Request::FULL_RO).expect("a view");
    // SAFETY: it is refused.
    assert!(unsafe { readonly.as_mut_slice_unchecked::<u16>() }.is_err());
    let empty = Object::new(Vec::<u64>::new());
    let buffer = Buffer::get(&empty, Request::FULL_RO).expect("a view");
    assert!(buffer.as_slice::<u64>().expect("immutable").is_empty());
}

//! Layouts and copies against a walk over all indices, written from the documentation: every small
//! shape, many strides.

use bufferprocs::exporters::Strided;
use bufferprocs::{Buffer, Layout, Object, Order, Request};

const ITEMSIZE: usize = 2;
/// Reversed, repeated, packed, overlapping, with gaps; not all of them multiples of the itemsize.
const STRIDES: [isize; 5] = [-6, 0, 2, 3, 12];

/// All tuples of `len` numbers below `extents`, the last number fastest.
fn tuples(extents: &[usize]) -> Vec<Vec<usize>> {
    extents.iter().fold(vec![vec![]], |tuples, &extent| {
        let longer = |tuple: &Vec<usize>| {
            let tuple = tuple.clone();
            (0..extent).map(move |number| [&tuple[..], &[number]].concat())
        };
        tuples.iter().flat_map(longer).collect()
    })
}

fn shapes() -> Vec<Vec<usize>> {
    (0..=4).flat_map(|ndim| tuples(&vec![4; ndim])).collect()
}

/// The definition of a packed array: item number `n` in this order is `n` items from the first.
fn is_packed(offsets: impl Iterator<Item = isize>) -> bool {
    offsets.enumerate().all(|(number, offset)| offset == (number * ITEMSIZE) as isize)
}

fn offset(indices: &[usize], strides: &[isize]) -> isize {
    indices.iter().zip(strides).map(|(&index, stride)| index as isize * stride).sum()
}

/// The indices of all items with the first one fastest.
fn fortran(shape: &[usize]) -> Vec<Vec<usize>> {
    let reversed: Vec<usize> = shape.iter().rev().copied().collect();
    let mut all = tuples(&reversed);
    all.iter_mut().for_each(|indices| indices.reverse());
    all
}

#[test]
fn every_small_layout_is_as_the_documentation_says() {
    let mut layouts = 0;
    for shape in shapes() {
        let (rows, columns) = (tuples(&shape), fortran(&shape));
        for choice in tuples(&vec![STRIDES.len(); shape.len()]) {
            let strides: Vec<isize> = choice.iter().map(|&number| STRIDES[number]).collect();
            let layout = Layout::strided(&shape, &strides, ITEMSIZE).unwrap();
            let c = is_packed(rows.iter().map(|indices| offset(indices, &strides)));
            let f = is_packed(columns.iter().map(|indices| offset(indices, &strides)));
            let context = || format!("{shape:?} {strides:?}");
            assert_eq!(layout.is_c_contiguous(), c, "{}", context());
            assert_eq!(layout.is_f_contiguous(), f, "{}", context());
            assert_eq!(layout.len_bytes(), rows.len() * ITEMSIZE, "{}", context());
            for indices in &rows {
                let expected = Some(offset(indices, &strides));
                assert_eq!(layout.offset_of(indices), expected, "{} {indices:?}", context());
            }
            layouts += 1;
        }
    }
    assert_eq!(layouts, (0..=4).map(|ndim| 20usize.pow(ndim)).sum::<usize>());
}

/// Copies are slower; a few strides less, over a memory that holds any of these layouts.
#[test]
fn every_copy_has_the_items_of_a_walk() {
    const STRIDES: [isize; 3] = [-6, 2, 12];
    const REACH: usize = 3 * 12 * 4;
    let memory: Vec<u16> = (0..REACH as u16).collect();
    let bytes =
        |items: &[u16]| items.iter().flat_map(|item| item.to_ne_bytes()).collect::<Vec<u8>>();
    let mut copies = 0;
    for shape in shapes() {
        let (rows, columns) = (tuples(&shape), fortran(&shape));
        for choice in tuples(&vec![STRIDES.len(); shape.len()]) {
            let strides: Vec<isize> = choice.iter().map(|&number| STRIDES[number]).collect();
            let layout = Layout::strided(&shape, &strides, ITEMSIZE).unwrap();
            let start = layout.span().start.unsigned_abs();
            let item = |indices: &Vec<usize>| {
                memory[start.wrapping_add_signed(offset(indices, &strides)) / ITEMSIZE]
            };
            let expected = |order: &[Vec<usize>]| order.iter().map(item).collect::<Vec<u16>>();
            let context = format!("{shape:?} {strides:?}");
            for readonly in [true, false] {
                let new = if readonly { Strided::readonly } else { Strided::writable };
                let strided = new(memory.clone(), layout.clone(), start).unwrap();
                let object = Object::new(strided);
                let request = if readonly { Request::FULL_RO } else { Request::FULL };
                let buffer = Buffer::get(&object, request).unwrap();
                for (order, indices) in [(Order::C, &rows), (Order::Fortran, &columns)] {
                    let expected = expected(indices);
                    let packed = buffer.to_contiguous(order).unwrap();
                    assert_eq!(packed, bytes(&expected), "{context} {order:?}");
                    let items = buffer.items::<u16>().unwrap();
                    assert!(items.iter(order).eq(expected.iter().copied()), "{context} {order:?}");
                    copies += 1;
                    if readonly {
                        continue;
                    }
                    // Back, as other numbers: what is read then is what the walk writes last.
                    let mut written = memory.clone();
                    let new: Vec<u16> =
                        (0..indices.len() as u16).map(|number| 1000 + number).collect();
                    for (indices, &item) in indices.iter().zip(&new) {
                        let at = start.wrapping_add_signed(offset(indices, &strides)) / ITEMSIZE;
                        written[at] = item;
                    }
                    buffer.from_contiguous(&bytes(&new), order).unwrap();
                    let strided = object.exported::<Strided<u16>>().unwrap().try_borrow().unwrap();
                    assert_eq!(strided.to_vec(), written, "{context} {order:?}");
                    buffer.from_contiguous(&packed, order).unwrap();
                }
                let any = buffer.to_contiguous(Order::Any).unwrap();
                let fortran = layout.is_f_contiguous() && !layout.is_c_contiguous();
                let indices = if fortran { &columns } else { &rows };
                assert_eq!(any, bytes(&expected(indices)), "{context} Any");
            }
        }
    }
    assert_eq!(copies, 4 * (0..=4).map(|ndim| 12usize.pow(ndim)).sum::<usize>());
}

/// Items of other sizes, and packed ones of which only the shape is known.
#[test]
fn copies_of_items_of_many_sizes() {
    fn case<const N: usize>() {
        let items: Vec<[u8; N]> = (0..24u8)
            .map(|item| std::array::from_fn(|byte| item.wrapping_mul(7) ^ byte as u8))
            .collect();
        let shape = [2, 3, 4];
        let layouts = [
            Layout::c_contiguous(&shape, N).unwrap(),
            Layout::f_contiguous(&shape, N).unwrap(),
            Layout::f_contiguous(&[4, 3, 2], N).unwrap().transposed().unwrap(),
        ];
        for layout in layouts {
            for readonly in [true, false] {
                let new = if readonly { Strided::readonly } else { Strided::writable };
                let object = Object::new(new(items.clone(), layout.clone(), 0).unwrap());
                let mut requests = vec![Request::FULL_RO, Request::STRIDES];
                if layout.is_c_contiguous() {
                    requests.extend([Request::ND, Request::SIMPLE]);
                }
                for request in requests {
                    let buffer = Buffer::get(&object, request).unwrap();
                    let item = |indices: &Vec<usize>| {
                        items[layout.offset_of(indices).unwrap().unsigned_abs() / N]
                    };
                    let rows: Vec<u8> = tuples(&shape).iter().flat_map(item).collect();
                    assert_eq!(buffer.to_contiguous(Order::C).unwrap(), rows);
                    let mut target = vec![0; rows.len()];
                    buffer.copy_to(&mut target, Order::C).unwrap();
                    assert_eq!(target, rows);
                    if request != Request::SIMPLE {
                        let columns: Vec<u8> = fortran(&shape).iter().flat_map(item).collect();
                        assert_eq!(buffer.to_contiguous(Order::Fortran).unwrap(), columns);
                    }
                }
            }
        }
    }
    case::<1>();
    case::<2>();
    case::<3>();
    case::<4>();
    case::<5>();
    case::<8>();
    case::<12>();
    case::<16>();
    case::<17>();
}

#[test]
fn a_layout_without_strides_is_packed() {
    use bufferprocs::LayoutRef;
    for shape in shapes() {
        let packed = Layout::c_contiguous(&shape, ITEMSIZE).unwrap();
        let signed: Vec<isize> = shape.iter().map(|&extent| extent as isize).collect();
        let layout = LayoutRef::new(&signed, None, None, ITEMSIZE as isize).unwrap();
        assert!(layout.is_c_contiguous());
        assert_eq!(layout.is_f_contiguous(), packed.is_f_contiguous(), "{shape:?}");
        assert_eq!(layout.span(), packed.span());
        for indices in tuples(&shape) {
            assert_eq!(layout.offset_of(&indices), packed.offset_of(&indices), "{shape:?}");
        }
        assert_eq!(layout.to_layout().len_bytes(), packed.len_bytes());
        if !shape.contains(&0) {
            assert_eq!(layout.to_layout(), packed);
        }
    }
}

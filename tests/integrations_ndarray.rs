//! Arrays of `ndarray` in every layout: exported in place, filled from buffers, and written back.

use std::fmt::Debug;

use bufferprocs::consumer::{AnyDim, Dim, Read, TypedBuffer, Write};
use bufferprocs::exporters::{Rows, Strided};
use bufferprocs::{
    AccessError, AnyBits, Buffer, BufferError, CopyError, Exported, Exporter, Item, Layout,
    LayoutError, Object, Order, Request, Shared, View, item::ItemValue,
};
use ndarray::{
    ArcArray, Array, Array1, Array2, ArrayBase, ArrayD, Axis, Data, Dimension, IxDyn, ShapeBuilder,
    Slice, array,
};

/// What is done to an axis of an array, in place: nothing, the axis backwards, every second item,
/// every second backwards, one item with an odd stride, no item.
const AXES: [Slice; 6] = [
    Slice { start: 0, end: None, step: 1 },
    Slice { start: 0, end: None, step: -1 },
    Slice { start: 0, end: None, step: 2 },
    Slice { start: 1, end: None, step: -2 },
    Slice { start: 2, end: Some(3), step: 3 },
    Slice { start: 1, end: Some(1), step: 1 },
];

/// All small arrays: of 0 to 4 dimensions, in both orders, with each treatment of each axis.
fn arrays<T: Clone>(item: fn(usize) -> T) -> impl Iterator<Item = ArrayD<T>> {
    let of_one_ndim = move |(ndim, fortran): (usize, bool)| {
        let shape = IxDyn(&[3, 4, 3, 5][..ndim]);
        let len = shape.slice().iter().product();
        let items: Vec<T> = (0..len).map(item).collect();
        let whole = ArrayD::from_shape_vec(shape.set_f(fortran), items).unwrap();
        (0..AXES.len().pow(ndim as u32)).map(move |mut treatment| {
            let mut array = whole.clone();
            for axis in 0..ndim {
                array.slice_axis_inplace(Axis(axis), AXES[treatment % AXES.len()]);
                treatment /= AXES.len();
            }
            array
        })
    };
    (0..5).flat_map(|ndim| [(ndim, false), (ndim, true)]).flat_map(of_one_ndim)
}

/// The indices of all items.
fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
    ndarray::indices(IxDyn(shape)).into_iter().map(|index| index.slice().to_vec()).collect()
}

/// The exporter shows the memory of the array, with its shape and strides.
#[track_caller]
fn check_view<A: Data, D: Dimension>(array: &ArrayBase<A, D>, immutable: bool)
where
    ArrayBase<A, D>: Exporter,
{
    let view = Exporter::view(array).unwrap();
    let (shape, strides): (Vec<isize>, Vec<isize>) = (
        array.shape().iter().map(|&extent| extent as isize).collect(),
        array.strides().iter().map(|stride| stride * size_of::<A::Elem>() as isize).collect(),
    );
    assert_eq!((view.shape(), view.strides()), (&shape[..], &strides[..]));
    assert_eq!(view.buf(), array.as_ptr().cast(), "not the memory of the array");
    assert_eq!((view.is_immutable(), view.is_readonly()), (immutable, immutable));
}

/// Exports `array`, compares each item, and copies all into an array again.
#[track_caller]
fn exported<T: Item + ItemValue + PartialEq + Debug>(array: ArrayD<T>) -> Buffer<Object> {
    check_view(&array, true);
    let expected = array.clone();
    let object = Object::new(array);
    assert_eq!(Buffer::get(&object, Request::FULL).unwrap_err(), BufferError::NotWritable);
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    assert_eq!(buffer.format(), Some(T::FORMAT));
    for index in indices(expected.shape()) {
        assert_eq!(buffer.item::<T>(&index).unwrap(), expected[&index[..]], "{index:?}");
    }
    let copy = buffer.to_array::<T>().unwrap();
    assert!(copy == expected && copy.is_standard_layout());
    buffer
}

/// The same, and looks at the memory as an array.
#[track_caller]
fn seen<T: AnyBits + PartialEq + Debug>(array: ArrayD<T>) {
    let (expected, first) = (array.clone(), array.as_ptr());
    let strides = array.strides().to_vec();
    let buffer = exported(array);
    let seen = buffer.as_array::<T>().unwrap();
    assert_eq!(seen, expected);
    if !seen.is_empty() {
        assert_eq!(seen.as_ptr(), first);
        let axes = seen.strides().iter().zip(&strides).zip(seen.shape());
        assert!(axes.into_iter().all(|((found, is), &extent)| found == is || extent == 1));
    }
    // SAFETY: no code writes the items.
    assert_eq!(unsafe { buffer.as_array_unchecked::<T>() }.unwrap(), expected);
}

/// Writes `array` into buffers of the same shape, in every layout of shared items.
#[track_caller]
fn written<T: AnyBits + PartialEq + Debug>(array: ArrayD<T>, zero: T) {
    let shape = array.shape();
    let mut reversed = ArrayD::from_shape_fn(shape, |_| Shared::new(zero));
    (0..array.ndim()).for_each(|axis| reversed.invert_axis(Axis(axis)));
    for target in [
        ArrayD::from_shape_fn(shape, |_| Shared::new(zero)),
        ArrayD::from_shape_fn(shape.f(), |_| Shared::new(zero)),
        reversed,
    ] {
        check_view(&target, false);
        let object = Object::new(target);
        let buffer = Buffer::get(&object, Request::FULL).unwrap();
        buffer.copy_from_array(&array).unwrap();
        assert_eq!(buffer.to_array::<T>().unwrap(), array);
        let held = object.exported::<ArrayD<Shared<T>>>().unwrap();
        assert_eq!(held.try_borrow().unwrap().map(Shared::load), array);
        for index in indices(array.shape()) {
            held.try_borrow().unwrap()[&index[..]].store(zero);
            assert_eq!(buffer.item::<T>(&index).unwrap(), zero);
        }
    }
}

#[test]
fn arrays_of_floats() {
    arrays(|number| number as f64).for_each(seen);
}

#[test]
fn arrays_of_bytes() {
    arrays(|number| number as u8).for_each(seen);
}

#[test]
fn arrays_of_bools() {
    arrays(|number| number % 3 == 0).for_each(|array| drop(exported(array)));
}

#[test]
fn arrays_are_written_to_buffers() {
    arrays(|number| number as f64 + 1.0).for_each(|array| written(array, 0.0));
}

#[test]
fn arrays_of_complex_numbers() {
    use bufferprocs::item::Complex;
    arrays(|number| Complex { re: number as f64, im: 0.5 }).for_each(seen);
    #[cfg(feature = "num-complex")]
    arrays(|number| num_complex::Complex::new(number as f32, 0.5)).for_each(|array| {
        seen(array.clone());
        written(array, num_complex::Complex::new(0.0, 0.0));
    });
}

#[test]
fn arrays_of_records() {
    bufferprocs::record! {
        #[derive(Debug, PartialEq)]
        struct Point { x: f32, y: f32, level: [u16; 2] }
    }
    let point = |number: usize| Point { x: number as f32, y: 0.5, level: [number as u16, 7] };
    arrays(point).take(600).for_each(seen);
    arrays(point).take(200).for_each(|array| written(array, point(99)));
}

/// Items that consumers do not read as such, or of which a few make one.
#[test]
fn arrays_of_other_items() {
    let format = |object: Object| {
        Buffer::get(&object, Request::FULL_RO).map(|buffer| buffer.format().map(ToOwned::to_owned))
    };
    let letters = array![['a', 'β'], ['c', 'd']].reversed_axes();
    check_view(&letters, true);
    assert_eq!(format(Object::new(letters)), Ok(Some(c"w".into())));
    let pairs = Array1::from(vec![[1_u16, 2], [3, 4]]);
    check_view(&pairs, true);
    assert_eq!(format(Object::new(pairs)), Ok(Some(c"(2)H".into())));
}

/// A stride that leads to no second item may have any size.
#[test]
fn strides_that_lead_nowhere() {
    const HUGE: usize = isize::MAX as usize;
    let row = Array::from_shape_vec((1, 3).strides((HUGE, 1)), vec![1.0, 2.0, 3.0]);
    let none = Array::from_shape_vec((0, 5, 1).strides((HUGE, 3, HUGE)), vec![0.0; 20]);
    for array in [row.unwrap().into_dyn(), none.unwrap().into_dyn()] {
        let object = Object::new(array.clone());
        let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
        assert_eq!(buffer.to_array::<f64>().unwrap(), array);
        assert_eq!(buffer.as_array::<f64>().unwrap(), array);
    }
}

#[test]
fn arrays_are_shared_in_place() {
    let mut in_place = 0;
    for array in arrays(|number| number as u16) {
        let (expected, strides, first) =
            (array.clone(), array.strides().to_vec(), array.as_ptr().addr());
        let last = array.iter().last().map(|item| std::ptr::from_ref(item).addr());
        let shared = Shared::from_array(array);
        assert_eq!((shared.map(Shared::load), shared.strides()), (expected, &strides[..]));
        check_view(&shared, false);
        let Some(last) = last else { continue };
        // Moved to the front by whole items, if at all, and all of them alike.
        let moved = |from: usize, to: &Shared<u16>| from.checked_sub(std::ptr::from_ref(to).addr());
        let by = moved(first, shared.first().unwrap()).unwrap();
        assert_eq!((by % 2, moved(last, shared.iter().last().unwrap())), (0, Some(by)));
        in_place += usize::from(by == 0);
    }
    assert_eq!(in_place, 2 * (1 + 3 + 9 + 27 + 81)); // all that are not cut at the front
    let mut cut = array![1.5, 2.5, 3.5];
    cut.slice_collapse(ndarray::s![1..]);
    let shared = Shared::from_array(cut.into_shared().into_owned());
    shared[1].store(7.5);
    assert_eq!(shared.map(Shared::load), array![2.5, 7.5]);
}

#[test]
fn more_than_64_dimensions_are_an_error() {
    let array = |ndim: usize| ArrayD::from_elem(IxDyn(&vec![1; ndim]), 7_u8);
    let refused = Exported::try_new(array(65)).unwrap_err();
    assert_eq!(refused, BufferError::Layout(LayoutError::TooManyDimensions { ndim: 65 }));
    let refused = Exported::try_new(array(80).mapv(Shared::new)).unwrap_err();
    assert_eq!(refused, BufferError::Layout(LayoutError::TooManyDimensions { ndim: 80 }));
    let refused = Exported::try_new(array(65).into_shared()).unwrap_err();
    assert_eq!(refused, BufferError::Layout(LayoutError::TooManyDimensions { ndim: 65 }));
    drop(exported(array(64)));
}

/// The pages of this array are never touched, so that they cost nothing.
#[test]
fn a_gibibyte_is_not_copied() {
    let array = Array1::from(vec![0_u8; 1 << 30]);
    let first = array.as_ptr();
    let object = Object::new(array);
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    assert_eq!((buffer.raw().buf.cast_const().cast(), buffer.len_bytes()), (first, 1 << 30));
    assert_eq!(buffer.as_array::<u8>().unwrap().as_ptr(), first);
    assert_eq!(buffer.item::<u8>(&[(1 << 30) - 1]), Ok(0));
}

#[test]
fn a_clone_that_is_changed_leaves_the_exported_array_alone() {
    let mut other: ArcArray<f64, _> = array![[1.0, 2.0], [3.0, 4.0]].into_shared();
    let first = other.as_ptr();
    let object = Object::new(other.clone());
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    let seen = buffer.as_array::<f64>().unwrap();
    assert_eq!((buffer.raw().buf.cast_const().cast(), seen.as_ptr()), (first, first));
    other[[0, 0]] = 9.0;
    assert_eq!((seen[[0, 0]], other[[0, 0]]), (1.0, 9.0));
    assert_ne!(other.as_ptr(), first);
    drop(buffer);
    let exported = object.exported::<ArcArray<f64, ndarray::Ix2>>().unwrap();
    exported.try_mut().unwrap()[[1, 1]] = 8.0; // now the only owner: in place
    assert_eq!(exported.try_borrow().unwrap().as_ptr(), first);
}

#[test]
fn clones_of_shared_items_see_what_consumers_write() {
    let ours = ArcArray::from_shape_fn((2, 2), |_| Shared::new(0_u32));
    let mut transposed = ours.clone();
    transposed.swap_axes(0, 1);
    check_view(&transposed, false);
    let object = Object::new(transposed);
    let buffer = Buffer::get(&object, Request::FULL).unwrap();
    buffer.items::<u32>().unwrap().set(&[0, 1], 7).unwrap();
    assert_eq!(ours[[1, 0]].load(), 7);
    ours[[0, 1]].store(8);
    assert_eq!(buffer.item::<u32>(&[1, 0]), Ok(8));
}

#[test]
fn an_array_does_not_change_while_it_is_exported() {
    let object = Object::new(Array2::<f64>::zeros((2, 2)));
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    let array = object.exported::<Array2<f64>>().unwrap();
    assert!(array.try_mut().is_err());
    drop(buffer);
    array.try_mut().unwrap().invert_axis(Axis(0));
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    assert_eq!(buffer.strides(), Some(&[-16, 8][..]));
}

#[test]
fn each_number_of_dimensions_has_its_type() {
    macro_rules! check {
        ($($ndim:literal $view:ident $array:ident;)*) => {$(
            let shape = [2; $ndim];
            let array: ndarray::$array<u16> =
                Array::from_shape_fn(shape, |index| index.into_dimension().slice().iter().sum::<usize>() as u16);
            let object = Object::new(array.clone());
            let buffer = TypedBuffer::<_, u16, Read, Dim<$ndim>>::get(&object).unwrap();
            let copy: ndarray::$array<u16> = buffer.to_array().unwrap();
            let seen: ndarray::$view<'_, u16> = buffer.as_array().unwrap();
            assert!(copy == array && seen == array);
            // SAFETY: no code writes the items.
            let seen: ndarray::$view<'_, u16> = unsafe { buffer.as_array_unchecked() }.unwrap();
            assert_eq!(seen, array);
            let buffer = TypedBuffer::<_, u16, Read, AnyDim>::get(&object).unwrap();
            assert_eq!(buffer.to_array().unwrap(), array.clone().into_dyn());
            assert_eq!(buffer.as_array().unwrap(), array.clone().into_dyn());
            let target = Object::new(Array::from_shape_fn(shape, |_| Shared::new(0_u16)));
            let target = TypedBuffer::<_, u16, Write, Dim<$ndim>>::get(&target).unwrap();
            target.copy_from_array(&array.t()).unwrap();
            assert_eq!(target.to_array().unwrap(), array.t());
        )*};
    }
    use ndarray::IntoDimension;
    check! {
        0 ArrayView0 Array0;
        1 ArrayView1 Array1;
        2 ArrayView2 Array2;
        3 ArrayView3 Array3;
        4 ArrayView4 Array4;
        5 ArrayView5 Array5;
        6 ArrayView6 Array6;
    }
}

#[test]
fn masks_are_read_and_written() {
    use bufferprocs::item::Bool;
    let object = Object::new(Array::from_shape_fn((2, 2), |_| Shared::new(Bool::new(false))));
    let buffer = TypedBuffer::<_, bool, Write, Dim<2>>::get(&object).unwrap();
    let mask = array![[true, false], [true, true]];
    buffer.copy_from_array(&mask.t()).unwrap();
    assert_eq!(buffer.to_array().unwrap(), mask.t());
}

/// The items are packed, so that the exporter grants a request without strides.
#[test]
fn without_strides_or_shape() {
    let object = Object::new(array![[1_u8, 2], [3, 4]]);
    let buffer = Buffer::get(&object, Request::ND | Request::FORMAT).unwrap();
    assert_eq!(buffer.strides(), None);
    assert_eq!(buffer.as_array::<u8>().unwrap(), array![[1, 2], [3, 4]].into_dyn());
    let buffer = Buffer::get(&object, Request::SIMPLE).unwrap();
    assert_eq!(buffer.as_array::<u8>().unwrap(), array![1, 2, 3, 4].into_dyn());
    assert_eq!(buffer.to_array::<u8>().unwrap(), array![1, 2, 3, 4].into_dyn());
    let object = Object::new(array![[1_u8, 2], [3, 4]].mapv(Shared::new));
    let buffer = Buffer::get(&object, Request::WRITABLE).unwrap();
    buffer.copy_from_array(&array![5_u8, 6, 7, 8].slice(ndarray::s![..;-1])).unwrap();
    assert_eq!(buffer.to_array::<u8>().unwrap(), array![8, 7, 6, 5].into_dyn());
}

/// Why there is no view of an array of `u16`, also where others are promised not to write.
#[track_caller]
fn refused(exporter: impl Exporter, expected: AccessError) {
    let object = Object::new(exporter);
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    assert_eq!(buffer.as_array::<u16>().unwrap_err(), expected);
    let array = TypedBuffer::<_, u16>::get(&object);
    assert!(array.is_err() || array.unwrap().as_array().unwrap_err() == expected);
    if expected != AccessError::MayBeWritten {
        // SAFETY: this is the only thread, and it writes nothing.
        assert_eq!(unsafe { buffer.as_array_unchecked::<u16>() }.unwrap_err(), expected);
    }
}

#[test]
fn buffers_that_are_no_array() {
    struct Odd(Vec<u16>, Layout, usize);

    impl Exporter for Odd {
        fn view(&self) -> Result<View<'_>, BufferError> {
            Ok(View::readonly(&self.0).with_layout(&self.1, self.2)?)
        }
    }

    refused(Shared::from_vec(vec![1_u16, 2]), AccessError::MayBeWritten);
    refused(
        Rows::new(vec![vec![1_u16], vec![2]]).unwrap(),
        AccessError::FollowsPointers { axis: 0 },
    );
    let every_three_bytes = Layout::strided(&[1, 3], &[7, 3], 2).unwrap();
    let splits = AccessError::SplitsItems { axis: 1, stride: 3, itemsize: 2 };
    refused(Odd(vec![0; 4], every_three_bytes, 0), splits);
    let line = Layout::c_contiguous(&[3], 2).unwrap();
    refused(Odd(vec![0; 4], line, 1), AccessError::Misaligned { alignment: 2 });
    let none = Layout::c_contiguous(&[0, isize::MAX as usize, 2], 2).unwrap();
    refused(Odd(vec![], none.clone(), 0), AccessError::NoSuchArray);
    let object = Object::new(Odd(vec![], none, 0));
    let error = Buffer::get(&object, Request::FULL_RO).unwrap().to_array::<u16>().unwrap_err();
    assert_eq!(error, CopyError::Items(AccessError::NoSuchArray));

    let object = Object::new(vec![1_u8]);
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    assert!(matches!(buffer.as_array::<u16>(), Err(AccessError::Format { .. })));
    assert!(matches!(buffer.to_array::<u16>(), Err(CopyError::Items(AccessError::Format { .. }))));
}

/// Layouts that no array of `ndarray` owns, but a view has.
#[test]
fn items_that_overlap() {
    let layout = Layout::strided(&[3, 2, 4], &[2, 0, -2], 2).unwrap();
    let object = Object::new(Strided::readonly(vec![0_u16, 1, 2, 3, 4, 5], layout, 6).unwrap());
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    let expected = Array::from_shape_fn((3, 2, 4), |(a, _, c)| (3 + a - c) as u16).into_dyn();
    assert_eq!(buffer.as_array::<u16>().unwrap(), expected);
    assert_eq!(buffer.to_array::<u16>().unwrap(), expected);
}

#[test]
fn arrays_that_do_not_fit() {
    let object = Object::new(Array::from_shape_fn((2, 3), |_| Shared::new(0_u16)));
    let buffer = Buffer::get(&object, Request::FULL).unwrap();
    let shape = CopyError::Shape { axis: 1, source: 2, target: 3 };
    assert_eq!(buffer.copy_from_array(&Array2::<u16>::ones((2, 2))), Err(shape));
    let ndim = CopyError::Ndim { source: 1, target: 2 };
    assert_eq!(buffer.copy_from_array(&Array1::<u16>::ones(6)), Err(ndim));
    let other = buffer.copy_from_array(&Array2::<i16>::ones((2, 3)));
    assert!(matches!(other, Err(CopyError::Items(AccessError::Format { .. }))), "{other:?}");
    assert_eq!(buffer.to_vec::<u16>(Order::C).unwrap(), [0; 6], "nothing was written");
    // A source that shows one item many times.
    let row = array![1_u16, 2, 3];
    buffer.copy_from_array(&row.broadcast((2, 3)).unwrap()).unwrap();
    assert_eq!(buffer.to_vec::<u16>(Order::C).unwrap(), [1, 2, 3, 1, 2, 3]);

    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    let error = buffer.copy_from_array(&Array2::<u16>::ones((2, 3)));
    assert_eq!(error, Err(CopyError::WritableNotRequested));
    let object = Object::new(Array2::<u16>::zeros((2, 3)));
    let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
    assert_eq!(buffer.copy_from_array(&Array2::<u16>::ones((2, 3))), Err(CopyError::ReadOnly));
}

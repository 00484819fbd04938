//! Many items at once: out of a view, into it, from one to another.

use super::{Buffer, Source};
use crate::addresses::{self, advance};
use crate::copy::{self, Memory};
use crate::error::{AccessError, CopyError};
use crate::format::Format;
use crate::item::{AnyBits, ItemValue, load_bytes, store_bytes, width};
use crate::layout::{LayoutRef, Order};

impl<S: Source> Buffer<S> {
    /// All items as packed bytes, in the order asked for.
    ///
    /// Fails if there is no memory for them: a few bytes with strides of 0 may be shown as more
    /// items than fit anywhere.
    #[doc(alias = "PyBuffer_ToContiguous")]
    pub fn to_contiguous(&self, order: Order) -> Result<Vec<u8>, CopyError> {
        let len = self.len_bytes();
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len).map_err(|_| CopyError::TooLarge { len })?;
        // SAFETY: room for `len` bytes, of this vector.
        unsafe { self.pack(bytes.as_mut_ptr(), order) };
        // SAFETY: so many bytes were just written.
        unsafe { bytes.set_len(len) };
        Ok(bytes)
    }

    /// All items as packed bytes, written to `target`.
    ///
    /// Fails if that has another size than [`len_bytes`](Self::len_bytes).
    pub fn copy_to(&self, target: &mut [u8], order: Order) -> Result<(), CopyError> {
        self.check_len(target.len())?;
        // SAFETY: `len` bytes, borrowed exclusively.
        unsafe { self.pack(target.as_mut_ptr(), order) };
        Ok(())
    }

    /// All items as values of `T`, in the order asked for.
    ///
    /// Fails if the items are no `T` in this machine's byte order, or there is no memory for them.
    #[doc(alias = "to_fortran_vec")]
    pub fn to_vec<T: ItemValue>(&self, order: Order) -> Result<Vec<T>, CopyError> {
        let items = self.items::<T>()?.layout().items();
        let mut values: Vec<T::Item> = Vec::new();
        let len = self.len_bytes();
        values.try_reserve_exact(items).map_err(|_| CopyError::TooLarge { len })?;
        // SAFETY: room for all items, of this vector.
        unsafe { self.pack(values.as_mut_ptr().cast(), order) };
        // SAFETY: so many items were just written, and any bytes are an item.
        unsafe { values.set_len(items) };
        Ok(T::from_items(values))
    }

    /// All items as values of `T`, written to `target` in the order asked for.
    ///
    /// Fails if the items are no `T` in this machine's byte order, or `target` has another length.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Object, Order, Request};
    ///
    /// let object = Object::new(vec![1.5f32, 2.5]);
    /// let buffer = Buffer::get(&object, Request::FULL_RO)?;
    /// let mut items = [0.0f32; 2];
    /// buffer.copy_to_slice(&mut items, Order::C)?;
    /// assert_eq!(items, [1.5, 2.5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "copy_to_fortran_slice")]
    pub fn copy_to_slice<T: AnyBits>(
        &self,
        target: &mut [T],
        order: Order,
    ) -> Result<(), CopyError> {
        self.items::<T>()?;
        self.check_len(size_of_val(target))?;
        // SAFETY: `len` bytes, borrowed exclusively; any bytes are a T.
        unsafe { self.pack(target.as_mut_ptr().cast(), order) };
        Ok(())
    }

    /// # Safety
    ///
    /// `target` is valid for writes of `len_bytes()` bytes, and no other code accesses it.
    unsafe fn pack(&self, target: *mut u8, order: Order) {
        let buf: *const u8 = self.view.buf.cast_const().cast();
        let memory = if self.immutable { Memory::Immutable } else { Memory::Shared };
        if self.is_run() && !self.immutable {
            // SAFETY: the view is a run of `len` bytes, which others write at the width of the
            // items, if at all.
            return unsafe { load_bytes(buf, target, self.len_bytes(), self.run_width(buf)) };
        }
        // SAFETY: the view's memory, by the promise of its source; the target by that of the
        // caller.
        unsafe { copy::to_contiguous(target, buf, self.layout(), order, memory) };
    }

    /// Replaces all items by packed bytes, which are in the order given.
    ///
    /// Fails if the view is read-only or was requested without `WRITABLE`, if `source` has another
    /// size than [`len_bytes`](Self::len_bytes), or if the items may hold addresses. CPython's
    /// function checks none of these.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Object, Order, Request, Shared};
    ///
    /// let object = Object::new(Shared::from_vec(vec![0u8; 4]));
    /// let buffer = Buffer::get(&object, Request::FULL)?;
    /// buffer.from_contiguous(b"abcd", Order::C)?;
    /// assert_eq!(buffer.to_contiguous(Order::C)?, b"abcd");
    /// assert!(buffer.from_contiguous(b"abc", Order::C).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "PyBuffer_FromContiguous")]
    pub fn from_contiguous(&self, source: &[u8], order: Order) -> Result<(), CopyError> {
        self.check_target()?;
        self.check_len(source.len())?;
        let buf: *mut u8 = self.view.buf.cast();
        if self.is_run() {
            let width = self.run_width(buf);
            // SAFETY: the view is a writable run of `len` bytes, which others access at the width
            // of the items, if at all.
            unsafe { store_bytes(buf, source.as_ptr(), source.len(), width) };
            return Ok(());
        }
        // SAFETY: the view's memory, writable, by the promise of its source; the bytes are `len`,
        // and borrowed.
        unsafe { copy::from_contiguous(buf, self.layout(), source.as_ptr(), order) };
        Ok(())
    }

    /// Replaces all items by those of a slice, which are in the order given.
    ///
    /// Fails as [`from_contiguous`](Self::from_contiguous) does, and if the items are no `T` in
    /// this machine's byte order.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Object, Order, Request, Shared};
    ///
    /// let object = Object::new(Shared::from_vec(vec![0.0f32; 2]));
    /// let buffer = Buffer::get(&object, Request::FULL)?;
    /// buffer.copy_from_slice(&[1.5f32, 2.5], Order::C)?;
    /// assert_eq!(buffer.to_vec::<f32>(Order::C)?, [1.5, 2.5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "copy_from_fortran_slice")]
    pub fn copy_from_slice<T: AnyBits>(&self, source: &[T], order: Order) -> Result<(), CopyError> {
        self.items::<T>()?;
        // SAFETY: the bytes of the slice, which are initialised, since an Item has no padding.
        let bytes = unsafe {
            std::slice::from_raw_parts(source.as_ptr().cast::<u8>(), size_of_val(source))
        };
        self.from_contiguous(bytes, order)
    }

    /// Replaces all items by those of `source`, index by index, whatever the two layouts.
    ///
    /// The two may overlap: what is copied is what `source` held before. Fails if this view is
    /// read-only or was requested without `WRITABLE`, if the two differ in shape, itemsize or
    /// format, or if the items may hold addresses. CPython's function checks the length alone.
    #[doc(alias = "PyObject_CopyData")]
    pub fn copy_from<R: Source>(&self, source: &Buffer<R>) -> Result<(), CopyError> {
        self.check_same(source)?;
        self.from_contiguous(&source.to_contiguous(Order::C)?, Order::C)
    }

    /// As [`copy_from`](Self::copy_from), but a row along the last axis at a time, in C order:
    /// with only as much memory.
    ///
    /// Where the two overlap, a row that is read later shows what was written before. CPython's
    /// `memoryview` and `_testbuffer` copy so.
    pub fn copy_rows_from<R: Source>(&self, source: &Buffer<R>) -> Result<(), CopyError> {
        self.check_same(source)?;
        let Some((last, outer)) =
            self.layout().shape().split_last().filter(|all| !all.1.is_empty())
        else {
            return self.copy_from(source);
        };
        if self.len_bytes() == 0 {
            return Ok(());
        }
        let size = last.unsigned_abs() * self.layout().itemsize();
        let mut packed = Vec::new();
        packed.try_reserve_exact(size).map_err(|_| CopyError::TooLarge { len: size })?;
        let packed: *mut u8 = packed.as_mut_ptr();
        let memory = if source.immutable { Memory::Immutable } else { Memory::Shared };
        // Along an axis on which neither side moves, one row stands for all: there may be more
        // than any loop gets through.
        let stays = |layout: LayoutRef<'_>, axis: usize| {
            layout.strides().is_some_and(|strides| strides[axis] == 0)
        };
        let rows = |axis: usize| match stays(self.layout(), axis) && stays(source.layout(), axis) {
            true => 1,
            false => outer[axis].unsigned_abs(),
        };
        let mut indices = vec![0; outer.len()];
        loop {
            let (row, layout) = source.row(&indices);
            // SAFETY: a row of the source, and room for its items.
            unsafe { copy::to_contiguous(packed, row, layout, Order::C, memory) };
            let (row, layout) = self.row(&indices);
            // SAFETY: a row of this view, which is writable, and as many items that were just
            // packed.
            unsafe { copy::from_contiguous(row.cast_mut(), layout, packed, Order::C) };
            if !advance(&mut indices, rows) {
                return Ok(());
            }
        }
    }

    /// Where the row at `indices` starts, which are within all extents but the last, and its
    /// layout. The view has two axes or more.
    fn row(&self, indices: &[usize]) -> (*const u8, LayoutRef<'_>) {
        let layout = self.layout();
        let buf: *const u8 = self.view.buf.cast_const().cast();
        // SAFETY: the view's memory, and indices within its shape. The axis of the row is left out.
        (unsafe { addresses::address(buf, layout, indices) }, layout.behind(indices.len()))
    }

    /// Whether the items of `source` may take the place of these, one by one.
    fn check_same<R: Source>(&self, source: &Buffer<R>) -> Result<(), CopyError> {
        let (from, to) = (source.layout(), self.layout());
        if from.ndim() != to.ndim() {
            return Err(CopyError::Ndim { source: from.ndim(), target: to.ndim() });
        }
        for (axis, (&from, &to)) in from.shape().iter().zip(to.shape()).enumerate() {
            if from != to {
                let (source, target) = (from.unsigned_abs(), to.unsigned_abs());
                return Err(CopyError::Shape { axis, source, target });
            }
        }
        if from.itemsize() != to.itemsize() {
            return Err(CopyError::Itemsize { source: from.itemsize(), target: to.itemsize() });
        }
        let same = match (source.format(), self.format()) {
            (Some(from), Some(to)) if from != to => {
                let formats = (Format::parse(from), Format::parse(to));
                matches!(formats, (Ok(from), Ok(to)) if from.same_item(&to))
            }
            (from, to) => from == to,
        };
        if !same {
            let text = |format: Option<&std::ffi::CStr>| {
                format.map(|format| format.to_string_lossy().into_owned())
            };
            let (source, target) = (text(source.format()), text(self.format()));
            return Err(CopyError::Format { source, target });
        }
        self.check_target()
    }

    /// Whether bytes from anywhere may be written over the items, or why not.
    fn check_target(&self) -> Result<(), CopyError> {
        self.check_write().map_err(|error| match error {
            AccessError::ReadOnly => CopyError::ReadOnly,
            AccessError::WritableNotRequested => CopyError::WritableNotRequested,
            AccessError::Pointers { format } => CopyError::Pointers { format },
            AccessError::PartlyDescribed { format, itemsize } => {
                CopyError::PartlyDescribed { format, itemsize }
            }
            other => CopyError::Items(other),
        })
    }

    fn check_len(&self, found: usize) -> Result<(), CopyError> {
        if found != self.len_bytes() {
            return Err(CopyError::Length { found, expected: self.len_bytes() });
        }
        Ok(())
    }

    /// The width at which others access the items of which the run consists.
    fn run_width(&self, buf: *const u8) -> usize {
        width(buf, self.run_itemsize())
    }
}

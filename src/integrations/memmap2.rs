//! Files in memory as exporters.

use std::fmt;

use memmap2::{Mmap, MmapMut};

use crate::error::BufferError;
use crate::exporter::Exporter;
use crate::item::Shared;
use crate::view::View;

/// Read-only bytes of a file, without a copy.
///
/// The code that makes the mapping promises that no process changes the file while it is mapped:
/// see `Mmap::map`.
///
/// ```
/// use bufferprocs::{Buffer, Immutable, Request};
/// use memmap2::MmapMut;
///
/// let mut memory = MmapMut::map_anon(3)?;
/// memory.copy_from_slice(b"abc");
/// let mapping = Immutable::new(memory.make_read_only()?);
/// let buffer = Buffer::get(&mapping, Request::FULL_RO)?;
/// assert_eq!(buffer.as_slice::<u8>()?, b"abc");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Exporter for Mmap {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(View::readonly(self))
    }
}

/// The bytes of a mapping that is written to its file, and that consumers may write.
///
/// ```
/// use bufferprocs::integrations::WritableMmap;
/// use bufferprocs::{Buffer, Immutable, Request};
/// use memmap2::MmapMut;
///
/// let mapping = Immutable::new(WritableMmap::new(MmapMut::map_anon(3)?));
/// let buffer = Buffer::get(&mapping, Request::FULL)?;
/// buffer.from_contiguous(b"abc", bufferprocs::Order::C)?;
/// assert_eq!(mapping.items()[1].load(), b'b');
/// mapping.flush()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct WritableMmap {
    /// Invariant: no reference to its bytes is made but by `items`.
    mapping: MmapMut,
    /// The address of its first byte, as the mapping gave it when it could be borrowed
    /// exclusively.
    first: *mut u8,
}

// SAFETY: the bytes belong to the mapping, which any thread may use, and are accessed by atomic
// operations.
unsafe impl Send for WritableMmap {}
// SAFETY: as above.
unsafe impl Sync for WritableMmap {}

impl WritableMmap {
    /// The bytes of a mapping.
    pub fn new(mut mapping: MmapMut) -> WritableMmap {
        WritableMmap { first: mapping.as_mut_ptr(), mapping }
    }

    /// The bytes.
    pub fn items(&self) -> &[Shared<u8>] {
        let (first, len) = (self.first.cast::<Shared<u8>>(), self.mapping.len());
        // SAFETY: the bytes of the mapping, which are initialised and may be written, for as long
        // as the mapping is borrowed. Shared<u8> has the layout of u8, and by the invariant there
        // is no other reference.
        unsafe { std::slice::from_raw_parts(first, len) }
    }

    /// Writes the bytes to the file, and waits for it.
    pub fn flush(&self) -> std::io::Result<()> {
        self.mapping.flush()
    }

    /// The mapping, once no consumer holds a view.
    pub fn into_inner(self) -> MmapMut {
        self.mapping
    }
}

impl fmt::Debug for WritableMmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WritableMmap").field("len", &self.mapping.len()).finish_non_exhaustive()
    }
}

impl Exporter for WritableMmap {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(View::writable(self.items()))
    }
}

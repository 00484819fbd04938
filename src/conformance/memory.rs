//! Reads memory that may not be there, without the risk of a crash.
//!
//! Linux shows the memory of a process as a file, in which a wrong address is an error. Other
//! systems have no such file; what a view leads to is then read as consumers read it.

#[cfg(target_os = "linux")]
use std::fs::File;

use crate::abi::Py_ssize_t;
use crate::layout::LayoutRef;

/// The memory of this process. Opened for each examination: a forked process has another one.
#[derive(Default)]
pub(super) struct Memory {
    #[cfg(target_os = "linux")]
    file: Option<File>,
}

impl Memory {
    pub(super) fn open() -> Memory {
        let memory = Memory {
            #[cfg(target_os = "linux")]
            file: if cfg!(miri) { None } else { File::open("/proc/self/mem").ok() },
        };
        // A sandbox may forbid it, and then nothing is known.
        let known = [0x5Au8; 4];
        let mut bytes = [0; 4];
        match memory.read(known.as_ptr().addr(), &mut bytes) == Some(true) && bytes == known {
            true => memory,
            false => Memory::default(),
        }
    }

    /// Whether the bytes at an address can be read, which are copied then. None if this system
    /// cannot tell.
    pub(super) fn read(&self, address: usize, into: &mut [u8]) -> Option<bool> {
        #[cfg(target_os = "linux")]
        {
            use std::os::unix::fs::FileExt;
            let file = self.file.as_ref()?;
            let read = file.read_exact_at(into, address as u64);
            Some(address != 0 && read.is_ok())
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = (address, into);
            None
        }
    }

    /// Whether it is known that some of `len` bytes cannot be read; only the ends are tried.
    pub(super) fn is_missing(&self, address: usize, len: usize) -> bool {
        let last = address.wrapping_add(len.saturating_sub(1));
        len > 0 && [address, last].iter().any(|&at| self.read(at, &mut [0]) == Some(false))
    }

    /// Whether it is known that no text ends after an address.
    pub(super) fn is_no_text(&self, address: usize) -> bool {
        for at in (address..).take(1 << 16) {
            let mut byte = [0];
            match self.read(at, &mut byte) {
                Some(true) if byte[0] != 0 => {}
                Some(is_read) => return !is_read,
                None => return false,
            }
        }
        true
    }

    /// What of the items cannot be read, as far as this can be told: the first pointer that leads
    /// nowhere, or the ends of what strides reach.
    pub(super) fn missing_items(&self, buf: usize, layout: LayoutRef<'_>) -> Option<Missing> {
        if layout.items() == 0 {
            return None;
        }
        let span = layout.span();
        let start = buf.wrapping_add_signed(span.start);
        if self.is_missing(start, span.end.abs_diff(span.start)) {
            return Some(Missing::Direct { start, end: buf.wrapping_add_signed(span.end) });
        }
        match layout.follows_pointers() {
            Some(_) => self.missing_pointer(buf, layout, &mut Vec::new(), &mut (1 << 16)),
            None => None,
        }
    }

    /// The first pointer, in C order, that leads nowhere. At most `most` are followed.
    fn missing_pointer(
        &self,
        block: usize,
        layout: LayoutRef<'_>,
        index: &mut Vec<Py_ssize_t>,
        most: &mut usize,
    ) -> Option<Missing> {
        let (Some((&extent, _)), Some(strides)) = (layout.shape().split_first(), layout.strides())
        else {
            return None;
        };
        let suboffset = layout.suboffsets().map_or(-1, |suboffsets| suboffsets[0]);
        let behind = layout.behind(1);
        if suboffset < 0 && behind.follows_pointers().is_none() {
            return None; // within the block
        }
        for at in 0..extent {
            *most = most.checked_sub(1)?;
            index.push(at);
            let place = block.wrapping_add_signed(at.wrapping_mul(strides[0]));
            let mut next = place;
            if suboffset >= 0 {
                let mut bytes = [0; size_of::<usize>()];
                let is_read = self.read(place, &mut bytes)?;
                let pointer = usize::from_ne_bytes(bytes);
                next = pointer.wrapping_add_signed(suboffset);
                let span = behind.span();
                let start = next.wrapping_add_signed(span.start);
                let len = span.end.abs_diff(span.start);
                if !is_read || pointer == 0 || self.is_missing(start, len) {
                    let pointer = is_read.then_some(pointer);
                    return Some(Missing::Pointer { index: index.clone(), place, pointer });
                }
            }
            let missing = self.missing_pointer(next, behind, index, most);
            if missing.is_some() {
                return missing;
            }
            index.pop();
        }
        None
    }
}

/// Items that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Missing {
    /// Items that strides lead to, or a table of pointers.
    Direct { start: usize, end: usize },
    /// The pointer that is followed for an index, where it is, and its value.
    Pointer { index: Vec<Py_ssize_t>, place: usize, pointer: Option<usize> },
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Missing::Direct { start, end } => {
                write!(f, "strides lead to {start:#x}..{end:#x}, which cannot be read")
            }
            Missing::Pointer { index, place, pointer: None } => {
                write!(f, "the pointer for index {index:?} is at {place:#x}, which cannot be read")
            }
            Missing::Pointer { index, pointer: Some(0), .. } => {
                write!(f, "the pointer for index {index:?} is NULL")
            }
            Missing::Pointer { index, pointer: Some(pointer), .. } => {
                write!(
                    f,
                    "the pointer for index {index:?} is {pointer:#x}; no items can be read there"
                )
            }
        }
    }
}

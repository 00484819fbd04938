//! What was seen of a consumer: plain values, which fit into shared memory.

/// One call of a consumer, or what a call showed.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A request. The number is that of the view if it was granted.
    Requested { granted: Option<u32>, flags: i32, at: usize },
    /// A release of a view that was granted and not released before.
    Released { view: u32, at: usize, changed: u32, raised: bool },
    /// A release of a view that was released before, or never granted.
    ReleasedAgain { view: Option<u32>, at: usize },
    /// The items differ from those before.
    Wrote { readonly: bool },
}

/// Bits of `changed`: a field of the struct, by its place.
pub(super) const STRUCT_FIELDS: usize = 11;
/// Bits of `changed` after those: what a pointer of the struct leads to.
pub(super) const ARRAYS: [&str; 4] = ["shape", "strides", "suboffsets", "format"];

const NOTHING: u64 = u64::MAX;

impl Event {
    /// As numbers, the first of which is not 0.
    pub fn encode(self) -> [u64; 5] {
        let number = |view: Option<u32>| view.map_or(NOTHING, u64::from);
        match self {
            Event::Requested { granted, flags, at } => {
                [1, number(granted), u64::from(flags as u32), at as u64, 0]
            }
            Event::Released { view, at, changed, raised } => {
                [2, view.into(), at as u64, changed.into(), raised.into()]
            }
            Event::ReleasedAgain { view, at } => [3, number(view), at as u64, 0, 0],
            Event::Wrote { readonly } => [4, readonly.into(), 0, 0, 0],
        }
    }

    /// The event of such numbers. None if they are of no event.
    pub fn decode(numbers: [u64; 5]) -> Option<Event> {
        let [kind, a, b, c, d] = numbers;
        let view = |number: u64| (number != NOTHING).then_some(number as u32);
        Some(match kind {
            1 => Event::Requested { granted: view(a), flags: b as u32 as i32, at: c as usize },
            2 => Event::Released {
                view: a as u32,
                at: b as usize,
                changed: c as u32,
                raised: d != 0,
            },
            3 => Event::ReleasedAgain { view: view(a), at: b as usize },
            4 => Event::Wrote { readonly: a != 0 },
            _ => return None,
        })
    }
}

/// When something happened.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The consumer was called.
    Call,
    /// Its result was looked at.
    Result,
    /// The code of `--use` ran.
    Use,
    /// The result was dropped.
    Drop,
    /// All is over.
    Done,
}

/// The memory that was touched when a process ended.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Region {
    Items,
    /// Shape, strides, suboffsets and format.
    Fields,
    /// Items or fields of views that are all released.
    Released,
    BeforeItems,
    AfterItems,
    /// What the pointers of a refused view lead to.
    Refused,
    /// Near address 0.
    Null,
    Elsewhere,
}

/// The access that ended a process.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    pub region: Region,
    /// From the start of the items, or from their end if it is behind them.
    pub offset: isize,
    /// None if the system does not tell.
    pub is_write: Option<bool>,
}

/// How a trial ended.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The result as text, if it is of a kind that can be compared, and the same to be read.
    Returned {
        value: Option<String>,
    },
    Raised {
        name: String,
        message: String,
    },
    /// The process ended, by what, and with which access.
    Died {
        how: String,
        fault: Option<Fault>,
    },
    /// It took too long.
    TimedOut,
}

/// All that was seen of a consumer in one scenario.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place in `scenarios()`.
    pub scenario: usize,
    pub outcome: Outcome,
    /// The last phase that began.
    pub phase: Phase,
    pub events: Vec<Event>,
    /// Views that were held after the result was dropped.
    pub kept: usize,
    /// The objects that keep them, as far as they are known.
    pub keepers: Vec<String>,
    /// Memory was written after the last release, as far as it is still there to be compared.
    pub wrote_after_release: bool,
}

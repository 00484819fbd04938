//! The exporters that a consumer is tried on: the same items in several layouts, odd formats,
//! memory without items, and refusals.

use std::ffi::CStr;

use crate::grant::ViewProperties;
use crate::layout::Layout;

/// One exporter that a consumer is tried on.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct Scenario {
    pub name: &'static str,
    /// Scenarios of one family show items of one kind and shape.
    pub family: &'static str,
    pub role: Role,
    pub format: &'static CStr,
    pub itemsize: usize,
    pub shape: Vec<isize>,
    pub strides: Vec<isize>,
    /// Empty if no item is behind a pointer.
    pub suboffsets: Vec<isize>,
    /// The exported memory, with zeros for pointers.
    pub memory: Vec<u8>,
    /// The first item, or the first pointer to one.
    pub offset: usize,
    /// Where a pointer is in the memory, and where in the memory it leads to.
    pub pointers: Vec<(usize, usize)>,
    pub readonly: bool,
    /// The memory is at the start of its page. Otherwise it is at the end.
    pub at_start: bool,
    pub refuses: Refuses,
}

/// The purpose of a scenario.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The items in C order, to which the results of the other layouts are compared.
    Reference,
    /// The same in other memory. A result that differs depends on more than the items.
    Elsewhere,
    /// Other items. A result that is the same does not depend on the items.
    OtherItems,
    /// The items of the reference in another layout.
    Layout(&'static str),
    /// No result is compared.
    Alone,
}

/// Requests that are refused although they could be granted.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refuses {
    Nothing,
    All,
    /// Each request while a view is held.
    Second,
}

/// A byte between items: no item has it.
const GAP: u8 = 0xEE;

/// The items of a family, and its shape.
#[derive(Clone, Copy)]
struct Items<'a> {
    family: &'static str,
    format: &'static CStr,
    shape: &'a [usize],
    bytes: &'a [u8],
}

impl Items<'_> {
    fn itemsize(&self) -> usize {
        self.bytes.len() / self.shape.iter().product::<usize>()
    }

    /// The scenario with these strides, in memory of `size` bytes with the first item at `offset`.
    fn strided(
        &self,
        name: &'static str,
        role: Role,
        (strides, offset, size): (&[isize], usize, usize),
    ) -> Scenario {
        let itemsize = self.itemsize();
        let mut memory = vec![GAP; size];
        for (number, item) in self.bytes.chunks(itemsize).enumerate() {
            let mut left = number;
            let mut place = offset as isize; // in memory that exists
            for (&extent, &stride) in self.shape.iter().zip(strides).rev() {
                place += (left % extent) as isize * stride;
                left /= extent;
            }
            memory[place as usize..][..itemsize].copy_from_slice(item);
        }
        Scenario {
            name,
            family: self.family,
            role,
            format: self.format,
            itemsize,
            shape: self.shape.iter().map(|&extent| extent as isize).collect(),
            strides: strides.to_vec(),
            suboffsets: Vec::new(),
            memory,
            offset,
            pointers: Vec::new(),
            readonly: false,
            at_start: false,
            refuses: Refuses::Nothing,
        }
    }

    /// Packed in C order.
    fn packed(&self, name: &'static str, role: Role) -> Scenario {
        let strides = c_strides(self.shape, self.itemsize());
        self.strided(name, role, (&strides, 0, self.bytes.len()))
    }

    /// Each index of the first axis is behind a pointer. The pointers come after the items.
    fn indirect(&self, name: &'static str) -> Scenario {
        const POINTER: usize = size_of::<usize>();
        let mut scenario = self.packed(name, Role::Layout("pointers"));
        let (rows, row) = (self.shape[0], scenario.strides[0] as usize);
        let offset = scenario.memory.len().next_multiple_of(POINTER);
        scenario.memory.resize(offset, GAP);
        scenario.memory.resize(offset + rows * POINTER, 0);
        scenario.pointers = (0..rows).map(|i| (offset + i * POINTER, i * row)).collect();
        scenario.strides[0] = POINTER as isize;
        scenario.suboffsets = vec![-1; self.shape.len()];
        scenario.suboffsets[0] = 0;
        Scenario { offset, ..scenario }
    }

    /// The reference, and what shows whether a result is a function of the items alone.
    fn with_controls(&self, names: [&'static str; 4], other: &[u8]) -> Vec<Scenario> {
        let other = Items { bytes: other, ..*self };
        let elsewhere = self.packed(names[1], Role::Elsewhere);
        let readonly = self.packed(names[3], Role::Layout("read-only memory"));
        vec![
            self.packed(names[0], Role::Reference),
            Scenario { at_start: true, ..elsewhere },
            other.packed(names[2], Role::OtherItems),
            Scenario { readonly: true, ..readonly },
        ]
    }
}

fn c_strides(shape: &[usize], itemsize: usize) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut step = itemsize as isize;
    for (stride, &extent) in strides.iter_mut().zip(shape).rev() {
        (*stride, step) = (step, step * extent as isize);
    }
    strides
}

/// All scenarios, in the order in which they are tried.
#[doc(hidden)]
pub fn scenarios() -> Vec<Scenario> {
    let mut all = bytes();
    all.extend(line("integers", c"i", 4, |number| (number * 0x0102_0305).to_ne_bytes().to_vec()));
    all.extend(line("doubles", c"d", 8, |number| (f64::from(number) / 2.0).to_ne_bytes().to_vec()));
    all.extend(table());
    all.extend(odd_formats());
    all.extend(extremes());
    all.extend(refusals());
    all
}

fn bytes() -> Vec<Scenario> {
    let (bytes, other): (Vec<u8>, Vec<u8>) = ((1..=24).collect(), (65..89).collect());
    let items = Items { family: "bytes", format: c"B", shape: &[24], bytes: &bytes };
    let names = ["bytes", "bytes, at the start of a page", "other bytes", "bytes, read-only"];
    let mut all = items.with_controls(names, &other);
    all.push(items.strided("bytes, every second", Role::Layout("strides"), (&[2], 0, 47)));
    all.push(items.strided("bytes, backwards", Role::Layout("negative strides"), (&[-1], 23, 24)));
    all.push(items.indirect("bytes, behind pointers"));
    all
}

/// Six items in one dimension.
fn line(
    family: &'static str,
    format: &'static CStr,
    itemsize: usize,
    item: fn(u32) -> Vec<u8>,
) -> Vec<Scenario> {
    let names = match family {
        "integers" => [
            "integers",
            "integers, at the start of a page",
            "other integers",
            "integers, read-only",
            "integers, every second",
            "integers, backwards",
        ],
        _ => [
            "doubles",
            "doubles, at the start of a page",
            "other doubles",
            "doubles, read-only",
            "doubles, every second",
            "doubles, backwards",
        ],
    };
    let of = |numbers: std::ops::Range<u32>| numbers.flat_map(item).collect::<Vec<u8>>();
    let (bytes, step) = (of(1..7), itemsize as isize);
    let items = Items { family, format, shape: &[6], bytes: &bytes };
    let mut all = items.with_controls([names[0], names[1], names[2], names[3]], &of(11..17));
    let second = (&[2 * step][..], 0, 11 * itemsize);
    all.push(items.strided(names[4], Role::Layout("strides"), second));
    let backwards = (&[-step][..], 5 * itemsize, 6 * itemsize);
    all.push(items.strided(names[5], Role::Layout("negative strides"), backwards));
    all
}

/// Two rows of three integers.
fn table() -> Vec<Scenario> {
    let of = |numbers: std::ops::Range<u32>| -> Vec<u8> {
        numbers.flat_map(|number| (number * 0x0102_0305).to_ne_bytes()).collect()
    };
    let bytes = of(1..7);
    let items = Items { family: "table", format: c"i", shape: &[2, 3], bytes: &bytes };
    let names = ["table", "table, at the start of a page", "other table", "table, read-only"];
    let mut all = items.with_controls(names, &of(11..17));
    let strides = Role::Layout("strides");
    all.push(items.strided("table, Fortran order", strides, (&[4, 8], 0, 24)));
    // The last row ends at the end of the page, without the gap that the first one has.
    all.push(items.strided("table, gaps between rows", strides, (&[20, 4], 0, 32)));
    let backwards = (&[-12, -4][..], 20, 24);
    all.push(items.strided("table, backwards", Role::Layout("negative strides"), backwards));
    all.push(items.indirect("table, rows behind pointers"));
    all
}

fn odd_formats() -> Vec<Scenario> {
    let formats: [(&str, &CStr, usize); 7] = [
        ("big-endian integers", c">i", 4),
        ("records", c"T{b:flag:xxxi:count:}", 8),
        ("strings", c"3s", 3),
        ("bools", c"?", 1),
        ("half floats", c"e", 2),
        ("complex numbers", c"Zd", 16),
        ("a format that nothing reads", c"!no format!", 4),
    ];
    let each = formats.map(|(name, format, itemsize)| {
        let bytes: Vec<u8> = (0..4 * itemsize).map(|i| (i % 2) as u8).collect();
        let items = Items { family: name, format, shape: &[4], bytes: &bytes };
        items.packed(name, Role::Alone)
    });
    each.into()
}

fn extremes() -> Vec<Scenario> {
    let items = Items { family: "extremes", format: c"i", shape: &[1], bytes: &[1, 2, 3, 4] };
    let one = items.packed("one item", Role::Alone);
    let none = |name, shape: Vec<isize>, strides: Vec<isize>| Scenario {
        name,
        shape,
        strides,
        memory: Vec::new(),
        ..one.clone()
    };
    let repeated = Items { shape: &[8], bytes: &[1, 2, 3, 4].repeat(8), ..items };
    vec![
        one.clone(),
        Scenario { name: "no dimensions", shape: vec![], strides: vec![], ..one.clone() },
        none("no items", vec![0], vec![4]),
        none("no items, backwards", vec![0], vec![-4]),
        none("no rows", vec![0, 3], vec![12, 4]),
        repeated.strided("one item, eight times", Role::Alone, (&[0], 0, 4)),
    ]
}

fn refusals() -> Vec<Scenario> {
    let (bytes, all) = ((1..=24).collect::<Vec<u8>>(), Refuses::All);
    let items = Items { family: "bytes", format: c"B", shape: &[24], bytes: &bytes };
    let of = |name, refuses| Scenario { refuses, ..items.packed(name, Role::Alone) };
    vec![
        of("every request refused", all),
        of("every request refused while a view is held", Refuses::Second),
    ]
}

impl Scenario {
    /// What a request depends on.
    pub(super) fn properties(&self) -> ViewProperties {
        let shape: Vec<usize> = self.shape.iter().map(|&extent| extent as usize).collect();
        let layout = Layout::strided(&shape, &self.strides, self.itemsize);
        let is = |ask: fn(&Layout) -> bool| layout.as_ref().is_ok_and(ask);
        let direct = self.suboffsets.is_empty();
        ViewProperties {
            readonly: self.readonly,
            c_contiguous: direct && is(Layout::is_c_contiguous),
            f_contiguous: direct && is(Layout::is_f_contiguous),
            suboffsets: !direct,
            ndim: self.shape.len(),
            ..ViewProperties::default()
        }
    }

    /// `len` of its views.
    pub fn len_bytes(&self) -> usize {
        self.shape.iter().product::<isize>() as usize * self.itemsize
    }

    /// Its items as bytes in C order.
    pub fn items(&self) -> Vec<u8> {
        let mut packed = Vec::with_capacity(self.len_bytes());
        for number in 0..self.len_bytes() / self.itemsize {
            let mut left = number as isize;
            let mut index = vec![0; self.shape.len()];
            for (place, &extent) in index.iter_mut().zip(&self.shape).rev() {
                (*place, left) = (left % extent, left / extent);
            }
            let mut place = self.offset as isize;
            for (axis, index) in index.into_iter().enumerate() {
                place += index * self.strides[axis];
                if self.suboffsets.get(axis).is_some_and(|&suboffset| suboffset >= 0) {
                    let led = self.pointers.iter().find(|(at, _)| *at == place as usize);
                    place = led.map_or(0, |&(_, to)| to as isize) + self.suboffsets[axis];
                }
            }
            packed.extend(&self.memory[place as usize..][..self.itemsize]);
        }
        packed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_of_a_family_show_the_items_of_its_reference() {
        let all = scenarios();
        let mut compared = 0;
        for scenario in &all {
            let of = |role| all.iter().find(|s| s.family == scenario.family && s.role == role);
            match scenario.role {
                Role::Layout(_) | Role::Elsewhere => {
                    let reference = of(Role::Reference).unwrap();
                    assert_eq!(scenario.items(), reference.items(), "{}", scenario.name);
                    assert_eq!(scenario.shape, reference.shape, "{}", scenario.name);
                    compared += 1;
                }
                Role::OtherItems => {
                    assert_ne!(scenario.items(), of(Role::Reference).unwrap().items());
                }
                Role::Reference | Role::Alone => {}
            }
        }
        assert_eq!(compared, 5 + 4 + 4 + 6);
    }

    #[test]
    fn names_are_unique_and_memory_ends_aligned() {
        let all = scenarios();
        for (place, scenario) in all.iter().enumerate() {
            assert!(all[..place].iter().all(|other| other.name != scenario.name));
            let word = if scenario.pointers.is_empty() { 1 } else { size_of::<usize>() };
            assert_eq!(scenario.memory.len() % word, 0, "{}", scenario.name);
        }
    }
}

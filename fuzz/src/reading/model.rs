//! What the items of a view are, worked out from the definition: an address for each index, and no
//! step from one item to the next.

use bufferprocs::Order;

use super::memory::{BYTES, END, Memory};
use crate::exporters::judge::Meant;

/// More items are not looked at one by one.
const MANY: usize = 20_000;
/// More bytes say nothing more.
const MOST_BYTES: i128 = 1 << 20;

pub struct Model {
    pub shape: Vec<usize>,
    pub itemsize: usize,
    /// Of each item, in C order: bytes from the start of the memory.
    pub places: Vec<usize>,
    /// The number in C order of each item in Fortran order.
    pub fortran: Vec<usize>,
    pub is_c_contiguous: bool,
    pub is_f_contiguous: bool,
    /// Whether a pointer is followed.
    pub is_indirect: bool,
}

impl Model {
    /// None if an item is not in the memory, or a pointer is not one of its pointers.
    pub fn new(meant: &Meant, buf: isize, memory: &Memory) -> Option<Model> {
        let is_empty = meant.shape.contains(&0);
        let mut packed = vec![meant.itemsize; meant.shape.len()];
        let mut items: i128 = 1;
        if !is_empty {
            for axis in (0..packed.len()).rev() {
                packed[axis] = items * meant.itemsize;
                items *= meant.shape[axis];
            }
        }
        if items * meant.itemsize > MOST_BYTES {
            return None;
        }
        let shape: Vec<usize> = meant.shape.iter().map(|&extent| extent as usize).collect();
        let strides = meant.strides.as_ref().unwrap_or(&packed);
        let mut model = Model {
            itemsize: meant.itemsize as usize,
            places: Vec::new(),
            fortran: Vec::new(),
            is_c_contiguous: is_contiguous(meant, strides, (0..shape.len()).rev()),
            is_f_contiguous: is_contiguous(meant, strides, 0..shape.len()),
            is_indirect: meant.suboffsets.iter().flatten().any(|&each| each >= 0),
            shape,
        };
        if is_empty {
            return Some(model);
        }
        let items = items as usize;
        model.places.reserve(items);
        for number in 0..items {
            model.places.push(model.place(meant, strides, buf, number, memory)?);
        }
        for number in 0..items {
            model.fortran.push(model.number_in_c_order(number));
        }
        Some(model)
    }

    /// Where the item of a number in C order is.
    fn place(
        &self,
        meant: &Meant,
        strides: &[i128],
        buf: isize,
        number: usize,
        memory: &Memory,
    ) -> Option<usize> {
        let mut place = buf as i128;
        for axis in 0..self.shape.len() {
            place += self.index(number, axis) as i128 * strides[axis];
            let suboffset = meant.suboffsets.as_ref().map_or(-1, |suboffsets| suboffsets[axis]);
            if suboffset >= 0 {
                place = memory.target(place)? as i128 + suboffset;
            }
        }
        let last = END.checked_sub(self.itemsize)? as i128;
        (0..=last).contains(&place).then_some(place as usize)
    }

    /// The index along an axis of the item of a number in C order.
    fn index(&self, number: usize, axis: usize) -> usize {
        let behind: usize = self.shape[axis + 1..].iter().product();
        number / behind % self.shape[axis]
    }

    pub fn indices(&self, number: usize) -> Vec<usize> {
        (0..self.shape.len()).map(|axis| self.index(number, axis)).collect()
    }

    fn number_in_c_order(&self, mut number: usize) -> usize {
        let mut found = 0;
        for axis in 0..self.shape.len() {
            let behind: usize = self.shape[axis + 1..].iter().product();
            found += number % self.shape[axis] * behind;
            number /= self.shape[axis];
        }
        found
    }

    pub fn is_large(&self) -> bool {
        self.places.len() > MANY
    }

    /// The numbers in C order of all items, in another order.
    pub fn numbers(&self, order: Order) -> Option<&[usize]> {
        let is_fortran = match order {
            Order::C => false,
            Order::Fortran => true,
            Order::Any => self.is_f_contiguous && !self.is_c_contiguous,
        };
        is_fortran.then_some(&self.fortran)
    }

    /// The bytes of all items, in C order.
    pub fn items(&self, memory: &[u8]) -> Vec<u8> {
        self.places
            .iter()
            .flat_map(|&place| &memory[place..place + self.itemsize])
            .copied()
            .collect()
    }

    /// Items in C order, in another order.
    pub fn in_order(&self, items: &[u8], order: Order) -> Vec<u8> {
        match self.numbers(order) {
            None => items.to_vec(),
            Some(numbers) => numbers
                .iter()
                .flat_map(|&number| &items[number * self.itemsize..][..self.itemsize])
                .copied()
                .collect(),
        }
    }

    /// Calls `act` with the bytes of each item in the memory, in an order.
    pub fn each(&self, memory: &mut [u8], order: Order, mut act: impl FnMut(usize, &mut [u8])) {
        let numbers = self.numbers(order);
        for at in 0..self.places.len() {
            let place = self.places[numbers.map_or(at, |numbers| numbers[at])];
            act(at, &mut memory[place..place + self.itemsize]);
        }
    }

    /// Whether items may be written, and no pointer is overwritten that leads to one.
    pub fn is_apart(&self) -> bool {
        !self.is_indirect || self.places.iter().all(|&place| place >= BYTES)
    }

    /// Whether two items share some of their bytes, and not all: what becomes of these depends on
    /// the order in which they are written.
    pub fn overlaps(&self) -> bool {
        let mut places = self.places.clone();
        places.sort_unstable();
        places.windows(2).any(|pair| (1..self.itemsize).contains(&(pair[1] - pair[0])))
    }
}

/// As `PyBuffer_IsContiguous` has it; `axes` begins with the one that runs fastest.
fn is_contiguous(meant: &Meant, strides: &[i128], axes: impl Iterator<Item = usize>) -> bool {
    let mut packed = meant.itemsize;
    let mut is_packed = meant.suboffsets.is_none();
    if meant.shape.contains(&0) {
        return is_packed;
    }
    for axis in axes {
        is_packed &= meant.shape[axis] <= 1 || strides[axis] == packed;
        packed *= meant.shape[axis];
    }
    is_packed
}

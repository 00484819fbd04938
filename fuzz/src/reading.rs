//! Views of any layout and any items, some of exporters that fill in anything: each way to read and
//! to write the items as a Rust type, beside a model that works out an address for each index.
//!
//! The model says what has to be refused too: a struct that contradicts itself, a type that does
//! not fit the format, a write to read-only memory.

mod chosen;
mod kinds;
mod memory;
mod model;
mod reads;
mod stage;
mod typed;
mod writes;

use arbitrary::Unstructured;
use bufferprocs::abi::Py_buffer;
use bufferprocs::{Buffer, Request};
use pyo3::Python;

use self::chosen::Chosen;
use self::memory::Memory;
use self::model::Model;
use self::stage::Stage;
use crate::exporters::judge::{Verdict, judge};
use crate::given::Given;
use crate::random::Random;
use crate::{Case, Outcome};

pub fn compare(_: Python<'_>, choices: &mut Unstructured<'_>) -> Outcome {
    let chosen = match Chosen::choose(choices) {
        Ok(Some(chosen)) => chosen,
        Ok(None) => return Ok(Ok(Case::Nothing)),
        Err(error) => return Ok(Err(error)),
    };
    let case = Memory::with(|memory| differences(&chosen, memory));
    case.map(Ok).map_err(|why| format!("{chosen:?}: {why}"))
}

fn differences(chosen: &Chosen, memory: &Memory) -> Result<Case, String> {
    let Chosen { request, kind, .. } = *chosen;
    let mut claims = chosen.claims.clone();
    let (mut view, within) = claims.struct_of(memory.words());
    if chosen.immutable {
        view.internal = std::ptr::dangling_mut();
    }
    // SAFETY: the arrays outlive the buffer; its memory is reached below only if all of it is
    // there, and written only if it is said to be writable.
    let given = unsafe { Given::new(view, within) };
    let mut filled = Py_buffer::zeroed();
    given.fill(&mut filled);
    let buffer = Buffer::get(&given, request);
    let meant = match (judge(&claims, &filled, request), &buffer) {
        (Verdict::Either, _) => return Ok(Case::Nothing),
        (Verdict::Refuse(_), Err(_)) => return Ok(Case::Refused),
        (Verdict::Refuse(why), Ok(buffer)) => return Err(format!("accepted as {buffer:?}, {why}")),
        (Verdict::Accept(_), Err(error)) => return Err(format!("refused: {error}")),
        (Verdict::Accept(meant), Ok(_)) => meant,
    };
    let buffer = buffer.map_err(|error| error.to_string())?;
    let Some(model) = Model::new(&meant, claims.buf.unwrap_or(0), memory) else {
        return Ok(Case::Nothing);
    };
    let mut bytes = memory.noise(chosen.seed);
    if kind.size == model.itemsize {
        let mut random = Random(!chosen.seed);
        // Pointers stay as they are.
        for &place in model.places.iter().filter(|&&place| place >= memory::BYTES) {
            (kind.prepare)(&mut bytes[place..place + kind.size], random.word());
        }
    }
    memory.set(&bytes);
    let has_format = request.contains(Request::FORMAT | Request::ND);
    let stage = Stage {
        given: &given,
        buffer: &buffer,
        request,
        format: claims.format.filter(|_| has_format),
        model: &model,
        memory,
        bytes: &bytes,
        readonly: claims.readonly != 0,
        immutable: chosen.immutable,
        first: filled.buf.addr(),
        seed: chosen.seed,
    };
    let compared = (kind.run)(&stage)?;
    Ok(if compared { Case::Compared } else { Case::Refused })
}

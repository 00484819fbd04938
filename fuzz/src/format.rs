//! Format strings: never a panic; the size that `struct.calcsize` says, NumPy's type, and what we
//! write is what we read.

use std::ffi::CString;

use arbitrary::{Result, Unstructured};
use bufferprocs::Format;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;

use self::dtype::Agreement;
use crate::random::Choices;
use crate::{Case, Outcome};

#[allow(dead_code)] // the tests count more
#[path = "../../tests/python/dtype.rs"]
mod dtype;
#[path = "../../tests/python/generate.rs"]
mod generate;

/// Choices by the input's bytes; the first of each where they have come to an end.
struct ByInput<'a, 'b>(&'a mut Unstructured<'b>);

impl Choices for ByInput<'_, '_> {
    fn below(&mut self, end: usize) -> usize {
        self.0.choose_index(end).unwrap_or(0)
    }
}

fn string(choices: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let kind: u8 = choices.arbitrary()?;
    let mut string = match kind % 8 {
        0 => choices.bytes(choices.len())?.to_vec(),
        1 => generate::near_miss(&mut ByInput(choices)),
        2 | 3 => generate::structs(&mut ByInput(choices)).into_bytes(),
        _ => generate::pep3118(&mut ByInput(choices)).into_bytes(),
    };
    string.retain(|byte| *byte != 0); // a format is a C string
    Ok(string)
}

/// `formats.py`'s two questions.
fn ask<'py>(py: Python<'py>, function: &str, string: &[u8]) -> PyResult<String> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || {
        let source = CString::new(include_str!("../../tests/python/formats.py"))?;
        PyModule::from_code(py, &source, c"formats.py", c"formats").map(Bound::unbind)
    })?;
    module.bind(py).getattr(function)?.call1((PyBytes::new(py, string),))?.str()?.extract()
}

pub fn compare(py: Python<'_>, choices: &mut Unstructured<'_>) -> Outcome {
    let string = match string(choices) {
        Ok(string) => string,
        Err(error) => return Ok(Err(error)),
    };
    let told = |why: String| format!("{:?}: {why}", String::from_utf8_lossy(&string));
    let asked = |function| ask(py, function, &string).map_err(|error| told(error.to_string()));
    let ours = Format::parse_bytes(&string).map_err(|error| error.to_string());
    if let Ok(format) = &ours {
        let written = format.to_cstring();
        match Format::parse(&written) {
            Ok(again)
                if again.same_item(format)
                    && (again.itemsize(), again.align()) == (format.itemsize(), format.align())
                    && again.to_cstring() == written => {}
            other => {
                return Err(told(format!("is written as {written:?}, which is read as {other:?}")));
            }
        }
    }
    let (calcsize, numpy) = (asked("calcsize")?, asked("numpy_type")?);
    if calcsize != "-" {
        dtype::against_struct(&calcsize, &ours).map_err(told)?;
    }
    // What NumPy alone accepts, and we do not on purpose, agrees with nobody.
    let by_numpy = numpy != "-"
        && match dtype::against_numpy(&numpy, &string, &ours).map_err(told)? {
            Agreement::Whole | Agreement::Padded => true,
            Agreement::Excepted(_) => false,
        };
    Ok(Ok(if calcsize != "-" || by_numpy { Case::Compared } else { Case::Nothing }))
}

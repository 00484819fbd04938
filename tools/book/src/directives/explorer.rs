//! The request explorer: every answer of some exporters to every request, computed here and looked
//! up by the page's script.

use std::fmt::Write;

use bufferprocs::exporters::{Rows, Strided, bytes};
use bufferprocs::{Buffer, Layout, Object, Request};
use serde_json::{Value, json};

use super::picture;
use mdbook_proof::render::html;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A subject of the page.
struct Exporter {
    name: &'static str,
    /// Of its memory, if there is one.
    picture: Option<&'static str>,
    object: Object,
    /// Where `buf` points, in words.
    buf: &'static str,
}

fn strided(shape: &[usize], strides: &[isize], offset: usize, writable: bool) -> Result<Object> {
    let (layout, items) = (Layout::strided(shape, strides, 2)?, (1..=6u16).collect());
    Ok(Object::new(match writable {
        true => Strided::writable(items, layout, offset)?,
        false => Strided::readonly(items, layout, offset)?,
    }))
}

fn exporters() -> Result<Vec<Exporter>> {
    let rows = Rows::new(vec![vec![1u16, 2, 3], vec![4, 5, 6]])?;
    let start = "start of the memory";
    let of = |name, picture, buf, object| Exporter { name, picture, object, buf };
    Ok(vec![
        of("6 items in a line, writable", None, start, strided(&[6], &[2], 0, true)?),
        of("6 items in a line, read-only", None, start, strided(&[6], &[2], 0, false)?),
        of("2 by 3 in C order", Some("c-order"), start, strided(&[2, 3], &[6, 2], 0, true)?),
        of(
            "2 by 3 in Fortran order",
            Some("fortran-order"),
            start,
            strided(&[2, 3], &[2, 4], 0, true)?,
        ),
        of("2 by 2 with a gap", Some("gaps"), start, strided(&[2, 2], &[6, 2], 0, true)?),
        of(
            "6 items, reversed",
            Some("reversed"),
            "10 bytes into the memory",
            strided(&[6], &[-2], 10, true)?,
        ),
        of("one item, no dimension", None, start, strided(&[], &[], 0, true)?),
        of("no items", None, start, strided(&[0, 3], &[6, 2], 0, true)?),
        of("rows behind pointers", Some("rows"), "the table of addresses", Object::new(rows)),
        of("bytes, by PyBuffer_FillInfo", None, start, bytes::object(*b"abc")),
    ])
}

/// The fields of a granted view, or the refusal.
fn answer(exporter: &Exporter, request: Request) -> Value {
    let buffer = match Buffer::get(&exporter.object, request) {
        Ok(buffer) => buffer,
        Err(refusal) => return json!({ "refused": refusal.to_string() }),
    };
    let array = |numbers: Option<&[isize]>| match numbers {
        Some(numbers) => format!("{numbers:?}"),
        None => "NULL".to_owned(),
    };
    let view = buffer.raw();
    let format = buffer.format().map(|format| format!("\"{}\"", format.to_string_lossy()));
    json!({
        "buf": exporter.buf,
        "obj": "the exporter",
        "len": view.len.to_string(),
        "itemsize": view.itemsize.to_string(),
        "readonly": view.readonly.to_string(),
        "ndim": view.ndim.to_string(),
        "format": format.unwrap_or_else(|| "NULL".to_owned()),
        "shape": array(buffer.shape()),
        "strides": array(buffer.strides()),
        "suboffsets": array(buffer.suboffsets()),
        "internal": if view.internal.is_null() { "NULL" } else { "the exporter's own" },
    })
}

const FLAGS: [(&str, Request); 8] = [
    ("WRITABLE", Request::WRITABLE),
    ("FORMAT", Request::FORMAT),
    ("ND", Request::ND),
    ("STRIDES", Request::STRIDES),
    ("C_CONTIGUOUS", Request::C_CONTIGUOUS),
    ("F_CONTIGUOUS", Request::F_CONTIGUOUS),
    ("ANY_CONTIGUOUS", Request::ANY_CONTIGUOUS),
    ("INDIRECT", Request::INDIRECT),
];

/// The answers, each once, and for each exporter which of them a flags word gets.
fn data(exporters: &[Exporter]) -> Value {
    let mut answers: Vec<Value> = Vec::new();
    let index: Vec<Vec<usize>> = exporters
        .iter()
        .map(|exporter| {
            let place = |flags| {
                let answer = answer(exporter, Request::from_bits_retain(flags));
                answers.iter().position(|known| *known == answer).unwrap_or_else(|| {
                    answers.push(answer);
                    answers.len() - 1
                })
            };
            (0..512).map(place).collect()
        })
        .collect();
    let named: Vec<_> = Request::NAMED.iter().map(|(name, r)| json!([r.bits(), name])).collect();
    json!({ "answers": answers, "index": index, "named": named })
}

/// The page's form, its data, and a picture for each exporter that has one. The script fills in
/// the answer.
pub fn html() -> std::result::Result<String, String> {
    build().map_err(|error| format!("the explorer: {error}"))
}

fn build() -> Result<String> {
    let exporters = exporters()?;
    let mut out = String::from(
        "<form class=\"explorer\" id=\"explorer\">\n<p><label>Exporter <select name=\"exporter\">",
    );
    for (number, exporter) in exporters.iter().enumerate() {
        write!(out, "<option value=\"{number}\">{}</option>", html::escape(exporter.name))?;
    }
    out.push_str("</select></label> <label>Request <select name=\"named\"><option value=\"\">by flags</option>");
    for (name, request) in Request::NAMED {
        let selected = if request == Request::FULL_RO { " selected" } else { "" };
        write!(out, "<option value=\"{}\"{selected}>{name}</option>", request.bits())?;
    }
    out.push_str("</select></label></p>\n<fieldset><legend>Flags</legend>");
    for (name, request) in FLAGS {
        let checked = if Request::FULL_RO.contains(request) { " checked" } else { "" };
        write!(
            out,
            "<label><input type=\"checkbox\" name=\"flag\" value=\"{}\"{checked}> {name}</label> ",
            request.bits()
        )?;
    }
    out.push_str("</fieldset>\n<p role=\"status\" aria-live=\"polite\" class=\"explorer-answer\">Without JavaScript there is nothing to choose: <a href=\"requests.html\">the table of requests</a> shows the same for those that have a name.</p>\n<table class=\"explorer-fields\" hidden><caption>The view</caption><tbody></tbody></table>\n</form>\n");
    for (number, exporter) in exporters.iter().enumerate() {
        if let Some(name) = exporter.picture {
            write!(
                out,
                "<div class=\"explorer-picture\" data-exporter=\"{number}\">\n{}\n</div>\n",
                picture::html(name)?.trim_end()
            )?;
        }
    }
    // Within a script element only this would end it.
    let data = data(&exporters).to_string().replace("</", "<\\/");
    writeln!(out, "<script type=\"application/json\" id=\"explorer-data\">{data}</script>")?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_to_each_exporter_has_an_answer() {
        let exporters = exporters().unwrap();
        let data = data(&exporters);
        let answers = data["answers"].as_array().unwrap();
        for (number, exporter) in exporters.iter().enumerate() {
            for flags in 0..512 {
                let place = data["index"][number][flags as usize].as_u64().unwrap() as usize;
                let expected = answer(exporter, Request::from_bits_retain(flags));
                assert_eq!(answers[place], expected, "{} {flags:#x}", exporter.name);
            }
        }
    }

    #[test]
    fn what_the_page_says_of_some_requests() {
        let exporters = exporters().unwrap();
        let of = |name: &str, request| {
            answer(exporters.iter().find(|exporter| exporter.name == name).unwrap(), request)
        };
        let fortran = of("2 by 3 in Fortran order", Request::FULL_RO);
        assert_eq!((&fortran["strides"], &fortran["format"]), (&json!("[2, 4]"), &json!("\"H\"")));
        let refused = of("2 by 3 in Fortran order", Request::SIMPLE);
        assert_eq!(refused["refused"], "the memory is not C-contiguous, STRIDES was not requested");
        assert_eq!(of("rows behind pointers", Request::FULL)["suboffsets"], "[0, -1]");
        assert_eq!(of("bytes, by PyBuffer_FillInfo", Request::SIMPLE)["internal"], "NULL");
    }
}

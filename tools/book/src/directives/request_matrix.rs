//! The table of requests and kinds of memory, computed by asking this crate's exporters.

use std::fmt::Write;

use bufferprocs::exporters::Strided;
use bufferprocs::{Buffer, BufferError, Layout, LayoutError, Object, Request};

/// Name, shape, strides and offset over six items of two bytes, and whether consumers may write.
type Kind = (&'static str, &'static [usize], &'static [isize], usize, bool);

const KINDS: [Kind; 8] = [
    ("1-D", &[6], &[2], 0, true),
    ("C order", &[2, 3], &[6, 2], 0, true),
    ("Fortran order", &[2, 3], &[2, 4], 0, true),
    ("strided", &[2, 2], &[6, 4], 0, true),
    ("reversed", &[6], &[-2], 10, true),
    ("0-d", &[], &[], 0, true),
    ("empty", &[0, 3], &[6, 2], 0, true),
    ("read-only", &[6], &[2], 0, false),
];

/// The table as HTML. Fails if an exporter contradicts another about which fields a request gets.
pub fn html() -> Result<String, String> {
    let objects = KINDS.map(object).into_iter().collect::<Result<Vec<_>, _>>();
    let objects = objects.map_err(|error| format!("the matrix: {error}"))?;
    let mut table = String::from(
        "<div class=\"table-wrapper\">\n<table class=\"matrix\" aria-label=\"Requests, the fields they get, and the memory they are granted on\">\n\
         <thead><tr><th scope=\"col\">request</th><th scope=\"col\">flags</th>\
         <th scope=\"col\">fields</th>",
    );
    for (name, ..) in KINDS {
        let _ = write!(table, "<th scope=\"col\">{name}</th>");
    }
    table.push_str("</tr></thead>\n<tbody>\n");
    for (name, request) in requests() {
        let _ = write!(
            table,
            "<tr><th scope=\"row\"><code>{name}</code></th><td>{:#05x}</td>",
            request.bits()
        );
        let answers: Vec<_> = objects.iter().map(|object| Buffer::get(object, request)).collect();
        let _ = write!(table, "<td>{}</td>", fields(&name, &answers)?);
        for answer in &answers {
            table.push_str(&match answer {
                Ok(_) => "<td class=\"granted\">✓</td>".to_owned(),
                Err(refusal) => format!("<td class=\"refused\">– {}</td>", reason(refusal)),
            });
        }
        table.push_str("</tr>\n");
    }
    table.push_str("</tbody>\n</table>\n</div>\n");
    Ok(table)
}

fn object((_, shape, strides, offset, writable): Kind) -> Result<Object, LayoutError> {
    let layout = Layout::strided(shape, strides, 2)?;
    let items = vec![0u16; 6];
    let strided = match writable {
        true => Strided::writable(items, layout, offset),
        false => Strided::readonly(items, layout, offset),
    };
    strided.map(Object::new)
}

/// The named requests, and those that people meet besides: FORMAT alone, and both orders at once.
fn requests() -> Vec<(String, Request)> {
    let named = Request::NAMED.map(|(name, request)| (name.to_owned(), request));
    let more = [
        ("FORMAT", Request::FORMAT),
        ("ND | FORMAT", Request::ND | Request::FORMAT),
        ("C | F_CONTIGUOUS", Request::C_CONTIGUOUS | Request::F_CONTIGUOUS),
    ];
    named.into_iter().chain(more.map(|(name, request)| (name.to_owned(), request))).collect()
}

/// The arrays that a granted view of one or more dimensions holds: the same for each kind of
/// memory.
fn fields(name: &str, answers: &[Result<Buffer<Object>, BufferError>]) -> Result<String, String> {
    let mut lists = answers.iter().zip(KINDS).filter(|(_, (_, shape, ..))| !shape.is_empty());
    let mut common: Option<Vec<&str>> = None;
    for (answer, (kind, ..)) in &mut lists {
        let Ok(buffer) = answer else { continue };
        let view = buffer.raw();
        let all = [
            ("shape", view.shape.is_null()),
            ("strides", view.strides.is_null()),
            ("format", view.format.is_null()),
        ];
        let list = all.into_iter().filter(|(_, null)| !null).map(|(field, _)| field).collect();
        if *common.get_or_insert_with(|| Vec::clone(&list)) != list {
            return Err(format!("the matrix: {name} gets other fields of {kind} memory"));
        }
    }
    Ok(match common {
        None => "none: refused".to_owned(),
        Some(list) if list.is_empty() => "bytes only".to_owned(),
        Some(list) => list.join(" "),
    })
}

/// The reason of a refusal, short enough for a cell.
fn reason(refusal: &BufferError) -> String {
    match refusal {
        BufferError::NotWritable => "read-only".to_owned(),
        BufferError::NotCContiguous => "not C".to_owned(),
        BufferError::NotFContiguous => "not F".to_owned(),
        BufferError::NotContiguous => "neither".to_owned(),
        BufferError::NeedsStrides => "strides".to_owned(),
        BufferError::FormatWithoutShape => "no ND".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_request_has_a_row_and_every_kind_a_column() {
        let table = html().unwrap();
        assert_eq!(table.matches("<tr>").count(), 1 + Request::NAMED.len() + 3);
        let cells =
            table.matches("class=\"granted\"").count() + table.matches("class=\"refused\"").count();
        assert_eq!(cells, (Request::NAMED.len() + 3) * KINDS.len());
    }

    #[test]
    fn a_row_says_what_the_documentation_says() {
        let table = html().unwrap();
        let row = |name: &str| {
            let start = table.find(&format!("<code>{name}</code>")).unwrap();
            table[start..].split("</tr>").next().unwrap().to_owned()
        };
        assert!(row("FULL_RO").contains("shape strides format"));
        assert!(!row("FULL_RO").contains("refused"));
        assert_eq!(row("SIMPLE").matches("– strides").count(), 3);
        assert!(row("SIMPLE").contains("bytes only"));
        assert_eq!(row("WRITABLE").matches("– read-only").count(), 1);
        assert_eq!(row("F_CONTIGUOUS").matches("– not F").count(), 3);
        assert_eq!(row("FORMAT").matches("refused\"").count(), KINDS.len());
    }
}

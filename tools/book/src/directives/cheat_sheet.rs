//! The cheat sheet: what each named request gets, and of which memory, as the crate decides it.

use std::fmt::Write;

use bufferprocs::Request;
use bufferprocs::grant::{ViewProperties, grant};

/// Two dimensions that a consumer may write, packed in C order.
const PACKED: ViewProperties = ViewProperties {
    readonly: false,
    c_contiguous: true,
    f_contiguous: false,
    suboffsets: false,
    ndim: 2,
    bare_format: false,
    immutable: false,
    missing_shape: false,
    missing_strides: false,
    missing_format: false,
};

/// The table as HTML.
pub fn html() -> Result<String, String> {
    let mut out = String::from(
        "<div class=\"table-wrapper\">\n<table class=\"card\" aria-label=\"Requests, the fields they get, and the memory they are granted on\">\n\
         <thead><tr><th scope=\"col\">request</th><th scope=\"col\">flags</th><th scope=\"col\">readonly</th>\
         <th scope=\"col\">format</th><th scope=\"col\">shape</th><th scope=\"col\">strides</th>\
         <th scope=\"col\">suboffsets</th><th scope=\"col\">the memory is</th></tr></thead>\n<tbody>\n",
    );
    for (name, request) in Request::NAMED {
        write!(
            out,
            "<tr><th scope=\"row\"><code>{name}</code></th><td>{:#05x}</td>",
            request.bits()
        )
        .map_err(|error| error.to_string())?;
        for cell in cells(request)? {
            write!(out, "<td>{cell}</td>").map_err(|error| error.to_string())?;
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
    Ok(out)
}

fn cells(request: Request) -> Result<[&'static str; 6], String> {
    let grants = |properties: ViewProperties| grant(&properties, request).ok();
    let fortran = ViewProperties { c_contiguous: false, f_contiguous: true, ..PACKED };
    let gaps = ViewProperties { c_contiguous: false, ..PACKED };
    let pointers = ViewProperties { suboffsets: true, ..gaps };
    let granted = grants(PACKED).or(grants(fortran)).ok_or("a named request is never granted")?;
    let set = |is_set| if is_set { "set" } else { "NULL" };
    let readonly = match grants(ViewProperties { readonly: true, ..PACKED })
        .or(grants(ViewProperties { readonly: true, ..fortran }))
    {
        Some(_) => "0 or 1",
        None => "0",
    };
    let suboffsets = if grants(pointers).is_some() { "if needed" } else { "NULL" };
    let memory =
        match [PACKED, fortran, gaps, pointers].map(|properties| grants(properties).is_some()) {
            [true, true, true, true] => "any",
            [true, true, true, false] => "of any strides",
            [true, true, false, false] => "in C or Fortran order",
            [true, false, false, false] => "in C order",
            [false, true, false, false] => "in Fortran order",
            other => return Err(format!("{request:?} is granted on {other:?}")),
        };
    Ok([
        readonly,
        set(granted.format),
        set(granted.shape),
        set(granted.strides),
        suboffsets,
        memory,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_what_the_documentation_says() {
        let row = |request| cells(request).unwrap();
        assert_eq!(row(Request::SIMPLE), ["0 or 1", "NULL", "NULL", "NULL", "NULL", "in C order"]);
        assert_eq!(row(Request::CONTIG), ["0", "NULL", "set", "NULL", "NULL", "in C order"]);
        assert_eq!(row(Request::RECORDS), ["0", "set", "set", "set", "NULL", "of any strides"]);
        assert_eq!(row(Request::F_CONTIGUOUS)[5], "in Fortran order");
        assert_eq!(row(Request::ANY_CONTIGUOUS)[5], "in C or Fortran order");
        assert_eq!(row(Request::FULL_RO), ["0 or 1", "set", "set", "set", "if needed", "any"]);
        assert_eq!(html().unwrap().matches("<tr>").count(), 1 + Request::NAMED.len());
    }
}

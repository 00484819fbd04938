//! Pictures: what real exporters show, drawn as SVG in the theme's colours, with the same facts as
//! a table.

mod exports;
mod memory;
mod packing;
mod pointers;
mod record;
mod svg;
mod widths;

type Picture = Result<String, Box<dyn std::error::Error>>;

/// Each kind of picture has names of its own, and knows no others.
const KINDS: [fn(&str) -> Option<Picture>; 6] =
    [exports::html, memory::html, packing::html, pointers::html, record::html, widths::html];

/// The picture of that name, as a figure.
pub fn html(name: &str) -> Result<String, String> {
    let picture = KINDS.iter().find_map(|kind| kind(name));
    picture
        .ok_or_else(|| format!("there is no picture `{name}`"))?
        .map_err(|error| format!("picture `{name}`: {error}"))
}

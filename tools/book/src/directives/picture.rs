//! Pictures: what real exporters show, drawn as SVG in the theme's colours, with the same facts as
//! a table.

mod copies_over_time;
mod diagram;
mod exports;
mod fields;
mod memory;
mod overview;
mod packing;
mod pointers;
mod record;
mod references;
mod svg;
mod timeline;
mod widths;

type Picture = Result<String, Box<dyn std::error::Error>>;

/// Each kind of picture has names of its own, and knows no others.
const KINDS: [fn(&str) -> Option<Picture>; 10] = [
    copies_over_time::html,
    exports::html,
    fields::html,
    memory::html,
    overview::html,
    packing::html,
    pointers::html,
    record::html,
    references::html,
    widths::html,
];

/// The picture of that name, as a figure.
pub fn html(name: &str) -> Result<String, String> {
    let picture = KINDS.iter().find_map(|kind| kind(name));
    picture
        .ok_or_else(|| format!("there is no picture `{name}`"))?
        .map_err(|error| format!("picture `{name}`: {error}"))
}

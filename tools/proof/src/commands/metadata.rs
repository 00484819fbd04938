//! What search engines and messengers read of the built site: a description of each page, its own
//! address, a picture, the list of all pages. mdBook writes one description for all of them.

use crate::project::NAME;
use crate::render::html::{self, escape};
use crate::settings::Settings;
use crate::source::{Document, Result, chapters, read_text};
use mdbook_driver::config::Config;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use std::fs;
use std::path::Path;

/// Letters that search engines show of a description.
const LENGTH: usize = 200;
/// A description of fewer letters takes in the next paragraph.
const SHORTEST: usize = 50;

/// Where the site will be, and what it shows of itself.
pub struct Site {
    title: String,
    /// Of the book, for a page without text.
    description: String,
    /// Ends with a slash. Pages name their own addresses only if this is known.
    address: Option<String>,
    /// The name of the picture's file, and its text.
    picture: Option<(String, String)>,
}

impl Site {
    /// Of the settings in `config`, which environment variables may have changed. Tells mdBook
    /// below which path the site will be, so that its page for wrong addresses finds the styles.
    pub fn of(config: &mut Config) -> Result<Site> {
        let key = format!("preprocessor.{NAME}");
        let settings: Option<Settings> =
            config.get(&key).map_err(|error| format!("[{key}]: {error:#}"))?;
        let settings = settings.unwrap_or_default();
        let address = match settings.address.as_deref() {
            None | Some("") => None,
            Some(address) => Some(format!("{}/", address.trim_end_matches('/'))),
        };
        if let Some(address) = &address {
            let path = address
                .split_once("://")
                .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
            let path = path.ok_or_else(|| {
                format!("{key}.address: `{address}` is no address such as https://host/path/")
            })?;
            config
                .set("output.html.site-url", path)
                .map_err(|error| format!("output.html.site-url: {error:#}"))?;
        }
        let title = config.book.title.clone().unwrap_or_default();
        let description = config.book.description.clone().unwrap_or_default();
        let picture = settings.picture.map(|picture| (picture.file, picture.text));
        Ok(Site { title, description, address, picture })
    }

    /// Completes the site that mdBook built of `root`.
    pub fn complete(&self, site: &Path, root: &Path) -> Result<()> {
        if let Some((file, _)) = &self.picture {
            let (from, to) = (root.join("book").join(file), site.join(file_name(file)));
            fs::copy(&from, to).map_err(|error| format!("{}: {error}", from.display()))?;
        }
        let mut pages = Vec::new();
        for document in chapters::read(root)? {
            let page = html::page(document.chapter_path());
            let tags = self.tags(&page, &document);
            edit(&site.join(&page), |text| with_tags(text, &tags))?;
            pages.push(page);
        }
        // Neither is a page of its own.
        for repeated in ["print.html", "404.html"] {
            let tag = "<meta name=\"robots\" content=\"noindex\">";
            if site.join(repeated).exists() {
                edit(&site.join(repeated), |text| {
                    text.replacen("</head>", &format!("{tag}</head>"), 1)
                })?;
            }
        }
        let mut robots = "User-agent: *\nAllow: /\n".to_owned();
        if let Some(address) = &self.address {
            robots.push_str(&format!("Sitemap: {address}sitemap.xml\n"));
            write(&site.join("sitemap.xml"), &sitemap(address, &pages))?;
        }
        write(&site.join("robots.txt"), &robots)
    }

    /// The lines for the head of a page.
    fn tags(&self, page: &str, document: &Document) -> String {
        let title = heading(&document.text).unwrap_or_else(|| self.title.clone());
        let description = match description(&document.text) {
            text if text.is_empty() => self.description.clone(),
            text => text,
        };
        let mut tags =
            format!("<meta name=\"description\" content=\"{}\">\n", escape(&description));
        let mut add = |property: &str, content: &str| {
            let content = escape(content);
            tags.push_str(&format!(
                "        <meta property=\"{property}\" content=\"{content}\">\n"
            ));
        };
        add("og:type", "article");
        add("og:site_name", &self.title);
        add("og:title", &title);
        add("og:description", &description);
        if let Some(address) = &self.address {
            let own = own_address(address, page);
            add("og:url", &own);
            if let Some((file, text)) = &self.picture {
                add("og:image", &format!("{address}{}", file_name(file)));
                add("og:image:alt", text);
                tags.push_str(
                    "        <meta name=\"twitter:card\" content=\"summary_large_image\">\n",
                );
            }
            tags.push_str(&format!("        <link rel=\"canonical\" href=\"{}\">\n", escape(&own)));
        }
        tags
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The address of a page; that of `index.html` is its folder's.
fn own_address(address: &str, page: &str) -> String {
    let page = match page.strip_suffix("index.html") {
        Some(folder) if folder.is_empty() || folder.ends_with('/') => folder,
        _ => page,
    };
    format!("{address}{page}")
}

fn sitemap(address: &str, pages: &[String]) -> String {
    let lines: String = pages
        .iter()
        .map(|page| format!("  <url><loc>{}</loc></url>\n", escape(&own_address(address, page))))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n{lines}</urlset>\n"
    )
}

/// `text` with the tags in place of mdBook's description, which a book may have or not.
fn with_tags(text: &str, tags: &str) -> String {
    let start = "<meta name=\"description\"";
    match text.find(start).and_then(|at| Some((at, at + text[at..].find('>')? + 1))) {
        Some((at, end)) => format!("{}{}{}", &text[..at], tags.trim_end(), &text[end..]),
        None => text.replacen("</head>", &format!("{tags}</head>"), 1),
    }
}

fn edit(path: &Path, change: impl Fn(&str) -> String) -> Result<()> {
    write(path, &change(&read_text(path)?))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// The first heading, as plain text.
fn heading(markdown: &str) -> Option<String> {
    let mut inside = false;
    let mut heading = String::new();
    for event in Parser::new(markdown) {
        match event {
            Event::Start(Tag::Heading { .. }) => inside = true,
            Event::End(TagEnd::Heading(_)) => return Some(heading),
            Event::Text(text) | Event::Code(text) if inside => heading.push_str(&text),
            _ => {}
        }
    }
    None
}

/// The first sentences of the running text.
pub(crate) fn description(markdown: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    let mut boxes = 0_usize;
    for event in Parser::new(markdown) {
        match event {
            // A box is beside the text.
            Event::Html(html) => {
                boxes += html.matches("<div").count();
                boxes = boxes.saturating_sub(html.matches("</div").count());
            }
            Event::Start(Tag::Paragraph) => inside = boxes == 0,
            Event::End(TagEnd::Paragraph) if inside => {
                inside = false;
                text = text.trim().to_owned();
                // A directive, or the head of a rule, is no sentence.
                if text.contains("{{#") || text.starts_with("r[") {
                    text.clear();
                }
                if text.len() >= SHORTEST {
                    break;
                }
                text.push(' ');
            }
            Event::Text(part) | Event::Code(part) if inside => text.push_str(&part),
            Event::SoftBreak | Event::HardBreak if inside => text.push(' '),
            _ => {}
        }
    }
    shortened(without_references(text.trim()).trim_end_matches(':'))
}

/// `[r:id]`, a reference to a rule, as the id alone.
fn without_references(text: &str) -> String {
    let mut parts = text.split("[r:");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(&part.replacen(']', "", 1));
    }
    plain
}

/// As many whole sentences as fit, or else whole words.
fn shortened(text: &str) -> String {
    let fits = |at: &usize| *at <= LENGTH;
    let sentences = text.match_indices(". ").map(|(at, _)| at + 1);
    if text.len() <= LENGTH {
        return text.to_owned();
    }
    if let Some(end) = sentences.take_while(fits).filter(|end| *end >= SHORTEST).last() {
        return text[..end].to_owned();
    }
    let words = text.match_indices(' ').map(|(at, _)| at);
    let end = words.take_while(fits).last().unwrap_or(text.len());
    format!("{} …", text[..end].trim_end_matches([',', ';', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_the_first_sentences() {
        let case = |markdown: &str, expected: &str| assert_eq!(description(markdown), expected);
        case(
            "# Page\n\nOne `code` and [a link](x.md)\nin a `#[paragraph]` that is long enough, [r:a.b].\n\nTwo.\n",
            "One code and a link in a #[paragraph] that is long enough, a.b.",
        );
        case(
            "# Page\n\nShort:\n\n```rust\nlet x;\n```\n\nand long enough with the second paragraph here.\n",
            "Short: and long enough with the second paragraph here.",
        );
        let boxed = "# Page\n\n<div class=\"x\">\n\nFor readers of a box, and for no one else at all.\n\n</div>\n\n\
            The text itself, which has as many letters as it needs.\n";
        case(boxed, "The text itself, which has as many letters as it needs.");
        let long = "A sentence of some forty letters, or more. ".repeat(9);
        case(&long, "A sentence of some forty letters, or more. ".repeat(4).trim_end());
        let endless = "word ".repeat(90);
        let short = description(&endless);
        assert!(short.len() <= LENGTH + 4 && short.ends_with("word …"), "{short}");
    }

    #[test]
    fn tags_replace_the_description() {
        let page = "<head><meta name=\"description\" content=\"a\"><x></head>";
        assert_eq!(with_tags(page, "<y>\n"), "<head><y><x></head>");
        assert_eq!(with_tags("<head></head>", "<y>\n"), "<head><y>\n</head>");
    }

    #[test]
    fn the_index_has_the_address_of_its_folder() {
        let of = |page| own_address("https://host/sub/", page);
        assert_eq!(of("index.html"), "https://host/sub/");
        assert_eq!(of("part/index.html"), "https://host/sub/part/");
        assert_eq!(of("my-index.html"), "https://host/sub/my-index.html");
    }
}

//! What a reader of the built site gets: links that lead somewhere, proofs that fold, programs to
//! copy, terms that are explained.

use crate::fixture::{Fixture, repository, said};
use mdbook_proof::source::blocks::{self, Test};
use mdbook_proof::source::documents;
use std::collections::BTreeSet;

/// The pages of a built site, except those that repeat others.
fn site(fixture: &Fixture) -> Vec<(String, String)> {
    let folder = fixture.root.join("target/book");
    let pages =
        std::fs::read_dir(&folder).expect("a site").map(|entry| entry.expect("a file").path());
    pages
        .filter(|path| path.extension().is_some_and(|extension| extension == "html"))
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .filter(|name| {
            !["index.html", "print.html", "toc.html", "404.html"].contains(&name.as_str())
        })
        .map(|name| (name.clone(), fixture.read(&format!("target/book/{name}"))))
        .collect()
}

fn addresses(page: &str) -> impl Iterator<Item = &str> {
    page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next())
}

#[test]
fn the_book_builds_and_its_links_lead_somewhere() {
    let fixture = Fixture::real("build");
    let said = fixture.passes(&[]);
    assert!(said.trim_end().ends_with("index.html"), "{said}");

    let pages = site(&fixture);
    let outside = |page: &str| -> BTreeSet<String> {
        addresses(page).filter(|address| address.contains("://")).map(str::to_owned).collect()
    };
    let listed = outside(&fixture.read("target/book/sources.html"));
    for (name, page) in &pages {
        let missing: Vec<_> = outside(page).difference(&listed).cloned().collect();
        assert!(missing.is_empty(), "{name}: sources.md does not list {missing:?}");
        // The page to print is all of them.
        assert!(page.len() < 1_000_000, "{name}: {} bytes", page.len());
    }
    assert!(listed.len() > 20, "{listed:?}");

    // Each block that can be run has its program beside it.
    let documents = documents(&fixture.root).expect("the book can be read");
    let chapters = documents.iter().filter(|document| document.is_chapter());
    let declared = chapters
        .flat_map(|document| blocks::find(document).blocks)
        .filter(|block| block.top_level && matches!(block.test, Test::Run | Test::NoRun));
    let copied = pages.iter().flat_map(|(_, page)| page.split("data-text=\"").skip(1));
    let programs = copied.filter(|program| program.starts_with("// Cargo.toml:\n// [package]"));
    assert_eq!(programs.count(), declared.count());

    let texts = indexed(&fixture);
    let listed = fixture.read("book/check/search.mjs");
    let words = listed.split("const WORDS = `").nth(1).and_then(|rest| rest.split('`').next());
    let words: Vec<&str> = words.expect("the list").split_whitespace().collect();
    assert!(words.len() > 25, "{words:?}");
    for word in words {
        assert!(texts.iter().any(|text| finds(text, word)), "searching {word} finds nothing");
    }
    assert!(!texts.iter().any(|text| finds(text, "releasebufferx")));
}

/// The words of each text that search knows, as it takes them apart.
fn indexed(fixture: &Fixture) -> Vec<BTreeSet<String>> {
    let folder = std::fs::read_dir(fixture.root.join("target/book")).expect("a site");
    let names =
        folder.map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned());
    let name = names.into_iter().find(|name| name.starts_with("searchindex")).expect("an index");
    let script = fixture.read(&format!("target/book/{name}"));
    let text = script.split_once("JSON.parse('").and_then(|(_, rest)| rest.rsplit_once("')"));
    let (text, _) = text.expect("the index in its script");
    let text = text.replace("\\'", "'").replace("\\\\", "\\");
    let index: serde_json::Value = serde_json::from_str(&text).expect("an index");
    let documents = index["index"]["documentStore"]["docs"].as_object().expect("texts");
    let words = |document: &serde_json::Value| {
        let texts = ["title", "body"].map(|part| document[part].as_str().unwrap_or_default());
        // Marks at the ends of a word do not count.
        let trimmed = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        texts.join(" ").split(is_gap).map(trimmed).collect()
    };
    documents.values().map(words).collect()
}

fn is_gap(c: char) -> bool {
    c.is_whitespace() || c == '-'
}

/// Each part of `word` begins a word of the text.
fn finds(text: &BTreeSet<String>, word: &str) -> bool {
    word.split(is_gap).all(|part| text.iter().any(|known| known.starts_with(&part.to_lowercase())))
}

/// A proof of one line is open, one of thirteen is closed, and both have their anchor inside.
#[test]
fn long_proofs_are_folded() {
    let long = "let _x = 1;\n".repeat(13);
    let page = format!(
        "# Page\n\n```rust\nlet first = 1;\n```\n\nr[a.b] MUST; own\nShort.\n\n```rust\n// r[a.b]\nassert!(true);\n```\n\nr[a.c] MUST; own\nLong.\n\n\
         ```rust\n{long}// r[a.c]\n# let hidden = 1;\nassert!(true);\n```\n"
    );
    let fixture = Fixture::with_page("folds", &page);
    fixture.passes(&[]);
    let page = fixture.read("target/book/page.html");
    let folds: Vec<&str> = page.split("<details class=\"proof\"").skip(1).collect();
    let [short, long] = folds.as_slice() else { panic!("{page}") };
    assert!(
        short.starts_with(" open=\"\"><summary>Proof of <code>a.<wbr>b</code> · 2 lines"),
        "{short}"
    );
    assert!(long.starts_with("><summary>Proof of <code>a.<wbr>c</code> · 15 lines"), "{long}");
    let before = long.split("</details>").next().expect("its end");
    assert!(before.contains("id=\"proof-a.c\"") && before.contains("<pre"), "{before}");
    // The button copies hidden lines too.
    assert!(before.contains("data-text=\"// Cargo.toml:"), "{before}");
    assert!(before.contains("let hidden = 1;\nassert!(true);\n}"), "{before}");
}

const GLOSSARY: &str = "# Glossary\n\n- **view**, views: Memory that is *exported*,\n  by [an `x`](page.md).\n- **long view**: Another.\n";

fn with_glossary(name: &str, glossary: &str, page: &str) -> Fixture {
    let fixture = Fixture::with_page(name, page);
    fixture.write("book/src/glossary.md", glossary);
    let summary = fixture.read("book/src/SUMMARY.md");
    fixture.write("book/src/SUMMARY.md", &format!("{summary}- [Glossary](glossary.md)\n"));
    fixture
}

#[test]
fn terms_lead_to_the_glossary_where_they_are_first_used() {
    let page =
        "# A view\n\n`view` and [view](statements.md): Views, a long view, a view and a review.\n";
    let fixture = with_glossary("glossary", GLOSSARY, page);
    fixture.passes(&[]);
    let page = fixture.read("target/book/page.html");
    let (_, text) = page.split_once("<code>view</code>").expect("the paragraph");
    let text = text.split("</p>").next().expect("its end");
    assert_eq!(
        text,
        " and <a href=\"statements.html\">view</a>: \
         <a class=\"term\" href=\"glossary.html#term-view\" title=\"Memory that is exported, by an x.\">Views</a>, a \
         <a class=\"term\" href=\"glossary.html#term-long-view\" title=\"Another.\">long view</a>, a view and a review."
    );
    assert!(fixture.read("target/book/glossary.html").contains("<a id=\"term-long-view\"></a>"));
}

/// A word that means something else in a sentence must not lead to the glossary.
#[test]
fn terms_are_linked_in_their_sense_only() {
    let glossary = std::fs::read_to_string(repository().join("book/src/glossary.md"));
    let page = "# Page\n\nThis is the rule, and it exports nothing. The call is passed on, checks its \
        argument, and refuses zero. The consumer's request is a refusal's cause.\n";
    // Without the links to pages that this book does not have.
    let glossary = glossary.expect("the glossary");
    let mut parts = glossary.split("](");
    let mut without = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        without.push_str("](page.md)");
        without.push_str(part.split_once(')').expect("the end of a link").1);
    }
    let fixture = with_glossary("senses", &without, page);
    fixture.passes(&[]);
    let page = fixture.read("target/book/page.html");
    let linked: BTreeSet<&str> =
        page.split("#term-").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(linked, BTreeSet::from(["consumer", "request", "refusal"]));
    // A tooltip is plain text.
    let terms = page.split("class=\"term\"").skip(1);
    let titles = terms.filter_map(|term| term.split(" title=\"").nth(1)?.split('"').next());
    let mut seen = 0;
    for title in titles {
        assert!(!title.contains(['`', '*', '[']), "{title}");
        seen += 1;
    }
    assert_eq!(seen, 3);
}

#[test]
fn a_term_without_use_and_a_term_twice_are_named() {
    let twice = format!("{GLOSSARY}- **views**: Again.\n");
    let fixture = with_glossary("terms", &twice, "# Page\n\nA view.\n");
    fixture.fails(&["audit"], "book/src/glossary.md:6: the glossary explains `views` twice");
    fixture.fails(&["audit"], "book/src/glossary.md:5: no page uses `long view`");
}

#[test]
fn a_source_without_an_address_is_named() {
    let page = "r[a.b] MUST; nowhere.rst, x\nText.\n\n```rust\n// r[a.b]\nassert!(true);\n```\n";
    let fixture = Fixture::with_page("sources", page);
    fixture.fails(
        &["audit"],
        "r[a.b] names nowhere.rst, which the sources of book.toml do not describe",
    );
}

/// As the workflow that publishes the book sets it.
#[test]
fn pages_have_a_link_to_their_text_where_the_repository_is_known() {
    let fixture = Fixture::with_page("edit", "# Page\n");
    let mut command = fixture.command(&[]);
    command.env("MDBOOK_OUTPUT__HTML__EDIT_URL_TEMPLATE", "https://host/edit/main/book/{path}");
    let output = command.output().expect("the tool runs");
    assert!(output.status.success(), "{}", said(&output));
    let page = fixture.read("target/book/page.html");
    let link = addresses(&page).find(|address| address.starts_with("https://host"));
    let file = link.and_then(|link| link.strip_prefix("https://host/edit/main/"));
    assert_eq!(file, Some("book/src/page.md"));
    assert!(fixture.root.join("book/src/page.md").exists());
}

/// As the workflow that publishes the book tells where: each page then names its own address.
#[test]
fn pages_name_their_address_where_it_is_known() {
    let page = "# A `Page`\n\nThe first paragraph of this page says what a reader finds on it.\n";
    let fixture = Fixture::with_page("address", page);
    fixture.passes(&[]);
    let read = || fixture.read("target/book/page.html");
    let description =
        "content=\"The first paragraph of this page says what a reader finds on it.\"";
    assert_eq!(read().matches(&format!("<meta name=\"description\" {description}>")).count(), 1);
    assert!(read().contains("<meta property=\"og:title\" content=\"A Page\">"), "{}", read());
    assert!(!read().contains("canonical") && !read().contains("og:url"), "{}", read());
    assert_eq!(fixture.read("target/book/robots.txt"), "User-agent: *\nAllow: /\n");

    let with = |address: &str| {
        let mut command = fixture.command(&[]);
        command.env("MDBOOK_PREPROCESSOR__PROOF__ADDRESS", address);
        command.output().expect("the tool runs")
    };
    let output = with("https://host/sub");
    assert!(output.status.success(), "{}", said(&output));
    let canonical = "<link rel=\"canonical\" href=\"https://host/sub/page.html\">";
    assert!(read().contains(canonical), "{}", read());
    let sitemap = fixture.read("target/book/sitemap.xml");
    assert!(sitemap.contains("<loc>https://host/sub/page.html</loc>"), "{sitemap}");
    let robots = fixture.read("target/book/robots.txt");
    assert!(robots.ends_with("Sitemap: https://host/sub/sitemap.xml\n"), "{robots}");
    let not_found = fixture.read("target/book/404.html");
    assert!(not_found.contains("<base href=\"/sub/\">"), "{not_found}");
    let output = with("host");
    let message = "`host/` is no address such as https://host/path/";
    assert!(!output.status.success() && said(&output).contains(message), "{}", said(&output));
}

/// A claim that CPython does not do what it documents, without the program that shows it, is
/// hearsay.
#[test]
fn every_difference_leads_to_its_program() {
    let page =
        std::fs::read_to_string(repository().join("book/src/differences.md")).expect("the page");
    let items: Vec<String> = page
        .split("\n- ")
        .skip(1)
        .map(|item| item.split("\n\n").next().unwrap_or_default().to_owned())
        .collect();
    assert!(items.len() >= 30, "{}", items.len());
    for item in items {
        assert!(item.contains("[r:") || item.contains("](upstream-bugs.md#"), "no program: {item}");
    }
}

/// A page has one title: in the sidebar, above its text, and where another page names it.
#[test]
fn pages_are_named_by_their_titles() {
    let documents = documents(repository()).expect("the book can be read");
    let mut chapters: Vec<(&str, &str)> =
        documents.iter().filter_map(|it| Some((it.file.rsplit('/').next()?, &*it.text))).collect();
    let summary = std::fs::read_to_string(repository().join("book/src/SUMMARY.md"));
    let summary = summary.expect("the summary");
    chapters.push(("SUMMARY.md", &summary));
    let title = |page: &str| {
        let (_, text) = chapters.iter().find(|(file, _)| *file == page)?;
        text.strip_prefix("# ")?.lines().next()
    };
    let mut compared = 0;
    for (file, text) in &chapters {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        // A link to a page, not to a place on it.
        for (before, after) in text.split("](").zip(text.split("](").skip(1)) {
            let page = after.split(')').next().unwrap_or_default();
            let Some(title) = title(page) else { continue };
            let shown = before.rsplit('[').next().unwrap_or_default();
            // Other words may begin a sentence, or name what the page is about. The page that
            // greets readers has a heading of its own.
            let is_name = *file == "SUMMARY.md"
                || shown.starts_with(char::is_uppercase)
                    && shown.contains(' ')
                    && (shown == title || !title.starts_with(shown))
                    && !shown.starts_with("The ");
            let is_generated = file.contains("survey");
            if is_name && !is_generated && page != "index.md" {
                assert_eq!(shown, title, "{file} names {page}");
                compared += 1;
            }
        }
    }
    assert!(compared > 80, "{compared} links");
}

/// Code apart. More does not fit into one sitting.
#[test]
fn no_chapter_has_more_than_2500_words() {
    for document in documents(repository()).expect("the book can be read") {
        let code = &blocks::find(&document).code_ranges;
        let mut text = document.text.clone();
        // From the end, so that what is left keeps its place.
        for range in code.iter().rev() {
            text.replace_range(range.clone(), "code");
        }
        let words = text.split_whitespace().count();
        assert!(words <= 2500, "{} has {words}", document.file);
    }
}

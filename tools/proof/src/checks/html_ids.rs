//! What a page of HTML offers to link to, and what it links to.

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// The ids and the references of one page.
#[derive(Debug, Default)]
pub struct PageIds {
    pub ids: BTreeSet<String>,
    pub references: BTreeSet<String>,
}

pub fn read(html: &str) -> PageIds {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Collector::default(), TokenizerOpts::default());
    // The result only says that a script ended, where a browser would run it.
    while !input.is_empty() {
        let _ = tokenizer.feed(&input);
    }
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

#[derive(Default)]
struct Collector(RefCell<PageIds>);

impl TokenSink for Collector {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let Token::TagToken(tag) = token else {
            return TokenSinkResult::Continue;
        };
        if tag.kind == TagKind::StartTag {
            self.collect(&tag);
        }
        match (tag.kind, &*tag.name) {
            (TagKind::StartTag, "script") => TokenSinkResult::RawData(RawKind::ScriptData),
            (TagKind::StartTag, "style") => TokenSinkResult::RawData(RawKind::Rawtext),
            _ => TokenSinkResult::Continue,
        }
    }
}

impl Collector {
    fn collect(&self, tag: &Tag) {
        let mut page = self.0.borrow_mut();
        for attribute in &tag.attrs {
            let value = attribute.value.to_string();
            match &*attribute.name.local {
                "id" => {
                    page.ids.insert(value);
                }
                "name" if &*tag.name == "a" => {
                    page.ids.insert(value);
                }
                "href" if &*tag.name != "base" => {
                    page.references.insert(value);
                }
                "src" => {
                    page.references.insert(value);
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn scripts_hold_no_links() {
        let page =
            read("<a id=x href='y.html'></a><script>'<a href=\"no\">'</script><img src=z.png>");
        assert!(page.ids.contains("x"));
        assert_eq!(Vec::from_iter(page.references), ["y.html", "z.png"]);
    }
}

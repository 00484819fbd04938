//! What a terminal shows, with each rule that it names as a link.
//!
//! mdBook leaves the text of a fenced block as it is. Where one names rules, the block becomes
//! HTML here. The links also keep search in order: an id is one word on the page that states the
//! rule, and nowhere else.

use super::html;

/// The HTML of a fenced block `console` that names a rule. `link` makes the link of an id, if it
/// is one.
pub fn html(fence: &str, link: impl Fn(&str) -> Option<String>) -> Option<String> {
    let body = fence.trim_end().strip_prefix("```console\n")?.strip_suffix("```")?;
    let mut out = String::from("<pre><code class=\"language-console nohighlight\">");
    let mut names_a_rule = false;
    let mut rest = body;
    while !rest.is_empty() {
        let is_of_id =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
        let end = rest.find(|c| !is_of_id(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        // Also where it is the anchor of an address.
        let (before, id) = word.split_at(if word.starts_with("r-") { 2 } else { 0 });
        match link(id) {
            Some(link) => {
                names_a_rule = true;
                out.push_str(before);
                out.push_str(&link);
            }
            None => out.push_str(&html::escape(word)),
        }
        let next = after.find(is_of_id).unwrap_or(after.len());
        out.push_str(&html::escape(&after[..next]));
        rest = &after[next..];
    }
    out.push_str("</code></pre>\n");
    names_a_rule.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::html;

    #[test]
    fn rules_become_links_and_the_rest_stays() {
        let link = |word: &str| (word == "a.b").then(|| "<a>a.b</a>".to_owned());
        assert_eq!(
            html("```console\n$ x 'a < b'\nerror: a.b, c.d#r-a.b\n```\n", link).unwrap(),
            "<pre><code class=\"language-console nohighlight\">$ x 'a &lt; b'\nerror: <a>a.b</a>, c.d#r-<a>a.b</a>\n</code></pre>\n"
        );
        assert_eq!(html("```console\n$ x\n```", link), None);
        assert_eq!(html("```text\na.b\n```", link), None);
    }
}

/* Ranks search results by what people type: plurals, hyphens, parts of C names, pieces of error messages. mdBook's own search
   demands that each word begins a word of the text, and finds nothing for "how do I expose a Vec to NumPy". The box, the list and the
   index are mdBook's; only the order of the results is ours. */
'use strict';

(function search() {
    if (typeof elasticlunr === 'undefined') {
        return;
    }
    const STOP = new Set(`a an and any are as at be by can do does for from get has have how i if in into is it its me my of on or our out
        so that the their them then there this to use using was what when where which while who why will with you your`.split(/\s+/));
    const LEVELS = '(must|should|may|observed)';
    // They report on other projects, object by object, and repeat the words of all other pages.
    const REPORTS = /^(survey|consumer-survey|upstream-bugs)\.html/;
    const BODY = 1;
    const PAGE = 4;
    const TITLE = 7;

    function stem(word) {
        const rules = [[/(ss|us|is)$/, '$1'], [/ies$/, 'y'], [/(x|ch|sh)es$/, '$1'], [/s$/, ''], [/([a-z]{4})(?:ing|ed)$/, '$1']];
        let stemmed = word;
        for (const [ending, instead] of word.length > 3 ? rules : []) {
            if (ending.test(stemmed)) {
                stemmed = stemmed.replace(ending, instead);
                if (instead === '$1' && ending.source.startsWith('(ss')) {
                    break;
                }
            }
        }
        return stemmed;
    }

    /* "PyBuffer_FillInfo" is one word, and "py", "buffer", "fill" and "info" too. */
    function parts(word) {
        const split = word.replace(/([a-z0-9])([A-Z])/g, '$1_$2').split('_').filter(part => part !== '');
        return split.length > 1 ? split : [];
    }
    const whole = text => text.match(/\d+(?:\.\d+)+|[A-Za-z0-9_]+/g) ?? [];
    const plain = text => ` ${whole(text.toLowerCase()).join(' ')} `;

    /* What is known of the texts: for each word the texts that have it, with a weight. */
    const indexes = new WeakMap();
    function read(index) {
        if (indexes.has(index)) {
            return indexes.get(index);
        }
        const addresses = window.search?.doc_urls ?? {};
        const texts = [];
        const words = new Map();
        let letters = 0;
        for (const [ref, doc] of Object.entries(index.documentStore.docs)) {
            const counts = new Map();
            const count = (text, weight) => {
                for (const word of whole(text)) {
                    for (const form of [word, ...parts(word)]) {
                        const key = stem(form.toLowerCase());
                        const found = counts.get(key) ?? { body: 0, best: 0 };
                        found.body += weight === BODY ? 1 : 0;
                        found.best = Math.max(found.best, weight);
                        counts.set(key, found);
                    }
                }
            };
            const page = (addresses[ref] ?? ref).split('#')[0];
            count(doc.body, BODY);
            count(doc.breadcrumbs, PAGE);
            // Some headings are whole sentences, of which one word says little.
            count(doc.title, PAGE + (TITLE - PAGE) * Math.min(1, 4 / whole(doc.title).length));
            for (const [word, found] of counts) {
                if (!words.has(word)) {
                    words.set(word, []);
                }
                words.get(word).push([texts.length, found]);
            }
            letters += doc.body.length;
            texts.push({ ref, doc, page, body: plain(doc.body), title: plain(doc.title) });
        }
        const made = { texts, words, average: letters / Math.max(texts.length, 1) };
        indexes.set(index, made);
        return made;
    }

    /* How much each text has of one word of the query, as a map from text to weight; and how rare the word is. */
    function matches({ texts, words, average }, word) {
        const found = new Map();
        const add = (list, factor) => {
            for (const [text, { body, best }] of list) {
                const length = 0.3 + 0.7 * texts[text].doc.body.length / average;
                const weight = factor * (best + body * 2.2 / (body + 1.2 * length));
                found.set(text, Math.max(found.get(text) ?? 0, weight));
            }
        };
        add(words.get(word) ?? [], 1);
        if (word.length > 2) {
            for (const [known, list] of words) {
                if (known !== word && known.startsWith(word)) {
                    add(list, 0.4);
                }
            }
        }
        return { found, rarity: Math.log(1 + texts.length / (1 + found.size)) };
    }

    function halves({ words }, word) {
        for (let at = 3; at <= word.length - 3; at += 1) {
            const two = [word.slice(0, at), word.slice(at)];
            if (two.every(half => words.has(stem(half.toLowerCase())))) {
                return two;
            }
        }
        return [];
    }

    function scores(known, query) {
        const typed = whole(query).filter(word => !STOP.has(word.toLowerCase()));
        const wanted = (typed.length > 0 ? typed : whole(query)).flatMap(word => {
            const one = matches(known, stem(word.toLowerCase()));
            // A name that no page has may have parts that pages have, and "cheatsheet" is two words.
            const split = one.found.size > 0 ? [] : [parts(word), halves(known, word)].find(({ length }) => length > 0) ?? [];
            return split.length > 0 ? split.map(part => matches(known, stem(part.toLowerCase()))) : [one];
        });
        const all = wanted.reduce((sum, { rarity }) => sum + rarity, 0);
        const totals = new Map();
        for (const { found, rarity } of wanted) {
            for (const [text, weight] of found) {
                const total = totals.get(text) ?? { score: 0, covered: 0 };
                total.score += weight * rarity;
                total.covered += rarity;
                totals.set(text, total);
            }
        }
        const phrase = plain(query);
        // Not a longer id that ends with it.
        const rule = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(query.trim())
            && new RegExp(`(?<![\\w.-])${query.trim().replaceAll('.', '\\.')}\\s+${LEVELS}\\b`, 'i');
        return [...totals].map(([text, { score, covered }]) => {
            const { doc, body, title, page } = known.texts[text];
            const share = all > 0 ? covered / all : 0;
            let total = score * share ** 3;
            if (wanted.length > 1 || rule) {
                total += (body.includes(phrase) ? 4 * all : 0) + (title.includes(phrase) ? 6 * all : 0);
            }
            if (title === phrase) {
                total += 5 * all;
            }
            // The page that states a rule, before those that cite it.
            if (rule && rule.test(doc.body)) {
                total += 100 * all;
            }
            return [text, REPORTS.test(page) ? total * 0.5 : total];
        });
    }

    elasticlunr.Index.prototype.search = function ranked(query) {
        const known = read(this);
        const found = scores(known, query);
        // A page that has much on it comes before a page with one good place.
        const ofPages = new Map();
        for (const [text, score] of found) {
            const { page } = known.texts[text];
            ofPages.set(page, [...ofPages.get(page) ?? [], score].sort((a, b) => b - a).slice(0, 4));
        }
        const others = page => ofPages.get(page).slice(1).reduce((sum, score) => sum + score, 0);
        const sorted = found.map(([text, score]) => [text, score + 0.15 * others(known.texts[text].page)]).sort(([a, first], [b, second]) => second - first || a - b);
        const best = sorted[0]?.[1] ?? 0;
        // The best place of each page that comes near the best of all, then the others.
        const pages = new Set();
        const [heads, rest] = [[], []];
        for (const [text, score] of sorted) {
            const { ref, doc, page } = known.texts[text];
            const isHead = !pages.has(page) && score > 0.2 * best;
            pages.add(page);
            (isHead ? heads : rest).push({ ref, score, doc });
        }
        return [...heads, ...rest];
    };
})();

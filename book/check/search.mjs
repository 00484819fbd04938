// What a reader types into the search box must lead somewhere, and a rule's id to the page that states the rule.

/** Words a reader of this book will look for: fields, functions, flags. */
const WORDS = `shape strides suboffsets itemsize format ndim readonly internal obj len GetBuffer PyObject_GetBuffer FillInfo
  PyBuffer_FillInfo releasebuffer bf_releasebuffer F_CONTIGUOUS PyBUF_ND FULL_RO BufferError memoryview PEP-688 E0464
  getbuffer.fail.obj-null release.copy-of-view conformance assert_conforms pytest DLPack Arrow rust-numpy
  datetime64 bfloat16 mask SharedMemory`.split(/\s+/);

/** Adds the rules of a page to `rules` (id -> the pages that state it); each must carry the anchor that its permalink names. */
export async function collectRules(tab, page, rules) {
  const found = await tab.evaluate(() => [...document.querySelectorAll('.rule-id')].map((link) => {
    const anchor = `r-${link.textContent.trim()}`;
    const own = link.closest('.rule') !== null;
    return { id: anchor.slice(2), own, anchored: !own || (document.getElementById(anchor) !== null && link.getAttribute('href') === `#${anchor}`) };
  }));
  for (const { id, own } of found) {
    // index.html repeats the first chapter under a second name; the search index knows only the first.
    const stated = own && page !== 'index.html' ? [page] : [];
    rules.set(id, [...new Set([...rules.get(id) ?? [], ...stated])]);
  }
  return found.filter(({ anchored }) => !anchored).map(({ id }) => `rule ${id} has no anchor #r-${id}, or its permalink does not lead there`);
}

/** Opens the search box; without it the checks after this one stop. */
export async function checkSearchBox(tab) {
  if (await tab.locator('#mdbook-search-toggle').count() === 0) throw new Error('there is no search box');
  await tab.click('#mdbook-search-toggle');
  // The index is fetched when the box is first opened; mdBook then moves the focus into the box.
  await tab.waitForFunction(() => window.search?.index && document.activeElement.id === 'mdbook-searchbar', null, { timeout: 10_000 });
  return [];
}

/** Enters each word and looks at the list of results. */
export async function checkWords(tab, words = WORDS) {
  const findings = [];
  const box = tab.locator('#mdbook-searchbar');
  for (const word of words) {
    await box.fill(word);
    // mdBook searches when a key comes up again.
    await box.press('End');
    // The heading names the word: it tells this word's results from those of the word before.
    await tab.waitForFunction((text) => document.getElementById('mdbook-searchresults-header').innerText.includes(`'${text}'`), word, { timeout: 5_000 });
    if (await tab.locator('#mdbook-searchresults li a').count() === 0) findings.push(`searching ${word} finds nothing`);
  }
  return findings;
}

/** Asks the page's own search for each query; one of the expected pages must be among the first three results. */
export async function checkQueries(tab, queries) {
  const hits = await tab.evaluate((texts) => {
    const { index, search_options: options, doc_urls: urls } = window.search;
    const loaded = window.elasticlunr.Index.load(index);
    return texts.map((text) => loaded.search(text, options).slice(0, 3).map(({ ref }) => urls[ref]));
  }, queries.map(([query]) => query));
  const findings = queries.flatMap(([query, pages], at) => hits[at].some((url) => pages.includes(url.split('#')[0])) ? []
    : [`searching ${query} gives ${hits[at].join(', ') || 'nothing'}, none of ${pages.join(', ')}`]);
  if (queries.length < 80) findings.push(`only ${queries.length} queries`);
  // Some of them as a reader types them.
  return [...findings, ...await checkWords(tab, queries.filter((_, at) => at % 20 === 0).map(([query]) => query))];
}

/** Asks the page's own search index for each rule id; the first hit must be the page that states the rule. */
export async function checkFirstHits(tab, rules) {
  const hits = await tab.evaluate((ids) => {
    const { index, search_options: options, doc_urls: urls } = window.search;
    const loaded = window.elasticlunr.Index.load(index);
    return ids.map((id) => [id, urls[loaded.search(id, options)[0]?.ref]]);
  }, [...rules.keys()]);
  const findings = [];
  for (const [id, url] of hits) {
    const stated = rules.get(id);
    if (stated.length !== 1) findings.push(`rule ${id} is stated on ${stated.length} pages: ${stated.join(', ')}`);
    else if (url?.split('#')[0] !== stated[0]) findings.push(`searching ${id} gives ${url ?? 'nothing'} first, not ${stated[0]}`);
  }
  // One of them by hand and to the end: Enter on the first result must open the rule's page from here.
  const [id, url] = hits.find(([, found]) => found) ?? [];
  if (id) {
    await tab.locator('#mdbook-searchbar').fill('');
    await tab.locator('#mdbook-searchbar').pressSequentially(id);
    await Promise.all([tab.waitForURL((address) => address.pathname.endsWith(url.split('#')[0]) && address.search.includes('highlight')), tab.keyboard.press('Enter')]);
    if (await tab.locator(`[id="r-${id}"]`).count() === 0) findings.push(`Enter on the first result of ${id} opens a page without it`);
  }
  return findings;
}

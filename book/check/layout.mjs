// Nothing may stick out of the page to the right, unless it scrolls inside its own box.

/** mdBook lets .content scroll sideways, so a page that is too wide has no scroll bar of its own: ask each element. */
export function checkOverflow(tab, width) {
  return tab.evaluate((limit) => {
    const PAGE = 'html, body, #mdbook-body-container, #mdbook-page-wrapper, .page, #mdbook-content, main';
    const scrolls = (element) => !element.matches(PAGE) && /auto|scroll/.test(getComputedStyle(element).overflowX);
    const hidden = (element) => element.clientWidth <= 1 && getComputedStyle(element).overflowX === 'hidden';
    const inner = Math.min(limit, document.documentElement.clientWidth);
    const wide = [];
    const walk = (element) => {
      if (getComputedStyle(element).visibility === 'hidden' || hidden(element)) return;
      const box = element.getBoundingClientRect();
      if (box.width > 0 && box.height > 0 && box.right > inner + 0.5) wide.push([box.right, element]);
      // What is inside a scroller or a drawing is that box's business.
      if (scrolls(element) || element.matches('svg')) return;
      for (const child of element.children) walk(child);
    };
    walk(document.querySelector('#mdbook-page-wrapper') ?? document.body);
    // The innermost ones are the cause; their ancestors are only stretched by them.
    const causes = wide.filter(([, element]) => !wide.some(([, other]) => other !== element && element.contains(other)));
    const findings = causes.sort(([a], [b]) => b - a).slice(0, 5).map(([right, element]) => {
      const name = element.tagName.toLowerCase() + [...element.classList].map((word) => `.${word}`).join('');
      return `wider than the page: ${name} ends at ${Math.round(right)} of ${inner} px: "${element.textContent.trim().replace(/\s+/g, ' ').slice(0, 40)}"`;
    });
    // Text nodes have no box of their own above; the scroll widths see them.
    for (const selector of ['html', 'body', '#mdbook-content']) {
      const element = document.querySelector(selector);
      if (findings.length === 0 && element && element.scrollWidth > element.clientWidth) {
        findings.push(`${selector} scrolls sideways: ${element.scrollWidth} of ${element.clientWidth} px`);
      }
    }
    return findings;
  }, width);
}

/** On a wide window each line of code is seen whole, also in proofs that are folded; and C is beside Rust. */
export function checkCode(tab) {
  return tab.evaluate(() => {
    const all = [...document.querySelectorAll('main details')];
    const closed = all.filter((details) => !details.open);
    closed.forEach((details) => { details.open = true; });
    const findings = [];
    for (const code of document.querySelectorAll('main pre > code')) {
      const cut = code.scrollWidth - code.clientWidth;
      if (cut > 0) findings.push(`${cut} px of code are cut: "${code.textContent.trim().slice(0, 40)}"`);
    }
    for (const sides of document.querySelectorAll('.sides')) {
      const blocks = [...sides.children].map((child) => child.getBoundingClientRect()).filter(({ width }) => width > 0);
      const columns = new Set(blocks.map(({ left }) => Math.round(left)));
      if (columns.size !== 2) findings.push(`C and Rust are in ${columns.size} columns: "${sides.textContent.trim().slice(0, 40)}"`);
    }
    closed.forEach((details) => { details.open = false; });
    return findings;
  });
}

// axe-core on a page, less the few known faults of mdBook's own template.

/**
 * Faults of mdBook's template that the theme's CSS and script cannot mend: { rule, selector, reason }. None at present. Each must
 * still occur: one that no longer matches is reported.
 */
const EXCEPTIONS = [];

const met = new Set();

export async function checkAccessibility(tab, axe) {
  await tab.evaluate(axe);
  const violations = await tab.evaluate(async () => {
    const result = await window.axe.run(document, {
      resultTypes: ['violations'],
      runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] },
    });
    return result.violations.flatMap(({ id, nodes }) => nodes.map((node) => ({
      id, target: node.target.flat().join(' '), summary: node.failureSummary.split('\n')[1].trim(), html: node.html.slice(0, 100),
    })));
  });
  return violations.filter(({ id, target }) => {
    const exception = EXCEPTIONS.find(({ rule, selector }) => rule === id && selector === target);
    if (exception) met.add(exception);
    return !exception;
  }).map(({ id, target, summary, html }) => `${id}: ${target}: ${summary} ${html}`);
}

/** For every exception its name, and a finding if nothing needed it. */
export function unusedExceptions() {
  return EXCEPTIONS.map((exception) => [
    `${exception.rule} ${exception.selector}`,
    met.has(exception) ? [] : ['no longer occurs: remove it from the list'],
  ]);
}

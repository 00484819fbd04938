// Tab alone must reach the page's controls and its first rule, and show where it is.

// A page with a long sidebar needs many steps before its content; more than these and nobody would arrive.
const STEPS = 600;

export async function checkKeyboard(tab) {
  const wanted = await tab.evaluate(() => {
    const present = ['.skip-link', '#sidebar-button', '#mdbook-theme-toggle', '#mdbook-search-toggle', '#mdbook-sidebar a'];
    return [...present, document.querySelector('main .rule-id') ? '.rule-id' : 'main a[href]'];
  });
  const missing = new Set(wanted);
  const invisible = new Set();
  for (let step = 0; step < STEPS && missing.size > 0; step += 1) {
    await tab.keyboard.press('Tab');
    const { matches, name, visible } = await tab.evaluate((selectors) => {
      const element = document.activeElement;
      const style = getComputedStyle(element);
      const label = element.getAttribute('aria-label') ?? element.textContent.trim().slice(0, 30);
      return {
        matches: selectors.filter((selector) => element.matches(selector)),
        name: `${element.tagName.toLowerCase()} "${label}"`,
        visible: element === document.body || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0),
      };
    }, wanted);
    if (!visible) invisible.add(name);
    for (const selector of matches) missing.delete(selector);
  }
  return [
    ...[...missing].map((selector) => `Tab never reaches ${selector}`),
    ...[...invisible].map((name) => `focus cannot be seen on ${name}`),
  ];
}

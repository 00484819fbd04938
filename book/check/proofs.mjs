// Proofs that fold and programs to copy: with and without JavaScript, by address, on paper.

const closed = (tab) => tab.evaluate(() => document.querySelectorAll('details.proof:not([open])').length);
const seen = (tab, selector) => tab.evaluate((what) => document.querySelector(what)?.checkVisibility() ?? false, selector);

/** For a tab with JavaScript, on a page with a proof that is closed. */
export async function checkProofs(tab) {
  const findings = [];
  const expect = (holds, what) => { if (!holds) findings.push(what); };
  const atFirst = await closed(tab);
  expect(atFirst > 0, 'no proof is closed');
  await tab.focus('#all-proofs');
  await tab.keyboard.press('Enter');
  expect(await closed(tab) === 0, 'the button leaves proofs closed');
  await tab.reload({ waitUntil: 'load' });
  expect(await closed(tab) === 0, 'the next page does not remember that all are open');
  await tab.focus('#all-proofs');
  await tab.keyboard.press('Enter');
  expect(await closed(tab) === atFirst, 'the button does not fold what it unfolded');

  const anchor = await tab.evaluate(() => document.querySelector('details.proof:not([open]) .proof-anchor').id);
  await tab.evaluate((id) => { location.hash = id; }, anchor);
  await tab.waitForTimeout(100);
  expect(await closed(tab) === atFirst - 1, `#${anchor} does not open its proof`);

  await tab.emulateMedia({ media: 'print' });
  expect(await seen(tab, 'details.proof:not([open]) pre'), 'a closed proof is missing on paper');
  await tab.emulateMedia({ media: null });
  expect(!await seen(tab, 'details.proof:not([open]) pre'), 'a closed proof is shown');

  await tab.context().grantPermissions(['clipboard-read', 'clipboard-write']).catch(() => {});
  const block = 'details.proof[open]:has(.boring) pre';
  await tab.click(`${block} + .program button`);
  const copied = await tab.evaluate(() => navigator.clipboard.readText());
  const hidden = await tab.evaluate((what) => document.querySelector(`${what} .boring`).textContent.trim(), block);
  expect(copied.startsWith('// Cargo.toml:') && copied.includes('fn main()'), `what was copied is no program: ${copied.slice(0, 60)}`);
  expect(hidden !== '' && copied.includes(hidden), `what was copied lacks a hidden line: ${hidden}`);
  return findings;
}

/** The same page for a reader without JavaScript. */
export async function checkWithoutScript(browser, url) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const tab = await context.newPage();
  const findings = [];
  await tab.goto(url, { waitUntil: 'load' });
  const proof = tab.locator('details.proof:not([open])').first();
  const code = await proof.locator('pre').elementHandle();
  if (await code.isVisible()) findings.push('a proof is open that should be closed');
  await proof.locator('summary').click();
  if (!await code.isVisible()) findings.push('a proof does not open');
  await context.close();
  return findings;
}

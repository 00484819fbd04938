// The request explorer by keyboard alone: each control is reached by Tab, and the answer is the one that the data has.

/** Tabs until `selector` has the focus. */
async function tabTo(tab, selector) {
  for (let step = 0; step < 600; step += 1) {
    if (await tab.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return true;
    await tab.keyboard.press('Tab');
  }
  return false;
}

const said = (tab) => tab.locator('.explorer-answer').innerText();
const field = (tab, name) => tab.evaluate((wanted) => [...document.querySelectorAll('.explorer-fields tr')]
  .find((row) => row.cells[0].textContent === wanted)?.cells[1].textContent, name);

export async function checkExplorer(tab) {
  const findings = [];
  const expect = (what, found, wanted) => { if (found !== wanted) findings.push(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`); };
  expect('at first', await said(tab), '0x11c FULL_RO: granted');
  if (!await tabTo(tab, '[name=exporter]')) return ['Tab never reaches the exporters'];
  // The letters of an option choose it.
  await tab.keyboard.type('2 by 3 in F');
  expect('strides in Fortran order', await field(tab, 'strides'), '[2, 4]');
  expect('pictures', await tab.locator('.explorer-picture:visible').count(), 1);
  if (!await tabTo(tab, '[name=named]')) return ['Tab never reaches the requests'];
  await tab.keyboard.type('SIMPLE');
  expect('SIMPLE', await said(tab), '0x000 SIMPLE: refused, the memory is not C-contiguous, STRIDES was not requested');
  expect('the fields of a refusal', await tab.locator('.explorer-fields').isVisible(), false);
  if (!await tabTo(tab, '[name=flag][value="88"]')) return ['Tab never reaches a flag'];
  await tab.keyboard.press('Space');
  expect('F_CONTIGUOUS', await said(tab), '0x058 F_CONTIGUOUS: granted');
  expect('STRIDES, with it', await tab.locator('[name=flag][value="24"]').isChecked(), true);
  expect('format, not asked for', await field(tab, 'format'), 'NULL');
  await tab.keyboard.press('Space');
  expect('without it', await said(tab), '0x018 STRIDED_RO: granted');
  return findings;
}

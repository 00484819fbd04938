// Opens the built book in a real browser and checks what no unit test can see: that every page loads silently from a
// disk and from any server path, fits a telephone, is accessible in every theme, is searchable and can be used by keyboard.
//
//     node check.mjs SITE_DIR OUT_DIR CHROMIUM ADDRESS [--screenshots]
//
// ADDRESS is where the site was told that it will be.
//
// Start it in the folder whose node_modules holds playwright-core and axe-core.
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkAccessibility, unusedExceptions } from './accessibility.mjs';
import { launch, packages, visit } from './browser.mjs';
import { checkExplorer } from './explorer.mjs';
import { checkKeyboard } from './keyboard.mjs';
import { checkCode, checkOverflow } from './layout.mjs';
import { checkFiles, checkMetadata, checkNotFound } from './metadata.mjs';
import { checkProofs, checkWithoutScript } from './proofs.mjs';
import { checkRedirect } from './redirects.mjs';
import { QUERIES } from './queries.mjs';
import { checkFirstHits, checkQueries, checkSearchBox, checkWords, collectRules } from './search.mjs';
import { listPages, serve } from './site.mjs';

const options = process.argv.slice(2).filter((word) => word.startsWith('--'));
const [site, out, chromium, address] = process.argv.slice(2).filter((word) => !word.startsWith('--'));
if (!address || options.some((word) => word !== '--screenshots')) {
  console.error('usage: node check.mjs SITE_DIR OUT_DIR CHROMIUM ADDRESS [--screenshots]');
  process.exit(2);
}
const started = Date.now();
const { playwright, axe } = packages();
const { pages, redirects } = await listPages(resolve(site));
const server = await serve(resolve(site), new URL(address).pathname);
const browser = await launch(playwright, chromium);
let passed = 0;
let failed = 0;

/** Counts one check of one page, and prints a line for each finding. */
function report(page, where, findings) {
  findings.length === 0 ? passed += 1 : failed += 1;
  for (const finding of new Set(findings)) console.log(`${page} [${where}]: ${finding}`);
}

/** Visits one page by one way; each stage is a width, a theme, and checks by name (functions of the open tab). */
function job(page, transport, ...stages) {
  const counted = stages.map(([width, theme, checks]) => {
    const where = `${theme}/${width}/${transport}`;
    const run = ([name, check]) => async (tab) => report(page, `${where} ${name}`, await check(tab));
    return { where, width, theme, checks: Object.entries(checks).map(run) };
  });
  return () => visit(browser, server[transport] + page, counted, ({ where }, findings) => report(page, `${where} load`, findings));
}

/** Runs the jobs two at a time: that keeps two cores busy, and more made timings wander. */
async function all(jobs) {
  const waiting = [...jobs];
  const worker = async () => { while (waiting.length > 0) await waiting.shift()(); };
  await Promise.all([worker(), worker()]);
}

const rules = new Map();
const descriptions = new Map();
const overflow = (width) => (tab) => checkOverflow(tab, width);
const accessible = (tab) => checkAccessibility(tab, axe);
const themes = ['light', 'rust', 'coal', 'navy', 'ayu'];
await all(pages.flatMap((page) => [
  job(page, 'file', [1280, 'light', {
    rules: (tab) => collectRules(tab, page, rules), metadata: (tab) => checkMetadata(tab, page, address, descriptions),
  }]),
  job(page, 'sub-path', [360, 'light', {}]),
  job(page, 'root',
    [1600, 'light', { overflow: overflow(1600), code: checkCode }],
    [1280, 'light', { overflow: overflow(1280), code: checkCode, axe: accessible, keyboard: checkKeyboard }],
    [1200, 'light', { overflow: overflow(1200), code: checkCode }],
    [360, 'light', { overflow: overflow(360), axe: accessible }],
    [1600, 'navy', { overflow: overflow(1600), code: checkCode }],
    [360, 'navy', { overflow: overflow(360) }],
    // Colours depend on the theme alone: the other themes are seen at one width.
    ...themes.slice(1).map((theme) => [1280, theme, { overflow: overflow(1280), code: checkCode, axe: accessible }])),
]));

// An old address leads to its page, and to the same place on it, without a question of the browser's.
for (const [address, page] of redirects) {
  for (const transport of ['file', 'sub-path', 'root']) {
    report(address, `redirect/${transport}`, pages.includes(page)
      ? await checkRedirect(browser, server[transport] + address, server[transport] + page) : [`leads to ${page}, which is no page`]);
  }
}

report('(site)', 'metadata', await checkFiles(resolve(site), pages, address));
report('404.html', 'sub-path', await checkNotFound(browser, server['sub-path']));

// A site that is empty, or that lost its rules or its search, must not pass for want of anything to check.
report('(site)', 'pages', pages.length < 3 ? [`only ${pages.length} pages: this is not the book`] : []);
report('(site)', 'rules', rules.size === 0 ? ['no page shows a rule id (class rule-id)'] : []);
const first = [...rules.values()].flat()[0] ?? pages[0];
if (first) {
  const searching = { 'search box': checkSearchBox, 'search words': (tab) => checkWords(tab),
    'search queries': (tab) => checkQueries(tab, QUERIES), 'search rules': (tab) => checkFirstHits(tab, rules) };
  // What is hidden until someone asks for it has colours as well.
  const opened = {
    'search box': checkSearchBox, 'search word': (tab) => checkWords(tab, ['memoryview']), 'axe on results': accessible,
    'axe on menu': (tab) => tab.click('#mdbook-theme-toggle').then(() => accessible(tab)),
  };
  await all([
    ...['file', 'sub-path'].map((transport) => job(first, transport, [1280, 'light', searching])),
    ...themes.map((theme) => job(first, 'root', [1280, theme, opened])),
  ]);
}
// The one page with controls of its own; from a file, where nothing could be fetched.
if (pages.includes('explorer.html')) {
  await all([job('explorer.html', 'file', [1280, 'light', { 'explorer by keyboard': checkExplorer }]),
    job('explorer.html', 'root', [360, 'navy', { 'explorer by keyboard': checkExplorer }])]);
}
// The page with the longest proofs.
if (pages.includes('procs.html')) {
  await all([1280, 360].map((width) => job('procs.html', 'root', [width, 'light', { proofs: checkProofs }])));
  report('procs.html', 'without JavaScript', await checkWithoutScript(browser, server.file + 'procs.html'));
}
for (const [name, findings] of unusedExceptions()) report('(site)', `exception ${name}`, findings);

if (options.includes('--screenshots')) {
  const folder = join(resolve(out), 'screenshots');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const shot = (page, width, theme) => async (tab) => {
    const name = page.replace(/\.html$/, '').replaceAll('/', '-');
    await tab.screenshot({ path: join(folder, `${name}-${width}-${theme}.png`), fullPage: true });
    return [];
  };
  await all(pages.map((page) => job(page, 'root', ...['light', 'navy'].flatMap((theme) =>
    [1280, 360].map((width) => [width, theme, { screenshot: shot(page, width, theme) }])))));
  console.log(`screenshots: ${folder}`);
}

await browser.close();
server.close();
console.log(`${pages.length} pages, ${redirects.length} redirects, ${rules.size} rule ids, ${Math.round((Date.now() - started) / 1000)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

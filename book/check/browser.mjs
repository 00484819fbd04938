// Starts Chromium, and visits one page in a fresh profile while watching everything that it says and asks for.
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The two npm packages, looked up from the current folder: these files need not lie beside node_modules. */
export function packages() {
  const require = createRequire(join(process.cwd(), 'check.mjs'));
  try {
    return { playwright: require('playwright-core'), axe: require('axe-core').source };
  } catch (error) {
    console.error(`${error.message.split('\n')[0]}: run \`npm install playwright-core axe-core\` in ${process.cwd()}`);
    process.exit(2);
  }
}

export function launch(playwright, executablePath) {
  return playwright.chromium.launch({
    executablePath,
    args: [
      // Containers and build machines run as root, where Chromium's own sandbox refuses to start; only our own pages are opened.
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-dev-shm-usage',
      // Chromium's own errands would look like requests to other hosts.
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
}

/**
 * Opens `url` once for each stage ({ width, theme, checks }) and runs the stage's checks on it in turn. For each stage it
 * hands what the page itself complained of meanwhile to `complained(stage, findings)`.
 */
export async function visit(browser, url, stages, complained) {
  let findings = [];
  // A fade would be measured half-way: none is wanted.
  const context = await browser.newContext({ deviceScaleFactor: 1, reducedMotion: 'reduce' });
  await context.addInitScript((name) => localStorage.setItem('mdbook-theme', localStorage.getItem('mdbook-theme') ?? name), stages[0].theme);
  await context.route((target) => target.protocol.startsWith('http') && target.host !== new URL(url).host, (route) => {
    findings.push(`asks another host: ${route.request().url()}`);
    return route.abort();
  });
  const tab = await context.newPage();
  tab.on('console', (message) => {
    if (['warning', 'error', 'assert'].includes(message.type())) findings.push(`console ${message.type()}: ${message.text()}`);
  });
  tab.on('pageerror', (error) => findings.push(`error in a script: ${error.message}`));
  tab.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText;
    // A prefetch is cancelled when the page is left; that is no failure of the page.
    if (reason !== 'net::ERR_ABORTED') findings.push(`request failed: ${request.url()} (${reason})`);
  });
  tab.on('response', (response) => {
    if (response.status() >= 400) findings.push(`${response.status()} for ${response.url()}`);
  });
  for (const stage of stages) {
    findings = [];
    try {
      await tab.setViewportSize({ width: stage.width, height: 800 });
      if (stage !== stages[0]) await tab.evaluate((name) => localStorage.setItem('mdbook-theme', name), stage.theme);
      await tab.goto(url, { waitUntil: 'load' });
      await tab.evaluate(() => document.fonts.ready.then(() => null));
      const taken = await tab.evaluate((name) => document.documentElement.classList.contains(name), stage.theme);
      if (!taken) findings.push(`theme ${stage.theme} was not taken`);
      for (const check of stage.checks) await check(tab);
    } catch (error) {
      // A check that could not run to its end has not passed.
      findings.push(`stopped: ${error.message.split('\n')[0]}`);
    }
    complained(stage, findings);
  }
  await context.close();
}

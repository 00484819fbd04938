// What search engines, messengers and readers with a wrong address get.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The head of a page: a description and an address that are its own, and a picture. */
export function checkMetadata(tab, page, address, descriptions) {
  return tab.evaluate(() => {
    const content = (name) => document.querySelector(`meta[name="${name}"], meta[property="${name}"]`)?.content;
    const own = document.querySelectorAll('link[rel=canonical]');
    const names = ['description', 'og:type', 'og:site_name', 'og:title', 'og:description', 'og:url', 'og:image', 'og:image:alt', 'twitter:card'];
    // mdBook shows round quotes.
    const heading = document.querySelector('main h1')?.textContent.trim().replaceAll('’', '\'');
    return { heading, canonical: [...own].map((link) => link.href), tags: Object.fromEntries(names.map((name) => [name, content(name)])) };
  }).then(({ heading, canonical, tags }) => {
    const findings = Object.entries(tags).filter(([, text]) => !text).map(([name]) => `there is no ${name}`);
    const expect = (what, found, wanted) => { if (found !== wanted) findings.push(`${what} is ${found}, not ${wanted}`); };
    const url = address + (page === 'index.html' ? '' : page);
    expect('canonical', canonical.join(' '), url);
    expect('og:url', tags['og:url'], url);
    expect('og:title', tags['og:title'], heading);
    expect('og:description', tags['og:description'], tags.description);
    const { length } = tags.description ?? '';
    if (length < 50 || length > 204) findings.push(`the description has ${length} letters: ${tags.description}`);
    const other = descriptions.get(tags.description);
    if (other !== undefined && other !== page) findings.push(`the description is that of ${other}`);
    descriptions.set(tags.description, page);
    return findings;
  });
}

/** The files beside the pages, and the picture that each page names. */
export async function checkFiles(site, pages, address) {
  const findings = [];
  const text = (name) => readFile(join(site, name), 'utf8').catch(() => { findings.push(`there is no ${name}`); return ''; });
  const listed = [...(await text('sitemap.xml')).matchAll(/<loc>(.*?)<\/loc>/g)].map(([, url]) => url).sort();
  const wanted = pages.map((page) => address + (page === 'index.html' ? '' : page)).sort();
  for (const url of wanted.filter((url) => !listed.includes(url))) findings.push(`sitemap.xml lacks ${url}`);
  for (const url of listed.filter((url) => !wanted.includes(url))) findings.push(`sitemap.xml lists ${url}, which is no page`);
  if (!(await text('robots.txt')).split('\n').includes(`Sitemap: ${address}sitemap.xml`)) findings.push('robots.txt does not name the sitemap');
  for (const name of ['404.html', 'print.html']) {
    if (!(await text(name)).includes('<meta name="robots" content="noindex">')) findings.push(`${name} is not excluded from search engines`);
  }
  const picture = /property="og:image" content="([^"]*)"/.exec(await text(pages[0]))?.[1];
  const file = picture?.startsWith(address) ? picture.slice(address.length) : undefined;
  const bytes = file && await readFile(join(site, file)).catch(() => undefined);
  // A PNG begins with its name, and has width and height at 16 and 20.
  if (!bytes || bytes.toString('latin1', 1, 4) !== 'PNG') findings.push(`og:image is ${picture}, which is no PNG of the site`);
  else if (bytes.readUInt32BE(16) !== 1200 || bytes.readUInt32BE(20) !== 630) findings.push('og:image is not 1200 by 630');
  return findings;
}

/** A wrong address, also below a folder that does not exist: the page has its style, and its links lead into the site. */
export async function checkNotFound(browser, base) {
  const findings = [];
  const context = await browser.newContext();
  const tab = await context.newPage();
  for (const address of ['no-such-page.html', 'no/such/folder/page.html']) {
    const missing = [];
    const onResponse = (response) => { if (response.status() >= 400 && response.url() !== base + address) missing.push(response.url()); };
    tab.on('response', onResponse);
    const answer = await tab.goto(base + address, { waitUntil: 'load' });
    if (answer.status() !== 404) findings.push(`${address}: status ${answer.status()}`);
    for (const url of missing) findings.push(`${address} needs ${url}, which is not there`);
    const { display, links } = await tab.evaluate(() => ({
      display: getComputedStyle(document.querySelector('#mdbook-menu-bar') ?? document.body).display,
      links: [...document.querySelectorAll('#mdbook-sidebar a[href]')].map((link) => link.href),
    }));
    if (display !== 'flex') findings.push(`${address} has no style`);
    if (links.length < 3) findings.push(`${address}: the sidebar has ${links.length} links`);
    for (const link of links.filter((link) => !link.startsWith(base))) findings.push(`${address} links to ${link}`);
    tab.off('response', onResponse);
  }
  await context.close();
  return findings;
}

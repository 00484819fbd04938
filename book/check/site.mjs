// The built site as a list of pages, and as a server that answers at the root and at a sub-path.
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, posix, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

// print.html repeats every chapter, toc.html is the sidebar of readers without JavaScript, and 404.html is looked at
// by itself (metadata.mjs).
const NOT_PAGES = new Set(['print.html', 'toc.html', '404.html']);

/** The pages of the site, and the old addresses that only lead to one: [address, page]. */
export async function listPages(site) {
  const files = await readdir(site, { recursive: true });
  const names = files.map((file) => file.split(sep).join('/')).filter((file) => file.endsWith('.html') && !NOT_PAGES.has(file)).sort();
  const pages = [];
  const redirects = [];
  for (const name of names) {
    const target = /<meta http-equiv="refresh" content="0; URL=([^"#]*)/.exec(await readFile(join(site, name), 'utf8'))?.[1];
    target === undefined ? pages.push(name) : redirects.push([name, posix.join(posix.dirname(name), target)]);
  }
  return { pages, redirects };
}

const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.json': 'application/json',
  '.svg': 'image/svg+xml', '.png': 'image/png', '.woff2': 'font/woff2', '.txt': 'text/plain; charset=utf-8', '.xml': 'application/xml',
};

/** Serves the site on a free port of this machine; every base URL ends with a slash. */
export async function serve(site, subPath) {
  const server = createServer(async (request, response) => {
    let path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    if (path.startsWith(subPath)) {
      path = path.slice(subPath.length - 1);
    } else if (request.headers.referer?.includes(subPath)) {
      // A page under the sub-path asked for something outside it: on a real site that would be another project's file.
      path = '/outside the sub-path';
    }
    const file = resolve(join(site, path.endsWith('/') ? `${path}index.html` : path));
    try {
      if (relative(site, file).startsWith('..')) throw new Error('outside the site');
      const body = await readFile(file);
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(body);
    } catch {
      // As hosts of static sites do, below every folder.
      const page = await readFile(join(site, '404.html')).catch(() => 'not found');
      response.writeHead(404, { 'content-type': TYPES['.html'] }).end(page);
    }
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const root = `http://127.0.0.1:${server.address().port}/`;
  return {
    root,
    'sub-path': root.slice(0, -1) + subPath,
    file: pathToFileURL(site + sep).href,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

// Old addresses of pages that have another name now.

/** Whether a browser that opens `address` ends at `page`, also with a fragment. */
export async function checkRedirect(browser, address, page) {
  const findings = [];
  for (const fragment of ['', '#content']) {
    const context = await browser.newContext();
    const tab = await context.newPage();
    try {
      await tab.goto(address + fragment, { waitUntil: 'commit' });
      await tab.waitForURL((url) => url.href === page + fragment, { timeout: 10_000 });
    } catch (error) {
      findings.push(`${fragment || 'without a fragment'}: ends at ${tab.url()}: ${error.message.split('\n')[0]}`);
    }
    await context.close();
  }
  return findings;
}

/* A button that opens and closes all proofs of the page, and remembers it for the next page. Without JavaScript each proof opens by
   itself, as <details> do. */
'use strict';

(function proofs() {
    const KEY = 'bufferprocs-proofs';
    const all = [...document.querySelectorAll('main details.proof')];
    const heading = document.querySelector('main h1');
    if (all.length === 0 || !heading) {
        return;
    }
    const atFirst = all.map(proof => proof.open);
    const button = document.createElement('button');
    button.type = 'button';
    button.id = 'all-proofs';
    const isOpen = () => all.every(proof => proof.open);
    const name = () => { button.textContent = isOpen() ? 'Fold long proofs' : 'Unfold all proofs'; };
    function remember(open) {
        // Storage may be forbidden, and is no reason to fail.
        try {
            localStorage.setItem(KEY, open ? 'open' : '');
        } catch { /* the page works without */ }
    }
    function remembered() {
        try {
            return localStorage.getItem(KEY) === 'open';
        } catch {
            return false;
        }
    }
    const openAll = () => all.forEach(proof => { proof.open = true; });
    button.addEventListener('click', () => {
        if (isOpen()) {
            all.forEach((proof, index) => { proof.open = atFirst[index]; });
            remember(false);
        } else {
            openAll();
            remember(true);
        }
        name();
    });
    if (remembered()) {
        openAll();
    }
    if (atFirst.includes(false)) {
        heading.before(button);
        all.forEach(proof => proof.addEventListener('toggle', name));
        name();
    }

    // An address that names a proof shows it, also in browsers that do not open <details> for an address.
    function show() {
        document.getElementById(decodeURIComponent(location.hash.slice(1)))?.closest('details.proof')?.setAttribute('open', '');
    }
    addEventListener('hashchange', show);
    show();

    // On paper nothing can be opened.
    let closed = [];
    addEventListener('beforeprint', () => {
        closed = [...document.querySelectorAll('main details:not([open])')];
        closed.forEach(details => { details.open = true; });
    });
    addEventListener('afterprint', () => closed.forEach(details => { details.open = false; }));
})();

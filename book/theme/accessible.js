// What style sheets cannot do for readers with a keyboard or a screen reader. mdBook's pages work without it.
'use strict';

(function accessible() {
    // A long sidebar stands before every page's text.
    const main = document.querySelector('main');
    const skip = document.createElement('a');
    skip.className = 'skip-link';
    skip.href = '#mdbook-content';
    skip.textContent = 'Skip to the text';
    skip.addEventListener('click', event => {
        // The address stays as it is: it may name a rule.
        event.preventDefault();
        main.focus();
        main.scrollIntoView();
    });
    main.tabIndex = -1;
    document.body.prepend(skip);

    // The menu bar and the search are landmarks that mdBook does not name.
    document.getElementById('mdbook-menu-bar')?.setAttribute('role', 'banner');
    document.getElementById('mdbook-search-wrapper')?.setAttribute('role', 'search');
    document.getElementById('mdbook-searchbar')?.setAttribute('aria-label', 'Search this book');

    // The sidebar's switch is a label, which Tab passes by and which may not be called a button. A real button takes its
    // place and its icon, and hands clicks on: mdBook's own script goes on listening to the label.
    const label = document.getElementById('mdbook-sidebar-toggle');
    const checkbox = document.getElementById('mdbook-sidebar-toggle-anchor');
    if (label && checkbox) {
        const button = document.createElement('button');
        button.type = 'button';
        button.id = 'sidebar-button';
        button.className = label.className;
        for (const name of ['title', 'aria-label', 'aria-controls', 'aria-expanded']) {
            button.setAttribute(name, label.getAttribute(name));
        }
        button.append(...label.childNodes);
        button.addEventListener('click', () => label.click());
        checkbox.addEventListener('change', () => button.setAttribute('aria-expanded', checkbox.checked));
        label.classList.add('hidden');
        label.after(button);
    }

    // mdBook gives the excerpt of a search result a label, which a span may not have.
    const results = document.getElementById('mdbook-searchresults');
    if (results) {
        new MutationObserver(() => {
            results.querySelectorAll('span.teaser[aria-label]').forEach(teaser => teaser.removeAttribute('aria-label'));
        }).observe(results, { childList: true, subtree: true });
    }

    // What scrolls sideways must be reachable by Tab, or its right half exists only for a mouse. A group, not a region:
    // thirty landmarks on a page would hide the real ones.
    const NAMES = [['pre > code', 'Code, scrolls sideways'], ['.table-wrapper', 'Table, scrolls sideways'], ['figure.memory', null]];
    function markScrollers() {
        for (const [selector, name] of NAMES) {
            for (const box of document.querySelectorAll(`main ${selector}`)) {
                const scrolls = box.scrollWidth > box.clientWidth;
                if (scrolls === box.hasAttribute('tabindex')) {
                    continue;
                }
                if (scrolls) {
                    box.tabIndex = 0;
                } else {
                    box.removeAttribute('tabindex');
                }
                // A figure has its caption for a name.
                if (name !== null) {
                    for (const [attribute, value] of [['role', 'group'], ['aria-label', name]]) {
                        if (scrolls) {
                            box.setAttribute(attribute, value);
                        } else {
                            box.removeAttribute(attribute);
                        }
                    }
                }
            }
        }
    }
    // mdBook turns the page on the left and right arrow keys, which here must scroll.
    main.addEventListener('keydown', event => {
        if (event.target !== main && event.target.hasAttribute('tabindex') && /^Arrow(Left|Right)$/.test(event.key)) {
            event.stopPropagation();
        }
    });
    markScrollers();
    // Fonts and the window decide what fits.
    new ResizeObserver(markScrollers).observe(main);
    document.fonts?.ready.then(markScrollers);
})();

/* Beside mdBook's button, which copies the lines that are shown: one that copies the complete program, with hidden lines and what
   Cargo.toml needs. */
'use strict';

(function programs() {
    for (const program of document.querySelectorAll('main div.program')) {
        const block = program.previousElementSibling;
        const buttons = block?.querySelector('.buttons');
        if (!buttons || typeof ClipboardJS === 'undefined') {
            continue;
        }
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'copy-program';
        button.textContent = 'complete';
        button.title = 'Copy the complete program, with hidden lines and Cargo.toml';
        button.setAttribute('aria-label', button.title);
        buttons.prepend(button);
        new ClipboardJS(button, { text: () => program.dataset.text }).on('success', () => {
            button.textContent = 'copied';
            setTimeout(() => { button.textContent = 'complete'; }, 2000);
        });
    }
})();

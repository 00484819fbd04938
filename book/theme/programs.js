/* mdBook's button copies the lines that are shown. Below the block another one copies the complete program, with hidden lines and what
   Cargo.toml needs; of a part of an example the whole file. */
'use strict';

(function programs() {
    if (typeof ClipboardJS === 'undefined') {
        return;
    }
    for (const program of document.querySelectorAll('main div.program')) {
        const button = document.createElement('button');
        button.type = 'button';
        const name = 'Copy the complete program';
        button.textContent = name;
        program.append(button);
        program.hidden = false;
        new ClipboardJS(button, { text: () => program.dataset.text }).on('success', () => {
            button.textContent = 'Copied';
            setTimeout(() => { button.textContent = name; }, 2000);
        });
    }
})();

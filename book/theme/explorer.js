// The request explorer: looks the answer up that the page's data has for an exporter and a flags word.
'use strict';

(function explorer() {
    // In the order of the struct.
    const FIELDS = ['buf', 'obj', 'len', 'itemsize', 'readonly', 'ndim', 'format', 'shape', 'strides', 'suboffsets', 'internal'];
    const form = document.getElementById('explorer');
    if (!form) {
        return;
    }
    const { answers, index, named } = JSON.parse(document.getElementById('explorer-data').textContent);
    const flags = [...form.elements.flag];
    const said = form.querySelector('.explorer-answer');
    const table = form.querySelector('.explorer-fields');
    const pictures = [...document.querySelectorAll('.explorer-picture')];

    function show(word) {
        const exporter = Number(form.elements.exporter.value);
        const answer = answers[index[exporter][word]];
        const name = named.find(([bits]) => bits === word)?.[1];
        form.elements.named.value = name === undefined ? '' : String(word);
        const request = `0x${word.toString(16).padStart(3, '0')}${name ? ` ${name}` : ''}`;
        said.textContent = answer.refused ? `${request}: refused, ${answer.refused}` : `${request}: granted`;
        table.hidden = Boolean(answer.refused);
        table.tBodies[0].replaceChildren(...(answer.refused ? [] : FIELDS).map(field => {
            const row = document.createElement('tr');
            const head = document.createElement('th');
            head.scope = 'row';
            head.textContent = field;
            const cell = document.createElement('td');
            cell.textContent = answer[field];
            row.append(head, cell);
            return row;
        }));
        for (const picture of pictures) {
            picture.hidden = Number(picture.dataset.exporter) !== exporter;
        }
    }

    // A flag holds the bits of those it includes: they are asked for with it.
    const word = () => flags.filter(flag => flag.checked).reduce((bits, flag) => bits | Number(flag.value), 0);

    function check(bits) {
        for (const flag of flags) {
            const value = Number(flag.value);
            flag.checked = (bits & value) === value;
        }
    }

    form.addEventListener('submit', event => event.preventDefault());
    form.elements.named.addEventListener('change', () => {
        if (form.elements.named.value !== '') {
            check(Number(form.elements.named.value));
        }
        show(word());
    });
    form.elements.exporter.addEventListener('change', () => show(word()));
    for (const flag of flags) {
        flag.addEventListener('change', () => {
            const value = Number(flag.value);
            if (flag.checked) {
                check(word());
            } else {
                // Those that include it cannot stay.
                flags.filter(other => (Number(other.value) & value) === value).forEach(other => { other.checked = false; });
            }
            show(word());
        });
    }
    show(word());
}());

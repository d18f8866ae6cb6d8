// SPDX-License-Identifier: MIT
// page_browser.mjs PAGE FOLDER: a page of bench/report in headless Chromium: it filters and sorts, names its signs, opens
// circumstances, is read without script, fits a phone, turns dark and prints. Pictures of all that go to FOLDER.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { browse } from './browser.mjs';

const [, , page_path, folder] = process.argv;
const address = pathToFileURL(resolve(page_path)).href;
mkdirSync(folder, { recursive: true });
let claims = 0;

function expect(holds, what) {
    claims++;
    if (!holds)
        throw new Error(what);
}

const desktop = { width: 1280, height: 900 }, phone = { width: 390, height: 844 }, paper = { width: 794, height: 1123 };
const save = async (name, png) => {
    expect(png.length > 10000 && png.readUInt32BE(0) === 0x89504e47, `the picture ${name} is none`);
    writeFileSync(join(folder, `${name}.png`), png);
};

// ---- What is asked of the page ----

const helpers = `
    const all = (selector, root = document) => [...root.querySelectorAll(selector)];
    const seen = element => element.checkVisibility();
    const rows = () => all('#table tbody tr:not(.group)').filter(seen);
    const firsts = () => all('#table td > .k').filter(seen);
    const box = (filter, value) => all('#filters input[data-filter="' + filter + '"]').find(input => input.value === value);
    const press = (...boxes) => boxes.forEach(box => box.click());
    const set = (id, value) => { const element = document.getElementById(id); element.value = value; element.dispatchEvent(new Event('input', {bubbles: true})); };
`;
const ask = (page, text, ...values) => page.run(helpers + text, ...values);

async function filters(page) {
    const all = await ask(page, 'return [rows().length, firsts().length, document.getElementById("shown").textContent]');
    expect(all[0] > 20 && all[2] === `${all[0]} of ${all[0]} rows`, `all rows are shown at first: ${all}`);
    expect(await ask(page, 'return seen(document.getElementById("filters"))'), 'filters are shown where there is script');
    const isas = await ask(page, 'return all("#filters input[data-filter=isa]").map(box => box.value)');
    for (const isa of isas) {
        const shown = await ask(page, `const others = all("#filters input[data-filter=isa]").filter(box => box.value !== arguments[0]);
            press(...others); const shown = firsts().map(k => k.dataset.isa); const signs = all('.plot .sign[data-isa]').filter(sign => getComputedStyle(sign).display !== 'none').map(sign => sign.dataset.isa);
            press(...others); return [...new Set([...shown, ...signs])]`, isa);
        expect(shown.length === 1 && shown[0] === isa, `with ${isa} alone, ${shown} is shown`);
    }
    const fastest = await ask(page, `return all('#table td').every(cell => { const times = all('.k', cell).map(k => Number(k.dataset.us));
        return times.length < 2 || times[0] <= 1.05 * Math.min(...times); })`);
    expect(fastest, 'after filtering, the fastest stands first again');
    const machine = await ask(page, `press(box('machine', '0')); const result = all('[data-machine="0"]').some(seen); press(box('machine', '0')); return result`);
    expect(!machine, 'a machine that is not wanted is gone');
    const types = await ask(page, `press(box('type', 'f32')); const result = all('#table tbody').filter(seen).map(body => body.dataset.type); press(box('type', 'f32')); return result`);
    expect(!types.includes('f32'), `without f32, ${types}`);
    const trained = await ask(page, `press(box('train', '0')); const result = all('#table tbody').filter(seen).map(body => body.dataset.train); press(box('train', '0')); return result`);
    expect(trained.every(train => train === '1'), `trained alone, ${trained}`);
    const found = await ask(page, `set('find', 'GRU s9'); const names = rows().map(row => row.firstChild.textContent); set('find', ''); return names`);
    expect(found.length > 0 && found.every(name => /gru/.test(name) && /S9/.test(name)), `gru s9 finds ${found}`);
    expect(JSON.stringify(await ask(page, 'return [rows().length, firsts().length]')) === JSON.stringify(all.slice(0, 2)), 'all is back');
}

async function sorting(page) {
    const sorted = (key, down) => ask(page, `set('order', arguments[0]); set('on', '0');
        const down = document.getElementById('down'); if (down.checked !== arguments[1]) down.click();
        return all('#table tbody').map(body => all('tr:not(.group)', body).map(row => row.querySelector('td[data-machine="0"] > .k')).filter(Boolean).map(k => Number(k.dataset[arguments[0]])).filter(Boolean))`, key, down);
    for (const key of ['us', 'f', 'near'])
        for (const down of [false, true])
            for (const numbers of await sorted(key, down))
                expect(numbers.every((n, i) => i === 0 || (down ? n <= numbers[i - 1] : n >= numbers[i - 1])), `by ${key}: ${numbers}`);
    const order = await ask(page, `document.getElementById('down').click(); set('order', 'order'); return all('#table tbody').map(body => all('tr:not(.group)', body).map(row => Number(row.dataset.order)))`);
    expect(order.every(list => list.every((n, i) => i === 0 || n > list[i - 1])), 'as listed, rows are as they were');
}

async function pointing(page) {
    const [title, tip] = await ask(page, `const sign = document.querySelector('.plot .sign'); sign.scrollIntoView({block: 'center'});
        sign.dispatchEvent(new PointerEvent('pointerover', {bubbles: true})); const tip = document.getElementById('tip');
        return [sign.dataset.name, seen(tip) && tip.textContent]`);
    expect(title === tip && /GFLOP/.test(tip), `a sign is named: ${tip}`);
    const opened = await ask(page, `const before = document.getElementById('run1').open; location.hash = '#run1'; dispatchEvent(new HashChangeEvent('hashchange'));
        return [before, document.getElementById('run1').open]`);
    expect(!opened[0] && opened[1], 'a link to a run opens it');
    await ask(page, 'history.replaceState(null, "", location.pathname); document.getElementById("run1").open = false; scrollTo(0, 0)');
}

// What those who cannot see it, or use no mouse, need.
async function access(page) {
    const faults = await ask(page, `return [
        ...all('svg.plot').filter(svg => svg.getAttribute('role') !== 'img' || !svg.getAttribute('aria-label')).map(() => 'a chart without a name'),
        ...all('input, select').filter(input => !input.labels.length).map(input => 'no label: ' + input.outerHTML),
        ...all('th').filter(head => !head.scope).map(head => 'no scope: ' + head.textContent),
        ...all('a[href^="#"]').filter(link => !document.querySelector(link.getAttribute('href'))).map(link => 'leads nowhere: ' + link.outerHTML),
        ...all('[id]').filter((element, i, list) => list.findIndex(other => other.id === element.id) !== i).map(element => 'twice: ' + element.id),
        ...(document.documentElement.lang && document.title ? [] : ['no language or title'])]`);
    expect(faults.length === 0, faults.slice(0, 5).join('; '));
    // Contrast of words on what they stand on: 4.5 is what WCAG asks for.
    const pale = await ask(page, `
        const light = color => { const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
        const ground = element => { for (let at = element; at; at = at.parentElement) { const color = getComputedStyle(at).backgroundColor; if (!/, 0\\)$/.test(color)) return color; } };
        const alike = new Map(all('p, th, td, a, label, legend, summary, code, span, small').map(element => [element.tagName + element.className + element.parentElement.className, element]));
        return [...new Set([...alike.values()].filter(seen).filter(element => element.textContent.trim()).map(element => {
            const [a, b] = [light(getComputedStyle(element).color), light(ground(element))].sort((x, y) => y - x);
            return [(a + 0.05) / (b + 0.05), element.tagName + '.' + element.className]; }).filter(([ratio]) => ratio < 4.5).map(([ratio, name]) => name + ' ' + ratio.toFixed(2)))]`);
    expect(pale.length === 0, `too pale: ${pale.slice(0, 8)}`);
}

const part = (page, selector, most = 2200) => ask(page, `const at = document.querySelector(arguments[0]).getBoundingClientRect();
    return {x: 0, y: at.top + scrollY, width: innerWidth, height: Math.min(at.height + 20, arguments[1])}`, selector, most);

async function pictures(page, name) {
    await save(name, await page.picture({ ...await part(page, 'body'), y: 0 }));
    for (const id of ['rooflines', 'errors', 'tuned', 'models', 'runs'])
        if (await ask(page, 'return !!document.getElementById(arguments[0])', id))
            await save(`${name}-${id}`, await page.picture(await part(page, `#${id}`)));
}

// ---- Who looks at it ----

async function prints(page) {
    const pdf = await page.printed();
    expect(pdf.subarray(0, 5).toString() === '%PDF-' && pdf.length > 50000, 'it prints');
    writeFileSync(join(folder, 'printed.pdf'), pdf);
    await page.size(paper);
    await page.dress('light', 'print');
    expect(await ask(page, 'return !seen(document.getElementById("filters"))'), 'filters are not printed');
    await save('print', await page.picture({ ...await part(page, 'body'), y: 0 }));
}

await browse(address, async page => {
    await page.size(desktop);
    await page.dress('light');
    await page.open();
    await filters(page);
    await sorting(page);
    await pointing(page);
    await access(page);
    await pictures(page, 'desktop');
    await prints(page);

    await page.size(desktop);
    await page.dress('dark');
    const ground = await ask(page, 'return getComputedStyle(document.body).backgroundColor');
    expect(ground.match(/\d+/g).every(part => part < 60), `dark is ${ground}`);
    await access(page);
    await save('dark', await page.picture({ ...await part(page, 'body'), y: 0 }));

    await page.size(phone);
    await page.dress('light');
    const wide = await ask(page, 'return document.documentElement.scrollWidth');
    expect(wide <= phone.width, `on a phone it is ${wide} wide`);
    await pictures(page, 'phone');

    const said = await page.log();
    expect(said.length === 0, `the browser says ${JSON.stringify(said)}`);
    await page.size(desktop);
    await page.script(false);
    await page.open();
    const [hidden, rows] = await ask(page, 'return [!seen(document.getElementById("filters")), rows().length]');
    expect(hidden && rows > 20, `without script: filters ${hidden ? 'hidden' : 'shown'}, ${rows} rows`);
    await save('plain', await page.picture(await part(page, '#board', 900)));
});
console.log(`page_browser: all ${claims} claims hold; pictures are in ${folder}`);

// SPDX-License-Identifier: MIT
// Reads a page of bench/report as a tree, strictly: all elements end, all attributes are quoted, and what is to be
// escaped is.
const empty = new Set(['meta', 'input', 'path']);
const signs = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': '\'', '&#181;': '\u00b5' };

function unescaped(text) {
    const plain = text.replace(/&[^;\s]*;/g, sign => signs[sign] ?? fail(`the sign ${sign}`)).replace(/\s+/g, ' ');
    if (/[<>]|&(?!amp|lt|gt|quot|#)/.test(text))
        fail(`a sign that is not escaped in '${text.slice(0, 80)}'`);
    return plain;
}

export function fail(why) {
    console.error(`FAILED: ${why}`);
    process.exit(1);
}

class Node {
    constructor(tag, attributes) {
        Object.assign(this, { tag, attributes, children: [], parent: null });
    }
    // All text in it, but for what `without` names.
    text(without) {
        return this.children.map(child => typeof child === 'string' ? child : without?.(child) ? '' : child.text(without)).join('');
    }
    has(name) {
        return (this.attributes.class ?? '').split(' ').includes(name);
    }
    // Elements in it, in order, for which `is` holds.
    all(is) {
        return this.children.filter(child => child instanceof Node).flatMap(child => [...(is(child) ? [child] : []), ...child.all(is)]);
    }
    tags(...names) {
        return this.all(node => names.includes(node.tag));
    }
    classed(name) {
        return this.all(node => node.has(name));
    }
}

export function parse(text) {
    const top = new Node('', {});
    let at = top, last = 0;
    const tag = /<(\/?)([a-zA-Z0-9]+)((?:\s+[a-zA-Z-]+="[^"<>]*")*)\s*(\/?)>|<!doctype html>/gy;
    const add = end => end > last && at.children.push(unescaped(text.slice(last, end)));
    for (let next; (next = text.indexOf('<', last)) >= 0; last = tag.lastIndex) {
        add(next);
        tag.lastIndex = next;
        const found = tag.exec(text);
        if (!found)
            fail(`no tag at '${text.slice(next, next + 60)}'`);
        const [, ends, name, attributes = '', closed] = found;
        if (!name)
            continue;
        if (ends) {
            if (at.tag !== name)
                fail(`</${name}> in <${at.tag}>`);
            at = at.parent;
            continue;
        }
        const node = new Node(name, {});
        for (const [, key, value] of attributes.matchAll(/([a-zA-Z-]+)="([^"]*)"/g))
            node.attributes[key] = unescaped(value);
        node.parent = at;
        at.children.push(node);
        if (name === 'style' || name === 'script') { // not HTML
            const end = text.indexOf(`</${name}>`, tag.lastIndex);
            node.raw = text.slice(tag.lastIndex, end);
            tag.lastIndex = end + name.length + 3;
        } else if (!closed && !empty.has(name)) {
            at = node;
        }
    }
    if (at !== top || text.slice(last).trim())
        fail(`<${at.tag}> does not end`);
    return top;
}

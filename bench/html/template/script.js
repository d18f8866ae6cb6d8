// Filters and sorts what the page says without it. What is filtered by is in data- attributes.
"use strict";
(() => {
    const $ = (selector, root = document) => [...root.querySelectorAll(selector)];
    const form = document.getElementById("filters");
    const [find, order, on, down, shown] = ["find", "order", "on", "down", "shown"].map(id => document.getElementById(id));
    const rows = $("#table tbody tr:not(.group)");
    const cells = $("#table td");
    const choices = new Map(cells.map(cell => [cell, $(".k", cell)])); // the fastest first

    const machines = $("#table thead th[data-machine]");
    for (const head of machines)
        on.add(new Option(head.textContent, head.dataset.machine));

    // The values of a filter that are wanted.
    const wanted = () => {
        const of = {};
        for (const box of $("input[data-filter]", form))
            (of[box.dataset.filter] ??= new Set()).add(box.checked ? box.value : null);
        return of;
    };

    // The fastest choice that is wanted stands first, the others under it.
    const cellShow = (cell, isas) => {
        const all = choices.get(cell), good = all.filter(k => isas.has(k.dataset.isa));
        let more = cell.querySelector("details");
        for (const k of all)
            k.hidden = !good.includes(k);
        if (good.length)
            cell.prepend(good[0]);
        if (more) {
            more.append(...all.filter(k => k !== good[0]));
            more.hidden = good.length < 2;
            more.firstChild.textContent = `${good.length - 1} more`;
        }
        return good.length > 0;
    };

    const filter = () => {
        const is = wanted(), words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
        let count = 0;
        for (const part of $("[data-machine]"))
            part.hidden = !is.machine.has(part.dataset.machine);
        for (const body of $("#table tbody")) {
            const good = is.train.has(body.dataset.train) && is.threads.has(body.dataset.threads) && is.type.has(body.dataset.type);
            let any = false;
            for (const row of good ? $("tr:not(.group)", body) : []) {
                const name = row.firstChild.textContent.toLowerCase();
                const has = $("td", row).filter(cell => cellShow(cell, is.isa) && !cell.hidden).length > 0;
                row.hidden = !has || !words.every(word => name.includes(word));
                any ||= !row.hidden;
                count += !row.hidden;
            }
            body.hidden = !any;
        }
        for (const sign of $(".plot .sign[data-isa]"))
            sign.toggleAttribute("hidden", !["isa", "type", "threads", "train"].every(key => is[key].has(sign.dataset[key])));
        shown.textContent = `${count} of ${rows.length} rows`;
    };

    // Of the choice that is shown first; rows without one come last.
    const sort = () => {
        const key = order.value, sign = down.checked ? -1 : 1;
        const value = row => {
            if (key === "order")
                return Number(row.dataset.order);
            const k = row.querySelector(`td[data-machine="${on.value}"] > .k:not([hidden])`);
            const number = k ? Number(k.dataset[key] ?? 0) : 0;
            return number > 0 ? number : sign * Infinity;
        };
        for (const body of $("#table tbody")) {
            const sorted = $("tr:not(.group)", body).map(row => [value(row), row]);
            sorted.sort((a, b) => a[0] === b[0] ? a[1].dataset.order - b[1].dataset.order : sign * (a[0] < b[0] ? -1 : 1));
            body.append(...sorted.map(pair => pair[1]));
        }
    };

    const update = () => {
        filter();
        sort();
    };
    form.addEventListener("input", update);
    form.addEventListener("submit", event => event.preventDefault());
    form.hidden = false;
    update();

    // A link to a run opens it.
    const open = () => {
        const run = /^#run\d+$/.test(location.hash) && document.querySelector(location.hash);
        if (run) {
            run.open = true;
            run.scrollIntoView();
        }
    };
    addEventListener("hashchange", open);
    open();

    // The name of a sign, beside it at once; by a finger, too. A browser's own would come late, and as well.
    for (const title of $(".plot .sign title")) {
        title.parentElement.dataset.name = title.textContent;
        title.remove();
    }
    const tip = document.body.appendChild(Object.assign(document.createElement("div"), {id: "tip", hidden: true}));
    let last = null;
    const point = event => {
        const sign = event.target.closest?.(".plot .sign");
        if (sign === last)
            return;
        last?.classList.remove("on");
        last = sign;
        tip.hidden = !sign;
        if (!sign)
            return;
        sign.classList.add("on");
        tip.textContent = sign.dataset.name;
        const box = sign.getBoundingClientRect();
        tip.style.left = `${Math.max(4, Math.min(box.right + 8, innerWidth - tip.offsetWidth - 8))}px`;
        tip.style.top = `${Math.max(4, box.top - tip.offsetHeight - 6)}px`;
    };
    addEventListener("pointerover", point);
    addEventListener("scroll", () => { tip.hidden = true; last?.classList.remove("on"); last = null; }, {passive: true});
})();

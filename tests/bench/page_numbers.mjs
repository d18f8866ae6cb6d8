// SPDX-License-Identifier: MIT
// page_numbers.mjs PAGE TEMPLATE FILE...: every number that the page of bench/report shows is what the files of results
// say, found again by what stands beside it, and nothing of the table is missing. Worked out here from the JSON alone.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fail, parse } from './html.mjs';

const [, , page_path, template_path, ...paths] = process.argv;
const page = parse(readFileSync(page_path, 'utf8')), template = readFileSync(template_path, 'utf8').replace(/\s+/g, ' ');
const runs = paths.map(path => {
    const json = JSON.parse(readFileSync(path, 'utf8'));
    const rows = (json.benchmarks ?? []).filter(row => row.aggregate_name === 'median').map(row => ({
        ...row, isa: row.contender.match(/__([a-z0-9]+)/)?.[1] ?? row.isa, type: row.type ?? 'f32', train: row.train === true,
        count: Number(row.run_name.match(/\/threads:(\d+)/)?.[1] ?? 1),
        problem: `${row.cell} ${row.I}x${row.H}${row.P ? ` P ${row.P}` : ''} T ${row.T} B ${row.B}` }));
    return { name: basename(path, '.json'), json, rows, number: 0 };
});
runs.forEach((run, index) => { run.number = index + 1; });

const checked = new Set(); // nodes whose numbers were found
let numbers = 0;

const digits = value => value < 9.995 ? 2 : value < 99.95 ? 1 : 0;

// Whether the text is the value, rounded to so many digits after the point.
function expect(text, value, what, after = digits(value)) {
    const shown = Number(text), unit = 10 ** -after;
    numbers++;
    if (!/^[0-9]+(\.[0-9]+)?$/.test(text) || (text.split('.')[1] ?? '').length !== after ||
        Math.abs(shown - value) > unit / 2 * (1 + 1e-9))
        fail(`${what} is ${text} on the page and ${value} in the file`);
}

function same(found, wanted, what) {
    if (found !== wanted)
        fail(`${what}: '${found}' on the page, '${wanted}' in the file`);
}

const mark = node => { checked.add(node); for (const child of node.all(() => true)) checked.add(child); };
const is_weir = row => row.kind === 'weir' || row.kind === 'threads';
// A file may have a shape twice, by two names: then the faster one is shown.
const one = (list, what) => list.length && new Set(list.map(row => row.shape)).size === list.length
    ? list.reduce((a, b) => b.real_time < a.real_time ? b : a) : fail(`${what}: ${list.length} rows of that name`);
const error_text = value => value.toExponential(1).replace(/e([+-])(\d)$/, 'e$10$2');

// ---- The table ----

const machine_names = page.all(node => node.tag === 'th' && node.attributes['data-machine'] && node.attributes.scope === 'col').map(node => node.text());
const machine_of = new Map(); // of each run, by what its circumstances show
for (const details of page.classed('run')) {
    const run = runs[Number(details.attributes.id.slice(3)) - 1];
    same(details.tags('summary')[0].text(), `run ${run.number} ${run.name}`, 'a run');
    machine_of.set(run, Number(details.attributes['data-machine']));
}

function choice_check(k, problem, body) {
    const { 'data-type': type, 'data-threads': threads, 'data-train': train } = body.attributes;
    const run = runs[Number(k.tags('a')[0].attributes.href.slice(4)) - 1];
    const alike = run.rows.filter(row => row.problem === problem && row.train === (train === '1') && is_weir(row) &&
        row.count === Number(threads) && row.type === type);
    const kernel = k.tags('code')[0].text(), what = `${problem} ${kernel} of run ${run.number}`;
    const row = one(alike.filter(row => row.contender === kernel), what);
    const best = Math.min(...alike.filter(other => other.isa === row.isa).map(other => other.real_time));
    same(row.real_time, best, `the fastest of ${row.isa} beside ${what}`);
    expect(k.classed('us')[0].tags('b')[0].text(), row.real_time, `${what}, time`);
    expect(k.classed('f')[0].text(), row.fraction_of_ceiling, `${what}, fraction`, 2);
    same(k.attributes['data-isa'], row.isa, `${what}, ISA`);
    if (typeof row.error === 'number')
        same(k.classed('e')[0].text(), `error ${error_text(row.error)}`, `${what}, error`);
    rivals_check(k, row, run, what);
    return { run, row };
}

function rivals_check(k, row, run, what) {
    const found = new Set();
    for (const chip of k.classed('p')) {
        const [, contender, us, , other] = chip.attributes.title.match(/^(.*): ([0-9.]+) \u00b5s(, in (.*))?$/);
        const from = other ? runs.find(run => run.name === other) : run;
        const rival = one(from.rows.filter(r => r.problem === row.problem && r.train === row.train && r.contender === contender && r.count === 1 &&
            r.type === (/ f32 /.test(chip.text()) ? 'f32' : row.type)), `${contender} beside ${what}`);
        const kin = from.rows.filter(r => r.problem === row.problem && r.train === row.train && r.count === 1 && r.type === rival.type &&
            r.kind === rival.kind && (!is_weir(r) || r.isa === row.isa));
        same(rival.real_time, Math.min(...kin.map(r => r.real_time)), `the fastest ${rival.kind} beside ${what}`);
        expect(us, rival.real_time, `${what}, ${contender}`);
        expect(chip.tags('b')[0].text(), rival.real_time / row.real_time, `${what}, ratio of ${contender}`);
        found.add(`${rival.kind} ${rival.type} ${from.name}`);
    }
    for (const r of run.rows)
        if (row.count === 1 && r.problem === row.problem && r.train === row.train && !is_weir(r) && (r.type === row.type || r.type === 'f32') &&
            !found.has(`${r.kind} ${r.type} ${run.name}`))
            fail(`${what} lacks ${r.kind} ${r.type}`);
}

const first = []; // of each cell, for the summary
let shown = 0;
for (const body of page.all(node => node.tag === 'tbody' && 'data-type' in node.attributes))
    for (const tr of body.tags('tr').filter(tr => !tr.has('group'))) {
        const head = tr.tags('th')[0], problem = head.text(node => node.tag === 'small').trim();
        const names = new Set(runs.flatMap(run => run.rows).filter(row => row.problem === problem).map(row => row.shape));
        for (const name of head.tags('small')[0].text().split(', '))
            names.has(name) || fail(`${problem} is called ${name}`);
        for (const td of tr.tags('td')) {
            const machine = Number(td.attributes['data-machine']), ks = td.classed('k').map(k => choice_check(k, problem, body));
            shown += ks.length;
            if (ks.some(({ run }) => machine_of.get(run) !== machine))
                fail(`${problem} stands at a wrong machine`);
            if (ks.length)
                first.push({ ...ks[0], machine });
            const least = Math.min(...ks.map(({ row }) => row.real_time));
            if (ks.length && ks[0].row.real_time > 1.05 * least)
                fail(`${problem}: the first on ${machine_names[machine]} is not the fastest`);
        }
    }
const wanted = new Set(runs.flatMap(run => run.rows.filter(is_weir).map(row =>
    [run.number, row.problem, row.train, row.count, row.type, row.isa].join('|')))).size;
same(shown, wanted, 'kernels in the table');
mark(page.all(node => node.attributes.id === 'table')[0]);

// ---- The summary ----

for (const tr of page.all(node => node.attributes.id === 'summary')[0].tags('tbody')[0].tags('tr')) {
    const [name, pass, beside, ahead, mean, range] = tr.tags('th', 'td').map(cell => cell.text());
    const kind = beside === 'plain C' ? 'baseline' : beside;
    const ratios = first.filter(({ row, machine }) => machine_names[machine] === name && row.type === 'f32' && row.count === 1 &&
        row.train === (pass !== 'forward')).flatMap(({ row, run }) => {
        const all = run.rows.filter(r => r.kind === kind && r.type === 'f32' && r.problem === row.problem && r.train === row.train && r.count === 1);
        return all.length ? [Math.min(...all.map(r => r.real_time)) / row.real_time] : [];
    });
    same(ahead, `${ratios.filter(ratio => ratio >= 1).length} of ${ratios.length}`, `${name} beside ${beside}`);
    expect(mean, Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length), `${name} beside ${beside}, mean`);
    expect(range.split(' to ')[0], Math.min(...ratios), `${name} beside ${beside}, least`);
    expect(range.split(' to ')[1], Math.max(...ratios), `${name} beside ${beside}, most`);
    mark(tr);
}

// ---- Charts ----

// Where a value stands, from two numbers of the axis.
function axis_of(svg, is_x) {
    const ticks = svg.classed('tick').filter(tick => (tick.attributes['text-anchor'] === 'middle') === is_x)
        .map(tick => [Math.log(Number(tick.text())), Number(tick.attributes[is_x ? 'x' : 'y']) - (is_x ? 0 : 4)]);
    const [[a, from], [b, to]] = [ticks[0], ticks.at(-1)];
    return value => from + (to - from) * (Math.log(value) - a) / (b - a);
}

function place_check(sign, svg, x, y, what) {
    const [, left, top] = sign.attributes.transform.match(/^translate\(([0-9.]+),([0-9.]+)\)$/);
    if (Math.abs(axis_of(svg, true)(x) - left) > 0.5 || Math.abs(axis_of(svg, false)(y) - top) > 0.5)
        fail(`${what} does not stand at ${x}, ${y}`);
}

function roofline_check(svg, machine) {
    const own = runs.filter(run => machine_of.get(run) === machine);
    const ceiling = end => Math.max(...own.flatMap(run => Object.entries(run.json.context).filter(([key]) => end.test(key)).map(([, value]) => value)));
    for (const roof of svg.classed('roof')) {
        const [, what, value, unit] = roof.text().match(/^(\S+) ([0-9.]+) (\S+)$/);
        expect(value, ceiling(unit === 'GB/s' ? new RegExp(`^ceiling_.*_${what}_gbps$`) : new RegExp(`^ceiling_${what}_fma_gflops$`)), `the roof ${what}`);
    }
    for (const sign of svg.classed('sign')) {
        const title = sign.tags('title')[0].text();
        const [, problem, trained, kernel, us, flops, x, , f, number] = title.match(
            /^(.*?)(, trained)?: (\S+), ([0-9.]+) \u00b5s, ([0-9.]+) GFLOP\/s at ([0-9.]+) operations a byte(, ([0-9.]+) of the bound)?, run (\d+)$/);
        const row = one(runs[number - 1].rows.filter(row => row.problem === problem && row.contender === kernel && row.train === !!trained && row.count === 1), title);
        expect(us, row.real_time, title);
        expect(flops, row['GFLOP/s'], title);
        expect(x, row['GFLOP/s'] / row['weights_GB/s'], title);
        expect(f, row.fraction_of_ceiling, title, 2);
        place_check(sign, svg, row['GFLOP/s'] / row['weights_GB/s'], row['GFLOP/s'], title);
    }
}

function errors_check(svg, run) {
    for (const sign of svg.classed('sign')) {
        const title = sign.tags('title')[0].text();
        const [, problem, kernel, error, us, time, beside] = title.match(/^(.*?): (\S+), error (\S+), ([0-9.]+) \u00b5s, ([0-9.]+) of the time of (\S+)$/);
        const of = name => one(run.rows.filter(row => row.problem === problem && row.contender === name && row.count === 1), title);
        same(error, error_text(of(kernel).error), title);
        expect(us, of(kernel).real_time, title);
        expect(time, of(kernel).real_time / of(beside).real_time, title);
        place_check(sign, svg, of(kernel).real_time / of(beside).real_time, of(kernel).error, title);
    }
}

let charts = 0;
for (const figure of page.tags('figure')) {
    const svg = figure.classed('plot')[0], link = figure.tags('figcaption')[0].tags('a')[0];
    charts += svg.classed('sign').length;
    if (link)
        errors_check(svg, runs[Number(link.attributes.href.slice(4)) - 1]);
    else
        roofline_check(svg, Number(figure.attributes['data-machine']));
    mark(svg);
}

// ---- Tuned kernels, models, circumstances ----

const section = id => page.all(node => node.attributes.id === id)[0]?.tags('tbody')[0].tags('tr') ?? [];
for (const tr of section('tuned')) {
    const [problem, gain, plain, tuned, kernel] = tr.tags('th', 'td').map(cell => cell.text());
    const run = runs[Number(tr.tags('a')[0].attributes.href.slice(4)) - 1];
    const of = name => one(run.rows.filter(row => row.problem === problem && row.contender === name && row.count === 1 && !row.train), `${problem} ${name}`);
    const from = of(kernel.replace(/_[^_]*$/, ''));
    expect(plain, from.real_time, `${kernel} untuned`);
    expect(tuned, of(kernel).real_time, kernel);
    expect(gain, from.real_time / of(kernel).real_time, `${kernel}, gain`);
    mark(tr);
}

const median = list => { const sorted = [...list].sort((a, b) => a - b); return (sorted[(list.length - 1) >> 1] + sorted[list.length >> 1]) / 2; };
for (const tr of section('models')) {
    const [name, isa, ort, node, run, faster, deployed, faster_deployed, , , from] = tr.tags('th', 'td').map(cell => cell.text());
    const file = runs[Number(tr.tags('a')[0].attributes.href.slice(4)) - 1];
    const model = file.json.models.find(model => model.name === name);
    const net = median(model.runtime) - median(model.around);
    same(`${from} ${isa}`, `${model.from} ${model.isa}`, name);
    [[ort, median(model.runtime)], [node, median(model.around)], [run, median(model.run)], [faster, net / median(model.run)],
        [deployed, median(model.deployed)], [faster_deployed, net / median(model.deployed)]].forEach(([text, value]) => expect(text, value, name));
    mark(tr);
}
same(section('models').length, runs.flatMap(run => run.json.models ?? []).length, 'models');

for (const details of page.classed('run')) {
    const run = runs[Number(details.attributes.id.slice(3)) - 1], { context } = run.json;
    const keys = details.tags('dt').map(dt => dt.text()), values = details.tags('dd').map(dd => dd.text());
    same(keys.join(), Object.keys(context).filter(key => typeof context[key] !== 'object').join(), `circumstances of ${run.name}`);
    keys.forEach((key, i) => {
        numbers++;
        same(values[i], String(typeof context[key] === 'number' ? Number(values[i]) === context[key] ? values[i] : context[key] : context[key])
            .replace(/\s+/g, ' '), `${run.name}, ${key}`);
    });
    const facts = details.tags('p')[0].tags('span').map(span => span.text());
    if (!run.json.models)
        same(facts.shift(), String(run.rows.length), `medians of ${run.name}`);
    const waited = 1 - context.run_cpu_seconds / context.run_seconds;
    same(/NOT QUIET/.test(details.text()), waited > 0.03, `whether ${run.name} was quiet`);
    if (waited > 0.03)
        expect(facts.shift().replace(' %', ''), 100 * waited, `how much others had in ${run.name}`, 0);
    if (!details.text().includes(context.date))
        fail(`${run.name} lacks its date`);
    mark(details);
}
const lead = page.classed('lead')[0], problems = new Set(runs.flatMap(run => run.rows.map(row => row.problem + row.train)));
same(lead.tags('b').map(b => b.text()).join(), `Weir,${runs.length},${machine_names.length},${problems.size}`, 'what the page begins with');
mark(lead);

// ---- What is left ----

// Words of the template, links to runs, and what filters are called by: no numbers of their own.
function rest_check(node) {
    for (const child of node.children) {
        if (typeof child !== 'string') {
            rest_check(child);
            continue;
        }
        const is_name = node.tag === 'label' || node.tag === 'figcaption' || node.tag === 'a' || node.tag === 'span';
        if (/\d/.test(child) && !checked.has(node) && !template.includes(child.trim()) &&
            !(is_name && (machine_names.some(name => child.includes(name)) || /^(run \d+(, not quiet)?|[a-z]+\d*[a-z]*|\d{1,2})$/.test(child))))
            fail(`'${child}' is in no file`);
    }
}
rest_check(page);
console.log(`page_numbers: ${numbers} numbers of ${shown} kernels and ${charts} signs are those of ${runs.length} files`);

#!/usr/bin/env node
/* SPDX-License-Identifier: MIT */
/* Whole models: ONNX Runtime beside weir-run and beside the C that weir-gen writes of them, on one
 * pinned core, in turns.
 *
 * Needs npm's onnxruntime-node (found by NODE_PATH, too), taskset, and a build of Weir. What ONNX
 * Runtime gives for inputs of random numbers becomes a test of the other two (weir-run --data and
 * weir-gen --data), so that no time counts of what computes something else. A call through Node
 * costs tens of microseconds that are not the model's: a model that hands the same inputs back is
 * timed in turns with it, and both are shown; the difference counts. */
import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {cpus, availableParallelism, release, tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {
    bytes, findRuntime, median, message, model, runPinned, secondsACall, settings, tensor, value,
} from './ort_common.mjs';

const here = dirname(fileURLToPath(import.meta.url));

function stop(sentence) {
    console.error(`ort_models.mjs: ${sentence}`);
    process.exit(1);
}

/* ---- Arguments and the list ---- */

const usage = 'ort_models.mjs --models DIR,... [--list FILE] [--only REGEX] [--build DIR] [--isa ISA] [--out PREFIX]\n' +
              '               [--cpu N] [--rounds N]\n' +
              'The models of a list (default: models.txt beside this script) whose files are in DIR, or in another: ONNX Runtime\n' +
              '(npm: onnxruntime-node), weir-run, and what weir-gen writes as C, one pinned thread, in turns. The exit\n' +
              'status is 1 where something was left out, which is said.';

function argumentsRead() {
    const options = {
        models: null, list: join(here, 'models.txt'), only: '', build: join(here, '..', '..', 'build'), isa: '',
        out: null, cpu: availableParallelism() - 1, rounds: 9,
    };
    const words = process.argv.slice(2);
    if (words.includes('--help') || words.includes('-h')) {
        console.log(usage);
        process.exit(0);
    }
    for (let i = 0; i < words.length; i += 2) {
        const name = words[i].replace(/^--/, '');
        if (!words[i].startsWith('--') || !Object.hasOwn(options, name) || i + 1 === words.length)
            stop(`unknown or incomplete argument '${words[i]}'; --help tells what there is`);
        options[name] = typeof options[name] === 'number' ? Number(words[i + 1]) : words[i + 1];
    }
    if (!options.models)
        stop('--models is missing, expected the directory that the files of the list are in');
    if (!Number.isInteger(options.rounds) || options.rounds < 1 || !(options.cpu >= 0))
        stop('--rounds and --cpu are numbers');
    return options;
}

function listRead(path, only) {
    let text = '';
    try {
        text = readFileSync(path, 'utf8');
    } catch (error) {
        stop(`${path}: cannot be read (${error.code}); --list names the models`);
    }
    return text.split('\n').flatMap((line, index) => {
        const [name, file, from, ...inputs] = line.split('#')[0].trim().split(/\s+/);
        if (!name || !new RegExp(only).test(name))
            return [];
        const shapes = {}, numbers = {};
        for (const word of inputs) {
            const [, input, kind, rest] = word.match(/^([^=:]+)([=:])([0-9,]+)$/) ?? [];
            if (!input)
                stop(`${path}:${index + 1}: '${word}', expected NAME=SIZE,SIZE... or NAME:NUMBER`);
            if (kind === '=')
                shapes[input] = rest.split(',').map(Number);
            else
                numbers[input] = Number(rest);
        }
        if (!from)
            stop(`${path}:${index + 1}: expected name, file, source and inputs`);
        return [{name, file, from, shapes, numbers}];
    });
}

/* ---- Inputs ---- */

let seed = 42;
function uniform() {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 0x80000000 - 1;
}

function inputMake(ort, {name, type, shape}, entry) {
    const dims = entry.shapes[name] ?? shape;
    if (!dims.every(Number.isInteger))
        throw new Error(`the input ${name} is ${dims.join(' x ')}, expected a shape in the list, ${name}=...`);
    const count = dims.reduce((product, size) => product * size, 1);
    const data = type === 'int64' ? new BigInt64Array(count).fill(BigInt(entry.numbers[name] ?? 0))
                                  : Float32Array.from({length: count}, () => 0.3 * uniform());
    if (type !== 'int64' && type !== 'float32')
        throw new Error(`the input ${name} is ${type}, expected float32 or int64`);
    return new ort.Tensor(type, data, dims);
}

/* A model that hands its inputs back: what a call costs that computes nothing. */
function identityMake(feeds) {
    const names = Object.keys(feeds);
    const kind = name => feeds[name].type === 'int64' ? 7 : 1;
    return model(...names.map(name => value(11, name, feeds[name].dims, kind(name))),
                 ...names.map(name => message(1, bytes(1, name), bytes(2, `${name}_out`), bytes(4, 'Identity'))),
                 ...names.map(name => value(12, `${name}_out`, feeds[name].dims, kind(name))));
}

function testWrite(folder, kind, tensors) {
    const paths = [];
    Object.entries(tensors).forEach(([name, {dims, data}], index) => {
        paths.push(join(folder, `${kind}_${index}.pb`));
        writeFileSync(paths.at(-1), tensor(name, dims, data));
    });
    return paths;
}

/* ---- Weir ---- */

/* What a program said; throws where it failed: a test that fails says why on stdout. */
function call(program, words) {
    const {error, status, stdout, stderr} = spawnSync(program, words, {encoding: 'utf8', maxBuffer: 1 << 28});
    if (error)
        throw error;
    if (status !== 0) {
        const said = status === 1 && stdout.trim() ? stdout.trim().replaceAll('\n', '; ') : stderr.trim().split('\n').at(-1);
        throw new Error(said.replace(/^\S*: /, '') || `${program} ended with status ${status}`);
    }
    return {stdout, stderr};
}

function sizesRead(folder) {
    const header = readFileSync(join(folder, 'include', 'whole.h'), 'utf8');
    const number = name => Number(header.match(new RegExp(`\\b${name} (?:= |\\(\\(size_t\\))(\\d+)`))?.[1] ?? NaN);
    return {weights: number('WHOLE_MODEL_SIZE'), arena: number('WHOLE_ARENA'), state: number('WHOLE_STATE_SIZE')};
}

/* Bytes of machine code and constants that a file becomes. */
function codeSize(path) {
    call(process.env.CC ?? 'cc', ['-O2', '-c', '-o', `${path}.o`, path]);
    return Number(call('size', [`${path}.o`]).stdout.split('\n')[1].trim().split(/\s+/)[0]);
}

/* The directory of C, compiled: how its self-test is called with --time. Throws: why there is none. */
function deploy(path, shapes, options, folder, data) {
    const out = join(folder, 'c'), program = join(folder, 'time');
    const isas = options.isa ? ['--isa', options.isa] : [];
    call(join(options.build, 'bin', 'weir-gen'),
         ['--model', path, '--out', out, '--name', 'whole', '--data', data, ...isas,
          ...Object.entries(shapes).flatMap(([name, dims]) => ['--shape', `${name}=${dims}`])]);
    const sources = ['src', 'test'].flatMap(part =>
        readdirSync(join(out, part)).filter(name => name.endsWith('.c')).map(name => join(out, part, name)));
    call(process.env.CC ?? 'cc', ['-O2', '-o', program, ...sources, '-lm']);
    const timed = () =>
        call(program, ['--time']).stdout.match(/on [a-z0-9]+: [0-9.]+ us/g).at(-1).match(/on (.*): (.*) us/);
    const [, isa] = timed();
    const code = ['whole', 'whole_steps_avx2', `whole_${isa}`].map(name => join(out, 'src', `${name}.c`))
        .filter(existsSync).map(codeSize).reduce((sum, size) => sum + size);
    return {isa, code, ...sizesRead(out), time: () => Number(timed()[2])};
}

function runner(path, options, inputs, data) {
    const program = join(options.build, 'bin', 'weir-run');
    const {stderr} = call(program, [path, '--data', data, '--tolerance', '1e-4']);
    const words = [path, '--time', '--calls', '1000', ...inputs.flatMap(input => ['--input', input])];
    const time = () => {
        const {stdout} = call(program, words), [, number] = stdout.match(/median ([0-9.]+) us/) ?? [];
        if (!number)
            throw new Error(`weir-run --time says: ${stdout}`);
        return Number(number);
    };
    return {time, says: stderr.match(/the model is interpreted.*/)?.[0]};
}

function attempt(result, what, make) {
    try {
        return make();
    } catch (error) {
        result.refused[what] = error.message.split('\n')[0];
        return null;
    }
}

/* ---- A model ---- */

async function callsFor(session, feeds) {
    const [once] = await secondsACall(session, feeds, 20);
    return Math.max(20, Math.ceil(0.03 / once));
}

async function modelRun(ort, entry, options, folder) {
    const places = options.models.split(',').map(folder => join(folder, entry.file));
    const path = places.find(existsSync) ?? places[0];
    const session = await ort.InferenceSession.create(path, {...settings, logSeverityLevel: 3});
    const feeds = Object.fromEntries(session.inputMetadata.map(input => [input.name, inputMake(ort, input, entry)]));
    const inputs = testWrite(folder, 'input', feeds);
    testWrite(folder, 'output', await session.run(feeds));
    const identity = await ort.InferenceSession.create(identityMake(feeds), settings);
    const result = {...entry, refused: {}, runtime: [], around: [], run: [], deployed: []};
    const run = attempt(result, 'weir-run', () => runner(path, options, inputs, folder));
    result.says = run?.says;
    const c = attempt(result, 'deployed', () => deploy(path, entry.shapes, options, folder, folder));
    const calls = await callsFor(session, feeds);
    await secondsACall(identity, feeds, calls); /* for Node to compile what it calls often */
    for (let round = 0; round < options.rounds; round++) {
        result.around.push(1e6 * (await secondsACall(identity, feeds, calls))[0]);
        result.runtime.push(1e6 * (await secondsACall(session, feeds, calls))[0]);
        for (const [times, way] of [[result.run, run], [result.deployed, c]])
            if (way)
                times.push(way.time());
    }
    await session.release();
    await identity.release();
    return {...result, isa: c?.isa, code: c?.code, weights: c?.weights, arena: c?.arena, state: c?.state};
}

/* ---- The table ---- */

const show = (number, digits) => Number.isFinite(number) ? number.toFixed(digits) : '-';

function columns(result) {
    const runtime = median(result.runtime), around = median(result.around);
    const own = runtime > around ? runtime - around : NaN; /* what is around it hides it */
    const run = median(result.run) ?? NaN, deployed = median(result.deployed) ?? NaN;
    return [result.name, show(runtime, 1), show(around, 1), show(run, 1), show(run / own, 2), show(deployed, 1),
            show(deployed / own, 2), result.isa ?? '-', show(result.code / 1024, 1), show(result.weights / 1024, 1),
            show(result.arena / 1024, 1)];
}

const heads = ['model', 'ORT us', 'of it Node', 'weir-run us', 'of ORT', 'deployed us', 'of ORT', 'ISA', 'code kB',
               'weights kB', 'arena kB'];

function resultsWrite(prefix, results, said, context) {
    const lines = [heads, heads.map((head, i) => i ? '---:' : '---'), ...results.map(columns)];
    const text = ['# Whole models beside ONNX Runtime', '',
                  ...Object.entries(context).map(([name, what]) => `- ${name}: ${what}`), '',
                  ...lines.map(line => `| ${line.join(' | ')} |`), '',
                  ...(said.length ? [...said.map(sentence => `- ${sentence}`), ''] : [])].join('\n');
    mkdirSync(dirname(prefix), {recursive: true});
    for (const [ending, content] of [['md', text], ['json', JSON.stringify({context, models: results}, null, 1)]]) {
        writeFileSync(`${prefix}.${ending}.unfinished`, content);
        renameSync(`${prefix}.${ending}.unfinished`, `${prefix}.${ending}`);
    }
}

/* ---- All of it ---- */

const options = argumentsRead();
runPinned(options.cpu, stop);
const ort = findRuntime(stop);
const entries = listRead(options.list, options.only);
const results = [], said = [];
function say(sentence) {
    said.push(sentence);
    console.error(sentence);
}
function leaveOut(what) {
    say(`left out: ${what}`);
    process.exitCode = 1;
}
console.log(heads.map((head, i) => i ? head.padStart(12) : head.padEnd(16)).join(''));
for (const entry of entries) {
    const folder = mkdtempSync(join(tmpdir(), 'weir-models-'));
    try {
        const result = await modelRun(ort, entry, options, folder);
        results.push(result);
        console.log(columns(result).map((cell, i) => i ? cell.padStart(12) : cell.padEnd(16)).join(''));
        if (result.says)
            say(`${entry.name}, weir-run: ${result.says}`);
        for (const [way, why] of Object.entries(result.refused))
            leaveOut(`${entry.name}, ${way}: ${why}`);
    } catch (error) {
        leaveOut(`${entry.name}: ${error.message.split('\n')[0]}`);
    } finally {
        rmSync(folder, {recursive: true});
    }
}
if (!results.length)
    stop(`none of the models of ${options.list} could be timed`);
if (options.out)
    resultsWrite(options.out, results, said, {
        date: new Date().toISOString(), 'ONNX Runtime': ort.env.versions.node ?? 'unknown', node: process.version,
        CPU: cpus()[0].model, kernel: release(), 'pinned to core': process.env.WEIR_ORT_PINNED, rounds: options.rounds,
    });

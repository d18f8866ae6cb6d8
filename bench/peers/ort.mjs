#!/usr/bin/env node
/* SPDX-License-Identifier: MIT */
/* ONNX Runtime on the shapes of weir-bench: LSTM and GRU layers, float32, forward, one pinned thread.
 *
 * Needs npm's onnxruntime-node (found by NODE_PATH, too) and taskset. Prints weir-bench's table and,
 * with --out PREFIX, writes Google Benchmark's JSON. The model is written here, byte by byte, in
 * ONNX's protobuf format. A call through Node costs tens of microseconds that are not the layer's,
 * so a model that hands x back is timed in turns with the layer, and the difference counts. Before
 * a time counts, the output is compared with the formulas in double precision. Of narrower weights
 * there is an LSTM of 8 bits alone (com.microsoft.DynamicQuantizeLSTM): its weights are bytes with a
 * scale for each output, made here; x and h it makes bytes of by itself. */
import {mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {availableParallelism, cpus, release} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {
    bytes, findRuntime, initializer, median, message, model, runPinned, secondsACall, settings, value, whole,
} from './ort_common.mjs';

const here = dirname(fileURLToPath(import.meta.url));

function stop(sentence) {
    console.error(`ort.mjs: ${sentence}`);
    process.exit(1);
}

/* ---- Arguments and shapes ---- */

function argumentsRead() {
    const options = {
        shapes: join(here, '..', 'shapes', 'default.txt'),
        out: null,
        type: 'f32',
        cpu: availableParallelism() - 1,
        rounds: 5,
        'min-time': 0.05,
    };
    const words = process.argv.slice(2);
    if (words.includes('--help') || words.includes('-h')) {
        console.log('ort.mjs [--shapes FILE] [--type f32|i8] [--out PREFIX] [--cpu N] [--rounds N] [--min-time SECONDS]\n' +
                    'ONNX Runtime (npm: onnxruntime-node) on the LSTM and GRU shapes of weir-bench, one pinned thread;\n' +
                    'with weights of i8 on the LSTM shapes.');
        process.exit(0);
    }
    for (let i = 0; i < words.length; i += 2) {
        const name = words[i].replace(/^--/, '');
        if (!words[i].startsWith('--') || !(name in options) || i + 1 === words.length)
            stop(`unknown or incomplete argument '${words[i]}': --shapes FILE --type f32|i8 --out PREFIX ` +
                 '--cpu N --rounds N --min-time SECONDS');
        options[name] = typeof options[name] === 'number' ? Number(words[i + 1]) : words[i + 1];
    }
    if (!(options.rounds >= 1) || !(options['min-time'] > 0) || !(options.cpu >= 0))
        stop('--rounds, --min-time and --cpu are numbers');
    if (options.type === 'bf16' || options.type === 'f16')
        stop(`--type ${options.type}: ONNX Runtime has no recurrent layers with such weights on CPUs, but f32 and i8`);
    if (!Object.hasOwn(types, options.type))
        stop(`--type '${options.type}': expected f32 or i8`);
    return options;
}

function textRead(path) {
    try {
        return readFileSync(path, 'ascii');
    } catch (error) {
        return stop(`${path}: cannot be read (${error.code}); give a shapes file with --shapes`);
    }
}

function closesRead(path) {
    return textRead(path).trim().split('\n').slice(1).map(line => Number(line.split(',')[1]));
}

function shapesRead(path, type) {
    const shapes = [];
    textRead(path).split('\n').forEach((line, index) => {
        const fields = line.split('#')[0].trim().split(/\s+/);
        if (fields[0] === '')
            return;
        const [name, cell, ...rest] = fields;
        const [I, H, T] = rest.map(Number);
        const data = rest.find(field => field.startsWith('data='));
        const closes = data ? closesRead(join(dirname(path), data.slice(5))) : null;
        const B = rest[3] === 'windows' && closes ? closes.length - 1 - T : Number(rest[3]);
        if (![I, H, T, B].every(size => Number.isInteger(size) && size > 0))
            stop(`${path}:${index + 1}: expected name cell I H T B [data=file]`);
        if (!(cell in cells))
            console.error(`left out: ${name}: ort.mjs has no ${cell}`);
        else if (!(type in cells[cell].op))
            console.error(`left out: ${name}: ONNX Runtime has no ${cell} with weights of ${type}`);
        else
            shapes.push({name, cell, I, H, T, B, closes});
    });
    return shapes;
}

/* ---- Numbers ---- */

let seed = 42;
function uniform() {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 0x80000000 - 1;
}

function random(count, bound) {
    return Float32Array.from({length: count}, () => bound * uniform());
}

function inputMake({I, T, B, closes}) {
    const x = random(T * B * I, 1);
    if (!closes)
        return x;
    const gain = day => 100 * (closes[day] / closes[day - 1] - 1);
    const first = closes.length - B - T + 1;
    for (let t = 0; t < T; t++)
        for (let b = 0; b < B; b++) {
            x[(t * B + b) * 2] = gain(first + b + t);
            x[(t * B + b) * 2 + 1] = gain(first + b + t) - gain(first + b + t - 1);
        }
    return x;
}

const sigmoid = x => 1 / (1 + Math.exp(-x));

/* Gates in ONNX's order. `next` takes the sums of the gates, those with x and those with h, their
 * biases included, and gives [h, c]. */
const cells = {
    lstm: {
        op: {f32: 'LSTM', i8: 'DynamicQuantizeLSTM'},
        gates: 4,
        next: ([xi, xo, xf, xc], [hi, ho, hf, hc], h, c) => {
            const now = sigmoid(xf + hf) * c + sigmoid(xi + hi) * Math.tanh(xc + hc);
            return [sigmoid(xo + ho) * Math.tanh(now), now];
        },
    },
    gru: {
        op: {f32: 'GRU'},
        gates: 3,
        next: ([xz, xr, xh], [hz, hr, hh], h) => {
            const z = sigmoid(xz + hz);
            return [(1 - z) * Math.tanh(xh + sigmoid(xr + hr) * hh) + z * h, 0];
        },
    },
};

/* How far the first row is from the formulas. */
function difference(shape, {W, R, bias}, x, y) {
    const {I, H, B} = shape, {gates, next} = cells[shape.cell];
    let h = new Float64Array(H), c = new Float64Array(H), worst = 0;
    for (let t = 0; t < shape.T; t++) {
        const nextH = new Float64Array(H), nextC = new Float64Array(H);
        for (let j = 0; j < H; j++) {
            const fromX = [], fromH = [];
            for (let gate = 0; gate < gates; gate++) {
                const row = gate * H + j;
                let sum = bias[row], other = bias[gates * H + row];
                for (let k = 0; k < I; k++)
                    sum += W[row * I + k] * x[t * B * I + k];
                for (let k = 0; k < H; k++)
                    other += R[row * H + k] * h[k];
                fromX.push(sum);
                fromH.push(other);
            }
            [nextH[j], nextC[j]] = next(fromX, fromH, h[j], c[j]);
            const off = Math.abs(nextH[j] - y[t * B * H + j]);
            worst = off <= worst ? worst : off;
        }
        [h, c] = [nextH, nextC];
    }
    return worst;
}

/* ---- The model ---- */

/* Weights and biases as tensors, and the names of the operator's inputs behind x. */
const types = {
    f32: {
        tolerance: 1e-4,
        weights: ({I, H}, gates, {W, R, bias}) => [
            [initializer('W', [1, gates * H, I], W), initializer('R', [1, gates * H, H], R),
             initializer('b', [1, 2 * gates * H], bias)],
            ['W', 'R', 'b'],
        ],
    },
    i8: {
        tolerance: 5e-2,
        weights: ({I, H}, gates, {W, R, bias}) => {
            const rows = gates * H;
            const both = [['W', W, I], ['R', R, H]].flatMap(([name, floats, cols]) => {
                const {values, scales} = bytesMake(floats, rows, cols);
                return [initializer(name, [1, cols, rows], values), initializer(`${name}_scale`, [1, rows], scales),
                        initializer(`${name}_zero`, [1, rows], new Int8Array(rows))];
            });
            return [
                [...both, initializer('b', [1, 2 * rows], bias)],
                ['W', 'R', 'b', '', '', '', '', 'W_scale', 'W_zero', 'R_scale', 'R_zero'],
            ];
        },
    },
};

/* Of each row the largest becomes 127; turned round, as that operator wants them. */
function bytesMake(floats, rows, cols) {
    const values = new Int8Array(rows * cols), scales = new Float32Array(rows);
    for (let row = 0; row < rows; row++) {
        const here = floats.subarray(row * cols, (row + 1) * cols);
        scales[row] = here.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) / 127 || 1;
        here.forEach((weight, col) => {
            values[col * rows + row] = Math.round(weight / scales[row]);
        });
    }
    return {values, scales};
}

function layerMake(shape, type, weights) {
    const {I, H, T, B} = shape, {op, gates} = cells[shape.cell];
    const attribute = (name, number) => message(5, bytes(1, name), whole(3, number), whole(20, 2));
    const attributes = [attribute('hidden_size', H)];
    if (shape.cell === 'gru')
        attributes.push(attribute('linear_before_reset', 1));
    const [tensors, names] = types[type].weights(shape, gates, weights);
    const inputs = ['x', ...names].map(name => bytes(1, name));
    const domain = type === 'f32' ? [] : [bytes(7, 'com.microsoft')];
    return model(value(11, 'x', [T, B, I]), ...tensors,
                 message(1, ...inputs, bytes(2, 'y'), bytes(4, op[type]), ...attributes, ...domain),
                 value(12, 'y', [T, 1, B, H]));
}

function identityMake({I, T, B}) {
    return model(value(11, 'x', [T, B, I]), message(1, bytes(1, 'x'), bytes(2, 'y'), bytes(4, 'Identity')),
                 value(12, 'y', [T, B, I]));
}

/* ---- Timing ---- */

async function shapeRun(ort, shape, options) {
    const {I, H, T, B} = shape, {gates} = cells[shape.cell];
    const bound = 1 / Math.sqrt(H);
    const weights = {
        W: random(gates * H * I, bound),
        R: random(gates * H * H, bound),
        bias: random(2 * gates * H, bound),
    };
    const x = inputMake(shape);
    const feeds = {x: new ort.Tensor('float32', x, [T, B, I])};
    const layer = await ort.InferenceSession.create(layerMake(shape, options.type, weights), settings);
    const identity = await ort.InferenceSession.create(identityMake(shape), settings);
    const error = difference(shape, weights, x, (await layer.run(feeds)).y.data);
    if (!(error <= types[options.type].tolerance))
        stop(`${shape.name}: differs from the formulas by ${error}: no time counts`);
    const [once] = await secondsACall(layer, feeds, 3);
    const calls = Math.max(1, Math.ceil(options['min-time'] / once));
    await secondsACall(identity, feeds, calls); /* for Node to compile what it calls often */
    const samples = [];
    for (let round = 0; round < options.rounds; round++) {
        const around = await secondsACall(identity, feeds, calls);
        const together = await secondsACall(layer, feeds, calls);
        samples.push(together.map((seconds, i) => seconds - around[i]));
    }
    await layer.release();
    await identity.release();
    return {
        ...shape, samples, calls, error, flop: 2 * gates * H * (I + H) * T * B,
        median: median(samples.map(sample => sample[0])), cpuMedian: median(samples.map(sample => sample[1])),
    };
}

const contender = type => type === 'f32' ? 'onnxruntime' : `onnxruntime_${type}`;

function benchmarks(result, {rounds, type}) {
    const name = `${result.name}/${contender(type)}`;
    const {I, H, T, B, cell} = result;
    const common = {run_name: name, repetitions: rounds, threads: 1, time_unit: 'us'};
    const entries = result.samples.map(([seconds, cpu], index) => ({
        name, ...common, run_type: 'iteration', repetition_index: index, iterations: result.calls,
        real_time: 1e6 * seconds, cpu_time: 1e6 * cpu,
    }));
    entries.push({
        name: `${name}_median`, ...common, run_type: 'aggregate', aggregate_name: 'median',
        aggregate_unit: 'time', iterations: rounds, real_time: 1e6 * result.median,
        cpu_time: 1e6 * result.cpuMedian, 'GFLOP/s': 1e-9 * result.flop / result.median,
        type, error: result.error,
        kind: 'ONNX Runtime', contender: contender(type), shape: result.name, cell, I, H, T, B,
    });
    return entries;
}

/* ---- All of it ---- */

const options = argumentsRead();
runPinned(options.cpu, stop);
const ort = findRuntime(stop);
const results = [];
console.log('shape'.padEnd(40) + 'kernel'.padEnd(16) + 'us/call'.padStart(12) + 'GFLOP/s'.padStart(10) +
            'error'.padStart(10));
for (const shape of shapesRead(options.shapes, options.type)) {
    const result = await shapeRun(ort, shape, options);
    results.push(result);
    const {name, cell, I, H, T, B} = result;
    console.log(`${name}: ${cell} ${I}x${H} T${T} B${B}`.padEnd(40) + contender(options.type).padEnd(16) +
                (1e6 * result.median).toFixed(2).padStart(12) +
                (1e-9 * result.flop / result.median).toFixed(1).padStart(10) +
                result.error.toExponential(1).padStart(10));
}
if (options.out) {
    const context = {
        date: new Date().toISOString(), 'ONNX Runtime': ort.env.versions.node ?? 'unknown',
        node: process.version, cpu: cpus()[0].model, kernel: release(),
        pinned_core: Number(process.env.WEIR_ORT_PINNED),
    };
    mkdirSync(dirname(options.out), {recursive: true});
    const entries = results.flatMap(result => benchmarks(result, options));
    writeFileSync(`${options.out}.json.unfinished`, JSON.stringify({context, benchmarks: entries}, null, 2));
    renameSync(`${options.out}.json.unfinished`, `${options.out}.json`);
}

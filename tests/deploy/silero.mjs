// SPDX-License-Identifier: MIT
// silero.mjs FOLDER FRESH CONTEXT: what ONNX Runtime computes by the two models of cut_model in FOLDER,
// over ten seconds of sound of which every call gets FRESH new samples and CONTEXT of those before:
// what the recurrent nodes read, x.npy, and give, y.npy, a row a step; and zeros.npy, a row of these. Prints how many steps there
// are and the median of microseconds that the recurrent nodes take for one: called as the model calls
// them, and in calls of a hundred steps, in which what a call costs does not show.
import { createRequire } from 'node:module';
import { makeSound, rate, writeNpy } from '../runner/sound.mjs';

const [folder, fresh, context] = process.argv.slice(2).map((word, i) => i ? Number(word) : word);
const ort = createRequire(import.meta.url)('onnxruntime-node');
const options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
const before = await ort.InferenceSession.create(`${folder}/before.onnx`, options);
const recurrent = await ort.InferenceSession.create(`${folder}/recurrent.onnx`, options);

// Whatever states the whole model has do not matter before its recurrent nodes.
const sound = makeSound(), calls = Math.floor(sound.length / fresh), width = context + fresh;
const feeds = { sr: new ort.Tensor('int64', [BigInt(rate)], []) };
for (const [name, size] of [['h', 64], ['c', 64], ['state', 128]])
    feeds[name] = new ort.Tensor('float32', new Float32Array(2 * size), [2, 1, size]);
const wanted = (session, all) => Object.fromEntries(session.inputNames.map((name) => [name, all[name]]));

// Inputs are x and states; outputs are y and the states that the next call is given. All are of
// rows of the same width in these models.
const [into, ...from] = recurrent.inputNames, [out, ...states] = recurrent.outputNames;
const x = [], y = [], times = [], state = {};
let size = 0;
for (let k = 0; k < calls; k++) {
    const part = new Float32Array(width);
    for (let i = 0; i < width; i++)
        part[i] = sound[k * fresh - context + i] ?? 0;
    feeds.input = new ort.Tensor('float32', part, [1, width]);
    const read = (await before.run(wanted(before, feeds)))[before.outputNames[0]];
    const steps = read.dims[0], row = read.dims[2];
    for (const name of from)
        state[name] ??= new ort.Tensor('float32', new Float32Array(row), [1, 1, row]);
    const start = process.hrtime.bigint();
    const result = await recurrent.run({ [into]: read, ...state });
    times.push(Number(process.hrtime.bigint() - start) / 1000 / steps);
    from.forEach((name, i) => state[name] = result[states[i]]);
    x.push(...read.data);
    y.push(...result[out].data);
    size = row;
}
writeNpy(folder, 'x', '<f4', [x.length / size, 1, size], Float32Array.from(x));
writeNpy(folder, 'y', '<f4', [y.length / size, 1, size], Float32Array.from(y));
writeNpy(folder, 'zeros', '<f4', [1, 1, size], new Float32Array(size)); // where states start
const many = 100, long = new ort.Tensor('float32', Float32Array.from(x.slice(0, many * size)), [many, 1, size]);
const long_times = [];
for (let k = 0; k < 51; k++) {
    const start = process.hrtime.bigint();
    await recurrent.run({ [into]: long, ...state });
    long_times.push(Number(process.hrtime.bigint() - start) / 1000 / many);
}
const median = (all) => all.sort((a, b) => a - b)[all.length >> 1].toFixed(2);
console.log(x.length / size, median(times), median(long_times));

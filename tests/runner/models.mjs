// SPDX-License-Identifier: MIT
// models.mjs FOLDER: runs every model that random_models wrote into FOLDER with ONNX Runtime, and
// compares with what Weir gave, to 1e-5 of the larger of 1 and the value. Prints how many agree, what
// ONNX Runtime refuses and why, and every model on which the two disagree.
import { createRequire } from 'node:module';
import { readdirSync, readFileSync } from 'node:fs';

const ort = createRequire(import.meta.url)('onnxruntime-node');
const folder = process.argv[2];
const arrays = { 1: ['float32', Float32Array], 6: ['int32', Int32Array], 11: ['float64', Float64Array] };

function difference(got, wanted) {
    let largest = got.data.length === wanted.data.length ? 0 : Infinity;
    for (let i = 0; i < wanted.data.length; i++) {
        const off = Math.abs(got.data[i] - wanted.data[i]) / Math.max(1, Math.abs(wanted.data[i]));
        largest = off <= largest ? largest : Number.isNaN(off) ? Infinity : off;
    }
    return largest;
}

async function run(index) {
    const { inputs, outputs } = JSON.parse(readFileSync(`${folder}/${index}.json`));
    const session = await ort.InferenceSession.create(`${folder}/${index}.onnx`,
        { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 });
    const feeds = {};
    for (const { name, type, dims, data } of inputs)
        feeds[name] = new ort.Tensor(arrays[type][0], arrays[type][1].from(data), dims);
    const results = await session.run(feeds);
    return Math.max(...outputs.map((wanted) => difference(results[wanted.name], wanted)));
}

const refused = new Map();
const disagree = [];
let agreed = 0;
const indices = readdirSync(folder).filter((file) => file.endsWith('.json')).map((file) => parseInt(file));
for (const index of indices.sort((a, b) => a - b)) {
    try {
        const largest = await run(index);
        if (largest <= 1e-5)
            agreed++;
        else
            disagree.push([index, largest]);
    } catch (error) {
        const reason = error.message.replace(/\d+/g, '#').split('\n')[0].slice(-90);
        refused.set(reason, [...(refused.get(reason) ?? []), index]);
    }
}
console.log(`${agreed} models agree`);
for (const [reason, list] of refused)
    console.log(`${list.length} refused by ONNX Runtime, such as ${list[0]}: ${reason}`);
for (const [index, largest] of disagree)
    console.log(`model ${index} differs by ${largest.toPrecision(3)}`);

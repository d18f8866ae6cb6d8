// SPDX-License-Identifier: MIT
// silero.mjs MODELS FOLDER: what ONNX Runtime computes for the voice-activity models in MODELS, call
// by call over ten seconds of sound that is made here, as .npy files in FOLDER: the inputs that
// weir-run --stream takes, the outputs that it should give, and the inputs of one call. Prints the
// median of microseconds a call.
// silero.mjs --compare FOLDER NAME [GOT TOLERANCE]: whether FOLDER/NAME.npy, or FOLDER/GOT.npy, is
// what was expected of NAME, within 1e-4, or TOLERANCE, of the larger of 1 and the value.
import { createRequire } from 'node:module';
import { makeSound, rate, readNpy, writeNpy } from './sound.mjs';

const [models, folder, ...compared] = process.argv.slice(2);

function compare(name, file = name, tolerance = 1e-4) {
    const [model, output] = [name.slice(0, name.indexOf('_')), name.slice(name.indexOf('_') + 1)];
    const got = readNpy(`${folder}/${file}.npy`), wanted = readNpy(`${folder}/${model}_expected_${output}.npy`);
    let largest = got.length === wanted.length && got.length > 0 ? 0 : Infinity;
    for (let i = 0; i < got.length; i++)
        largest = Math.max(largest, Math.abs(got[i] - wanted[i]) / Math.max(1, Math.abs(wanted[i])));
    console.log(`${file}: ${got.length} elements, largest difference ${largest.toPrecision(3)}`);
    process.exit(largest <= tolerance ? 0 : 1);
}

if (models === '--compare')
    compare(...compared);
const ort = createRequire(import.meta.url)('onnxruntime-node');

// Every call gets `context` samples that the one before had, and `fresh` new ones.
async function run(name, fresh, context, states) {
    const session = await ort.InferenceSession.create(`${models}/silero_vad_${name}.onnx`,
        { intraOpNumThreads: 1, interOpNumThreads: 1 });
    const sound = makeSound(), calls = Math.floor(sound.length / fresh), width = context + fresh;
    const input = new Float32Array(calls * width), output = new Float32Array(calls);
    const state = {}, finals = {};
    for (const [from, into, shape] of states) {
        state[into] = new ort.Tensor('float32', new Float32Array(shape.reduce((a, b) => a * b)), shape);
        finals[from] = [];
        writeNpy(folder, `${name}_${into}`, '<f4', shape, state[into].data);
    }
    const sr = new ort.Tensor('int64', [BigInt(rate)], []), times = [];
    for (let k = 0; k < calls; k++) {
        const part = input.subarray(k * width, (k + 1) * width);
        for (let i = 0; i < width; i++)
            part[i] = sound[k * fresh - context + i] ?? 0;
        const start = process.hrtime.bigint();
        const result = await session.run({ input: new ort.Tensor('float32', part, [1, width]), sr, ...state });
        times.push(Number(process.hrtime.bigint() - start) / 1000);
        output[k] = result.output.data[0];
        for (const [from, into] of states) {
            state[into] = result[from];
            finals[from].push(...result[from].data);
        }
    }
    writeNpy(folder, `${name}_input`, '<f4', [calls, 1, width], input);
    writeNpy(folder, `${name}_sr`, '<i8', [calls], BigInt64Array.from({ length: calls }, () => BigInt(rate)));
    writeNpy(folder, `${name}_expected_output`, '<f4', [calls, 1, 1], output);
    for (const [from, , shape] of states)
        writeNpy(folder, `${name}_expected_${from}`, '<f4', [calls, ...shape], Float32Array.from(finals[from]));
    writeNpy(folder, `${name}_one_input`, '<f4', [1, width], input.subarray(0, width));
    writeNpy(folder, `${name}_one_sr`, '<i8', [], BigInt64Array.of(BigInt(rate)));
    times.sort((a, b) => a - b);
    console.log(`${name}: ONNX Runtime takes ${times[calls >> 1].toFixed(1)} us a call`);
}

await run('legacy', 1536, 0, [['hn', 'h', [2, 1, 64]], ['cn', 'c', [2, 1, 64]]]);
await run('v5', 512, 64, [['stateN', 'state', [2, 1, 128]]]);

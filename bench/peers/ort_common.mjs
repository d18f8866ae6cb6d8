/* SPDX-License-Identifier: MIT */
/* What the scripts of ONNX Runtime share: ONNX's protobuf, written byte by byte, time, and where a
 * process runs. */
import {spawnSync} from 'node:child_process';
import {createRequire} from 'node:module';

/* ---- ONNX's protobuf ---- */

function varint(value) {
    const bytes = [];
    for (; value > 127; value = Math.floor(value / 128))
        bytes.push(value % 128 + 128);
    return Buffer.from([...bytes, value]);
}

export const whole = (field, value) => Buffer.concat([varint(field * 8), varint(value)]);
export const bytes = (field, value) => {
    const content = typeof value === 'string' ? Buffer.from(value) : value;
    return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
};
export const message = (field, ...parts) => bytes(field, Buffer.concat(parts));

/* The numbers that ONNX has for types. */
const elementType = data => data instanceof Int8Array ? 3 : data instanceof BigInt64Array ? 7 : 1;

/* A TensorProto, as it is in a file by itself. */
export function tensor(name, dims, data) {
    const raw = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const sizes = dims.map(size => whole(1, size));
    return Buffer.concat([...sizes, whole(2, elementType(data)), bytes(8, name), bytes(9, raw)]);
}

export const initializer = (name, dims, data) => message(5, tensor(name, dims, data));

/* An input (field 11) or output (12) of a graph. */
export function value(field, name, dims, type = 1) {
    const shape = message(2, ...dims.map(size => message(1, whole(1, size))));
    return message(field, bytes(1, name), message(2, message(1, whole(1, type), shape)));
}

export const model = (...graph) => Buffer.concat([
    whole(1, 8), message(8, whole(2, 14)), message(8, bytes(1, 'com.microsoft'), whole(2, 1)),
    message(7, bytes(2, 'graph'), ...graph),
]);

/* ---- Timing ---- */

/* By the clock, and of the processor. */
export async function secondsACall(session, feeds, calls) {
    const start = process.hrtime.bigint(), startCpu = process.cpuUsage();
    for (let i = 0; i < calls; i++)
        await session.run(feeds);
    const cpu = process.cpuUsage(startCpu);
    return [Number(process.hrtime.bigint() - start) * 1e-9 / calls, (cpu.user + cpu.system) * 1e-6 / calls];
}

export const median = values => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/* ---- The process ---- */

/* Goes on in a process of its own that is pinned to a core, where this is none. */
export function runPinned(cpu, stop) {
    if (process.env.WEIR_ORT_PINNED)
        return;
    const command = ['-c', String(cpu), process.execPath, ...process.argv.slice(1)];
    const env = {...process.env, WEIR_ORT_PINNED: String(cpu)};
    const pinned = spawnSync('taskset', command, {stdio: 'inherit', env});
    if (pinned.error)
        stop(`cannot pin: taskset does not start (${pinned.error.message}); install util-linux`);
    process.exit(pinned.status ?? 1);
}

/* Looked for from the script that runs, and by NODE_PATH. */
export function findRuntime(stop) {
    try {
        return createRequire(process.argv[1])('onnxruntime-node');
    } catch {
        return stop('there is no onnxruntime-node: npm install it, here or where NODE_PATH points');
    }
}

/* One thread, as it runs best. */
export const settings = {
    executionProviders: ['cpu'],
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
};

// SPDX-License-Identifier: MIT
// What tests of voice-activity models hear, and NumPy's files.
import { readFileSync, writeFileSync } from 'node:fs';

export const rate = 16000, seconds = 10;

// Voice-like: harmonics of a pitch that moves, in bursts, over noise.
export function makeSound() {
    const sound = new Float32Array(rate * seconds);
    let seed = 1, phase = 0;
    for (let i = 0; i < sound.length; i++) {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        const time = i / rate, burst = Math.max(0, Math.sin(2 * Math.PI * 0.4 * time));
        phase += (120 + 40 * Math.sin(2 * Math.PI * 1.3 * time)) / rate;
        let voice = 0;
        for (let k = 1; k <= 20; k++)
            voice += Math.sin(2 * Math.PI * k * phase) / k * (1 + Math.sin(k + 6 * time));
        sound[i] = 0.15 * burst * voice + 0.01 * (seed / 2 ** 31 - 1);
    }
    return sound;
}

export function writeNpy(folder, name, type, shape, data) {
    const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.map((dim) => dim + ',').join('')}), }`;
    const header = Buffer.from(text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + '\n');
    const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
    writeFileSync(`${folder}/${name}.npy`,
        Buffer.concat([start, header, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]));
}

export function readNpy(path) {
    const bytes = readFileSync(path), start = 10 + bytes.readUInt16LE(8);
    return Float32Array.from({ length: (bytes.length - start) / 4 }, (_, i) => bytes.readFloatLE(start + 4 * i));
}

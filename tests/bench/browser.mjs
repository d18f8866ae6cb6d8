// SPDX-License-Identifier: MIT
// A page in headless Chromium, driven over WebDriver by nothing but HTTP.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Starts chromedriver on a port that it chooses.
function start() {
    const driver = spawn('chromedriver', ['--port=0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    return new Promise((resolve, reject) => {
        let said = '';
        driver.on('exit', code => reject(new Error(`chromedriver ends with ${code}: ${said}`)));
        driver.stdout.on('data', data => {
            const port = (said += data).match(/started successfully on port (\d+)/);
            if (port)
                resolve({ driver, base: `http://127.0.0.1:${port[1]}` });
        });
    });
}

async function call(base, method, path, body) {
    const response = await fetch(base + path,
        { method, body: body && JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });
    const { value } = await response.json();
    if (!response.ok)
        throw new Error(`${method} ${path}: ${value.message}`);
    return value;
}

// Opens the address, hands the page to `use`, and ends the browser whatever happens.
export async function browse(address, use) {
    const { driver, base } = await start();
    driver.removeAllListeners('exit');
    const profile = mkdtempSync(join(tmpdir(), 'weir-page-'));
    const args = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars',
        `--user-data-dir=${profile}`];
    let session;
    try {
        const made = await call(base, 'POST', '/session', { capabilities: { alwaysMatch: {
            browserName: 'chrome', 'goog:loggingPrefs': { browser: 'ALL' }, 'goog:chromeOptions': { args } } } });
        session = `/session/${made.sessionId}`;
        const tell = (cmd, params = {}) => call(base, 'POST', `${session}/goog/cdp/execute`, { cmd, params });
        await use({
            open: () => call(base, 'POST', `${session}/url`, { url: address }),
            run: (text, ...values) => call(base, 'POST', `${session}/execute/sync`, { script: text, args: values }),
            log: () => call(base, 'POST', `${session}/se/log`, { type: 'browser' }),
            size: ({ width, height }) => tell('Emulation.setDeviceMetricsOverride',
                { width, height, deviceScaleFactor: 1, mobile: width < 700 }),
            dress: (scheme, media = '') => tell('Emulation.setEmulatedMedia',
                { media, features: [{ name: 'prefers-color-scheme', value: scheme }] }),
            script: on => tell('Emulation.setScriptExecutionDisabled', { value: !on }),
            picture: async clip => Buffer.from((await tell('Page.captureScreenshot',
                { format: 'png', captureBeyondViewport: true, clip: { ...clip, scale: 1 } })).data, 'base64'),
            printed: async () => Buffer.from((await tell('Page.printToPDF',
                { printBackground: true, paperWidth: 8.27, paperHeight: 11.69 })).data, 'base64'),
        });
    } finally {
        if (session)
            await call(base, 'DELETE', session).catch(() => {});
        driver.kill();
        rmSync(profile, { recursive: true, force: true });
    }
}

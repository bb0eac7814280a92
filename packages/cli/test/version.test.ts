import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const PACKAGE = new URL('../package.json', import.meta.url);

describe('weir --version', () => {
  it('prints the version of its package', async () => {
    const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8'));
    const args = ['--conditions=weir-source', MAIN, '--version'];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toBe(`${version}\n`);
  });
});

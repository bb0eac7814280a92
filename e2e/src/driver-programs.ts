import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { DriverProgram } from './driver.ts';

const run = promisify(execFile);
const DRIVERS = fileURLToPath(new URL('../drivers', import.meta.url));
const CACHE = fileURLToPath(new URL('../../.cache/e2e', import.meta.url));

/** A program in TypeScript: run from source, by the Node that runs the tests. */
export async function nodeProgram(driver: string): Promise<DriverProgram> {
  return { command: process.execPath, args: [join(DRIVERS, driver, 'main.ts')] };
}

/** A program in Python, with its packages in a virtual environment of its own. */
export async function pythonProgram(driver: string): Promise<DriverProgram> {
  const source = join(DRIVERS, driver);
  const requirements = join(source, 'requirements.txt');
  const dir = await built(driver, [requirements], async (output) => {
    await run('python3', ['-m', 'venv', output]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    await run(join(output, 'bin', 'python'), [...pip, '-r', requirements]);
  });
  // -B: no compiled files beside the sources.
  return { command: join(dir, 'bin', 'python'), args: ['-B', join(source, 'main.py')] };
}

/** A program in Go; go.sum holds what may be downloaded. */
export async function goProgram(driver: string): Promise<DriverProgram> {
  const source = join(DRIVERS, driver);
  const dir = await built(driver, await filesOf(source), async (output) => {
    const env = { ...process.env, CGO_ENABLED: '0' };
    const args = ['build', '-mod=readonly', '-o', join(output, driver), '.'];
    await run('go', args, { cwd: source, env });
  });
  return { command: join(dir, driver), args: [] };
}

/** A program in Java, built by Maven. Its heap is bounded, so that a driver's hunger shows. */
export async function javaProgram(driver: string): Promise<DriverProgram> {
  const source = join(DRIVERS, driver);
  const dir = await built(driver, await filesOf(source), async (output) => {
    const args = ['--quiet', '--batch-mode', '--no-transfer-progress', `-Doutput=${output}`];
    await run('mvn', [...args, 'package'], { cwd: source });
  });
  const path = [join(dir, 'checks.jar'), join(dir, 'lib', '*')].join(delimiter);
  return { command: 'java', args: ['-Xmx1g', '-cp', path, 'weir.e2e.Main'] };
}

/** The directory of a build, made once for each state of its inputs. */
async function built(
  driver: string,
  inputs: readonly string[],
  build: (output: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256');
  for (const input of inputs) hash.update(await readFile(input));
  const output = join(CACHE, `${driver}-${hash.digest('hex').slice(0, 16)}`);
  const complete = join(output, '.complete');
  if (existsSync(complete)) return output;
  process.stderr.write(`building the ${driver} program; it is kept in .cache/e2e\n`);
  await rm(output, { recursive: true, force: true });
  await mkdir(output, { recursive: true });
  await build(output);
  await writeFile(complete, '');
  return output;
}

async function filesOf(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/**
 * What `npm start` and `npm test` share: from a fresh clone with only Node and npm to a workspace that
 * is installed and built. Runs on whatever Node the host has; what follows runs on the pinned one.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const STAMP = join(ROOT, 'node_modules', '.weir-installed');
const BIN = join(ROOT, 'node_modules', '.bin');

/** The environment in which the workspace's own tools, and its Node, come first. */
const workspaceEnv = () => ({
  ...process.env,
  PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}`,
  TURBO_TELEMETRY_DISABLED: '1',
});

const PARENT_CHECK_MS = 500;

/**
 * Ends the child when whoever started this script is gone. npm runs a script through a shell, which
 * passes no signal on: `kill` of npm would leave everything running.
 */
function endWithParent(child) {
  const parent = process.ppid;
  const check = setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM');
  }, PARENT_CHECK_MS);
  child.once('close', () => clearInterval(check));
}

/** Runs a command to its end. `quiet` shows its output only when it fails. */
export function run(command, args, { quiet = false, env = workspaceEnv() } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env,
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    });
    endWithParent(child);
    let output = '';
    child.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      output += chunk;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ended with ${signal ?? code}\n${output}`));
    });
  });
}

/** Says what is being done, and how long it takes when that is worth saying. */
async function step(name, work) {
  const began = Date.now();
  const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`;
  process.stderr.write(`weir: ${name} …\n`);
  const ticker = setInterval(() => process.stderr.write(`weir: ${name} … ${seconds()}\n`), 5000);
  try {
    await work();
  } finally {
    clearInterval(ticker);
  }
  process.stderr.write(`weir: ${name}: done in ${seconds()}\n`);
}

const pnpm = (...args) =>
  run('npm', ['exec', '--yes', '--', packageManager, ...args], { quiet: true });

const lockDigest = () =>
  createHash('sha256')
    .update(readFileSync(join(ROOT, 'pnpm-lock.yaml')))
    .digest('hex');

const isInstalled = () => existsSync(STAMP) && readFileSync(STAMP, 'utf8') === lockDigest();

/** Installs what the lockfile names, unless that has been done, and builds what has changed. */
export async function prepareWorkspace() {
  if (!isInstalled()) {
    await step('installing dependencies', () => pnpm('install', '--frozen-lockfile'));
    writeFileSync(STAMP, lockDigest());
  }
  await step('building', () => pnpm('run', 'build'));
}

/** Ends this process as that child ends, and passes on the signals that are meant for it. */
export function become(command, args) {
  const child = spawn(command, args, { cwd: ROOT, env: workspaceEnv(), stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  endWithParent(child);
  child.once('error', (error) => {
    process.stderr.write(`weir: ${error.message}\n`);
    process.exit(1);
  });
  child.once('close', (code) => process.exit(code ?? 1));
}

/** Runs a script's work and ends the process with a clear word when it fails. */
export function main(work) {
  work().catch((error) => {
    process.stderr.write(`weir: ${error.message}\n`);
    process.exitCode = 1;
  });
}

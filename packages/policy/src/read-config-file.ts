import { createHash } from 'node:crypto';
import { readTextFile } from './bounded-file.ts';
import { MAX_CONFIG_BYTES, MAX_PEM_BYTES, MAX_SECRET_BYTES } from './file-limits.ts';
import { type LoadedConfig, loadConfig } from './load-config.ts';
import type { ProtocolDefaults } from './review.ts';
import type { Reading } from './sources.ts';

/** What reading a configuration file needs: `env` is handed in, nothing here reads the process's own. */
export interface ReadOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly protocols: readonly ProtocolDefaults[];
}

/**
 * Every file that was looked for, by its path, with what tells its content, or its absence, from
 * another: a hash, for secrets are among them.
 */
export type FilesRead = ReadonlyMap<string, string>;

/**
 * Reads and checks a `weir.yaml` with all that it refers to. Never throws for what the file system
 * or the file holds: a file that cannot be read is a problem like any other.
 */
export function readConfigFile(
  path: string,
  options: ReadOptions,
): LoadedConfig & { readonly files: FilesRead } {
  const { env, protocols } = options;
  const files = new Map<string, string>();
  const read = (name: string, maxBytes: number): Reading => {
    const reading = readTextFile(name, maxBytes);
    files.set(name, createHash('sha256').update(JSON.stringify(reading)).digest('base64url'));
    return reading;
  };
  const reading = read(path, MAX_CONFIG_BYTES);
  if (!reading.ok) {
    const message = `the file ${reading.reason}`;
    const problems = [{ file: path, line: 1, column: 1, path: '', message }];
    return { ok: false, problems, files };
  }
  const loaded = loadConfig(reading.text, {
    file: path,
    protocols,
    readFile: (name) => read(name, MAX_PEM_BYTES),
    resolveSecret: ({ from, name }) =>
      from === 'file' ? read(name, MAX_SECRET_BYTES) : readVariable(name, env),
  });
  return { ...loaded, files };
}

function readVariable(name: string, env: ReadOptions['env']): Reading {
  const text = Object.hasOwn(env, name) ? env[name] : undefined;
  return text === undefined ? { ok: false, reason: 'is not set' } : { ok: true, text };
}

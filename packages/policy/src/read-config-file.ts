import { readTextFile } from './bounded-file.ts';
import { MAX_CONFIG_BYTES, MAX_PEM_BYTES, MAX_SECRET_BYTES } from './file-limits.ts';
import { type LoadedConfig, loadConfig } from './load-config.ts';
import type { ProtocolDefaults } from './review.ts';
import type { SecretReference } from './secret-reference.ts';
import type { Reading } from './sources.ts';

/** What reading a configuration file needs: `env` is handed in, nothing here reads the process's own. */
export interface ReadOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly protocols: readonly ProtocolDefaults[];
}

/**
 * Reads and checks a `weir.yaml` with all that it refers to. Never throws for what the file system
 * or the file holds: a file that cannot be read is a problem like any other.
 */
export function readConfigFile(path: string, options: ReadOptions): LoadedConfig {
  const { env, protocols } = options;
  const reading = readTextFile(path, MAX_CONFIG_BYTES);
  if (!reading.ok) {
    const message = `the file ${reading.reason}`;
    return { ok: false, problems: [{ file: path, line: 1, column: 1, path: '', message }] };
  }
  return loadConfig(reading.text, {
    file: path,
    protocols,
    readFile: (name) => readTextFile(name, MAX_PEM_BYTES),
    resolveSecret: (reference) => readSecret(reference, env),
  });
}

function readSecret(reference: SecretReference, env: ReadOptions['env']): Reading {
  if (reference.from === 'file') return readTextFile(reference.name, MAX_SECRET_BYTES);
  const text = Object.hasOwn(env, reference.name) ? env[reference.name] : undefined;
  return text === undefined ? { ok: false, reason: 'is not set' } : { ok: true, text };
}

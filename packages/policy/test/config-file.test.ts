import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LoadedConfig, readConfigFile } from '@weir/policy';
import { CERTIFICATE, KEY, targetsWith, weirYaml } from './fixture.ts';

const PROTOCOLS = [{ protocol: 'postgres', defaultPort: 5432 }];
let directory = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-policy-'));
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

function put(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

function read(path: string, env: Record<string, string> = {}): LoadedConfig {
  return readConfigFile(path, { env, protocols: PROTOCOLS });
}

function messagesOf(loaded: LoadedConfig): string[] {
  return loaded.ok
    ? []
    : loaded.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`);
}

describe('a configuration file', () => {
  it('is read with its secrets, certificates and variables', () => {
    mkdirSync(join(directory, 'tls'));
    put('tls/server.crt', CERTIFICATE);
    put('tls/server.key', KEY);
    put('password', 'from a file\n');
    const sections = targetsWith(`password: "\${file:password}"`);
    const tls = 'tls: { cert: ./tls/server.crt, key: ./tls/server.key }';
    const loaded = read(put('whole.yaml', weirYaml({ ...sections, tls })));
    expect(messagesOf(loaded)).toEqual([]);
    const target = loaded.ok ? loaded.config.targets.get('db') : undefined;
    expect(target?.upstream.password?.reveal()).toBe('from a file');
  });

  it('takes variables from where it is told and nowhere else', () => {
    const path = put('env.yaml', weirYaml(targetsWith(`password: "\${env:PATH}"`)));
    const [given, own] = [read(path, { PATH: 'x' }), read(path)];
    const target = given.ok ? given.config.targets.get('db') : undefined;
    expect(target?.upstream.password?.reveal()).toBe('x');
    expect(messagesOf(own)).toEqual(['15:17: the environment variable PATH is not set']);
  });

  it('does not take members of objects for variables', () => {
    const path = put('proto.yaml', weirYaml(targetsWith(`password: "\${env:toString}"`)));
    expect(messagesOf(read(path))).toEqual(['15:17: the environment variable toString is not set']);
  });

  const UNREADABLE: readonly [string, () => string, string][] = [
    ['it does not exist', () => join(directory, 'none.yaml'), 'does not exist'],
    ['it lies in a file', () => join(put('file', 'x'), 'weir.yaml'), 'does not exist'],
    ['it is a directory', () => directory, 'is not a regular file'],
    ['it is a device', () => '/dev/zero', 'is not a regular file'],
    ['it is a pipe', () => pipe('pipe.yaml'), 'is not a regular file'],
    ['it links to itself', () => loop('loop.yaml'), 'cannot be read: too many symbolic links'],
    [
      'its path is long',
      () => join(directory, 'x'.repeat(5000)),
      'cannot be read: the path is too long',
    ],
    ['its path holds a NUL', () => join(directory, 'a\0b'), 'cannot be read'],
    ['it is empty', () => put('empty.yaml', ''), 'is empty'],
    ['it is not UTF-8', () => put('latin1.yaml', Uint8Array.of(0x61, 0xe9)), 'is not UTF-8 text'],
    ['it is large', () => put('large.yaml', '#'.repeat(1_048_577)), 'is larger than 1048576 bytes'],
  ];

  it.each(UNREADABLE)('is refused when %s', (_what, make, reason) => {
    expect(messagesOf(read(make()))).toEqual([`1:1: the file ${reason}`]);
  });

  it('is refused when a secret is a pipe, too large or not text', () => {
    pipe('secret-pipe');
    put('large-secret', 'x'.repeat(8193));
    put('binary-secret', Uint8Array.of(0xff, 0xfe));
    const outcomes = ['secret-pipe', 'large-secret', 'binary-secret'].map((name) =>
      messagesOf(read(put('secret.yaml', weirYaml(targetsWith(`password: "\${file:${name}}"`))))),
    );
    expect(outcomes).toEqual([
      ['15:17: the secret file is not a regular file'],
      ['15:17: the secret file is larger than 8192 bytes'],
      ['15:17: the secret file is not UTF-8 text'],
    ]);
  });

  const asRoot = process.getuid?.() === 0;
  const why = asRoot ? ' (skipped: root may read everything)' : '';
  (asRoot ? it.skip : it)(`is refused when it may not be read${why}`, () => {
    const path = put('closed.yaml', weirYaml());
    chmodSync(path, 0o000);
    expect(messagesOf(read(path))).toEqual(['1:1: the file cannot be read: permission denied']);
  });
});

function pipe(name: string): string {
  const path = join(directory, name);
  execFileSync('mkfifo', [path]);
  return path;
}

function loop(name: string): string {
  const path = join(directory, name);
  symlinkSync(path, path);
  return path;
}

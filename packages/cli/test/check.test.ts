import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkCommand } from '../src/check.ts';

const SECRET = 'canary7Secret';

const VALID = `version: 1
listen: { postgres: "[::1]:6432", admin: 127.0.0.1:8432 }
tls: off
identity: { issuers: [{ name: okta, url: https://acme.okta.test, audience: weir }] }
targets:
  orders:
    protocol: postgres
    environment: production
    upstream: { host: db, database: orders, user: weir, password: "\${env:ORDERS_PW}" }
access:
  - { name: engineers, groups: [engineering], targets: [orders], allow: all }
`;

interface Outcome {
  readonly code: number | undefined;
  readonly out: string;
}

/** A process of its own has to load the whole proxy. */
const PROCESS_TIMEOUT_MS = 60_000;

let file = '';

beforeAll(() => {
  file = join(mkdtempSync(join(tmpdir(), 'weir-check-')), 'weir.yaml');
});

afterAll(() => {
  rmSync(join(file, '..'), { recursive: true });
});

/** Runs `weir check` on this weir.yaml. */
async function check(yaml: string, ...options: string[]): Promise<Outcome> {
  writeFileSync(file, yaml);
  let out = '';
  let code: number | undefined;
  const command = checkCommand({
    env: { ORDERS_PW: SECRET },
    now: Date.now,
    answer: (text) => {
      out += text;
    },
    tell: (text) => {
      out += text;
    },
    exitWith: (status) => {
      code = status;
    },
  });
  await command.parseAsync(['--config', file, ...options], { from: 'user' });
  return { code, out: out.replaceAll(file, 'weir.yaml') };
}

describe('weir check', () => {
  it('says what a valid file amounts to, with its warnings, and exits with 0', async () => {
    const { code, out } = await check(VALID);
    expect(out.split('\n')).toEqual([
      'warning: weir.yaml:3:1: tls is off: connections are not encrypted and nobody can log in with a token',
      'weir.yaml is valid',
      '  listeners     postgres [::1]:6432, admin 127.0.0.1:8432',
      '  issuers       okta',
      '  targets       orders (production)',
      '  access rules  1',
      expect.stringMatching(/^ {2}digest {8}[0-9a-f]{64}$/),
      '',
    ]);
    expect(code).toBe(0);
  });

  it('prints every problem with its place and a suggestion, and exits with 1', async () => {
    const broken = VALID.replace('environment:', 'enviroment:').replace(
      'allow: all',
      'allow: [read]',
    );
    const { code, out } = await check(broken);
    expect(out.split('\n')).toEqual([
      'weir.yaml:6:3: environment is missing; expected letters, digits and . _ - (at most 63, no slash), beginning with a letter or digit',
      'weir.yaml:8:5: unknown key enviroment; expected one of protocol, environment, upstream, allow_settings, allow_replication; did you mean environment?',
      'weir.yaml:11:73: statement effects cannot be enforced by this version of Weir; expected only all',
      '',
    ]);
    expect(code).toBe(1);
  });

  it('answers programs in JSON', async () => {
    const valid = await check(VALID, '--json');
    const answer = JSON.parse(valid.out);
    expect(answer).toEqual({
      ok: true,
      file: 'weir.yaml',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      summary: {
        listeners: ['postgres [::1]:6432', 'admin 127.0.0.1:8432'],
        issuers: ['okta'],
        targets: ['orders (production)'],
        accessRules: ['engineers'],
      },
      warnings: [expect.objectContaining({ line: 3, column: 1, path: 'tls' })],
    });
    const broken = await check(VALID.replace('version: 1', 'version: 2'), '--json');
    expect(JSON.parse(broken.out)).toEqual({
      ok: false,
      file: 'weir.yaml',
      problems: [
        {
          file: 'weir.yaml',
          line: 1,
          column: 10,
          path: 'version',
          message: 'unsupported version',
          expected: 'only 1',
        },
      ],
    });
    expect([valid.code, broken.code]).toEqual([0, 1]);
  });

  it('says clearly that a file cannot be read, and exits with 1', async () => {
    const { code, out } = await check(VALID, '-c', `${file}.none`);
    expect(out).toBe('weir.yaml.none:1:1: the file does not exist\n');
    expect(code).toBe(1);
  });

  it('never prints a secret', async () => {
    const outcomes = await Promise.all([check(VALID), check(VALID, '--json')]);
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0]);
    expect(JSON.stringify(outcomes)).not.toContain(SECRET);
  });

  it(
    'reads the variables of its process, writes to its output and sets its exit code',
    async () => {
      writeFileSync(file, VALID);
      const source = JSON.stringify(new URL('../src/check.ts', import.meta.url).href);
      const entry = `const { checkCommand } = await import(${source}); await checkCommand().parseAsync();`;
      const run = (env: Readonly<Record<string, string>>) =>
        new Promise<Outcome>((resolve) => {
          const flags = ['--conditions=weir-source', '--input-type=module', '-e', entry];
          execFile(process.execPath, [...flags, '--', '-c', file], { env }, (error, out) =>
            resolve({ code: error === null ? 0 : Number(error.code), out }),
          );
        });
      const [valid, broken] = [await run({ ORDERS_PW: SECRET }), await run({})];
      expect(valid).toEqual({ code: 0, out: expect.stringContaining('is valid') });
      expect(broken).toEqual({
        code: 1,
        out: `${file}:9:67: the environment variable ORDERS_PW is not set\n`,
      });
    },
    PROCESS_TIMEOUT_MS,
  );
});

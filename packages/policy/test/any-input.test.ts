import { describe, expect, it, jest } from '@jest/globals';
import { formatProblem, type LoadedConfig } from '@weir/policy';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { load, weirYaml } from './fixture.ts';

const RUNS = 300;
/** Hundreds of files a test: slow machines need more than the usual time. */
jest.setTimeout(60_000);

const BASE = weirYaml();

/** Either a whole configuration, or problems that each stand somewhere in the text. */
function expectAnswer(loaded: LoadedConfig, text: string): void {
  if (loaded.ok) {
    expect(loaded.snapshot.digest).toMatch(/^[0-9a-f]{64}$/);
    return;
  }
  expect(loaded.problems.length).toBeGreaterThan(0);
  const lines = text.split('\n');
  for (const problem of loaded.problems) {
    expect(problem.line).toBeGreaterThanOrEqual(1);
    expect(problem.line).toBeLessThanOrEqual(lines.length);
    expect(problem.column).toBeGreaterThanOrEqual(1);
    expect(problem.column).toBeLessThanOrEqual((lines[problem.line - 1] ?? '').length + 1);
    expect(formatProblem(problem)).not.toMatch(/[\p{Cc}]/u);
  }
}

/** What hurts YAML readers: signs, anchors, tags, escapes and the words of our own file. */
const shards = fc.constantFrom(
  ...[
    '{',
    '}',
    '[',
    ']',
    ':',
    ': ',
    ',',
    '- ',
    '? ',
    '| ',
    '>-\n',
    '"',
    "'",
    '#',
    ' #',
    '&a ',
    '*a',
  ],
  ...[
    '!!str ',
    '!x ',
    '%YAML 1.1\n',
    '---\n',
    '...\n',
    '\n',
    '\n  ',
    '\t',
    '\\',
    '<<',
    '~',
    '.nan',
  ],
  ...[
    '__proto__',
    'constructor',
    'version',
    'listen',
    'targets',
    'access',
    'tls: off',
    `\${env:A}`,
    '1',
  ],
);

const words = fc.constantFrom(
  ...[
    'version',
    'listen',
    'tls',
    'identity',
    'issuers',
    'targets',
    'access',
    'limits',
    'log',
    'name',
  ],
  ...[
    'upstream',
    'password',
    'groups',
    'kinds',
    'principals',
    'environment',
    'allow',
    'all',
    'off',
  ],
  ...['orders-prod', 'postgres', '127.0.0.1:1', 'okta', '30s', '16MB', 'x', ''],
);

const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    words,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    tie('list'),
    tie('map'),
  ),
  list: fc.array(tie('tree'), { maxLength: 4 }),
  map: fc.dictionary(words, tie('tree'), { maxKeys: 6, noNullPrototype: true }),
}));

describe('any text at all', () => {
  it('gets an answer when it is random characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => expectAnswer(load(text), text)),
      { numRuns: RUNS },
    );
  });

  it('gets an answer when it is random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const text = Buffer.from(bytes).toString('latin1');
        expectAnswer(load(text), text);
      }),
      { numRuns: RUNS },
    );
  });

  it('gets an answer when it is made of what hurts YAML readers', () => {
    fc.assert(
      fc.property(fc.array(shards, { maxLength: 60 }), (parts) => {
        const text = parts.join('');
        expectAnswer(load(text), text);
      }),
      { numRuns: RUNS },
    );
  });

  it('gets an answer when it is a valid file with a piece put in', () => {
    fc.assert(
      fc.property(fc.nat(BASE.length), fc.array(shards, { maxLength: 3 }), (at, parts) => {
        const text = BASE.slice(0, at) + parts.join('') + BASE.slice(at);
        expectAnswer(load(text), text);
      }),
      { numRuns: RUNS },
    );
  });

  it('gets an answer when it is a valid file with a piece cut out', () => {
    fc.assert(
      fc.property(fc.nat(BASE.length), fc.nat(40), (at, length) => {
        const text = BASE.slice(0, at) + BASE.slice(at + length);
        expectAnswer(load(text), text);
      }),
      { numRuns: RUNS },
    );
  });

  it('gets an answer when it is YAML of any shape', () => {
    fc.assert(
      fc.property(tree, (value) => {
        const text = stringify(value);
        expectAnswer(load(text), text);
      }),
      { numRuns: RUNS },
    );
  });

  it('gets an answer when one section is YAML of any shape', () => {
    const section = fc.constantFrom(
      'listen',
      'tls',
      'identity',
      'targets',
      'access',
      'limits',
      'log',
    );
    fc.assert(
      fc.property(section, tree, (name, value) => {
        const text = weirYaml({ [name]: stringify({ [name]: value }) });
        expectAnswer(load(text), text);
      }),
      { numRuns: RUNS },
    );
  });

  const M = 1_048_576;
  const HEAVY: readonly [string, string][] = [
    ['open brackets', '['.repeat(M)],
    ['closing brackets', ']'.repeat(M)],
    ['dashes', '- '.repeat(M / 2)],
    ['question marks', '? '.repeat(M / 2)],
    ['equal keys', 'a:\n'.repeat(30_000)],
    ['anchors', '&a '.repeat(M / 3)],
    ['a string over many lines', `'${'a\n'.repeat(500_000)}`],
    ['backslashes', `"${'\\'.repeat(M - 2)}"`],
    ['unknown keys', Array.from({ length: 30_000 }, (_, index) => `k${index}: 1\n`).join('')],
    ['one long key', `${'a'.repeat(M - 10)}: 1`],
  ];

  it.each(HEAVY)('gets an answer when it is a megabyte of %s', (_what, text) => {
    expect(load(text).ok).toBe(false);
  });
});

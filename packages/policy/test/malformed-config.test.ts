import { describe, expect, it } from '@jest/globals';
import { formatProblem } from '@weir/policy';
import { load } from './fixture.ts';
import type { Malformed } from './malformed.ts';
import { ACCESS, TARGETS } from './malformed-policy.ts';
import { IDENTITY, LIMITS, LISTEN, TLS, TOP } from './malformed-service.ts';
import { TEXT, YAML } from './malformed-text.ts';

const MALFORMED: readonly (readonly [string, readonly Malformed[]])[] = [
  ['text', TEXT],
  ['YAML', YAML],
  ['top level', TOP],
  ['listen', LISTEN],
  ['tls', TLS],
  ['identity', IDENTITY],
  ['targets', TARGETS],
  ['access', ACCESS],
  ['limits and log', LIMITS],
];

/** The file without its mark, and the line and column where the mark stood. */
function unmarked(yaml: string) {
  const at = yaml.indexOf('^');
  const before = yaml.slice(0, at).split('\n');
  return {
    text: yaml.slice(0, at) + yaml.slice(at + 1),
    line: before.length,
    column: (before.at(-1) ?? '').length + 1,
  };
}

function problemsOf(text: string) {
  const loaded = load(text);
  return loaded.ok ? [] : loaded.problems;
}

describe.each(MALFORMED)('a weir.yaml malformed in its %s', (_part, cases) => {
  it.each(cases.map((one): [string, Malformed] => [one.what, one]))(
    'is refused at the right place for %s',
    (_what, { yaml, message, expected, suggestion }) => {
      const { text, line, column } = unmarked(yaml);
      expect(problemsOf(text)).toContainEqual(
        expect.objectContaining({
          file: '/etc/weir/weir.yaml',
          line,
          column,
          message: expect.stringContaining(message),
          ...(expected === undefined ? {} : { expected }),
          ...(suggestion === undefined ? {} : { suggestion }),
        }),
      );
    },
  );
});

describe('a weir.yaml with several problems', () => {
  const TEXT = `version: 2
listen: { postgres: nowhere }
tls: on
identity: { issuers: [{ name: okta, url: acme, audience: weir }] }
targets:
  db:
    protocol: postgres
    upstream: { host: db, database: d, user: u, password: hunter2, port: x }
access:
  - { name: a, targets: [dbb], allow: all }
limits: { dial_timeout: soon }
`;

  it('is refused with all of them, in the order of the file', () => {
    expect(problemsOf(TEXT).map(formatProblem)).toEqual([
      '/etc/weir/weir.yaml:1:10: unsupported version; expected only 1',
      '/etc/weir/weir.yaml:2:21: malformed address or port; expected HOST:PORT, such as 127.0.0.1:6432 or [::1]:6432',
      '/etc/weir/weir.yaml:3:6: wrong type: a string; expected off, or { cert: FILE, key: FILE }',
      '/etc/weir/weir.yaml:4:42: malformed or insecure issuer URL; expected https://HOST/PATH without user, query or fragment (http only on loopback)',
      '/etc/weir/weir.yaml:6:3: environment is missing; expected letters, digits and . _ - (at most 63, no slash), beginning with a letter or digit',
      `/etc/weir/weir.yaml:8:59: a secret must not stand in the file; expected \${env:NAME} or \${file:PATH}`,
      '/etc/weir/weir.yaml:8:74: wrong type: a string; expected a whole number from 1 to 65535',
      '/etc/weir/weir.yaml:10:5: the rule does not say who; expected at least one of groups, kinds, principals',
      '/etc/weir/weir.yaml:10:26: there is no target of this name; did you mean db?',
      '/etc/weir/weir.yaml:11:25: malformed duration or out of range; expected a duration such as 250ms, 30s, 5m or 1h, from 100ms to 10m',
    ]);
  });

  it('names the setting of each', () => {
    expect(problemsOf(TEXT).map(({ path }) => path)).toEqual([
      'version',
      'listen.postgres',
      'tls',
      'identity.issuers[0].url',
      'targets.db.environment',
      'targets.db.upstream.password',
      'targets.db.upstream.port',
      'access[0]',
      'access[0].targets[0]',
      'limits.dial_timeout',
    ]);
  });
});

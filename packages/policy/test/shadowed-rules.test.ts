import { describe, expect, it } from '@jest/globals';
import { load, weirYaml } from './fixture.ts';

const TARGETS = `targets:
  a: { protocol: postgres, environment: production, upstream: { host: a, database: d, user: u } }
  b: { protocol: postgres, environment: production, upstream: { host: b, database: d, user: u } }
  c: { protocol: postgres, environment: test, upstream: { host: c, database: d, user: u } }`;

function isShadowed(wide: string, narrow: string): boolean {
  const access = `access:\n  - { name: 1st, ${wide}, allow: all }\n  - { name: 2nd, ${narrow}, allow: all }`;
  const loaded = load(weirYaml({ targets: TARGETS, access }));
  const problems = loaded.ok ? [] : loaded.problems;
  const other = problems.filter(({ message }) => !message.includes('never reached'));
  expect(other).toEqual([]);
  return problems.some(({ path }) => path === 'access[1]');
}

const PEOPLE: readonly [string, string, boolean][] = [
  ['groups: [x]', 'groups: [x]', true],
  ['groups: [x, y]', 'groups: [y]', true],
  ['groups: [x]', 'groups: [x, y]', false],
  ['groups: [x]', 'groups: [x], kinds: [agent]', true],
  ['groups: [x], kinds: [agent]', 'groups: [x]', false],
  ['groups: [x]', 'kinds: [human]', false],
  ['kinds: [human, service, agent]', 'groups: [x]', true],
  ['kinds: [human, service]', 'groups: [x]', false],
  ['kinds: [human, service]', 'groups: [x], kinds: [service]', true],
  [
    'principals: [{ issuer: okta, subject: s }]',
    'principals: [{ issuer: okta, subject: s }]',
    true,
  ],
  [
    'principals: [{ issuer: okta, subject: s }]',
    'principals: [{ issuer: okta, email: s@t.u }]',
    false,
  ],
  [
    'principals: [{ issuer: okta, email: S@t.u }, { issuer: okta, subject: x }]',
    'principals: [{ issuer: okta, email: s@t.u }], kinds: [human]',
    true,
  ],
  ['principals: [{ issuer: okta, subject: s }]', 'groups: [x]', false],
];

const PLACES: readonly [string, string, boolean][] = [
  ['[a]', '[a]', true],
  ['[a, b]', '[b]', true],
  ['[a]', '[a, b]', false],
  ['{ environment: production }', '{ environment: production }', true],
  ['{ environment: production }', '{ environment: test }', false],
  ['{ environment: production }', '[a, b]', true],
  ['{ environment: production }', '[a, c]', false],
  ['[a, b]', '{ environment: production }', true],
  ['[a]', '{ environment: production }', false],
];

describe('an access rule', () => {
  it.each(PEOPLE)('for %s before one for %s: shadows it is %s', (wide, narrow, expected) => {
    expect(isShadowed(`${wide}, targets: [a]`, `${narrow}, targets: [a]`)).toBe(expected);
  });

  it.each(PLACES)('on %s before one on %s: shadows it is %s', (wide, narrow, expected) => {
    const who = 'groups: [x]';
    expect(isShadowed(`${who}, targets: ${wide}`, `${who}, targets: ${narrow}`)).toBe(expected);
  });
});

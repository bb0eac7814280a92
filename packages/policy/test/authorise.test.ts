import { describe, expect, it } from '@jest/globals';
import type { Principal, Target } from '@weir/contract';
import { loadValid, weirYaml } from './fixture.ts';

const TEXT = weirYaml({
  identity: `identity:
  issuers:
    - { name: okta, url: https://acme.okta.test, audience: weir }
    - { name: ci, url: https://ci.test, audience: weir, kind: service }`,
  targets: `targets:
  orders: { protocol: postgres, environment: production, upstream: { host: o, database: d, user: u } }
  billing: { protocol: postgres, environment: production, upstream: { host: b, database: d, user: u } }
  sandbox: { protocol: postgres, environment: test, upstream: { host: s, database: d, user: u } }`,
  access: `access:
  - { name: on-call, groups: [on-call, sre], kinds: [human], targets: { environment: production }, allow: all }
  - { name: engineers, groups: [engineering], targets: [orders, sandbox], allow: all }
  - { name: agents, kinds: [agent], targets: { environment: test }, allow: all }
  - { name: deploy, principals: [{ issuer: ci, subject: "repo:weir" }], targets: [billing], allow: all }
  - { name: ana, principals: [{ issuer: okta, email: Ana@Acme.test }], kinds: [human], targets: [billing], allow: all }
  - { name: all services, kinds: [service, human], groups: [all], targets: [sandbox], allow: all }`,
});

const { snapshot } = loadValid(TEXT);

function principal(facts: Partial<Principal> = {}): Principal {
  return {
    issuer: 'https://acme.okta.test',
    subject: '1',
    kind: 'human',
    name: 'somebody',
    groups: [],
    expiresAt: 0,
    ...facts,
  };
}

function target(name: string): Target {
  const found = snapshot.targets.get(name);
  if (found === undefined) throw new Error(`no target ${name}`);
  return found;
}

const CI = 'https://ci.test';
const CASES: readonly [string, Partial<Principal>, string, string | undefined][] = [
  ['a group on its environment', { groups: ['on-call'] }, 'orders', 'on-call'],
  ['a second group of the same rule', { groups: ['x', 'sre'] }, 'billing', 'on-call'],
  ['that group elsewhere', { groups: ['sre'] }, 'sandbox', undefined],
  ['that group as another kind', { groups: ['sre'], kind: 'agent' }, 'orders', undefined],
  ['a group on a named target', { groups: ['engineering'] }, 'orders', 'engineers'],
  ['a group on a target that is not named', { groups: ['engineering'] }, 'billing', undefined],
  ['the first rule of two', { groups: ['engineering', 'sre'] }, 'orders', 'on-call'],
  ['a group by a part of its name', { groups: ['engineer', 'engineering2'] }, 'orders', undefined],
  ['a group in another case', { groups: ['Engineering'] }, 'orders', undefined],
  ['a kind alone', { kind: 'agent' }, 'sandbox', 'agents'],
  ['another kind', { kind: 'service' }, 'sandbox', undefined],
  [
    'a subject of its issuer',
    { issuer: CI, subject: 'repo:weir', kind: 'service' },
    'billing',
    'deploy',
  ],
  ['the same subject of another issuer', { subject: 'repo:weir' }, 'billing', undefined],
  ['another subject of that issuer', { issuer: CI, subject: 'repo:x' }, 'billing', undefined],
  ['an e-mail', { email: 'ana@acme.test' }, 'billing', 'ana'],
  ['an e-mail in another case', { email: 'ANA@acme.TEST' }, 'billing', 'ana'],
  ['an e-mail of another issuer', { issuer: CI, email: 'ana@acme.test' }, 'billing', undefined],
  ['an e-mail as a name only', { name: 'ana@acme.test' }, 'billing', undefined],
  ['an e-mail as a subject', { subject: 'ana@acme.test' }, 'billing', undefined],
  ['an e-mail of another kind', { email: 'ana@acme.test', kind: 'agent' }, 'billing', undefined],
  [
    'an issuer that nobody knows',
    { issuer: 'https://x.test', groups: ['on-call'] },
    'orders',
    undefined,
  ],
  ['an issuer by its name', { issuer: 'okta', groups: ['on-call'] }, 'orders', undefined],
  ['nobody in particular', {}, 'orders', undefined],
  [
    'one of several kinds with a group',
    { kind: 'service', groups: ['all'] },
    'sandbox',
    'all services',
  ],
];

describe('a policy snapshot', () => {
  it.each(CASES)('decides on %s', (_what, facts, name, rule) => {
    const grant = snapshot.authorise(principal(facts), target(name));
    expect(grant).toEqual(rule === undefined ? { granted: false } : { granted: true, rule });
    expect(Object.isFrozen(grant)).toBe(true);
  });

  const onCall = principal({ groups: ['on-call'] });
  const orders = target('orders');
  const MOVED: readonly [string, Target][] = [
    ['is not in the policy', { ...orders, name: 'gone' }],
    ['had another environment', { ...orders, environment: 'test' }],
    ['had another protocol', { ...orders, protocol: 'mysql' }],
    ['was on another host', { ...orders, upstream: { ...orders.upstream, host: 'old' } }],
    ['was on another port', { ...orders, upstream: { ...orders.upstream, port: 1 } }],
    ['was another database', { ...orders, upstream: { ...orders.upstream, database: 'old' } }],
  ];

  it.each(MOVED)('grants nothing on a target that %s', (_what, moved) => {
    expect(snapshot.authorise(onCall, moved)).toEqual({ granted: false });
  });

  it('grants on a target whose account or trust alone has changed', () => {
    const changed: Target = {
      ...orders,
      upstream: { ...orders.upstream, user: 'new', tls: 'require' },
    };
    expect(snapshot.authorise(onCall, changed)).toEqual({ granted: true, rule: 'on-call' });
  });
});

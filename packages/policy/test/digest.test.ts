import { describe, expect, it } from '@jest/globals';
import {
  AUTHORITY,
  load,
  loadValid,
  OPTIONS,
  type Sections,
  targetsWith,
  weirYaml,
} from './fixture.ts';

function digestOf(changed: Sections): string {
  return loadValid(weirYaml(changed)).snapshot.digest;
}

const TARGET = `targets:
  orders-prod:
    protocol: postgres
    environment: production
    upstream: { host: orders.db, database: orders, user: weir, password: "\${env:ORDERS_PW}" }`;
const ISSUER = 'name: okta, url: https://acme.okta.test, audience: weir';
const RULE = 'name: engineers, groups: [engineering], targets: [orders-prod], allow: all';

const SAME: readonly [string, Sections][] = [
  ['comments and blank lines', { version: '# a comment\n\nversion: 1   # another\n\n' }],
  ['another style', { access: `access: [{ ${RULE} }]` }],
  [
    'another order of keys',
    {
      access:
        'access: [{ allow: all, targets: [orders-prod], groups: [engineering], name: engineers }]',
    },
  ],
  [
    'a default that is written out',
    { targets: TARGET.replace('host:', 'port: 5432, tls: verify-full, host:') },
  ],
  ['other listeners', { listen: 'listen: { postgres: 127.0.0.1:7000, admin: 127.0.0.1:7001 }' }],
  ['another certificate for clients', { tls: 'tls: { cert: server.crt, key: server.key }' }],
  ['other limits', { limits: 'limits: { max_connections: 3 }' }],
  ['another log level', { log: 'log: { level: debug }' }],
  [
    'a repeated group',
    { access: `access: [{ ${RULE.replace('engineering', 'engineering, engineering')} }]` },
  ],
];

const OTHER: readonly [string, Sections][] = [
  ['a host', { targets: TARGET.replace('orders.db', 'other.db') }],
  ['a port', { targets: TARGET.replace('host:', 'port: 5433, host:') }],
  ['a database', { targets: TARGET.replace('database: orders', 'database: other') }],
  ['an account', { targets: TARGET.replace('user: weir', 'user: other') }],
  ['a reference to a password', { targets: TARGET.replace('env:ORDERS_PW', 'file:./secret') }],
  ['a TLS mode', { targets: TARGET.replace('host:', 'tls: require, host:') }],
  ['the authorities of a target', { targets: TARGET.replace('host:', 'ca: ca.pem, host:') }],
  ['an environment', { targets: TARGET.replace('production', 'test') }],
  ['an allowed setting', { targets: `${TARGET}\n    allow_settings: [role]` }],
  ['replication', { targets: `${TARGET}\n    allow_replication: true` }],
  [
    'one more target',
    {
      targets: `${TARGET}\n  z: { protocol: postgres, environment: e, upstream: { host: h, database: d, user: u } }`,
    },
  ],
  [
    'an issuer’s URL',
    { identity: `identity: { issuers: [{ ${ISSUER.replace('acme', 'other')} }] }` },
  ],
  ['an audience', { identity: `identity: { issuers: [{ ${ISSUER.replace('weir', 'other')} }] }` }],
  ['a kind', { identity: `identity: { issuers: [{ ${ISSUER}, kind: agent }] }` }],
  [
    'a trust in e-mails',
    { identity: `identity: { issuers: [{ ${ISSUER}, email_trusted: true }] }` },
  ],
  ['a claim', { identity: `identity: { issuers: [{ ${ISSUER}, kind_claim: k }] }` }],
  [
    'the authorities of an issuer',
    { identity: `identity: { issuers: [{ ${ISSUER}, ca: ca.pem }] }` },
  ],
  ['a group', { access: `access: [{ ${RULE.replace('engineering', 'other')} }]` }],
  ['one more condition', { access: `access: [{ ${RULE}, kinds: [human] }]` }],
  ['a rule’s name', { access: `access: [{ ${RULE.replace('engineers', 'other')} }]` }],
  [
    'a rule’s targets',
    { access: `access: [{ ${RULE.replace('[orders-prod]', '{ environment: production }')} }]` },
  ],
  ['no rule', { access: 'access: []' }],
];

describe('the digest of a policy', () => {
  const base = digestOf({});

  it('is a SHA-256 in hex', () => {
    expect(base).toMatch(/^[0-9a-f]{64}$/);
  });

  it('stays what it was in earlier builds', () => {
    expect(base).toBe('70d2f8f6ee5b996604bd46ec0dfaa9fa564d4e1b6277226586e0a9cd99131087');
  });

  it.each(SAME)('stays the same with %s', (_what, changed) => {
    expect(digestOf(changed)).toBe(base);
  });

  it.each(OTHER)('changes with %s', (_what, changed) => {
    expect(digestOf(changed)).not.toBe(base);
  });

  it('is different for each change', () => {
    expect(new Set(OTHER.map(([, changed]) => digestOf(changed))).size).toBe(OTHER.length);
  });

  it('counts the order of rules', () => {
    const rules = [
      `{ ${RULE} }`,
      '{ name: b, kinds: [agent], targets: [orders-prod], allow: all }',
    ];
    const there = digestOf({ access: `access: [${rules.join(', ')}]` });
    expect(digestOf({ access: `access: [${rules.toReversed().join(', ')}]` })).not.toBe(there);
  });

  it('does not count the order of targets and issuers', () => {
    const more =
      '{ protocol: postgres, environment: e, upstream: { host: h, database: d, user: u } }';
    const second = '    - { name: b, url: https://b.test, audience: w }';
    const first = `    - { ${ISSUER} }`;
    const there = digestOf({
      targets: `${TARGET}\n  a: ${more}`,
      identity: `identity:\n  issuers:\n${first}\n${second}`,
    });
    const back = digestOf({
      targets: TARGET.replace('targets:', `targets:\n  a: ${more}`),
      identity: `identity:\n  issuers:\n${second}\n${first}`,
    });
    expect(back).toBe(there);
  });

  it('does not depend on the value of a secret', () => {
    const digests = ['one', 'two'].map((text) => {
      const loaded = load(weirYaml(), { resolveSecret: () => ({ ok: true, text }) });
      return loaded.ok ? loaded.snapshot.digest : '';
    });
    expect(digests).toEqual([base, base]);
  });

  it('counts the authorities themselves, not the file that holds them', () => {
    const withCa = (ca: string, readFile = OPTIONS.readFile) => {
      const loaded = load(weirYaml(targetsWith(`ca: ${ca}`)), { readFile });
      return loaded.ok ? loaded.snapshot.digest : 'refused';
    };
    const copy = withCa('copy.pem', () => ({ ok: true, text: AUTHORITY }));
    expect(copy).toBe(withCa('ca.pem'));
    expect(withCa('ca.pem', () => ({ ok: true, text: `${AUTHORITY}${AUTHORITY}` }))).not.toBe(copy);
  });
});

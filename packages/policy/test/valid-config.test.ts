import { describe, expect, it } from '@jest/globals';
import { AUTHORITY, CERTIFICATE, KEY, load, loadValid, targetsWith, weirYaml } from './fixture.ts';

describe('a valid weir.yaml', () => {
  it('becomes a configuration with every default filled in', () => {
    const { config } = loadValid(weirYaml());
    const { targets, ...rest } = config;
    expect(rest).toEqual({
      listeners: [{ protocol: 'postgres', host: '127.0.0.1', port: 6432 }],
      tls: 'off',
      issuers: [
        {
          name: 'okta',
          url: 'https://acme.okta.test',
          audience: 'weir',
          groupsClaim: 'groups',
          kind: 'human',
          allowInsecureUrl: false,
        },
      ],
      access: [{ name: 'engineers', groups: ['engineering'], targets: { names: ['orders-prod'] } }],
      limits: {
        maxConnections: 10_000,
        maxConnectionsPerPrincipal: 1000,
        maxPendingHandshakes: 2000,
        handshakeTimeout: 30_000,
        dialTimeout: 15_000,
        idleTimeout: 0,
        drainTimeout: 30_000,
        closeTimeout: 5000,
        statementBytes: 16_777_216,
        preparedBytes: 67_108_864,
        statementsPerQuery: 10_000,
        pipelineDepth: 10_000,
      },
      log: { level: 'info', format: 'json' },
    });
    const { upstream, ...target } = targets.get('orders-prod') ?? { upstream: undefined };
    expect(target).toEqual({
      name: 'orders-prod',
      protocol: 'postgres',
      environment: 'production',
      allowSettings: [],
      allowReplication: false,
    });
    expect(upstream).toMatchObject({ host: 'orders.db', port: 5432, tls: 'verify-full' });
    expect(upstream?.password?.reveal()).toBe('from-the-environment');
  });

  it('takes every key that this version knows', () => {
    const { config } = loadValid(
      `version: 1
listen: { postgres: "[::1]:0", admin: localhost:8432 }
tls: { cert: ./server.crt, key: server.key }
identity:
  issuers:
    - name: local
      url: http://127.0.0.1:9999/oidc
      audience: weir
      groups_claim: https://weir.test/groups
      kind: service
      kind_claim: weir_kind
      email_trusted: true
      ca: ./ca.pem
targets:
  db:
    protocol: postgres
    environment: staging
    upstream:
      host: "::1"
      port: 6000
      database: orders
      user: weir
      password: "\${file:./secret}"
      tls: verify-ca
      ca: /etc/weir/ca.pem
    allow_settings: [search_path, role]
    allow_replication: true
access:
  - name: everybody named
    principals: [{ issuer: local, subject: 0x17 }, { issuer: local, email: Ana@Acme.test }]
    kinds: [service, human]
    targets: { environment: staging }
    allow: all
limits: { dial_timeout: 250ms, idle_timeout: 2h, statement_bytes: 64KiB, max_connections: 5 }
log: { level: debug, format: text }
`.replace('0x17', '"0x17"'),
    );
    expect(config.listeners).toEqual([{ protocol: 'postgres', host: '::1', port: 0 }]);
    expect(config.admin).toEqual({ host: 'localhost', port: 8432 });
    expect(config.tls).toMatchObject({ cert: CERTIFICATE });
    expect(config.tls === 'off' ? '' : config.tls.key.reveal()).toBe(KEY);
    expect(config.issuers[0]).toMatchObject({
      groupsClaim: 'https://weir.test/groups',
      kind: 'service',
      kindClaim: 'weir_kind',
      emailTrusted: true,
      caCertificate: AUTHORITY,
      allowInsecureUrl: true,
    });
    const target = config.targets.get('db');
    expect(target).toMatchObject({
      allowSettings: ['search_path', 'role'],
      allowReplication: true,
    });
    expect(target?.upstream).toMatchObject({
      host: '::1',
      port: 6000,
      tls: 'verify-ca',
      ca: AUTHORITY,
    });
    expect(target?.upstream.password?.reveal()).toBe('from-a-file');
    expect(config.access[0]).toEqual({
      name: 'everybody named',
      kinds: ['human', 'service'],
      principals: [
        { issuer: 'local', subject: '0x17' },
        { issuer: 'local', email: 'ana@acme.test' },
      ],
      targets: { environment: 'staging' },
    });
    expect(config.limits).toMatchObject({
      dialTimeout: 250,
      idleTimeout: 7_200_000,
      statementBytes: 65_536,
      maxConnections: 5,
    });
    expect(config.log).toEqual({ level: 'debug', format: 'text' });
  });

  it('may share parts through anchors', () => {
    const { config } = loadValid(
      weirYaml({
        targets: `targets:
  a: &shared
    protocol: postgres
    environment: test
    upstream: { host: db, database: d, user: u }
  orders-prod: *shared`,
      }),
    );
    expect(config.targets.get('orders-prod')?.upstream).toEqual(config.targets.get('a')?.upstream);
  });

  it('may begin with a byte order mark and end its lines as Windows does', () => {
    expect(load(`\ufeff${weirYaml().replaceAll('\n', '\r\n')}\r\n`).ok).toBe(true);
  });

  it('may name targets like members of objects', () => {
    const target =
      '{ protocol: postgres, environment: a, upstream: { host: h, database: d, user: u } }';
    const { config } = loadValid(
      weirYaml({
        targets: `targets:\n  constructor: ${target}\n  toString: ${target}`,
        access: 'access: [{ name: a, kinds: [human], targets: [constructor], allow: all }]',
      }),
    );
    expect([...config.targets.keys()]).toEqual(['constructor', 'toString']);
  });
});

describe('a valid weir.yaml with something to look at', () => {
  const cases: readonly [string, string, number, string][] = [
    ['tls: off', weirYaml(), 3, 'connections are not encrypted and nobody can log in with a token'],
    ['no rule', weirYaml({ access: 'access: []' }), 12, 'nobody can open a session'],
    [
      'no listener',
      weirYaml({ listen: 'listen: { admin: 127.0.0.1:0 }' }),
      2,
      'no protocol listens: no client can connect',
    ],
    [
      'a target that nobody can reach',
      weirYaml({ listen: 'listen: { admin: 127.0.0.1:0 }' }),
      9,
      'nothing listens for this protocol: no client can reach this target',
    ],
    [
      'an open admin listener',
      weirYaml({ listen: 'listen: { postgres: 127.0.0.1:0, admin: 0.0.0.0:8432 }' }),
      2,
      'the admin listener can be reached from other machines',
    ],
    ...['disable', 'prefer', 'require'].map((mode): [string, string, number, string] => [
      `tls: ${mode}`,
      weirYaml(targetsWith(`tls: ${mode}`)),
      15,
      `tls: ${mode} does not check the database's certificate`,
    ]),
  ];

  it.each(cases)('says so for %s', (_what, yaml, line, message) => {
    expect(loadValid(yaml).warnings).toContainEqual(
      expect.objectContaining({ line, message: expect.stringContaining(message) }),
    );
  });

  it('says nothing when there is nothing to say', () => {
    const tls = 'tls: { cert: server.crt, key: server.key }';
    expect(loadValid(weirYaml({ tls })).warnings).toEqual([]);
  });
});

describe('a configuration', () => {
  it('cannot be changed, however deep', () => {
    const { config, snapshot } = loadValid(weirYaml({ log: 'log: { level: debug }' }));
    const loose: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) loose.push(path);
      const inner = value === config.targets ? [...config.targets] : Object.entries(value);
      for (const [key, next] of inner) visit(next, `${path}.${key}`);
    };
    visit(config, 'config');
    visit(snapshot, 'snapshot');
    expect(loose).toEqual([]);
  });

  it('holds its targets in a map without a way to change it', () => {
    const { targets } = loadValid(weirYaml()).config;
    expect(Object.keys(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(targets)))).toEqual(
      expect.not.arrayContaining(['set', 'delete', 'clear']),
    );
    expect(targets).not.toBeInstanceOf(Map);
    expect([targets.size, [...targets.keys()], [...targets.values()].length]).toEqual([
      1,
      ['orders-prod'],
      1,
    ]);
    const seen: string[] = [];
    targets.forEach((target, name, map) => {
      if (map === targets) seen.push(`${name}=${target.name}`);
    });
    expect(seen).toEqual(['orders-prod=orders-prod']);
    expect([...targets.entries()]).toEqual([...targets]);
    expect(targets.has('other')).toBe(false);
  });
});

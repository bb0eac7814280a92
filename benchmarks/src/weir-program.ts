/** Weir's engine without TLS, as a process: anybody may do anything, and nothing is written down. */
import { ALLOW, type PolicySnapshot, type Principal, type Target } from '@weir/contract';
import { DEFAULT_LIMITS, Engine } from '@weir/core';
import { postgres } from '@weir/plugin-postgres';
import { programOptions } from './node-peer.ts';
import { TARGET } from './weir-target.ts';

const { database, sessions } = programOptions();

const target: Target = {
  name: TARGET,
  protocol: 'postgres',
  environment: 'bench',
  upstream: { ...database, tls: 'disable' },
  allowSettings: [],
  allowReplication: false,
};
const principal: Principal = {
  issuer: 'https://bench.invalid',
  subject: 'bench',
  kind: 'service',
  name: 'bench',
  groups: [],
  expiresAt: Number.MAX_SAFE_INTEGER,
};
const policy: PolicySnapshot = {
  digest: '0'.repeat(64),
  targets: new Map([[TARGET, target]]),
  authorise: () => ({ granted: true, rule: 'all' }),
};

const engine = new Engine({
  plugins: [postgres()],
  authenticator: { authenticate: async () => ({ authenticated: true, principal }) },
  policy: { current: () => policy },
  stages: { access: () => ALLOW },
  limits: { ...DEFAULT_LIMITS, maxConnectionsPerPrincipal: sessions + 50 },
});
// What is told costs something only where somebody listens, as in the product somebody does.
let statements = 0;
let bytes = 0;
engine.events.subscribe((event) => {
  if (event.type === 'result.completed') statements += 1;
  else if (event.type === 'result.rows') bytes += event.wire.length;
});
process.once('exit', () => console.error(`weir: ${statements} statements, ${bytes} bytes of rows`));

const { port } = await engine.listen({
  protocol: 'postgres',
  host: '127.0.0.1',
  port: 0,
  tlsRequired: false,
});
console.log(port);

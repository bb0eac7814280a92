import type { AuthorizedSession, SessionFacts, Target, Upstream } from '@weir/contract';
import { Secret } from '@weir/contract';

/** A target whose account is `weir` with the password `pencil`. */
export function makeTarget(upstream: Partial<Upstream> = {}, rest: Partial<Target> = {}): Target {
  return {
    name: 'orders-prod',
    protocol: 'postgres',
    environment: 'production',
    upstream: {
      host: '127.0.0.1',
      port: 5432,
      database: 'orders',
      user: 'weir',
      password: new Secret('pencil'),
      tls: 'disable',
      ...upstream,
    },
    allowSettings: [],
    allowReplication: false,
    ...rest,
  };
}

/** A session on this target. Only core can make a real proof, so the test has to claim it. */
export function makeSession(
  target: Target,
  database = target.upstream.database,
): AuthorizedSession {
  const facts: SessionFacts = {
    id: '01J00000000000000000000000',
    protocol: 'postgres',
    principal: {
      issuer: 'https://issuer.test',
      subject: 'ana',
      kind: 'human',
      name: 'ana',
      groups: [],
      expiresAt: 0,
    },
    target,
    database,
    rule: 'everybody',
    client: { address: '127.0.0.1', port: 1 },
  };
  return facts as AuthorizedSession;
}

import { type Target, type Upstream, WeirError } from '@weir/contract';
import { makeAccessRule } from './access-rule.ts';
import type { IssuerConfig, ListenerTls, WeirConfig } from './config.ts';
import { deepFreeze } from './deep-freeze.ts';
import { FrozenMap } from './frozen-map.ts';
import type { Limits } from './limits.ts';
import type { Material } from './material.ts';
import type { ProtocolDefaults } from './review.ts';
import { ADMIN } from './review-listeners.ts';
import type { ConfigShape } from './shape.ts';

/** Puts the configuration together once nothing is wrong with it. */
export function buildConfig(
  shape: ConfigShape,
  material: Material,
  protocols: readonly ProtocolDefaults[],
): WeirConfig {
  const { [ADMIN]: admin, ...listen } = shape.listen;
  const targets = Object.entries(shape.targets).map(
    ([name, target]) => [name, buildTarget(name, target, material, protocols)] as const,
  );
  return deepFreeze({
    listeners: Object.entries(listen).map(([protocol, address]) => ({ protocol, ...address })),
    ...(admin === undefined ? {} : { admin }),
    tls: buildTls(shape.tls, material),
    issuers: shape.identity.issuers.map((issuer) => buildIssuer(issuer, material)),
    targets: new FrozenMap(targets),
    access: shape.access.map(makeAccessRule),
    limits: buildLimits(shape.limits),
    log: shape.log,
  });
}

function buildTls(tls: ConfigShape['tls'], material: Material): ListenerTls | 'off' {
  if (tls === undefined || tls === 'off') return 'off';
  return {
    cert: taken(material.certificates, tls.cert),
    key: taken(material.privateKeys, tls.key),
  };
}

function buildIssuer(
  issuer: ConfigShape['identity']['issuers'][number],
  material: Material,
): IssuerConfig {
  const { name, url, audience, kind } = issuer;
  return {
    name,
    url,
    audience,
    groupsClaim: issuer.groups_claim,
    kind,
    ...(issuer.kind_claim === undefined ? {} : { kindClaim: issuer.kind_claim }),
    ...(issuer.email_trusted ? { emailTrusted: true } : {}),
    ...(issuer.ca === undefined ? {} : { caCertificate: taken(material.certificates, issuer.ca) }),
    allowInsecureUrl: new URL(url).protocol === 'http:',
  };
}

function buildTarget(
  name: string,
  target: ConfigShape['targets'][string],
  material: Material,
  protocols: readonly ProtocolDefaults[],
): Target {
  const { host, database, user, tls, password, ca } = target.upstream;
  const defaults = protocols.find(({ protocol }) => protocol === target.protocol);
  const port = target.upstream.port ?? defaults?.defaultPort;
  if (port === undefined) throw lost('the default port of a protocol');
  const upstream: Upstream = {
    host,
    port,
    database,
    user,
    tls,
    ...(password === undefined ? {} : { password: taken(material.passwords, password) }),
    ...(ca === undefined ? {} : { ca: taken(material.certificates, ca) }),
  };
  // Frozen here: what a map holds is out of the deep freeze's reach.
  return deepFreeze({
    name,
    protocol: target.protocol,
    environment: target.environment,
    upstream,
    allowSettings: target.allow_settings,
    allowReplication: target.allow_replication,
  });
}

function buildLimits(limits: ConfigShape['limits']): Limits {
  return {
    maxConnections: limits.max_connections,
    maxConnectionsPerPrincipal: limits.max_connections_per_principal,
    maxPendingHandshakes: limits.max_pending_handshakes,
    handshakeTimeout: limits.handshake_timeout,
    dialTimeout: limits.dial_timeout,
    idleTimeout: limits.idle_timeout,
    drainTimeout: limits.drain_timeout,
    closeTimeout: limits.close_timeout,
    statementBytes: limits.statement_bytes,
    statementsPerQuery: limits.statements_per_query,
    preparedBytes: limits.prepared_bytes,
    pipelineDepth: limits.pipeline_depth,
  };
}

function taken<T>(material: ReadonlyMap<string, T>, reference: string): T {
  const value = material.get(reference);
  if (value === undefined) throw lost('what a configuration refers to');
  return value;
}

/** Every reference was looked up before; a gap is our own fault and must not become a weaker setting. */
function lost(what: string): WeirError {
  return new WeirError('ERR_CONFIG_INVALID', `${what} was lost between check and use`);
}

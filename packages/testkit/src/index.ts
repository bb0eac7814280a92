export { type CertificateRequest, type Certificates, makeCertificates } from './certificates.ts';
export { findFreePort } from './free-port.ts';
export { type GuardedCommand, type GuardedProcess, startGuarded } from './guarded-process.ts';
export { type Issuer, type IssuerOptions, startIssuer, type TokenOptions } from './issuer.ts';
export {
  type KeyServer,
  type KeyServerAnswers,
  type KeyServerHits,
  startKeyServer,
} from './issuer-key-server.ts';
export { type FixtureAlgorithm, makeSigningKey, type SigningKey } from './issuer-keys.ts';
export {
  type LoopbackServer,
  listenOnLoopback,
  type ServerIdentity,
} from './issuer-loopback.ts';
export { type AgentClient, type Person, SAMPLE_PEOPLE } from './issuer-people.ts';
export { type Visit, visitSignIn } from './issuer-visitor.ts';
export { startPostgres } from './postgres.ts';
export {
  POSTGRES_VERSIONS,
  type PostgresOptions,
  type PostgresRow,
  type PostgresServer,
  type PostgresVersion,
  type ServiceSource,
} from './postgres-server.ts';
export { ServiceUnavailable } from './service-unavailable.ts';
export { describeServices, formatServices, type ServiceDescription } from './services.ts';
export type { SystemUser } from './unprivileged-user.ts';

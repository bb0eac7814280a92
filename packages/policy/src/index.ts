export type { AccessRule, NamedPrincipal, TargetSelector } from './access-rule.ts';
export type { Address } from './address.ts';
export type {
  IssuerConfig,
  Listener,
  ListenerTls,
  LogConfig,
  LogLevel,
  WeirConfig,
} from './config.ts';
export { configJsonSchema } from './json-schema.ts';
export { LIMITS, type LimitSpec, type Limits } from './limits.ts';
export { type LoadedConfig, type LoadOptions, loadConfig } from './load-config.ts';
export { type ConfigProblem, formatProblem } from './problem.ts';
export { type FilesRead, type ReadOptions, readConfigFile } from './read-config-file.ts';
export type { ProtocolDefaults } from './review.ts';
export type { SecretReference } from './secret-reference.ts';
export type { ConfigSources, Reading } from './sources.ts';

export { Engine, type EngineOptions, type ListenAddress, type ListenOptions } from './engine.ts';
export { STATEMENT_STAGES } from './gate.ts';
export { DEFAULT_LIMITS, type EngineLimits } from './limits.ts';
export type { ServerCertificate } from './tls.ts';

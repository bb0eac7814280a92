import type { PrincipalKind, Secret, Target } from '@weir/contract';
import type { AccessRule } from './access-rule.ts';
import type { Address } from './address.ts';
import type { Limits } from './limits.ts';

/** Where the clients of one protocol connect. */
export interface Listener extends Address {
  readonly protocol: string;
}

/** The certificate that clients see, with its chain, and its key; both PEM. */
export interface ListenerTls {
  readonly cert: string;
  readonly key: Secret;
}

/** An OpenID provider whose tokens are taken. */
export interface IssuerConfig {
  readonly name: string;
  /** Byte for byte as in the `iss` claim. */
  readonly url: string;
  readonly audience: string;
  readonly groupsClaim: string;
  /** What its tokens stand for, unless `kindClaim` is set and a token says otherwise. */
  readonly kind: PrincipalKind;
  readonly kindClaim?: string;
  /** Present where an e-mail counts as verified although its token does not say so. */
  readonly emailTrusted?: true;
  /** PEM text of the authorities to trust for this issuer instead of the system's. */
  readonly caCertificate?: string;
  /** The URL is plain http, which only passes on this machine's loopback. */
  readonly allowInsecureUrl: boolean;
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export interface LogConfig {
  readonly level: LogLevel;
  readonly format: 'json' | 'text';
}

/** All that `weir.yaml` said, validated, with defaults filled in, and frozen to the last leaf. */
export interface WeirConfig {
  readonly listeners: readonly Listener[];
  /** Where console, metrics and health are served; absent when nothing shall be. */
  readonly admin?: Address;
  readonly tls: ListenerTls | 'off';
  readonly issuers: readonly IssuerConfig[];
  readonly targets: ReadonlyMap<string, Target>;
  readonly access: readonly AccessRule[];
  readonly limits: Limits;
  readonly log: LogConfig;
}

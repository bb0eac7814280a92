export type { Authentication, Authenticator, AuthFailure, Credential } from './authenticator.ts';
export { DecodeError, WeirError, type WeirErrorCode } from './errors.ts';
export type {
  BatchForm,
  CancelRequested,
  CancelUnmatched,
  ClientFacts,
  CloseReason,
  Column,
  ColumnView,
  EngineEvent,
  FlowPaused,
  ResultColumns,
  ResultCompleted,
  ResultFailed,
  RowBatch,
  SessionClosed,
  SessionFacts,
  SessionOpened,
  SessionRefused,
  StatementDecided,
  StatementHeld,
  StatementReleased,
  StatementSubmitted,
} from './events.ts';
export {
  type CancelKey,
  CONTRACT_VERSION,
  type ConnectionOptions,
  type DecidedStatement,
  type Downstream,
  type DownstreamActions,
  type HeldStatement,
  type LoginRequest,
  type MachineLimits,
  type PluginManifest,
  type ProtocolConnection,
  type ProtocolPlugin,
  type Relay,
  type RelayActions,
  type SecuredFacts,
  type Submission,
  type UpstreamActions,
  type UpstreamLink,
  type UpstreamMachine,
} from './plugin.ts';
export type { PolicySnapshot, PolicySource, SessionGrant } from './policy.ts';
export { type Principal, type PrincipalKind, principalKey } from './principal.ts';
export type { Refusal, RefusalCode } from './refusal.ts';
export { Secret } from './secret.ts';
export type { AuthorizedSession } from './session.ts';
export type { StatementStage, StatementStages } from './stages.ts';
export type {
  Completion,
  Failure,
  FailureCause,
  Statement,
  StatementDraft,
  StatementSource,
} from './statement.ts';
export type { Target, TlsMode, Upstream } from './target.ts';
export { ALLOW, type Allow, type Denial, type DenialCode, type Verdict } from './verdict.ts';

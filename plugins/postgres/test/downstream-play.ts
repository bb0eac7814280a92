import { Buffer } from 'node:buffer';
import type {
  CancelKey,
  ConnectionOptions,
  DownstreamActions,
  Refusal,
  SecuredFacts,
} from '@weir/contract';
import { PostgresDownstream } from '../src/downstream.ts';
import { type HandshakeState, makeHandshakeState } from '../src/handshake-state.ts';
import type { Split } from './splits.ts';

/** What happens to a downstream machine, in order. */
export type DownstreamStep =
  | { readonly bytes: Buffer }
  | { readonly secured: SecuredFacts }
  | { readonly accept: CancelKey }
  | { readonly refuse: Refusal };

/** What it did; successive sends are one. */
export type DownstreamDeed =
  | { readonly send: string }
  | { readonly secure: string; readonly alpn: string | undefined }
  | {
      readonly login: string;
      readonly secret: string;
      readonly database: string;
      readonly application: string | undefined;
    }
  | { readonly cancel: number; readonly secret: string }
  | { readonly refused: string }
  | { readonly closed: true };

export interface DownstreamTranscript {
  readonly name: string;
  readonly options?: Partial<ConnectionOptions>;
  readonly steps: readonly DownstreamStep[];
  readonly deeds: readonly DownstreamDeed[];
  /** What is left for the relay, as text. */
  readonly left?: string;
}

interface DownstreamOutcome {
  readonly deeds: readonly DownstreamDeed[];
  readonly left: string;
  readonly state: HandshakeState;
}

/** What core puts to a refusal that the machine asks for. */
export const REF = '01JREF';

const OPTIONS: ConnectionOptions = {
  tlsAvailable: true,
  tlsRequired: false,
  limits: {
    statementBytes: 1_000_000,
    statementsPerQuery: 100,
    preparedBytes: 1_000_000,
    pipelineDepth: 100,
  },
  randomBytes: (length) => new Uint8Array(length),
};

/** Bytes as text in which every byte stays visible. */
export function text(...bytes: readonly Uint8Array[]): string {
  return Buffer.concat(bytes).toString('latin1');
}

/** Plays a transcript to a new machine. */
export function playDownstream(
  transcript: Pick<DownstreamTranscript, 'options' | 'steps'>,
  split: Split,
  prepare: (state: HandshakeState) => void = () => {},
): DownstreamOutcome {
  const deeds: DownstreamDeed[] = [];
  const state = makeHandshakeState();
  prepare(state);
  const options = { ...OPTIONS, ...transcript.options };
  const actions = recordDeeds(deeds);
  const machine: PostgresDownstream = new PostgresDownstream(options, state, {
    ...actions,
    refused: (refusal) => {
      machine.refuse({ ...refusal, ref: REF });
      actions.refused(refusal);
    },
  });
  for (const step of transcript.steps) {
    if ('bytes' in step) for (const chunk of split(step.bytes)) machine.receive(chunk);
    else if ('secured' in step) machine.secured(step.secured);
    else if ('accept' in step) machine.accept(step.accept);
    else machine.refuse(step.refuse);
  }
  return { deeds, left: text(machine.takeReceived()), state };
}

function recordDeeds(deeds: DownstreamDeed[]): DownstreamActions {
  return {
    send(bytes) {
      const last = deeds.at(-1);
      if (last !== undefined && 'send' in last) deeds.pop();
      const before = last !== undefined && 'send' in last ? last.send : '';
      deeds.push({ send: before + text(bytes) });
    },
    secure: (received, alpn) => deeds.push({ secure: text(received), alpn }),
    login: ({ user, secret, database, application }) =>
      deeds.push({ login: user, secret: secret.reveal(), database, application }),
    cancel: (key) => deeds.push({ cancel: key.process, secret: text(key.secret) }),
    refused: (refusal) => deeds.push({ refused: refusal.code }),
    close: () => deeds.push({ closed: true }),
  };
}

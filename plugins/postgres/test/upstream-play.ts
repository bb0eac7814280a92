import { Buffer } from 'node:buffer';
import type { SecuredFacts, Target, UpstreamActions, UpstreamMachine } from '@weir/contract';
import { SaltedPasswords } from '../src/auth/salted-passwords.ts';
import { PostgresCancel } from '../src/cancel.ts';
import { type HandshakeState, makeHandshakeState } from '../src/handshake-state.ts';
import { PostgresUpstream } from '../src/upstream.ts';
import { text } from './downstream-play.ts';
import type { Split } from './splits.ts';
import { makeSession, makeTarget } from './targets.ts';

/** What happens to an upstream machine after its start, in order. */
export type UpstreamStep = { readonly bytes: Buffer } | { readonly secured: SecuredFacts };

/** What it did; successive sends are one. */
export type UpstreamDeed =
  | { readonly send: string }
  | { readonly secure: string | undefined }
  | { readonly ready: number; readonly secretBytes: number; readonly left: string }
  | { readonly failed: string; readonly message: string };

export interface UpstreamTranscript {
  readonly name: string;
  readonly target?: Target;
  readonly database?: string;
  /** The client's startup parameters. */
  readonly parameters?: HandshakeState['parameters'];
  readonly steps: readonly UpstreamStep[];
  readonly deeds: readonly UpstreamDeed[];
}

interface UpstreamOutcome {
  readonly deeds: readonly UpstreamDeed[];
  readonly state: HandshakeState;
}

/** The nonce of every SCRAM exchange in the transcripts. */
export const FIXED_NONCE = Buffer.alloc(18, 7).toString('base64');

type Played = Pick<UpstreamTranscript, 'target' | 'database' | 'parameters' | 'steps'>;

/** Plays a transcript to a new machine. */
export function playUpstream(transcript: Played, split: Split): UpstreamOutcome {
  const deeds: UpstreamDeed[] = [];
  const state = makeHandshakeState();
  state.parameters = transcript.parameters ?? [];
  const session = makeSession(transcript.target ?? makeTarget(), transcript.database);
  const means = {
    randomBytes: (length: number) => new Uint8Array(length).fill(7),
    saltedPasswords: new SaltedPasswords(),
  };
  play(new PostgresUpstream(session, state, means, recordDeeds(deeds)), transcript.steps, split);
  return { deeds, state };
}

/** Plays a transcript to a new cancel machine, of a session whose state is given. */
export function playCancel(
  state: HandshakeState,
  steps: readonly UpstreamStep[],
): readonly UpstreamDeed[] {
  const deeds: UpstreamDeed[] = [];
  play(new PostgresCancel(state, recordDeeds(deeds)), steps, (bytes) => [bytes]);
  return deeds;
}

function play(machine: UpstreamMachine, steps: readonly UpstreamStep[], split: Split): void {
  machine.start();
  for (const step of steps) {
    if ('bytes' in step) for (const chunk of split(step.bytes)) machine.receive(chunk);
    else machine.secured(step.secured);
  }
}

function recordDeeds(deeds: UpstreamDeed[]): UpstreamActions {
  return {
    send(bytes) {
      const last = deeds.at(-1);
      if (last !== undefined && 'send' in last) deeds.pop();
      const before = last !== undefined && 'send' in last ? last.send : '';
      deeds.push({ send: before + text(bytes) });
    },
    secure: (alpn) => deeds.push({ secure: alpn }),
    ready: (link, received) =>
      deeds.push({
        ready: link.process,
        secretBytes: link.cancelSecretBytes,
        left: text(received),
      }),
    failed: ({ code, message }) => deeds.push({ failed: code, message }),
  };
}

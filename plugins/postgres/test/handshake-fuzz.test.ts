import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type DownstreamDeed, type DownstreamStep, playDownstream } from './downstream-play.ts';
import { DOWNSTREAM_TRANSCRIPTS } from './downstream-transcripts.ts';
import { randomSplit, whole } from './splits.ts';
import { STARTUP_TRANSCRIPTS } from './startup-transcripts.ts';
import { makeTarget } from './targets.ts';
import { AUTHENTICATION_TRANSCRIPTS } from './upstream-authentication-transcripts.ts';
import { GREETING_TRANSCRIPTS } from './upstream-greeting-transcripts.ts';
import { playUpstream, type UpstreamDeed, type UpstreamStep } from './upstream-play.ts';
import { AUTHENTICATED, password, startup } from './wire-bytes.ts';

/** fast-check prints the seed of a failure; `FUZZ_RUNS` makes the search longer. */
const RUNS = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 1_000) };

/** More than all that a machine may keep; a stream of it must have come to an end. */
const FLOOD = Buffer.alloc(200_000);

const FROM_CLIENT = [...DOWNSTREAM_TRANSCRIPTS, ...STARTUP_TRANSCRIPTS].filter(({ steps }) =>
  steps.every((step) => 'bytes' in step || 'secured' in step),
);
const FROM_DATABASE = [...AUTHENTICATION_TRANSCRIPTS, ...GREETING_TRANSCRIPTS];

/** What a stream may suffer at one place of it. */
type Mutation = (bytes: Buffer) => Buffer;

const mutation: fc.Arbitrary<Mutation> = fc
  .record({
    at: fc.nat(),
    byte: fc.integer({ min: 0, max: 255 }),
    kind: fc.constantFrom('change', 'insert', 'remove', 'cut', 'repeat'),
  })
  .map(({ at, byte, kind }) => (bytes) => {
    const place = bytes.length === 0 ? 0 : at % bytes.length;
    const before = bytes.subarray(0, place);
    const behind = bytes.subarray(place + 1);
    if (kind === 'change') return Buffer.concat([before, Buffer.of(byte), behind]);
    if (kind === 'insert') return Buffer.concat([before, Buffer.of(byte), bytes.subarray(place)]);
    if (kind === 'remove') return Buffer.concat([before, behind]);
    if (kind === 'cut') return before;
    return Buffer.concat([bytes, bytes.subarray(place)]);
  });

const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 });
const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

function mutateSteps<Step extends object>(
  steps: readonly (Step | { readonly bytes: Buffer })[],
  which: number,
  changes: readonly Mutation[],
): (Step | { readonly bytes: Buffer })[] {
  const carriers = steps.filter((step) => 'bytes' in step);
  const chosen = carriers[which % Math.max(1, carriers.length)];
  return steps.map((step) =>
    step === chosen && 'bytes' in step
      ? { bytes: changes.reduce((bytes, change) => change(bytes), step.bytes) }
      : step,
  );
}

/** The machine ends at most once, and says nothing after its end. */
function expectDownstreamToEndOnce(deeds: readonly DownstreamDeed[]): void {
  const end = deeds.findIndex((deed) => 'refused' in deed || 'closed' in deed || 'cancel' in deed);
  if (end >= 0) expect(deeds.slice(end + 1)).toEqual([]);
  expect(deeds.filter((deed) => 'login' in deed).length).toBeLessThan(2);
}

function expectUpstreamToEndOnce(deeds: readonly UpstreamDeed[]): void {
  const end = deeds.findIndex((deed) => 'failed' in deed || 'ready' in deed);
  if (end >= 0) expect(deeds.slice(end + 1)).toEqual([]);
}

/** TLS may be established only when it was asked for; without the request the step goes. */
function withoutIdleTls(steps: readonly DownstreamStep[]): readonly DownstreamStep[] {
  const kept: DownstreamStep[] = [];
  for (const step of steps) {
    const last = playDownstream({ steps: kept }, whole).deeds.at(-1);
    if (!('secured' in step) || (last !== undefined && 'secure' in last)) kept.push(step);
  }
  return kept;
}

describe('the handshake with a client, under fuzz', () => {
  it('ends in an orderly way on random bytes at any stage', () => {
    const openings = [Buffer.alloc(0), startup({ user: 'ana' }), Buffer.from([0, 0, 0, 90])];
    fc.assert(
      fc.property(fc.constantFrom(...openings), noise, randomSplit, (opening, bytes, split) => {
        const { deeds } = playDownstream({ steps: [{ bytes: opening }, { bytes }] }, split);
        expectDownstreamToEndOnce(deeds);
      }),
      RUNS,
    );
  });

  it('ends in an orderly way on transcripts that were tampered with', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...FROM_CLIENT),
        fc.nat(),
        mutations,
        randomSplit,
        (transcript, which, changes, split) => {
          const steps = withoutIdleTls(mutateSteps(transcript.steps, which, changes));
          const options = transcript.options ?? {};
          expectDownstreamToEndOnce(playDownstream({ options, steps }, split).deeds);
        },
      ),
      RUNS,
    );
  });

  it('ends before it keeps more than its limits, wherever it stands', () => {
    const flood = { bytes: FLOOD };
    const login = [{ bytes: startup({ user: 'ana' }) }, { bytes: password('token') }];
    for (const steps of [[flood], [...login.slice(0, 1), flood], [...login, flood]]) {
      const { deeds, left } = playDownstream({ steps }, (bytes) => [bytes]);
      expect(deeds.some((deed) => 'closed' in deed || 'refused' in deed)).toBe(true);
      expect(left).toBe('');
    }
  });
});

describe('the handshake with a database, under fuzz', () => {
  it('ends in an orderly way on random bytes at any stage', () => {
    const openings = [
      Buffer.alloc(0),
      AUTHENTICATED,
      Buffer.from('R\0\0\0\x0c'),
      Buffer.from('E\0\0\0\x40'),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...openings),
        noise,
        randomSplit,
        fc.constantFrom('disable', 'prefer', 'verify-full'),
        (opening, bytes, split, tls) => {
          const steps = [{ bytes: opening }, { bytes }];
          expectUpstreamToEndOnce(
            playUpstream({ target: makeTarget({ tls }), steps }, split).deeds,
          );
        },
      ),
      RUNS,
    );
  });

  it('ends in an orderly way on transcripts that were tampered with', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...FROM_DATABASE),
        fc.nat(),
        mutations,
        randomSplit,
        (transcript, which, changes, split) => {
          const steps: readonly UpstreamStep[] = mutateSteps(transcript.steps, which, changes);
          expectUpstreamToEndOnce(playUpstream({ ...transcript, steps }, split).deeds);
        },
      ),
      RUNS,
    );
  });

  it('is never ready without the proof of a database that was asked for one', () => {
    const scram = FROM_DATABASE.filter(({ deeds }) =>
      deeds.some((deed) => 'send' in deed && deed.send.includes('SCRAM-SHA-256')),
    );
    fc.assert(
      fc.property(fc.constantFrom(...scram), fc.nat(), mutations, (transcript, which, changes) => {
        const steps = mutateSteps(transcript.steps, which, changes);
        const { deeds } = playUpstream({ ...transcript, steps }, whole);
        const proven = deeds.some((deed) => 'send' in deed && /,p=[^,]{44}$/.test(deed.send));
        const asked = deeds.some((deed) => 'send' in deed && deed.send.includes('n=,r='));
        if (asked && deeds.some((deed) => 'ready' in deed)) expect(proven).toBe(true);
      }),
      RUNS,
    );
  });

  it('ends before it keeps more than its limits, wherever it stands', () => {
    for (const steps of [[{ bytes: FLOOD }], [{ bytes: AUTHENTICATED }, { bytes: FLOOD }]]) {
      expect(playUpstream({ steps }, (bytes) => [bytes]).deeds.at(-1)).toHaveProperty('failed');
    }
  });
});

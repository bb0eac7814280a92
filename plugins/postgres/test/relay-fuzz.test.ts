import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import { ALLOW, type Denial, type Statement, type Verdict } from '@weir/contract';
import fc from 'fast-check';
import { Q } from './frontend-messages.ts';
import { FUZZ_PATIENCE, fuzzSearch } from './fuzz-search.ts';
import { readGolden } from './goldens/golden.ts';
import { SCENARIOS } from './goldens/scenarios.ts';
import { type HarnessOptions, RelayHarness } from './relay-harness.ts';
import { randomSplit } from './splits.ts';

const SEARCH = fuzzSearch(3);

/** One thing that happens to a relay. */
type Step = Sent | { readonly side: 'gate'; readonly verdict: Verdict };

interface Sent {
  readonly side: 'client' | 'database';
  readonly bytes: Buffer;
}

const DENY: Denial = { allow: false, code: 'forbidden', message: 'not for you' };

/** Some of each verdict. */
function decide({ seq }: Statement): Verdict | 'hold' {
  if (seq % 5 === 4) return 'hold';
  return seq % 3 === 2 ? DENY : ALLOW;
}

/** Plays the steps as core would: a session that was violated is over, and nothing follows. */
function play(
  steps: readonly Step[],
  options: Pick<HarnessOptions, 'parameters' | 'replication'> = {},
): RelayHarness {
  const harness = new RelayHarness({ decide, ...options });
  for (const step of steps) {
    if (step.side === 'gate') {
      if (harness.held.length > 0) harness.release(step.verdict);
    } else if (step.side === 'client') harness.relay.fromClient(step.bytes);
    else harness.relay.fromDatabase(step.bytes);
    if (harness.violation !== undefined) break;
  }
  const sent = [harness.clientBytes.length, harness.databaseBytes.length];
  if (harness.violation !== undefined) {
    for (const { bytes } of steps.filter((step) => 'bytes' in step)) {
      harness.relay.fromClient(bytes);
      harness.relay.fromDatabase(bytes);
    }
    expect([harness.clientBytes.length, harness.databaseBytes.length]).toEqual(sent);
  }
  harness.disconnect();
  expect(harness.unfinished).toEqual([]);
  return harness;
}

const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
const lengths = fc.constantFrom(-0x80000000, -1, 0, 3, 4, 5, 6, 10_001, 0x3ffffffe, 0x7fffffff);
const gate = fc.constantFrom<Step>(
  { side: 'gate', verdict: ALLOW },
  { side: 'gate', verdict: DENY },
);

/** A message of one of these types, its length right most of the time. */
function almostMessage(types: string): fc.Arbitrary<Buffer> {
  const length = fc.option(lengths, { freq: 5 });
  return fc.tuple(fc.constantFrom(...types), noise, length).map(([type, body, wrong]) => {
    const head = Buffer.alloc(5);
    head.write(type, 'latin1');
    head.writeInt32BE(wrong ?? body.length + 4, 1);
    return Buffer.concat([head, body]);
  });
}

function stepsOf(client: fc.Arbitrary<Buffer>, database: fc.Arbitrary<Buffer>) {
  const step = fc.oneof(
    { weight: 3, arbitrary: client.map((bytes): Step => ({ side: 'client', bytes })) },
    { weight: 3, arbitrary: database.map((bytes): Step => ({ side: 'database', bytes })) },
    { weight: 1, arbitrary: gate },
  );
  return fc.array(step, { maxLength: 30 });
}

describe('a relay neither throws nor hangs nor goes on after a violation', () => {
  it(
    'on bytes that are no protocol',
    () => {
      fc.assert(
        fc.property(stepsOf(noise, noise), (steps) => {
          play(steps);
        }),
        SEARCH,
      );
    },
    FUZZ_PATIENCE,
  );

  it(
    'on messages in any order and of any length',
    () => {
      const commands = fc.constantFrom(Q('BASE_BACKUP'), Q('START_REPLICATION 0/0'));
      const client = fc.oneof(
        { weight: 9, arbitrary: almostMessage('BCDEFHPQSXcdfp~') },
        { weight: 1, arbitrary: commands },
      );
      const database = almostMessage('123ACDEGHINSTVWZcdnstR~');
      fc.assert(
        fc.property(stepsOf(client, database), fc.boolean(), (steps, replication) => {
          play(steps, { replication });
        }),
        SEARCH,
      );
    },
    FUZZ_PATIENCE,
  );

  it(
    'on recorded conversations with something changed',
    () => {
      const goldens = SCENARIOS.map(({ name, replication }) => ({
        ...readGolden(name),
        replication: replication !== undefined,
      }));
      const mutations = fc.array(fc.record({ at: fc.nat(), kind: kinds, byte: fc.nat(255) }), {
        minLength: 1,
        maxLength: 4,
      });
      const golden = fc.constantFrom(...goldens);
      fc.assert(
        fc.property(golden, mutations, randomSplit, ({ chunks, ...options }, changes, split) => {
          const steps = chunks.map(({ side, bytes }): Step => ({ side, bytes }));
          for (const { at, kind, byte } of changes) mutate(steps, at, kind, byte);
          const cut = steps.flatMap((step) =>
            'bytes' in step && step.bytes.length < 2_000
              ? split(step.bytes).map((bytes): Step => ({ side: step.side, bytes }))
              : [step],
          );
          play(cut, options);
        }),
        SEARCH,
      );
    },
    FUZZ_PATIENCE,
  );
});

const kinds = fc.constantFrom('change', 'insert', 'remove', 'cut', 'repeat', 'drop', 'swap');

/** Changes one place of a conversation: a byte, the rest of a chunk, or the order of two chunks. */
function mutate(steps: Step[], at: number, kind: string, byte: number): void {
  const index = at % steps.length;
  const step = steps[index];
  const next = steps[(index + 1) % steps.length];
  if (step === undefined || next === undefined || !('bytes' in step)) return;
  const place = Math.floor(at / steps.length) % (step.bytes.length + 1);
  const before = step.bytes.subarray(0, place);
  const behind = step.bytes.subarray(place);
  const bytes = {
    change: [before, Buffer.of(byte), behind.subarray(1)],
    insert: [before, Buffer.of(byte), behind],
    remove: [before, behind.subarray(1)],
    cut: [before],
    repeat: [step.bytes, behind],
    drop: [],
    swap: [],
  }[kind];
  if (bytes === undefined) return;
  steps[index] = kind === 'swap' ? next : { side: step.side, bytes: Buffer.concat(bytes) };
  if (kind === 'swap') steps[(index + 1) % steps.length] = step;
}

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bytesOf, type Golden, readExpectedEvents, readGolden } from './goldens/golden.ts';
import type { Scenario } from './goldens/scenario.ts';
import { SCENARIOS } from './goldens/scenarios.ts';
import { describeEvents, RelayHarness } from './relay-harness.ts';
import { byteByByte, randomSplit, type Split, whole } from './splits.ts';
import { cutBehind, messageTypes } from './wire-messages.ts';

/** Plays a recorded conversation through a relay that allows everything. */
function replay(scenario: Scenario, golden: Golden, split: Split): RelayHarness {
  const { waits = false, replication } = scenario;
  const harness = new RelayHarness({
    parameters: golden.parameters,
    replication: replication !== undefined,
  });
  for (const { side, bytes } of golden.chunks) {
    // What the relay holds back cannot have been answered yet.
    const parts = waits && side === 'database' ? cutBehind(bytes, 'ZGW') : [bytes];
    for (const piece of parts.flatMap(split)) {
      if (side === 'client') harness.relay.fromClient(piece);
      else harness.relay.fromDatabase(piece);
    }
  }
  harness.disconnect();
  return harness;
}

/** Each statement's own story: how a paused client interleaves depends on how the answers come. */
function byStatement(lines: readonly string[]): readonly string[] {
  const own = lines.filter((line) => /^\d/.test(line));
  return own.toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}

describe.each(SCENARIOS)('the recorded conversation $name', (scenario) => {
  const { name, reaching, waits = false } = scenario;
  const golden = readGolden(name);
  const expected = readExpectedEvents(name);

  function expectPlayed(split: Split): void {
    const { clientBytes, databaseBytes, events } = replay(scenario, golden, split);
    const answers = bytesOf(golden, 'database');
    if (reaching === undefined) {
      expect(databaseBytes.equals(bytesOf(golden, 'client'))).toBe(true);
      expect(clientBytes.equals(answers)).toBe(true);
    } else {
      expect(messageTypes(databaseBytes)).toBe(reaching);
      expect(messageTypes(clientBytes)).toBe(messageTypes(answers));
    }
    const told = describeEvents(events);
    if (waits) expect(byStatement(told)).toEqual(byStatement(expected));
    else expect(told).toEqual(expected);
  }

  it('tells what happened', () => {
    expect(describeEvents(replay(scenario, golden, whole).events)).toEqual(expected);
  });

  it('passes whole', () => {
    expectPlayed(whole);
  });

  it('passes byte by byte', () => {
    expectPlayed(byteByByte);
  });

  it('passes in random pieces', () => {
    fc.assert(
      fc.property(randomSplit, (split) => expectPlayed(split)),
      { numRuns: 15 },
    );
  });
});

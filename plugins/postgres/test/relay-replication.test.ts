import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import { ALLOW } from '@weir/contract';
import fc from 'fast-check';
import { c, d, Q } from './frontend-messages.ts';
import { describeEvents, RelayHarness } from './relay-harness.ts';
import { byteByByte, randomSplit, type Split, whole } from './splits.ts';
import { cstring, int32, message, READY, report } from './wire-bytes.ts';
import { messageTypes } from './wire-messages.ts';

/** What recordings of one server do not show: other versions, other timelines, broken servers. */

const T = message('T', Buffer.from([0, 1]), cstring('a'), Buffer.alloc(18));
const D = message('D', Buffer.from([0, 1]), int32(1), Buffer.from('x'));
const H = message('H', Buffer.alloc(3));
const W = message('W', Buffer.alloc(3));
const done = (tag: string) => message('C', cstring(tag));
const error = report('E', { S: 'ERROR', V: 'ERROR', C: 'XX001', M: 'checksums differ' });
const fatal = report('E', { S: 'FATAL', V: 'FATAL', C: '57P01', M: 'terminating' });
const RESULT = [T, D, done('SELECT')];
const ARCHIVE = [H, d('abc'), d('de'), c];

type Turn = readonly ['client' | 'database', readonly Buffer[]];

function play(turns: readonly Turn[], split: Split = whole, replication = true): RelayHarness {
  const harness = new RelayHarness({ replication });
  for (const [side, messages] of turns) {
    for (const piece of split(Buffer.concat(messages))) {
      if (side === 'client') harness.relay.fromClient(piece);
      else harness.relay.fromDatabase(piece);
    }
  }
  return harness;
}

const asked = (text: string): Turn => ['client', [Q(text)]];
const answered = (...messages: readonly Buffer[]): Turn => ['database', messages];

interface Conversation {
  readonly name: string;
  readonly turns: readonly Turn[];
  readonly told: readonly string[];
}

const BACKUP = asked('BASE_BACKUP');
const START = asked('START_REPLICATION 0/1500000 TIMELINE 1');
const STARTED = '1 text: START_REPLICATION 0/1500000 TIMELINE 1';

const CONVERSATIONS: readonly Conversation[] = [
  {
    name: 'a base backup of several archives, as servers before 15 send it',
    turns: [
      BACKUP,
      answered(...RESULT, ...RESULT, ...ARCHIVE, ...ARCHIVE, ...ARCHIVE),
      answered(...RESULT, done('SELECT'), READY),
    ],
    told: [
      '1 text: BASE_BACKUP',
      ...['1 columns: a text', '1 rows: 1, 12 bytes', '1 columns: a text', '1 rows: 1, 12 bytes'],
      '1 copy-out: 6, 45 bytes',
      ...['1 columns: a text', '1 rows: 1, 12 bytes', '1 done SELECT', 'quieted'],
    ],
  },
  {
    name: 'a base backup that turns out to be damaged at its end',
    turns: [BACKUP, answered(...RESULT, ...RESULT, ...ARCHIVE, ...RESULT, error, READY)],
    told: [
      '1 text: BASE_BACKUP',
      ...['1 columns: a text', '1 rows: 1, 12 bytes', '1 columns: a text', '1 rows: 1, 12 bytes'],
      ...['1 copy-out: 2, 15 bytes', '1 columns: a text', '1 rows: 1, 12 bytes'],
      ...['1 failed: database XX001', 'quieted'],
    ],
  },
  {
    name: 'a stream that ends with its timeline, while the client still writes',
    turns: [
      START,
      answered(W, d('log')),
      ['client', [d('r')]],
      answered(d('more log'), c),
      ['client', [d('r'), c]],
      answered(T, D, done('START_STREAMING'), done('START_REPLICATION'), READY),
      asked('START_REPLICATION 0/1600000 TIMELINE 2'),
      answered(W),
    ],
    told: [
      ...[STARTED, '1 copy-out: 1, 8 bytes', '1 copy-in: 1, 6 bytes', '1 copy-out: 1, 13 bytes'],
      ...['1 copy-in: 1, 6 bytes', '1 columns: a text', '1 rows: 1, 12 bytes'],
      ...['1 done START_REPLICATION', 'quieted', '2 text: START_REPLICATION 0/1600000 TIMELINE 2'],
    ],
  },
  {
    name: 'a start at the end of a timeline, where nothing streams',
    turns: [START, answered(T, D, done('START_STREAMING'), done('START_REPLICATION'), READY)],
    told: [
      STARTED,
      '1 columns: a text',
      '1 rows: 1, 12 bytes',
      '1 done START_REPLICATION',
      'quieted',
    ],
  },
  {
    name: 'a stream that fails while the client writes and ends it',
    turns: [
      START,
      answered(W, d('log'), error),
      ['client', [d('r'), c]],
      answered(READY),
      asked('IDENTIFY_SYSTEM'),
      answered(T, D, done('IDENTIFY_SYSTEM'), READY),
    ],
    told: [
      ...[STARTED, '1 copy-out: 1, 8 bytes', '1 failed: database XX001', 'client paused'],
      ...['client resumed', 'quieted', '2 text: IDENTIFY_SYSTEM', '2 columns: a text'],
      ...['2 rows: 1, 12 bytes', '2 done IDENTIFY_SYSTEM', 'quieted'],
    ],
  },
  {
    name: 'a stream whose database is shut down',
    turns: [START, answered(W, d('log')), answered(fatal)],
    told: [STARTED, '1 copy-out: 1, 8 bytes', '1 failed: database 57P01'],
  },
];

describe('in a replication session', () => {
  it.each(CONVERSATIONS)('$name ends its statement once', ({ turns, told }) => {
    const bytesOf = (side: Turn[0]) =>
      Buffer.concat(turns.flatMap((turn) => (turn[0] === side ? turn[1] : [])));
    const check = (split: Split) => {
      const harness = play(turns, split);
      expect(describeEvents(harness.events)).toEqual(told);
      expect(harness.clientBytes.equals(bytesOf('database'))).toBe(true);
      expect(harness.databaseBytes.equals(bytesOf('client'))).toBe(true);
    };
    check(whole);
    check(byteByByte);
    fc.assert(fc.property(randomSplit, check), { numRuns: 15 });
  });

  it('a stream counts as running however long nothing passes, and is no good time to end', () => {
    const { relay } = play([START, answered(W)]);
    expect(relay.running).toBe(true);
    expect(relay.quiet).toBe(false);
  });

  it('a stream that is cut off fails once', () => {
    const harness = play([START, answered(W, d('log'))]);
    harness.disconnect();
    expect(describeEvents(harness.events).at(-1)).toBe('1 failed: connection');
  });

  it('data that comes before the stream has begun waits without a word to the database', () => {
    const harness = play([['client', [Q('START_REPLICATION 0/0'), d('r'), c]]]);
    expect(messageTypes(harness.databaseBytes)).toBe('Q');
    expect(harness.throttled).toBe(true);
    harness.relay.fromDatabase(W);
    expect(messageTypes(harness.databaseBytes)).toBe('Qdc');
    expect(harness.throttled).toBe(false);
  });

  it('a command that is held keeps back what comes behind it', () => {
    const harness = new RelayHarness({ replication: true, decide: () => 'hold' });
    harness.relay.fromClient(Buffer.concat([Q('START_REPLICATION 0/0'), d('r')]));
    expect(messageTypes(harness.databaseBytes)).toBe('');
    harness.release(ALLOW);
    expect(messageTypes(harness.databaseBytes)).toBe('Q');
    harness.relay.fromDatabase(W);
    expect(messageTypes(harness.databaseBytes)).toBe('Qd');
  });

  it('no pause of a client that is far ahead is flushed', () => {
    const harness = new RelayHarness({ replication: true, limits: { pipelineDepth: 2 } });
    harness.relay.fromClient(Buffer.concat([1, 2, 3, 4].map(() => Q('IDENTIFY_SYSTEM'))));
    expect(harness.throttled).toBe(true);
    expect(messageTypes(harness.databaseBytes)).toBe('QQQQ');
  });

  it.each<[string, readonly Buffer[]]>([
    ['two results of a command that has one', [Q('IDENTIFY_SYSTEM'), ...RESULT, ...RESULT]],
    ['two results of a statement', [Q('SELECT 1'), ...RESULT, ...RESULT]],
    ['one result of two statements', [Q('SELECT 1; SELECT 2'), ...RESULT, READY]],
    ['no result of a base backup', [Q('BASE_BACKUP'), T, D, READY]],
    ['a stream that SQL asked for', [Q('SELECT 1'), W]],
    ['a stream that a command of one result asked for', [Q('TIMELINE_HISTORY 1'), W]],
    ['rows behind the end of a stream', [Q('START_REPLICATION 0/0'), W, done(''), READY, d('x')]],
  ])('%s is the end', (_what, [query, ...answers]) => {
    const harness = play([['client', query === undefined ? [] : [query]], answered(...answers)]);
    expect(harness.violation?.code).toBe('upstream-lost');
    expect(harness.unfinished).toEqual([]);
  });
});

describe('in an ordinary session', () => {
  it.each<[string, readonly Buffer[]]>([
    ['a second result of what would be a base backup', [...RESULT, ...RESULT]],
    ['the beginning of a stream', [W]],
  ])('%s is the end', (_what, answers) => {
    const harness = play([BACKUP, answered(...answers)], whole, false);
    expect(harness.violation?.code).toBe('upstream-lost');
  });

  it('a replication command is split as SQL', () => {
    const { events } = play([asked('BASE_BACKUP; SELECT 1')], whole, false);
    expect(describeEvents(events)).toEqual(['1 text: BASE_BACKUP', '2 text: SELECT 1']);
  });
});

import { Buffer } from 'node:buffer';
import { describe, expect, it, jest } from '@jest/globals';
import { ClientEncoding } from '../src/protocol/client-encoding.ts';
import { B, C, c, D, d, E, P, Q, S } from './frontend-messages.ts';
import { describeEvents, RelayHarness } from './relay-harness.ts';
import { cstring, int32, message } from './wire-bytes.ts';
import { messageTypes } from './wire-messages.ts';

const READY = message('Z', Buffer.from('I'));
const COPY_IN = message('G', Buffer.alloc(3));
const CHUNK = Buffer.alloc(65_536, 'x');
const BAD_LENGTHS = [-0x80000000, -1, 0, 3, 0x3fffffff, 0x7fffffff];

/** The beginning of a message that claims to be this long. */
function head(type: string, length: number, body: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([Buffer.from(type), int32(length), body]);
}

/** A session in which a query runs. */
function running(text = 'SELECT 1'): RelayHarness {
  const harness = new RelayHarness();
  harness.relay.fromClient(Q(text));
  return harness;
}

function copying(): RelayHarness {
  const harness = running('COPY t FROM STDIN');
  harness.relay.fromDatabase(COPY_IN);
  return harness;
}

describe('of a message from the client', () => {
  it.each([
    ['a Bind', () => new RelayHarness(), head('B', 50_000_000, Buffer.alloc(200))],
    ['copied data', copying, head('d', 50_000_000)],
  ])('nothing is kept: %s', (_name, begin, first) => {
    const harness = begin();
    const before = harness.databaseBytes.length;
    harness.relay.fromClient(first);
    for (let chunk = 0; chunk < 5; chunk += 1) harness.relay.fromClient(CHUNK);
    expect(harness.databaseBytes.length - before).toBe(first.length + 5 * CHUNK.length);
  });

  it.each([
    ['a Query', 'Q', Buffer.alloc(0), 'Q'],
    ['a Parse', 'P', Buffer.from('s'), 'E'],
    ['a Parse without a name', 'P', Buffer.alloc(1), 'P'],
    ['a FunctionCall', 'F', int32(1), 'Q'],
  ])('too long, the body is not awaited: %s', (_name, type, begun, replacement) => {
    const harness = new RelayHarness();
    harness.relay.fromClient(head(type, 50_000_000, begun));
    expect(messageTypes(harness.databaseBytes)).toBe(replacement);
    for (let chunk = 0; chunk < 5; chunk += 1) harness.relay.fromClient(CHUNK);
    expect(messageTypes(harness.databaseBytes)).toBe(replacement);
    expect(describeEvents(harness.events)[1]).toBe('1 denied');
  });

  it.each(
    [...'BCDEFHPQSXcdfp~'].flatMap((type) => BAD_LENGTHS.map((length) => ({ type, length }))),
  )('of type $type the length $length ends the session', ({ type, length }) => {
    const harness = new RelayHarness();
    harness.relay.fromClient(head(type, length, Buffer.alloc(10)));
    expect(harness.violation?.code).toBe('protocol-violation');
    expect(harness.databaseBytes).toHaveLength(0);
  });

  it.each([...'CDEHSXcf'])('of type %s 10,001 bytes are too many', (type) => {
    const harness = new RelayHarness();
    harness.relay.fromClient(head(type, 10_001));
    expect(harness.violation?.message).toBe('invalid message length');
  });

  it.each([
    ['a Query without its end', message('Q', Buffer.from('SELECT 1'))],
    ['a Query with bytes behind its end', message('Q', cstring('SELECT 1'), Buffer.of(1))],
    ['a Query with two ends', message('Q', cstring('SELECT 1'), cstring('; DROP TABLE t'))],
    ['a Parse without an end of its name', message('P', Buffer.from('name'))],
    ['a Parse without an end of its text', message('P', cstring('name'), Buffer.from('SELECT'))],
    ['a Parse without its types', message('P', cstring('name'), cstring('SELECT'))],
    ['a Bind without names', message('B', Buffer.from('name'))],
    ['a Bind with one name', message('B', cstring('name'))],
    ['an Execute without a limit', message('E', cstring('name'))],
    ['an Execute with more', message('E', cstring('name'), Buffer.alloc(5))],
    ['a Describe of nothing', message('D')],
    ['a Describe of something else', message('D', Buffer.from('X'), cstring(''))],
    ['a Close with more', message('C', Buffer.from('S'), cstring(''), Buffer.of(0))],
  ])('that is malformed the session ends: %s', (_name, bytes) => {
    const harness = new RelayHarness();
    harness.relay.fromClient(Buffer.concat([bytes, Q('SELECT 2')]));
    expect(harness.violation?.code).toBe('protocol-violation');
    expect(harness.databaseBytes).toHaveLength(0);
  });
});

describe('of a message from the database', () => {
  it.each([
    ['a DataRow', 'D', Buffer.alloc(2)],
    ['a CopyData', 'd', Buffer.alloc(0)],
    ['a NoticeResponse', 'N', Buffer.alloc(0)],
    ['a NotificationResponse', 'A', Buffer.alloc(0)],
    ['an ErrorResponse', 'E', Buffer.from(`SERROR\0VERROR\0C22012\0M${'x'.repeat(200)}`)],
  ])('nothing is kept: %s', (_name, type, body) => {
    const harness = running();
    const first = head(type, 50_000_000, body);
    harness.relay.fromDatabase(first);
    for (let chunk = 0; chunk < 5; chunk += 1) harness.relay.fromDatabase(CHUNK);
    expect(harness.clientBytes).toHaveLength(first.length + 5 * CHUNK.length);
  });

  it.each([
    ['C', 1_024],
    ['S', 65_536],
    ['T', 1_048_576],
    ['Z', 6],
  ])('of type %s more than a %s th byte is not awaited', (type, limit) => {
    const harness = running();
    harness.relay.fromDatabase(head(type, limit));
    expect(harness.violation?.code).toBe('upstream-lost');
  });

  it.each(
    [...'123ACDEGHINSTVWZcdnst~'].flatMap((type) =>
      BAD_LENGTHS.map((length) => ({ type, length })),
    ),
  )('of type $type the length $length ends the session', ({ type, length }) => {
    const harness = running();
    harness.relay.fromDatabase(head(type, length, Buffer.alloc(10)));
    expect(harness.violation?.code).toBe('upstream-lost');
    expect(describeEvents(harness.events).at(-1)).toBe('1 failed: connection');
  });

  it.each([
    ['an unknown transaction status', message('Z', Buffer.from('X'))],
    ['a RowDescription without columns', message('T', Buffer.from([0, 1]))],
    ['a RowDescription with too little', message('T')],
    ['a RowDescription with more', message('T', Buffer.from([0, 0, 0]))],
    ['a second result', Buffer.concat([message('C', cstring('A')), message('C', cstring('B'))])],
    ['fewer results than statements', READY],
    [
      'rows behind the result',
      Buffer.concat([message('C', cstring('A')), message('D', Buffer.alloc(2))]),
    ],
    ['an answer to a Parse', message('1')],
    ['an answer to a Bind', message('2')],
    ['an answer to a Close', message('3')],
    ['an answer to a Describe', message('n')],
    ['a row limit', message('s')],
    ['a message of the handshake', message('R', int32(0))],
    ['the result of a function call', message('V', int32(-1))],
  ])('that nothing asked for the session ends: %s', (_name, bytes) => {
    const harness = running();
    harness.relay.fromDatabase(bytes);
    expect(harness.violation?.code).toBe('upstream-lost');
  });

  it('rows that nothing asked for do not reach the client', () => {
    const harness = new RelayHarness();
    harness.relay.fromDatabase(message('D', Buffer.from([0, 1]), int32(6), Buffer.from('secret')));
    expect(harness.clientBytes.includes('secret')).toBe(false);
  });
});

describe('a session is bounded', () => {
  it('in prepared statements, even when their texts are empty', () => {
    const harness = new RelayHarness({ limits: { preparedBytes: 10_000 } });
    for (let name = 0; name < 100; name += 1) harness.relay.fromClient(P('', `s${name}`));
    const denied = describeEvents(harness.events).filter((line) => line.endsWith('over-limit'));
    expect(denied.length).toBeGreaterThan(60);
  });

  it('by what stands, not by what stood: closing makes room', () => {
    const harness = new RelayHarness({ limits: { preparedBytes: 1_000 } });
    for (let turn = 0; turn < 50; turn += 1) {
      harness.relay.fromClient(Buffer.concat([P('SELECT 1', 's'), C('S', 's'), S]));
      harness.relay.fromDatabase(Buffer.concat([message('1'), message('3'), READY]));
    }
    expect(describeEvents(harness.events).filter((line) => line.includes('denied'))).toEqual([]);
  });

  it('in portals', () => {
    const harness = new RelayHarness();
    for (let name = 0; name < 65_536; name += 1) {
      harness.relay.fromClient(B({ portal: `p${name}` }));
      harness.relay.fromDatabase(message('2'));
    }
    expect(harness.events).toEqual([]);
    harness.relay.fromClient(B({ portal: 'one more' }));
    expect(describeEvents(harness.events)).toEqual([
      '1 prepared: ',
      '1 denied',
      '1 failed: denied over-limit',
    ]);
  });

  it('in what it sends ahead: it asks for answers, and pauses the client until half is answered', () => {
    const harness = new RelayHarness({ limits: { pipelineDepth: 10 } });
    const answers: Buffer[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      harness.relay.fromClient(Buffer.concat([P('SELECT 1'), B({}), D('P')]));
      answers.push(message('1'), message('2'), message('n'));
    }
    expect(harness.throttled).toBe(true);
    expect(messageTypes(harness.databaseBytes)).toBe('PBDPBDPBDPBDH');
    for (const answer of answers.slice(0, 6)) harness.relay.fromDatabase(answer);
    expect(harness.throttled).toBe(true);
    for (const answer of answers.slice(6, 7)) harness.relay.fromDatabase(answer);
    expect(harness.throttled).toBe(false);
  });

  it('but a message that has begun can come to its end', () => {
    const harness = new RelayHarness({ limits: { pipelineDepth: 2 } });
    const bind = message('B', cstring(''), cstring(''), Buffer.alloc(500));
    harness.relay.fromClient(Buffer.concat([P('SELECT 1'), B({}), E(), bind.subarray(0, 300)]));
    expect(harness.throttled).toBe(false);
    harness.relay.fromClient(bind.subarray(300));
    expect(harness.throttled).toBe(true);
    expect(messageTypes(harness.databaseBytes)).toBe('PBEBH');
  });

  it('and what was on its way when the client was paused is flushed, too', () => {
    const harness = new RelayHarness({ limits: { pipelineDepth: 2 } });
    for (let turn = 0; turn < 2; turn += 1) {
      harness.relay.fromClient(Buffer.concat([P('SELECT 1'), B({}), E()]));
    }
    expect(messageTypes(harness.databaseBytes)).toBe('PBEHPBEH');
  });

  it('and a copy is the client’s turn', () => {
    const harness = new RelayHarness({ limits: { pipelineDepth: 1 } });
    harness.relay.fromClient(Buffer.concat([P('COPY t FROM STDIN'), B({}), E()]));
    expect(harness.throttled).toBe(true);
    harness.relay.fromDatabase(Buffer.concat([message('1'), message('2'), COPY_IN]));
    expect(harness.throttled).toBe(false);
  });

  it.each([
    ['a Query behind another', [Q('SELECT 1'), Q("SELECT 'é'")]],
    ['a Parse of a batch', [P('SELECT 1'), B({}), E(), P("SELECT 'é'")]],
  ])('in how often it reads a text that waits for the settings: %s', (_what, sent) => {
    const harness = new RelayHarness();
    const read = jest.spyOn(ClientEncoding.prototype, 'read');
    harness.relay.fromClient(Buffer.concat(sent));
    const reads = read.mock.calls.length;
    const begun = [message('1'), message('2')];
    if (sent.length > 2) harness.relay.fromDatabase(Buffer.concat(begun));
    const row = message('D', Buffer.alloc(2));
    for (let chunk = 0; chunk < 100; chunk += 1) harness.relay.fromDatabase(row);
    expect(read).toHaveBeenCalledTimes(reads);
    expect(harness.violation).toBeUndefined();
    read.mockRestore();
  });

  it('in the answers to Syncs that a copy swallows', () => {
    const harness = copying();
    for (let turn = 0; turn < 3_000; turn += 1)
      harness.relay.fromClient(Buffer.concat([S, d('x')]));
    expect(harness.throttled).toBe(false);
    harness.relay.fromClient(Buffer.concat([c, S]));
    harness.relay.fromDatabase(Buffer.concat([message('C', cstring('COPY 3000')), READY]));
    harness.relay.fromDatabase(READY);
    expect(harness.violation).toBeUndefined();
    expect(harness.relay.quiet).toBe(true);
  });
});

describe('what comes behind the end', () => {
  it('of the client is not read', () => {
    const harness = new RelayHarness();
    harness.relay.fromClient(Buffer.concat([message('X'), Q('SELECT 1')]));
    harness.relay.fromClient(Q('SELECT 2'));
    expect(describeEvents(harness.events)).toEqual(['quit']);
    expect(messageTypes(harness.databaseBytes)).toBe('X');
  });

  it('of the session is not read, and a held statement is not released', () => {
    const harness = new RelayHarness({ decide: () => 'hold' });
    harness.relay.fromClient(Q('SELECT 1'));
    harness.disconnect();
    harness.relay.release({ allow: true });
    harness.relay.fromClient(Buffer.concat([E(), S]));
    harness.relay.fromDatabase(READY);
    expect(harness.databaseBytes).toHaveLength(0);
    expect(harness.clientBytes).toHaveLength(0);
  });
});

describe('a string of too many statements', () => {
  it('is denied whole, before one of them is decided', () => {
    const harness = new RelayHarness({ limits: { statementsPerQuery: 10 } });
    harness.relay.fromClient(Q('SELECT 1;'.repeat(11)));
    expect(describeEvents(harness.events)[1]).toBe('1 denied');
    expect(harness.events.filter(({ type }) => type === 'submit')).toHaveLength(1);
  });

  it('passes when it holds as many as the limit', () => {
    const harness = new RelayHarness({ limits: { statementsPerQuery: 10 } });
    const query = Q('SELECT 1;'.repeat(10));
    harness.relay.fromClient(query);
    expect(harness.databaseBytes.equals(query)).toBe(true);
  });
});

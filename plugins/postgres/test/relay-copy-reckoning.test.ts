import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import { B, c, D, d, E, P, Q, S } from './frontend-messages.ts';
import { describeEvents, RelayHarness } from './relay-harness.ts';
import { cstring, message, READY, report } from './wire-bytes.ts';
import { messageTypes } from './wire-messages.ts';

const COPY_IN = message('G', Buffer.alloc(3));
const CLOSED = message('3');
const error = report('E', { S: 'ERROR', V: 'ERROR', C: '22P02', M: 'bad data' });
const RESULT = [message('C', cstring('SELECT')), READY];

/** A session with an open copy, behind which no statement's name is sure. */
function copying(extended = false, replication = false): RelayHarness {
  const harness = new RelayHarness({ replication });
  const batch = [P('COPY t FROM STDIN'), B({}), E()];
  const sent = extended ? batch : [Q('COPY t FROM STDIN; DEALLOCATE ALL')];
  harness.relay.fromClient(Buffer.concat(sent));
  const begun = extended ? [message('1'), message('2')] : [];
  harness.relay.fromDatabase(Buffer.concat([...begun, COPY_IN]));
  return harness;
}

function send(harness: RelayHarness, ...messages: readonly Buffer[]): void {
  harness.relay.fromClient(Buffer.concat(messages));
}

function answer(harness: RelayHarness, ...messages: readonly Buffer[]): void {
  harness.relay.fromDatabase(Buffer.concat(messages));
}

describe('in an open copy', () => {
  it('what would wait is kept, and the database asked what became of the copy', () => {
    const harness = copying();
    send(harness, D('S', 's'), E());
    expect(messageTypes(harness.databaseBytes)).toBe('QSCH');
    expect(harness.relay.parked).toBe(true);
  });

  it('what comes behind a Sync is decided only when the copy’s fate is known', () => {
    const harness = copying();
    send(harness, S, Q('SELECT 1'));
    expect(messageTypes(harness.databaseBytes)).toBe('QSSCH');
    answer(harness, error, READY, READY);
    expect(describeEvents(harness.events)).not.toContain('3 text: SELECT 1');
    answer(harness, CLOSED);
    expect(describeEvents(harness.events)).toContain('3 text: SELECT 1');
    answer(harness, ...RESULT);
    expect(messageTypes(harness.clientBytes)).toBe('GEZCZ');
    expect(harness.violation).toBeUndefined();
    expect(harness.unfinished).toEqual([]);
  });

  it('a Sync that the database read behind the failure is answered, each other is not', () => {
    const harness = copying();
    send(harness, S, d('bad'), S, S);
    answer(harness, error, READY, READY, READY);
    expect(messageTypes(harness.databaseBytes)).toBe('QSdSSSCH');
    answer(harness, READY, CLOSED);
    expect(messageTypes(harness.clientBytes)).toBe('GEZZZ');
    expect(harness.relay.quiet).toBe(true);
  });

  it('a batch whose copy failed behind the last Sync is skipped up to the next', () => {
    const harness = copying(true);
    send(harness, S, d('bad'), c, Q('SELECT 1'));
    answer(harness, error);
    answer(harness, READY, CLOSED);
    expect(describeEvents(harness.events).filter((line) => line.includes('SELECT 1'))).toEqual([]);
    expect(harness.relay.quiet).toBe(false);
    send(harness, S);
    answer(harness, READY);
    expect(messageTypes(harness.databaseBytes)).toBe('PBESdcHSCHS');
    expect(messageTypes(harness.clientBytes)).toBe('12GEZ');
    expect(harness.relay.quiet).toBe(true);
  });

  it('the database is not asked in the middle of copied data', () => {
    const harness = copying();
    const data = d('some more data');
    send(harness, S, data.subarray(0, 10));
    answer(harness, error, READY);
    expect(harness.databaseBytes.subarray(-10)).toEqual(data.subarray(0, 10));
    send(harness, data.subarray(10), S, Q('SELECT 1'));
    expect(messageTypes(harness.databaseBytes)).toBe('QSdSCH');
    answer(harness, READY, CLOSED);
    expect(messageTypes(harness.databaseBytes)).toBe('QSdSCHSQ');
    answer(harness, READY, ...RESULT);
    expect(messageTypes(harness.clientBytes)).toBe('GEZZCZ');
  });

  it.each([
    ['more ReadyForQuery than Syncs', [READY, READY, READY, READY]],
    ['no ReadyForQuery to a Sync', [READY, CLOSED]],
  ])('an answer that cannot be ends the session: %s', (what, answers) => {
    const harness = copying();
    send(harness, S, D('S', 's'));
    answer(harness, error, ...answers);
    expect(harness.violation?.message).toBe(`the database broke the protocol: ${what}`);
  });
});

describe('in an open copy of a replication connection', () => {
  it.each([
    ['a Sync', S],
    ['a message that ends a copy', Q("SELECT 'é'")],
  ])('the client breaks the protocol with %s', (_what, sent) => {
    const harness = copying(false, true);
    send(harness, sent);
    expect(harness.violation?.code).toBe('protocol-violation');
    expect(messageTypes(harness.databaseBytes)).toBe('Q');
  });
});

import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import { B, E, H, P, Q, S } from './frontend-messages.ts';
import { RelayHarness } from './relay-harness.ts';
import { cstring, message, READY } from './wire-bytes.ts';

const PARSED = message('1');
const BOUND = message('2');
const SUSPENDED = message('s');
const INSERTED = message('C', cstring('INSERT 0 1'));

/** Whether the session could end unnoticed, after each of what is sent and answered in turn. */
function quietAfter(...turns: readonly (readonly [sent: Buffer[], answered: Buffer[]])[]) {
  const { relay, events } = new RelayHarness();
  const seen = turns.map(([sent, answered]) => {
    relay.fromClient(Buffer.concat(sent));
    relay.fromDatabase(Buffer.concat(answered));
    return relay.quiet;
  });
  return { seen, quieted: events.filter(({ type }) => type === 'quieted').length };
}

describe('a session can end unnoticed', () => {
  it('once its batch is ended, and not when all of it is answered', () => {
    const batch = [P('INSERT INTO t VALUES (1)'), B({}), E(), H];
    expect(quietAfter([batch, [PARSED, BOUND, INSERTED]], [[S], [READY]])).toEqual({
      seen: [false, true],
      quieted: 1,
    });
  });

  it('not while a portal is suspended in a batch', () => {
    const batch = [P('SELECT 1'), B({}), E('', 1), H];
    expect(quietAfter([batch, [PARSED, BOUND, SUSPENDED]], [[S], [READY]])).toEqual({
      seen: [false, true],
      quieted: 1,
    });
  });

  it('not with a batch that was begun before a query string was answered', () => {
    const { seen } = quietAfter([
      [Q('INSERT'), P('SELECT 1'), H],
      [INSERTED, READY, PARSED],
    ]);
    expect(seen).toEqual([false]);
  });
});

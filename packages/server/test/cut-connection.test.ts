import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Backdrop, startBackdrop, targetLines } from './backdrop.ts';
import { type CutLine, startCutLine } from './cut-line.ts';
import { CLOSED, type RawClient, type RawMessage } from './raw-client.ts';
import { type RunningWeir, withWeir } from './running-weir.ts';

jest.setTimeout(60_000);

let backdrop: Backdrop;
let line: CutLine;

beforeAll(async () => {
  backdrop = await startBackdrop({ postgres: true });
  line = await startCutLine(backdrop.database.port);
});

afterAll(async () => {
  line.close();
  await backdrop.stop();
});

function withCutLine(test: (running: RunningWeir) => Promise<void>): Promise<void> {
  const targets = `targets:\n${targetLines('orders', backdrop, { port: line.port })}`;
  return withWeir(backdrop, { targets }, test);
}

/** All that comes up to the connection's end. */
async function untilClosed(client: RawClient): Promise<readonly RawMessage[]> {
  const messages: RawMessage[] = [];
  for (;;) {
    const message = await client.next();
    if (message === CLOSED) return messages;
    messages.push(message);
  }
}

describe.each(['FIN', 'RST'] as const)('a database whose connection is cut with %s', (how) => {
  const phases: Readonly<Record<string, (client: RawClient) => Promise<unknown>>> = {
    'while nothing runs': async () => undefined,
    'while a statement runs': async (client) => {
      client.query('select pg_sleep(30)');
    },
    'inside a transaction': async (client) => {
      client.query('begin');
      await client.next('Z');
    },
    'inside a copy': async (client) => {
      client.query('copy (select 1) to stdout; create temp table t (a text); copy t from stdin');
      await client.next('G');
    },
  };

  it.each(Object.entries(phases))('%s is said to be lost', async (_phase, reach) => {
    await withCutLine(async (running) => {
      const client = await running.rawSession();
      await reach(client);
      line.cut(how);
      const [first, ...rest] = await untilClosed(client);
      const { id } = running.told('session.opened')[0]?.session ?? {};
      expect(Object.fromEntries(first?.fields ?? [])).toMatchObject({
        S: 'FATAL',
        C: '08006',
        M: 'the database broke off',
        D: `weir ref ${id}`,
      });
      expect(rest).toEqual([]);
      expect((await running.next('session.closed')).reason).toBe('database-closed');
    });
  });

  it('in the middle of a result leaves nothing that is not a message', async () => {
    await withCutLine(async (running) => {
      const client = await running.rawSession();
      client.query("select repeat('x', 100) from generate_series(1, 3000000)");
      await client.next('D');
      line.cut(how);
      const messages = await untilClosed(client);
      const last = messages.at(-1);
      expect(['D', 'E']).toContain(last?.type);
      if (last?.type === 'E') expect(last.fields.get('C')).toBe('08006');
      expect((await running.next('session.closed')).reason).toBe('database-closed');
    });
  });
});

describe('a database that ends a session itself', () => {
  it('has the last word', async () => {
    await withCutLine(async (running) => {
      const client = await running.rawSession();
      client.query('select pg_terminate_backend(pg_backend_pid())');
      const errors = (await untilClosed(client)).filter(({ type }) => type === 'E');
      expect(errors.map(({ fields }) => fields.get('C'))).toEqual(['57P01']);
    });
  });
});

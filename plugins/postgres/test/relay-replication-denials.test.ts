import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PostgresServer, startPostgres } from '@weir/testkit';
import { c, d, Q } from './frontend-messages.ts';
import { RawFrontend } from './raw-frontend.ts';
import { denyMatching, describeEvents } from './relay-harness.ts';
import { type RelayPump, startRelayPump } from './relay-pump.ts';

let server: PostgresServer;
let pump: RelayPump;

beforeAll(async () => {
  server = await startPostgres({
    version: '18',
    hba: ['host all all all trust', 'host replication all all trust'],
    settings: { wal_level: 'logical' },
    tls: false,
  });
  pump = await startRelayPump(server.port, {
    decide: denyMatching(/START_REPLICATION|FORBIDDEN/),
    replication: true,
  });
}, 60_000);

afterAll(async () => {
  await pump.close();
  await server.stop();
});

describe.each(['database', 'true'])('a denial in a session with replication=%s', (replication) => {
  it('is an error like any other, and the session goes on', async () => {
    const { user, database } = server;
    const parameters = { replication };
    const { frontend } = await RawFrontend.login({ port: pump.port, user, database, parameters });
    try {
      frontend.send(Q('START_REPLICATION 0/0'), Q('IDENTIFY_SYSTEM'));
      const answers = await frontend.until('Z', 2);
      expect(answers.map(({ type }) => type).join('')).toBe('EZTDCZ');
      expect(answers[0]?.body.toString()).toMatch(/\0C42501\0Mnot for you\0/);
      // What the client sends in the belief that it streams is nobody's.
      frontend.send(Q('START_REPLICATION 0/0'), d('r'), c, Q('SHOW wal_level'));
      const later = await frontend.until('Z', 2);
      expect(later.map(({ type }) => type).join('')).toBe('EZTDCZ');
      expect(pump.session.violation).toBeUndefined();
      expect(
        describeEvents(pump.session.events).filter((line) => /denied|done/.test(line)),
      ).toEqual([
        '1 denied',
        '1 failed: denied forbidden',
        '2 done IDENTIFY_SYSTEM',
        '3 denied',
        '3 failed: denied forbidden',
        '4 done SHOW',
      ]);
    } finally {
      frontend.close();
    }
  });
});

describe('in a session with replication=database', () => {
  it('SQL is decided statement by statement', async () => {
    const { user, database } = server;
    const parameters = { replication: 'database' };
    const { frontend } = await RawFrontend.login({ port: pump.port, user, database, parameters });
    try {
      frontend.send(Q('SELECT 1; SELECT 2 AS "FORBIDDEN"; SELECT 3'));
      const answers = await frontend.until('Z');
      expect(answers.map(({ type }) => type).join('')).toBe('TDCEZ');
      expect(pump.session.unfinished).toEqual([]);
    } finally {
      frontend.close();
    }
  });
});

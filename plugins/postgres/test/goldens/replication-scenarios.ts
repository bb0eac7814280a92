import { Buffer } from 'node:buffer';
import { B, c, d, E, P, Q, S } from '../frontend-messages.ts';
import { functionCall, type RawFrontend } from '../raw-frontend.ts';
import { message } from '../wire-bytes.ts';
import { ask, type Scenario } from './scenario.ts';

/** What a standby says of its progress: three positions, the time, and whether it wants an answer. */
const STATUS_UPDATE = message('d', Buffer.from('r'), Buffer.alloc(33));
const SLOT = 'CREATE_REPLICATION_SLOT "g" TEMPORARY LOGICAL "test_decoding"';
const START_LOGICAL = `START_REPLICATION SLOT "g" LOGICAL 0/0 ("include-xids" '0')`;
/** Written to the log without a table. */
const EMIT = "SELECT pg_logical_emit_message(true, 'weir', 'one; two')";

/** Waits for a CopyData message with this text in it. */
async function untilCopied(client: RawFrontend, text: string): Promise<void> {
  for (;;) {
    const messages = await client.until('d');
    if (client.ended || messages.at(-1)?.body.includes(text) === true) return;
  }
}

/** The position that the database's log has reached: the third column of IDENTIFY_SYSTEM. */
async function position(client: RawFrontend): Promise<string> {
  client.send(Q('IDENTIFY_SYSTEM'));
  const row = (await client.until('Z')).find(({ type }) => type === 'D')?.body;
  return /[0-9A-F]+\/[0-9A-F]+/.exec(row?.toString('latin1') ?? '')?.[0] ?? '';
}

const logical: readonly Scenario[] = [
  {
    name: 'replication-logical',
    replication: 'database',
    run: async (client, { elsewhere }) => {
      await ask(client, 'SELECT 1 AS one; SELECT 2 AS two', SLOT);
      client.send(Q(START_LOGICAL));
      await client.until('W');
      await elsewhere(EMIT);
      await untilCopied(client, 'one; two');
      client.send(STATUS_UPDATE, STATUS_UPDATE);
      await elsewhere(EMIT);
      await untilCopied(client, 'one; two');
      client.send(STATUS_UPDATE, c);
      await client.until('Z');
      await ask(client, 'SHOW wal_level; ', 'DROP_REPLICATION_SLOT "g";');
    },
  },
  {
    name: 'replication-logical-ended-at-once',
    replication: 'database',
    waits: true,
    reaching: 'QQdcQ',
    run: async (client) => {
      await ask(client, SLOT);
      client.send(Q(START_LOGICAL), STATUS_UPDATE, c, Q('IDENTIFY_SYSTEM'));
      await client.until('Z', 2);
    },
  },
  {
    name: 'replication-logical-refused',
    replication: 'database',
    run: async (client) => {
      await ask(client, SLOT, `START_REPLICATION SLOT "g" LOGICAL 0/0 (absent '; SELECT 1')`);
      await ask(client, 'START_REPLICATION SLOT "absent" LOGICAL 0/0', 'SELECT 1');
    },
  },
  {
    name: 'replication-logical-copies',
    replication: 'database',
    run: async (client) => {
      await ask(client, 'CREATE TEMP TABLE k (a int)', 'BEGIN', 'COPY (VALUES (1), (2)) TO STDOUT');
      client.send(Q('COPY k FROM STDIN; SELECT count(*) FROM k'));
      await client.until('G');
      client.send(d('1\n'), c);
      await client.until('Z');
      await ask(client, 'ROLLBACK; SELECT 1', '');
    },
  },
];

const physical: readonly Scenario[] = [
  {
    name: 'replication-physical',
    replication: 'true',
    run: async (client, { elsewhere }) => {
      const start = await position(client);
      client.send(Q(`START_REPLICATION ${start} TIMELINE 1`));
      await client.until('W');
      await elsewhere(EMIT);
      await untilCopied(client, 'one; two');
      client.send(STATUS_UPDATE, c);
      await client.until('Z');
      await ask(client, 'IDENTIFY_SYSTEM');
    },
  },
  {
    name: 'replication-physical-error-in-stream',
    replication: 'true',
    run: async (client) => {
      // Refused once the stream has begun: that part of the log is gone.
      client.send(Q('START_REPLICATION 0/0'));
      await client.until('W');
      client.send(STATUS_UPDATE, c);
      await client.until('Z');
      await ask(client, 'IDENTIFY_SYSTEM');
    },
  },
  {
    name: 'replication-base-backup',
    replication: 'true',
    // To a target that keeps nothing, all is sent but the files themselves.
    run: (client) =>
      ask(
        client,
        "BASE_BACKUP (TARGET 'blackhole', CHECKPOINT 'fast', WAL, PROGRESS, LABEL 'a;b')",
        "BASE_BACKUP (TARGET 'absent')",
        'IDENTIFY_SYSTEM',
      ),
  },
  {
    name: 'replication-upload-manifest',
    replication: 'true',
    run: async (client) => {
      client.send(Q('UPLOAD_MANIFEST'));
      await client.until('G');
      client.send(d('no manifest'), c);
      await client.until('Z');
      await ask(client, 'IDENTIFY_SYSTEM');
    },
  },
  {
    name: 'replication-not-for-it',
    replication: 'true',
    reaching: 'QQPBESQS',
    run: async (client) => {
      await ask(client, 'SELECT 1; SELECT 2', 'IDENTIFY_SYSTEM; SELECT 1');
      client.send(P('SELECT 1'), B({}), E(), S);
      await client.until('Z');
      client.send(functionCall(1, 'x'), S);
      await client.until('Z', 2);
    },
  },
];

export const REPLICATION: readonly Scenario[] = [...logical, ...physical];

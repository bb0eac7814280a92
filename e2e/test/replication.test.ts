import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  POSTGRES_VERSIONS,
  type PostgresServer,
  type PostgresVersion,
  startPostgres,
} from '@weir/testkit';
import { checkBackup } from '../src/backup-manifest.ts';
import { runTool } from '../src/client-tool.ts';
import type { Connection } from '../src/connection.ts';
import { declareMissing } from '../src/declare-missing.ts';
import { isDirectRun, sharedServices } from '../src/services.ts';
import { missingTools } from '../src/tools.ts';
import { startWeirProcess, type WeirProcess } from '../src/weir-process.ts';

const LIMIT = 60_000;
/** Two targets on one server: this one allows replication, the other does not. */
const OPEN = 'open';
const SHUT = 'shut';

const missing = missingTools(['pg_recvlogical', 'pg_basebackup', 'pg_receivewal']);
const toolMajor = Number(
  / (\d+)/.exec(spawnSync('pg_basebackup', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1],
);

/** What a server's replication cannot be tested without; undefined when all of it is here. */
function whatIsMissing(version: PostgresVersion): string | undefined {
  const server = sharedServices().postgres[version];
  if (!server.available) return server.reason;
  return missing.length === 0 ? undefined : `not installed: ${missing.join(', ')}`;
}

(isDirectRun() ? describe.skip : describe).each(POSTGRES_VERSIONS)(
  'replication from postgres %s through Weir (not in a direct run)',
  (version) => {
    const reason = whatIsMissing(version);
    if (reason !== undefined) {
      declareMissing(`replication from postgres ${version}`, reason);
      return;
    }
    let server: PostgresServer;
    let weir: WeirProcess;
    let dir: string;
    let open: Connection;

    beforeAll(async () => {
      server = await startPostgres({ version, settings: { wal_level: 'logical' } });
      dir = await mkdtemp(join(tmpdir(), 'weir-e2e-replication-'));
      const caFile = join(dir, 'ca.crt');
      await writeFile(caFile, server.tls?.ca ?? '');
      const { host, port, user, password, database } = server;
      const upstream = { host, port, user, password, database, caFile };
      const upstreams = new Map([OPEN, SHUT].map((target) => [target, upstream]));
      weir = await startWeirProcess(upstreams, [OPEN]);
      open = weir.connectionTo(OPEN);
    }, LIMIT);

    afterAll(async () => {
      await weir.stop();
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    }, LIMIT);

    async function value(text: string): Promise<string> {
      const [row] = await server.query(`select (${text})::text as value`);
      return String(row?.['value']);
    }

    it(
      'pg_recvlogical receives every change',
      async () => {
        await server.query('create table rivers (id int, name text)');
        const slot = ['--dbname', OPEN, '--slot', 'e2e', '--no-loop'];
        const created = await runTool(open, 'pg_recvlogical', [
          ...slot,
          '--create-slot',
          '--plugin=test_decoding',
        ]);
        expect(created).toEqual({ code: 0, stdout: '', stderr: '' });
        await server.query(
          "insert into rivers select i, 'river; ü' || i from generate_series(1, 20000) i",
        );
        const end = await value('pg_current_wal_insert_lsn()');
        const until = ['--start', '--file=-', `--endpos=${end}`, '-o', 'include-xids=0'];
        const received = await runTool(open, 'pg_recvlogical', [...slot, ...until]);
        expect(received).toMatchObject({ code: 0, stderr: '' });
        const lines = received.stdout.trimEnd().split('\n');
        expect(lines).toHaveLength(20_002);
        expect(lines[20_000]).toBe(
          "table public.rivers: INSERT: id[integer]:20000 name[text]:'river; ü20000'",
        );
        const dropped = await runTool(open, 'pg_recvlogical', [...slot, '--drop-slot']);
        expect(dropped.code).toBe(0);
        expect(await value('select count(*) from pg_replication_slots')).toBe('0');
      },
      LIMIT,
    );

    it(
      'pg_recvlogical is told when the target does not allow it',
      async () => {
        const args = ['--dbname', SHUT, '--slot=s', '--drop-slot', '--no-loop'];
        const { code, stderr } = await runTool(open, 'pg_recvlogical', args);
        expect(code).toBe(1);
        expect(stderr).toContain('replication connections to this target are not allowed');
        expect(stderr).toMatch(/HINT: .*allow_replication/);
      },
      LIMIT,
    );

    // These tools take a server of their own version or an older one.
    const tooOld = toolMajor < Number(version);
    const physical = tooOld ? it.skip : it;
    const because = tooOld ? ` (skipped: the tools are of PostgreSQL ${toolMajor})` : '';
    const named = (target: string) => ['--dbname', `options='-c weir.target=${target}'`];

    physical(
      `pg_basebackup copies the whole server, and its log meanwhile${because}`,
      async () => {
        const to = join(dir, 'backup');
        const args = ['-D', to, '-c', 'fast', '-X', 'stream', '--manifest-checksums=SHA256'];
        const { code, stderr } = await runTool(open, 'pg_basebackup', [...named(OPEN), ...args]);
        expect([code, stderr]).toEqual([0, '']);
        const { files, wrong } = await checkBackup(to);
        expect(files).toBeGreaterThan(500);
        expect(wrong).toEqual([]);
      },
      LIMIT,
    );

    physical(
      `pg_receivewal receives the log as it is${because}`,
      async () => {
        const slot = [...named(OPEN), '--slot=log', '--no-loop'];
        // Made in SQL, where it can be told to keep the log from now on.
        await value("pg_create_physical_replication_slot('log', true)");
        const file = await value('pg_walfile_name(pg_current_wal_insert_lsn())');
        await server.query('create table lakes as select generate_series(1, 20000) as depth');
        // It ends once it has gone beyond this position, in the next file.
        await value('pg_switch_wal()');
        const end = await value("pg_logical_emit_message(true, 'e2e', 'end')");
        await value("pg_logical_emit_message(true, 'e2e', 'beyond it')");
        const args = [...slot, '-D', dir, `--endpos=${end}`];
        expect((await runTool(open, 'pg_receivewal', args)).code).toBe(0);
        const received = createHash('sha256').update(await readFile(join(dir, file)));
        const sent = `encode(sha256(pg_read_binary_file('pg_wal/${file}')), 'hex')`;
        expect(received.digest('hex')).toBe(await value(sent));
        expect((await runTool(open, 'pg_receivewal', [...slot, '--drop-slot'])).code).toBe(0);
      },
      LIMIT,
    );

    it.each([
      ['has it disallowed', named(SHUT), 'replication connections to this target are not allowed'],
      ['is not named', [], 'HINT:  For physical replication, name the target'],
    ])(
      'pg_basebackup is told when its target %s',
      async (_what, args, words) => {
        const to = ['-D', join(dir, 'nothing')];
        const { code, stderr } = await runTool(open, 'pg_basebackup', [...args, ...to]);
        expect(code).toBe(1);
        expect(stderr).toContain(words);
      },
      LIMIT,
    );
  },
);

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PostgresServer, startPostgres } from '@weir/testkit';
import { declareMissing } from '../src/declare-missing.ts';
import { isDirectRun, sharedServices } from '../src/services.ts';
import { startWeirProcess, type WeirProcess } from '../src/weir-process.ts';

const LIMIT = 60_000;
const shared = sharedServices().postgres['18'];

(isDirectRun() ? describe.skip : describe)(
  'a subscription through Weir (not in a direct run)',
  () => {
    if (!shared.available) {
      declareMissing('a subscription through Weir', shared.reason);
      return;
    }
    let publisher: PostgresServer;
    let subscriber: PostgresServer;
    let weir: WeirProcess;
    let dir: string;

    beforeAll(async () => {
      [publisher, subscriber] = await Promise.all([
        startPostgres({ version: '18', settings: { wal_level: 'logical' } }),
        startPostgres({ version: '18', settings: { wal_retrieve_retry_interval: '100ms' } }),
      ]);
      dir = await mkdtemp(join(tmpdir(), 'weir-e2e-subscription-'));
      const caFile = join(dir, 'ca.crt');
      await writeFile(caFile, publisher.tls?.ca ?? '');
      const { host, port, user, password, database } = publisher;
      const upstream = { host, port, user, password, database, caFile };
      weir = await startWeirProcess(new Map([['rivers', upstream]]), ['rivers']);
    }, LIMIT);

    afterAll(async () => {
      await Promise.all([subscriber.stop(), weir.stop(), publisher.stop()]);
      await rm(dir, { recursive: true, force: true });
    }, LIMIT);

    /** Waits until the subscriber answers a question with this. */
    async function settles(question: string, answer: string): Promise<void> {
      for (const deadline = Date.now() + LIMIT; Date.now() < deadline; ) {
        const [row] = await subscriber.query(`select (${question})::text as answer`);
        if (row?.['answer'] === answer) return;
        await delay(20);
      }
      throw new Error(`the subscriber never answered ${answer} to: ${question}`);
    }

    it(
      'copies what is there and follows what comes',
      async () => {
        if (subscriber.source !== 'native') {
          process.stderr.write(
            'SKIPPED a subscription: a container cannot reach Weir on loopback\n',
          );
          return;
        }
        const table = 'create table rivers (id int primary key, name text)';
        await publisher.query(table);
        await publisher.query(
          "insert into rivers select i, 'ü; ' || i from generate_series(1, 500) i",
        );
        await publisher.query('create publication "one; two" for table rivers');
        await subscriber.query(table);
        const { host, port, user, database, password } = weir.connectionTo('rivers');
        const connection = `host=${host} port=${port} user=${user} dbname=${database} password=${password} sslmode=require`;
        await subscriber.query(
          `create subscription s connection '${connection}' publication "one; two"`,
        );
        await settles('select count(*) from rivers', '500');
        await settles("select string_agg(srsubstate::text, '') from pg_subscription_rel", 'r');
        await publisher.query("update rivers set name = 'new; ' || id where id > 400");
        await publisher.query('delete from rivers where id <= 100');
        await settles(
          "select count(*) || ' ' || count(*) filter (where name like 'new; %') from rivers",
          '400 100',
        );
        const digest = "select md5(string_agg(id || name, ',' order by id)) as digest from rivers";
        expect(await subscriber.query(digest)).toEqual(await publisher.query(digest));
        await subscriber.query('drop subscription s');
        const slots = await publisher.query(
          'select count(*)::int as slots from pg_replication_slots',
        );
        expect(slots).toEqual([{ slots: 0 }]);
      },
      LIMIT,
    );
  },
);

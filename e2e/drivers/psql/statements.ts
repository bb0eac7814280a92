import { deepStrictEqual, match, strictEqual } from 'node:assert/strict';
import { COMMITTED_PAYLOADS, notifyingSteps, TEXT } from '../../src/content.ts';
import { collect, type Ended, psql, startPsql } from './psql.ts';

/** What a psql said: its rows, and the SQLSTATEs of its errors. */
export function said({ stdout, stderr }: Ended): {
  readonly rows: string[];
  readonly errors: string[];
} {
  const lines = (text: string) => text.split('\n').filter((line) => line !== '');
  return {
    rows: lines(stdout),
    errors: lines(stderr).map((line) => line.replace(/^.*ERROR: {2}/, '')),
  };
}

/** Runs a script whose errors do not stop it; the session must be usable in the end. */
export async function expectSaid(
  script: string,
  rows: readonly string[],
  errors: readonly string[],
): Promise<string> {
  const seen = said(await psql(`${script}\nselect 'usable';\n`));
  deepStrictEqual(seen, { rows: [...rows, 'usable'], errors: [...errors] });
  return [...rows, ...errors].join(', ');
}

export async function tlsLogin(): Promise<string> {
  const { stdout } = await psql('\\conninfo\n');
  match(stdout, /TLSv1\.[23]/);
  return stdout.trim();
}

export async function simpleQuery(): Promise<string> {
  const { stdout, code } = await psql('', ['-c', `select 1, null, $$${TEXT}$$`]);
  deepStrictEqual([stdout, code], [`1||${TEXT}\n`, 0]);
  return 'as sent';
}

export async function severalStatements(): Promise<string> {
  const statements = `create temp table several (n int);
    insert into several select generate_series(1, 3) returning n;
    update several set n = n * 2; select sum(n) from several; drop table several`;
  const { stdout, code } = await psql('', ['-c', statements]);
  deepStrictEqual([stdout, code], ['1\n2\n3\n12\n', 0]);
  const failed = said(await psql('', ['-c', 'select 1; select 1 / 0; select 2']));
  deepStrictEqual(failed, { rows: ['1'], errors: ['22012'] });
  return 'one message with five statements';
}

/** `\gdesc` prepares without a name, describes, and runs nothing. */
export function preparedUnnamed(): Promise<string> {
  return expectSaid("select 1 as a, 'x'::text as b \\gdesc", ['a|integer', 'b|text'], []);
}

export async function preparedNamed(): Promise<string> {
  const runs = Array.from({ length: 100 }, (_, n) => `execute e2e (${n});`).join('\n');
  const script = `prepare e2e (int) as select $1 * 2;\n${runs}`;
  await expectSaid(
    script,
    Array.from({ length: 100 }, (_, n) => String(n * 2)),
    [],
  );
  return '100 runs of one statement';
}

export function preparedAgain(): Promise<string> {
  return expectSaid(
    `prepare e2e as select 1; execute e2e; prepare e2e as select 2; deallocate e2e;
     prepare e2e as select 3; execute e2e; discard all; execute e2e;`,
    ['1', '3'],
    ['42P05', '26000'],
  );
}

export function preparedError(): Promise<string> {
  return expectSaid(
    `prepare e2e as select from where;
     prepare e2e (int) as select 8 / $1; execute e2e (0); execute e2e (4);`,
    ['2'],
    ['42601', '22012'],
  );
}

export async function cancel(): Promise<string> {
  const sleeper = startPsql(['-c', 'select pg_sleep(30) /* e2e psql */']);
  const ended = collect(sleeper, '');
  const asleep = `select count(*) from pg_stat_activity
    where wait_event = 'PgSleep' and query like '%/* e2e psql */'`;
  for (let count = '0'; count === '0'; ) count = (await psql(asleep)).stdout.trim();
  // psql asks for the cancellation on a connection of its own, as for Ctrl-C.
  sleeper.kill('SIGINT');
  match((await ended).stderr, /57014/);
  return '57014';
}

export async function notify(): Promise<string> {
  const sends = Array.from({ length: 20 }, (_, n) => `notify e2e_psql, 'number ${n}';`).join('\n');
  const { stdout } = await psql(`listen e2e_psql;\n${sends}\nselect 'end';\n`);
  const payloads = [...stdout.matchAll(/"e2e_psql" with payload "([^"]*)"/g)].map(
    ([, text]) => text,
  );
  deepStrictEqual(
    payloads,
    Array.from({ length: 20 }, (_, n) => `number ${n}`),
  );
  return `${payloads.length} notifications in order`;
}

export async function notifyError(): Promise<string> {
  const steps = notifyingSteps('e2e_psql_error');
  const ended = await psql(
    ['listen e2e_psql_error', ...steps.map(({ text }) => text), ''].join(';\n'),
  );
  const received = [...ended.stdout.matchAll(/"e2e_psql_error" with payload "([^"]*)"/g)].map(
    ([, payload]) => payload,
  );
  deepStrictEqual([received, said(ended).errors], [COMMITTED_PAYLOADS, ['22023', '22012']]);
  return received.join(', ');
}

export async function notices(): Promise<string> {
  const { stderr } = await psql(`\\set VERBOSITY default
    do $$ begin raise notice 'one %', 1; raise warning 'two'; raise info 'three'; end $$;`);
  deepStrictEqual(
    stderr
      .trim()
      .split('\n')
      .map((line) => line.replace(/^psql:.*?: /, '')),
    ['NOTICE:  one 1', 'WARNING:  two', 'INFO:  three'],
  );
  return '3 notices';
}

/** Command tags tell what became of a transaction. */
export async function transactionStatus(): Promise<string> {
  const script = 'begin; select 1; select 1/0; select 1; commit; begin; commit;';
  const seen = said(await psql(`\\set QUIET off\n${script}`));
  deepStrictEqual(seen.rows.slice(-5), ['BEGIN', '1', 'ROLLBACK', 'BEGIN', 'COMMIT']);
  deepStrictEqual(seen.errors, ['22012', '25P02']);
  strictEqual(seen.rows.length, 5);
  return seen.rows.join(', ');
}

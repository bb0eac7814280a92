import { strictEqual } from 'node:assert/strict';
import { createHash } from 'node:crypto';

/** Rows of the large result: `i` and 1,024 characters that follow from it; 102 MB in all. */
export const BIG_ROWS = 100_000;
export const BIG_RESULT = `select i, repeat(md5(i::text), 32) as text from generate_series(1, ${BIG_ROWS}) i`;

/** 200 MiB of text in one value. */
export const BIG_VALUE_LENGTH = 32 * 6_553_600;
export const BIG_VALUE = `select repeat(md5('weir'), ${BIG_VALUE_LENGTH / 32}) as text`;

/** Characters of the literal in the large statement: 10 MB. */
export const BIG_STATEMENT_LENGTH = 10_000_000;

/** Parameters of one statement: the protocol counts them in 16 bits. */
export const MOST_PARAMETERS = 65_535;

/** Fails with 22012 (division by zero) at its 500th row. */
export const FAILING_RESULT =
  'select i, 1000 / (500 - i) as quotient from generate_series(1, 1000) i';

/** 50 MB of rows, then 22012 (division by zero) in the middle of the large result. */
export const BIG_FAILING_ROWS = BIG_ROWS / 2;
export const BIG_FAILING_RESULT = `select i, repeat(md5(i::text), 32) as text, 1 / (${BIG_FAILING_ROWS + 1} - i) as quotient
  from generate_series(1, ${BIG_ROWS}) i`;

/** The large value, and 22012 where the next row should be. */
export const BIG_FAILING_VALUE = `select repeat(md5('weir'), ${BIG_VALUE_LENGTH / 32}) as text, 1 / (2 - i) as quotient
  from generate_series(1, 2) i`;

/** A statement of 10 MB that names a table which is not there (42P01), behind the literal. */
export const BIG_FAILING_STATEMENT = `select '${'weir '.repeat(BIG_STATEMENT_LENGTH / 5)}' from e2e_nowhere`;
/** Where the server says that the fault is, in characters from one. */
export const BIG_FAILING_POSITION = BIG_FAILING_STATEMENT.length - 'e2e_nowhere'.length + 1;

/** Sends 999 rows, 100 kB, and sleeps before the last. */
export const SLEEPING_RESULT = `select i, case when i = 1000 then pg_sleep(30)::text else repeat('x', 100) end as text
  from generate_series(1, 1000) i`;

/** Rows of several types, with nulls, for a copy in the binary format. */
export const BINARY_ROWS = 20_000;
export const BINARY_SOURCE = `select i, i * 1000000007::int8 as big, i / 7.0 as ratio, md5(i::text) as text,
  case when i % 10 > 0 then sha256(i::text::bytea) end as bytes, array[i, null, -i] as list
  from generate_series(1, ${BINARY_ROWS}) i`;
/** How a binary copy begins. */
export const BINARY_SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');

/** A statement, and the SQLSTATE that it must fail with. */
export interface Step {
  readonly text: string;
  readonly code?: string;
}

/** Notifies a channel in transactions that are kept, undone in part, and undone; see what arrives. */
export function notifyingSteps(channel: string): readonly Step[] {
  const notify = (payload: string) => ({ text: `notify ${channel}, '${payload}'` });
  return [
    { text: 'begin' },
    notify('before'),
    { text: 'savepoint here' },
    notify('undone'),
    { text: `select pg_notify('${channel}', repeat('x', 8000))`, code: '22023' },
    { text: 'rollback to savepoint here' },
    notify('after'),
    { text: 'commit' },
    { text: 'begin' },
    notify('undone as well'),
    { text: 'select 1 / 0', code: '22012' },
    { text: 'rollback' },
    notify('end'),
  ];
}

/** The payloads of `notifyingSteps` that were committed. */
export const COMMITTED_PAYLOADS = ['before', 'after', 'end'];

/** Every byte value, repeated to 1 MiB: what large objects hold. */
export const OBJECT_CONTENT = Buffer.alloc(
  1 << 20,
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
);

/** Text beyond ASCII: two, three and four UTF-8 bytes, quotes, a backslash and a line break. */
export const TEXT = 'Grüße, 日本語, 🌊 \'quoted\' "double" \\ back\nnext';

/** The MD5 of a text, in hex, as Postgres says it. */
export function md5(text: string | Uint8Array): string {
  return createHash('md5').update(text).digest('hex');
}

/** Checks a row of the large result against its number. */
export function checkBigRow(i: number, text: string): void {
  if (text !== md5(String(i)).repeat(32)) throw new Error(`row ${i} is not what was asked for`);
}

/** Checks the large value. */
export function checkBigValue(text: string): void {
  strictEqual(text.length, BIG_VALUE_LENGTH);
  strictEqual(md5(text), md5(md5('weir').repeat(BIG_VALUE_LENGTH / 32)));
}

/** The sum of 1 to n. */
export function sumTo(n: number): number {
  return (n * (n + 1)) / 2;
}

/** Waits for a promise to fail with this SQLSTATE. */
export async function fails(promise: Promise<unknown>, code: string): Promise<void> {
  const outcome = await promise.then(
    () => 'it succeeded',
    (error: unknown) => codeOf(error),
  );
  strictEqual(outcome, code);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : String(error);
}

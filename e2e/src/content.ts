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

import type { Buffer } from 'node:buffer';
import type { MachineLimits } from '@weir/contract';
import { B, C, c, D, d, E, f, H, P, Q, S } from './frontend-messages.ts';
import { type BackendMessage, functionCall, type RawFrontend } from './raw-frontend.ts';

/**
 * What the client sends where a statement is denied. The same goes to a relay, whose policy denies
 * `allowed.*`, and directly to the server, with statements in their place that fail by themselves.
 */
interface BadStatements {
  /** Returns no rows. */
  readonly utility: string;
  readonly copyIn: string;
  readonly copyOut: string;
  /** Gives two rows; its continuation is bad. */
  readonly rows: string;
  /** Longer than a statement's text may be. */
  readonly longQuery: Buffer;
  readonly longParse: Buffer;
  /** Five thousand bytes fit the limit of prepared text four times. */
  readonly fifthParse: Buffer;
  readonly longName: string;
  readonly call: Buffer;
}

export const LIMITS: Partial<MachineLimits> = { statementBytes: 5_000, preparedBytes: 20_000 };

const LARGE = `SELECT 1 -- ${'x'.repeat(4_000)}`;
const HUGE = `SELECT ${'1 + '.repeat(100_000)}1`;
const LONG_NAME = 'n'.repeat(64);

/** They would run, were they not denied. */
export const DENIED: BadStatements = {
  utility: 'NOTIFY forbidden',
  copyIn: 'COPY forbidden FROM STDIN',
  copyOut: 'COPY forbidden TO STDOUT',
  rows: 'SELECT i /* forbidden twice */ FROM generate_series(1, 5) i',
  longQuery: Q(HUGE),
  longParse: P(HUGE),
  fifthParse: P(LARGE, 's5'),
  longName: LONG_NAME,
  call: functionCall(1, 'x'),
};

/** They fail, and where they fail the server does what must also happen on a denial. */
export const FAILING: BadStatements = {
  utility: 'EXECUTE nobody_made_this',
  copyIn: 'COPY nobody_made_this FROM STDIN',
  copyOut: 'COPY nobody_made_this TO STDOUT',
  rows: 'SELECT i / (3 - i) FROM generate_series(1, 5) i',
  longQuery: Q('EXECUTE nobody_made_this'),
  longParse: P('SELEC'),
  fifthParse: P('SELEC'),
  longName: 'nobody_made_this',
  call: functionCall(999_999, 'x'),
};

interface DenialCase {
  readonly name: string;
  /** How many ReadyForQuery the messages of `send` are answered with. */
  readonly ready: number;
  readonly denials?: number;
  readonly send: (bad: BadStatements) => readonly Uint8Array[];
}

const run = (text: string) => [P(text), B({}), E()];

const SIMPLE: readonly DenialCase[] = [
  { name: 'a query string', ready: 1, send: (bad) => [Q(bad.utility)] },
  {
    name: 'the first of three',
    ready: 1,
    send: (bad) => [Q(`${bad.utility}; SELECT 1; SELECT 2`)],
  },
  {
    name: 'the middle of three',
    ready: 1,
    send: (bad) => [Q(`SELECT 1; ${bad.utility}; SELECT 2`)],
  },
  {
    name: 'the last of three',
    ready: 1,
    send: (bad) => [Q(`SELECT 1; SELECT 2; ${bad.utility} ;`)],
  },
  {
    name: 'behind a statement that fails',
    ready: 1,
    denials: 0,
    send: (bad) => [Q(`SELECT 1; SELECT 1/0; ${bad.utility}`)],
  },
  {
    name: 'behind a change in the same implicit transaction, which is rolled back',
    ready: 2,
    send: (bad) => [
      Q(`INSERT INTO forbidden VALUES (1); ${bad.utility}`),
      Q('SELECT count(*) FROM forbidden'),
    ],
  },
  {
    name: 'behind a COMMIT in the same string, which stays',
    ready: 3,
    send: (bad) => [
      Q(`BEGIN; INSERT INTO forbidden VALUES (1); COMMIT; ${bad.utility}`),
      Q('SELECT count(*) FROM forbidden'),
      Q('DELETE FROM forbidden'),
    ],
  },
  {
    name: 'in a transaction that the same string begins',
    ready: 2,
    send: (bad) => [Q(`BEGIN; ${bad.utility}; COMMIT`), Q('ROLLBACK')],
  },
  {
    name: 'in an explicit transaction',
    ready: 4,
    send: (bad) => [Q('BEGIN'), Q(bad.utility), Q('SELECT 1'), Q('COMMIT')],
  },
  {
    name: 'behind a savepoint',
    ready: 4,
    send: (bad) => [
      Q('BEGIN; SAVEPOINT a'),
      Q(bad.utility),
      Q('ROLLBACK TO a; SELECT 1'),
      Q('COMMIT'),
    ],
  },
  {
    name: 'in a failed transaction',
    ready: 4,
    send: (bad) => [Q('BEGIN'), Q('SELECT 1/0'), Q(`${bad.utility}; SELECT 1`), Q('ROLLBACK')],
  },
  {
    name: 'one in each of several pipelined strings',
    ready: 4,
    denials: 2,
    send: (bad) => [Q(bad.utility), Q('SELECT 1'), Q(`SELECT 2; ${bad.utility}`), Q('SELECT 3')],
  },
  { name: 'behind empty statements', ready: 1, send: (bad) => [Q(`;; /* ; */ ${bad.utility};;`)] },
  { name: 'a query string over the limit', ready: 1, send: (bad) => [bad.longQuery] },
  {
    name: 'a query string over the limit in a transaction',
    ready: 3,
    send: (bad) => [Q('BEGIN'), bad.longQuery, Q('ROLLBACK')],
  },
  { name: 'a function call', ready: 1, send: (bad) => [bad.call] },
  {
    name: 'a function call in a transaction',
    ready: 3,
    send: (bad) => [Q('BEGIN'), bad.call, Q('END')],
  },
];

const EXTENDED: readonly DenialCase[] = [
  { name: 'an Execute', ready: 1, send: (bad) => [...run(bad.utility), S] },
  {
    name: 'an Execute that was described',
    ready: 1,
    send: (bad) => [P(bad.utility), D('S'), B({}), D('P'), E(), C('S'), S],
  },
  {
    name: 'an Execute between others, whose batch alone is skipped',
    ready: 3,
    send: (bad) => [
      ...run('SELECT 1'),
      S,
      ...run('SELECT 2'),
      ...run(bad.utility),
      ...run('SELECT 3'),
      S,
      ...run('SELECT 4'),
      S,
    ],
  },
  {
    name: 'an Execute whose implicit transaction is rolled back',
    ready: 2,
    send: (bad) => [
      ...run('INSERT INTO forbidden VALUES (1)'),
      ...run(bad.utility),
      S,
      Q('SELECT count(*) FROM forbidden'),
    ],
  },
  {
    name: 'an Execute in an explicit transaction',
    ready: 4,
    send: (bad) => [
      Q('BEGIN'),
      ...run(bad.utility),
      S,
      ...run('SELECT 1'),
      S,
      ...run('ROLLBACK'),
      S,
    ],
  },
  {
    name: 'a named statement run twice',
    ready: 2,
    denials: 2,
    send: (bad) => [
      P(bad.utility, 's'),
      B({ statement: 's' }),
      E(),
      S,
      B({ statement: 's', portal: 'p' }),
      E('p'),
      S,
    ],
  },
  {
    name: 'an Execute before a Query in the same batch, which is skipped',
    ready: 1,
    send: (bad) => [...run(bad.utility), Q('SELECT 1'), S],
  },
  {
    name: 'a Query inside a batch, which goes on',
    ready: 2,
    send: (bad) => [...run('SELECT 1'), Q(bad.utility), ...run('SELECT 2'), S],
  },
  {
    name: 'an Execute followed by Flush',
    ready: 1,
    send: (bad) => [...run(bad.utility), H, ...run('SELECT 1'), H, S],
  },
  {
    name: 'two Executes of one batch, the second of which is skipped',
    ready: 1,
    send: (bad) => [...run(bad.utility), ...run(bad.utility), S],
    denials: 1,
  },
  {
    name: 'a Parse over the limit',
    ready: 2,
    send: (bad) => [bad.longParse, B({}), E(), S, ...run('SELECT 1'), S],
  },
  {
    name: 'a Parse of the unnamed statement, which drops the one before',
    ready: 3,
    send: (bad) => [P('SELECT 1'), S, bad.longParse, S, B({}), E(), S],
  },
  {
    name: 'a Parse of more text than a session may hold',
    ready: 2,
    send: (bad) => [
      ...['s1', 's2', 's3', 's4'].map((name) => P(LARGE, name)),
      bad.fifthParse,
      B({ statement: 's5' }),
      S,
      C('S', 's1'),
      P(LARGE, 's1'),
      S,
    ],
  },
  {
    name: 'the continuation of a row-limited Execute',
    ready: 3,
    send: (bad) => [P(bad.rows), B({}), E('', 2), E('', 2), E('', 2), S, Q('BEGIN'), Q('END')],
  },
  {
    name: 'the continuation of a portal in a transaction, which fails',
    ready: 4,
    send: (bad) => [
      Q('BEGIN'),
      P(bad.rows),
      B({ portal: 'p' }),
      E('p', 2),
      S,
      E('p', 2),
      S,
      Q('ROLLBACK'),
    ],
  },
  {
    name: 'a Bind to an over-long statement name',
    ready: 1,
    send: (bad) => [B({ statement: bad.longName }), E(), S],
  },
  { name: 'an Execute of an over-long name', ready: 1, send: (bad) => [E(bad.longName), S] },
  { name: 'a Describe of an over-long name', ready: 1, send: (bad) => [D('S', bad.longName), S] },
  {
    name: 'a function call inside a batch',
    ready: 2,
    send: (bad) => [...run('SELECT 1'), bad.call, S],
  },
];

const COPY: readonly DenialCase[] = [
  { name: 'COPY TO', ready: 1, send: (bad) => [Q(bad.copyOut)] },
  { name: 'COPY TO in a batch', ready: 1, send: (bad) => [...run(bad.copyOut), S] },
  { name: 'COPY FROM', ready: 1, send: (bad) => [Q(bad.copyIn)] },
  {
    name: 'COPY FROM with its data already sent',
    ready: 2,
    send: (bad) => [Q(bad.copyIn), d('1\n'), d('2\n'), c, Q('SELECT count(*) FROM forbidden')],
  },
  {
    name: 'COPY FROM in the middle with its data already sent and failed',
    ready: 2,
    send: (bad) => [Q(`SELECT 1; ${bad.copyIn}; SELECT 2`), d('1\n'), f, Q('SELECT 3')],
  },
  {
    name: 'COPY FROM in a batch with its data already sent',
    ready: 2,
    send: (bad) => [...run(bad.copyIn), d('1\n'), c, S, Q('SELECT count(*) FROM forbidden')],
  },
];

export const CASES: readonly DenialCase[] = [...SIMPLE, ...EXTENDED, ...COPY];

/** Sends a case's messages and waits for all of their answers. */
export async function play(
  client: RawFrontend,
  { send, ready }: DenialCase,
  bad: BadStatements,
): Promise<readonly BackendMessage[]> {
  client.send(...send(bad));
  return client.until('Z', ready);
}

/** Message types; command tags and transaction statuses as they are. Texts of errors differ. */
export function describeAnswers(answers: readonly BackendMessage[]): readonly string[] {
  return answers.map(({ type, body }) =>
    type === 'C' || type === 'Z' ? `${type} ${body.toString('latin1').replace('\0', '')}` : type,
  );
}

/** The SQLSTATE and message of each error. */
export function errorsOf(answers: readonly BackendMessage[]): readonly string[] {
  return answers
    .filter(({ type }) => type === 'E')
    .map(({ body }) => {
      const fields = body.toString('utf8').split('\0');
      const field = (code: string) => fields.find((each) => each.startsWith(code))?.slice(1);
      return `${field('C')} ${field('M')}`;
    });
}

/**
 * The relay machine of the Postgres plugin by itself: bytes in, actions out, no sockets and no
 * observers. It is what Weir adds to a byte relay, before what it decides and tells.
 *
 *   pnpm --filter @weir/benchmarks bench:machine
 */
import { ALLOW, type RelayActions } from '@weir/contract';
import { DEFAULT_LIMITS } from '@weir/core';
import { postgres } from '@weir/plugin-postgres';
import { dataRow, int16, int32, message, rowDescription } from './protocol-messages.ts';
import { median } from './statistics.ts';

const ROUNDS = 5;
const ROUND_MS = 500;
const MEGABYTE = 1_000_000;
/** What one read of a busy socket brings. */
const CHUNK_BYTES = 64 * 1024;
const BULK_BYTES = 20 * MEGABYTE;

/** An exchange that can be played again and again on one session. */
interface Exchange {
  readonly name: string;
  /** Played once, before. */
  readonly prologue?: Turn;
  readonly turn: Turn;
  readonly rows: number;
}

interface Turn {
  readonly fromClient: Buffer;
  readonly fromDatabase: readonly Buffer[];
}

const ready = message('Z', 'I');
const point = [rowDescription(['abalance']), dataRow(['-4711'])];
const selected = (rows: number) => message('C', `SELECT ${rows}\0`);
const query = (sql: string) => message('Q', `${sql}\0`);

function simple(): Exchange {
  return {
    name: 'simple statement, one row',
    turn: {
      fromClient: query('SELECT abalance FROM pgbench_accounts WHERE aid = 271828;'),
      fromDatabase: [Buffer.concat([...point, selected(1), ready])],
    },
    rows: 1,
  };
}

/** As pgbench sends it: Bind, Describe, Execute, Sync of a statement that was prepared once. */
function prepared(): Exchange {
  const sync = message('S');
  const parse = message('P', 'P0_1\0', 'SELECT abalance FROM t WHERE aid = $1\0', int16(0));
  const value = Buffer.concat([int32(6), Buffer.from('271828')]);
  const bind = message('B', '\0P0_1\0', int16(0), int16(1), value, int16(1), int16(0));
  return {
    name: 'prepared statement, one row',
    prologue: {
      fromClient: Buffer.concat([parse, sync]),
      fromDatabase: [Buffer.concat([message('1'), ready])],
    },
    turn: {
      fromClient: Buffer.concat([bind, message('D', 'P\0'), message('E', '\0', int32(0)), sync]),
      fromDatabase: [Buffer.concat([message('2'), ...point, selected(1), ready])],
    },
    rows: 1,
  };
}

function manyRows(): Exchange {
  const row = dataRow(['271828', '3', '0', 'x'.repeat(84)]);
  const rows = Math.ceil(BULK_BYTES / row.length);
  const names = ['aid', 'bid', 'abalance', 'filler'];
  const parts = [rowDescription(names), ...Array<Buffer>(rows).fill(row), selected(rows), ready];
  return {
    name: 'rows of 119 bytes',
    turn: {
      fromClient: query('SELECT * FROM pgbench_accounts'),
      fromDatabase: inChunks(Buffer.concat(parts)),
    },
    rows,
  };
}

function largeValue(): Exchange {
  const parts = [rowDescription(['v']), dataRow(['x'.repeat(BULK_BYTES)]), selected(1), ready];
  return {
    name: 'one value of 20 MB',
    turn: {
      fromClient: query("SELECT repeat('x', 20000000) AS v"),
      fromDatabase: inChunks(Buffer.concat(parts)),
    },
    rows: 1,
  };
}

function inChunks(bytes: Buffer): readonly Buffer[] {
  const count = Math.ceil(bytes.length / CHUNK_BYTES);
  return Array.from({ length: count }, (_, chunk) =>
    bytes.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES),
  );
}

/** Counts what comes out; everything is allowed. */
class Counter implements RelayActions {
  bytesToClient = 0;
  completions = 0;
  #seq = 0;

  toClient(bytes: Uint8Array): void {
    this.bytesToClient += bytes.length;
  }
  submit: RelayActions['submit'] = (draft) => {
    this.#seq += 1;
    return { statement: { ...draft, seq: this.#seq }, verdict: ALLOW };
  };
  prepare: RelayActions['prepare'] = (draft) => ({
    statement: { ...draft, seq: 0 },
    verdict: ALLOW,
  });
  deny: RelayActions['deny'] = () => {
    throw new Error('the machine denied a statement');
  };
  completed(): void {
    this.completions += 1;
  }
  failed(): void {
    throw new Error('a statement failed');
  }
  violated(): void {
    throw new Error('the machine lost its place');
  }
  toDatabase(): void {}
  columns(): void {}
  rows(): void {}
  quieted(): void {}
  throttle(): void {}
  quit(): void {}
}

/** Turns per second of processor time. */
function measure(exchange: Exchange): number {
  const counter = new Counter();
  const connection = postgres().makeConnection({
    tlsAvailable: false,
    tlsRequired: false,
    limits: DEFAULT_LIMITS,
    randomBytes: (length) => Buffer.alloc(length),
  });
  const relay = connection.makeRelay(counter);
  const play = ({ fromClient, fromDatabase }: Turn) => {
    relay.fromClient(fromClient);
    for (const chunk of fromDatabase) relay.fromDatabase(chunk);
  };
  if (exchange.prologue !== undefined) play(exchange.prologue);

  const expected = exchange.turn.fromDatabase.reduce((sum, { length }) => sum + length, 0);
  const rates: number[] = [];
  // The first round warms the machine up and does not count.
  for (let round = 0; round <= ROUNDS; round += 1) {
    counter.bytesToClient = 0;
    counter.completions = 0;
    const end = performance.now() + ROUND_MS;
    const cpu = process.cpuUsage();
    let turns = 0;
    while (performance.now() < end) {
      play(exchange.turn);
      turns += 1;
    }
    const { user, system } = process.cpuUsage(cpu);
    if (counter.bytesToClient !== expected * turns || counter.completions !== turns)
      throw new Error(`${exchange.name}: not all of it came out`);
    if (round > 0) rates.push((turns * 1_000_000) / (user + system));
  }
  return median(rates);
}

console.log('| exchange | statements/s | rows/s | MB/s |\n| --- | --- | --- | --- |');
for (const exchange of [simple(), prepared(), manyRows(), largeValue()]) {
  const rate = measure(exchange);
  const bytes = exchange.turn.fromDatabase.reduce((sum, { length }) => sum + length, 0);
  const cells = [rate, rate * exchange.rows, (rate * bytes) / MEGABYTE];
  const texts = cells.map((cell) => Number(cell.toPrecision(3)).toLocaleString('en'));
  console.log(`| ${exchange.name} | ${texts.join(' | ')} |`);
}

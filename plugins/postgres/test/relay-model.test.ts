import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import { ALLOW, type Denial, type Statement, type Verdict } from '@weir/contract';
import fc from 'fast-check';
import { B, C, c, D, d, E, f, H, P, Q, S } from './frontend-messages.ts';
import { FUZZ_PATIENCE, fuzzSearch } from './fuzz-search.ts';
import { ModelServer } from './model-server.ts';
import { RelayHarness } from './relay-harness.ts';
import { messageTypes } from './wire-messages.ts';

const SEARCH = fuzzSearch(2);

const DENY: Denial = { allow: false, code: 'forbidden', message: 'not for you' };
const FORBIDDEN = 'SELECT 7';
/** The same bytes under two encodings. */
const UMLAUT = 'SELECT ü';
const UMLAUT_IN_LATIN1 = 'SELECT Ã¼';

const texts = fc.constantFrom(
  ...['SELECT 0', 'SELECT 1', 'SELECT 3', FORBIDDEN, 'FAIL', 'SYNTAX', '', 'COPY OUT'],
  ...['BEGIN', 'BEGIN', 'COMMIT', 'ROLLBACK', 'PREPARE a AS SELECT 7', 'PREPARE b AS SELECT 2'],
  ...[UMLAUT, UMLAUT, 'SET LATIN1', 'SET UTF8', 'PREPARE a AS SELECT ü'],
  ...['DEALLOCATE a', 'DEALLOCATE ALL', 'DISCARD ALL', 'CLOSE a', 'CLOSE ALL'],
  ...['DECLARE a CURSOR FOR SELECT 7', 'DECLARE b CURSOR WITH HOLD FOR SELECT 7'],
);
const names = fc.constantFrom('', 'a', 'b');
const limits = fc.constantFrom(0, 0, 1, 2);
const kinds = fc.constantFrom<'S' | 'P'>('S', 'P');

const run = fc
  .tuple(texts, names, names)
  .map(([text, statement, portal]) => [P(text, statement), B({ statement, portal }), E(portal)]);

const copy = fc
  .tuple(
    fc.boolean(),
    fc.array(fc.constantFrom(S, d('x'), d('x'), d('bad')), { maxLength: 4 }),
    fc.constantFrom([c], [f], []),
  )
  .map(([extended, inside, end]) => [
    ...(extended ? [P('COPY IN'), B({}), E()] : [Q('SELECT 1; COPY IN; DEALLOCATE ALL')]),
    ...inside,
    ...end,
  ]);

const messages = fc.oneof(
  { weight: 4, arbitrary: fc.constant([S]) },
  { weight: 4, arbitrary: run },
  { weight: 3, arbitrary: fc.array(texts, { maxLength: 3 }).map((all) => [Q(all.join(';'))]) },
  { weight: 2, arbitrary: fc.tuple(texts, names).map(([text, name]) => [P(text, name)]) },
  {
    weight: 2,
    arbitrary: fc.tuple(names, names).map(([s, p]) => [B({ statement: s, portal: p })]),
  },
  { weight: 2, arbitrary: fc.tuple(names, limits).map(([name, rows]) => [E(name, rows)]) },
  { weight: 1, arbitrary: fc.tuple(kinds, names).map(([kind, name]) => [D(kind, name)]) },
  { weight: 1, arbitrary: fc.tuple(kinds, names).map(([kind, name]) => [C(kind, name)]) },
  { weight: 1, arbitrary: fc.constantFrom([H], [d('x')], [c], [f]) },
  { weight: 1, arbitrary: copy },
);

/** What happens next: the client sends, some answers arrive, a statement is released. */
type Turn =
  | { readonly send: Buffer; readonly cut: number }
  | { readonly answers: number }
  | { readonly release: true };

const turns: fc.Arbitrary<readonly Turn[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.array(messages, { minLength: 1, maxLength: 6 }), fc.nat(40))
        .map(([all, cut]): Turn => ({ send: Buffer.concat(all.flat()), cut })),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom(1, 7, 30, 1_000).map((answers): Turn => ({ answers })),
    },
    { weight: 1, arbitrary: fc.constant<Turn>({ release: true }) },
  ),
  { maxLength: 25 },
);

interface Pace {
  /** Every so many statements one waits for its decision. */
  readonly holdEvery: number;
  readonly pipelineDepth: number;
}

/** A client, a relay and a database, each as slow as the turns say. */
class Conversation {
  readonly server = new ModelServer();
  readonly harness: RelayHarness;
  readonly #policy: (statement: Statement) => Verdict;
  readonly #sent: Buffer[] = [];
  #answers = Buffer.alloc(0);

  constructor(policy: (statement: Statement) => Verdict, { holdEvery, pipelineDepth }: Pace) {
    this.#policy = policy;
    this.harness = new RelayHarness({
      limits: { pipelineDepth },
      decide: (statement) => (statement.seq % holdEvery === 0 ? 'hold' : policy(statement)),
      toDatabase: (bytes) => this.server.receive(bytes),
    });
  }

  take(turn: Turn): void {
    if ('answers' in turn) this.#answer(turn.answers);
    else if ('release' in turn) this.#release();
    else {
      this.#sent.push(turn.send.subarray(0, turn.cut), turn.send.subarray(turn.cut));
      this.#send();
    }
  }

  /** Leaves copies, batches and transactions, and waits for all answers. */
  finish(): void {
    this.#settle();
    for (const message of [f, S, S, Q('ROLLBACK')]) {
      this.#sent.push(message);
      this.#settle();
    }
    if (!this.server.ended) {
      expect(this.#sent).toEqual([]);
      expect(this.harness.unfinished).toEqual([]);
      expect(this.harness.relay.quiet).toBe(true);
    }
    this.harness.disconnect();
  }

  #settle(): void {
    for (;;) {
      const before = this.harness.clientBytes.length + this.harness.databaseBytes.length;
      this.#send();
      this.#release();
      this.#answer(Number.POSITIVE_INFINITY);
      const after = this.harness.clientBytes.length + this.harness.databaseBytes.length;
      if (before === after && this.harness.held.length === 0) return;
    }
  }

  /** A paused client sends no more. */
  #send(): void {
    while (!this.harness.throttled) {
      const bytes = this.#sent.shift();
      if (bytes === undefined) return;
      this.harness.relay.fromClient(bytes);
    }
  }

  #release(): void {
    const [statement] = this.harness.held;
    if (statement !== undefined) this.harness.release(this.#policy(statement));
  }

  #answer(bytes: number): void {
    this.#answers = Buffer.concat([this.#answers, this.server.takeAnswers()]);
    const some = this.#answers.subarray(0, bytes);
    this.#answers = this.#answers.subarray(some.length);
    if (some.length > 0) this.harness.relay.fromDatabase(some);
  }
}

/** What the relay says has run; a name stands for any text. */
function expectSameStatements({ harness, server }: Conversation): void {
  const drafts = new Map(
    harness.events.flatMap((event): [number, { text: string; source: string }][] =>
      event.type === 'submit' ? [[event.seq, event]] : [],
    ),
  );
  const completed = harness.events.flatMap((event) =>
    event.type === 'completed' ? [drafts.get(event.seq)] : [],
  );
  const told = completed.map((draft, index) =>
    draft?.source === 'name' ? server.ran[index] : draft?.text,
  );
  expect(told).toEqual(server.ran);
}

function converse(
  policy: (statement: Statement) => Verdict,
  pace: Pace,
  all: readonly Turn[],
): Conversation {
  const conversation = new Conversation(policy, pace);
  for (const turn of all) conversation.take(turn);
  conversation.finish();
  expect(conversation.harness.violation).toBeUndefined();
  expect(conversation.harness.unfinished).toEqual([]);
  expect(messageTypes(conversation.harness.clientBytes)).toBe(conversation.server.said);
  expectSameStatements(conversation);
  return conversation;
}

const paces: fc.Arbitrary<Pace> = fc.record({
  holdEvery: fc.constantFrom(2, 3, 7, 1_000_000),
  pipelineDepth: fc.constantFrom(1, 4, 10, 1_000),
});

describe('whatever a client sends, however slowly the answers come', () => {
  it(
    'the text that was decided is the text that runs',
    () => {
      fc.assert(
        fc.property(turns, paces, (all, pace) => {
          converse(({ text }) => (text === 'FAIL' ? DENY : ALLOW), pace, all);
        }),
        SEARCH,
      );
    },
    FUZZ_PATIENCE,
  );

  it(
    'what is denied by its text never runs under a name',
    () => {
      const policy = ({ text, source }: Statement) =>
        text === FORBIDDEN || text === UMLAUT_IN_LATIN1 || source === 'name' ? DENY : ALLOW;
      fc.assert(
        fc.property(turns, paces, (all, pace) => {
          const { server } = converse(policy, pace, all);
          expect(server.ran).not.toContain(FORBIDDEN);
          expect(server.ran).not.toContain(UMLAUT_IN_LATIN1);
        }),
        SEARCH,
      );
    },
    FUZZ_PATIENCE,
  );
});

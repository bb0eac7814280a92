import { describe, expect, it, jest } from '@jest/globals';
import { ALLOW, type Denial, type StatementStage, type Verdict } from '@weir/contract';
import { STATEMENT_STAGES } from '@weir/core';
import { inScene } from './scene.ts';
import { CLOSED } from './toy-client.ts';
import { until } from './until.ts';

jest.setTimeout(30_000);

const NO: Denial = { allow: false, code: 'forbidden', message: 'no', rule: 'a rule' };
const ULID = '[0-9A-HJKMNP-TV-Z]{26}';

/** A decision in the test's hand. */
function makeDecision(): {
  readonly stage: StatementStage;
  readonly settle: (verdict: Verdict) => void;
} {
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  return { stage: () => promise, settle: resolve };
}

/** The four stages; each says its name, and `answers` says what some of them answer. */
function makeStages(
  asked: string[],
  answers: Partial<Record<(typeof STATEMENT_STAGES)[number], Verdict | Promise<Verdict>>>,
): Record<(typeof STATEMENT_STAGES)[number], StatementStage> {
  const stage = (name: (typeof STATEMENT_STAGES)[number]): StatementStage => {
    return () => {
      asked.push(name);
      return answers[name] ?? ALLOW;
    };
  };
  return {
    access: stage('access'),
    guardrail: stage('guardrail'),
    approval: stage('approval'),
    auditIntent: stage('auditIntent'),
  };
}

describe('the statement gate', () => {
  it('asks access, guardrail, approval and audit, in this order, before anything is forwarded', async () => {
    const asked: string[] = [];
    await inScene({ stages: makeStages(asked, {}) }, async (scene) => {
      const client = await scene.session();
      expect(await client.run('row 1')).toEqual(['ROW 1', 'DONE row idle']);
      expect(asked).toEqual(['access', 'guardrail', 'approval', 'auditIntent']);
      expect(STATEMENT_STAGES).toEqual(asked);
      expect(scene.storyOf(1)).toEqual([
        'statement.submitted',
        'statement.decided',
        'result.columns',
        'result.rows',
        'result.completed',
      ]);
    });
  });

  it.each(STATEMENT_STAGES.map((name, index) => [name, index + 1] as const))(
    'takes the denial of %s for the last word',
    async (name, count) => {
      const asked: string[] = [];
      await inScene({ stages: makeStages(asked, { [name]: NO }) }, async (scene) => {
        const client = await scene.session();
        const [answer] = await client.run('row 1');
        expect(asked).toEqual(STATEMENT_STAGES.slice(0, count));
        const { ref, verdict } = await scene.next('statement.decided');
        expect(answer).toBe(`DENIED forbidden ${ref} no`);
        expect(ref).toMatch(new RegExp(`^${ULID}$`));
        expect(verdict).toEqual(NO);
        expect(scene.storyOf(1)).toEqual([
          'statement.submitted',
          'statement.decided',
          'result.failed',
        ]);
        expect(scene.told('result.failed')[0]?.failure).toEqual({
          cause: 'denied',
          code: 'forbidden',
          rows: 0,
          bytes: 0,
        });
        expect(scene.database.statements).toEqual([]);
      });
    },
  );

  it('keeps its order when stages take their time', async () => {
    const asked: string[] = [];
    const stages = makeStages(asked, {
      access: Promise.resolve(ALLOW),
      guardrail: ALLOW,
      approval: Promise.resolve(ALLOW),
    });
    await inScene({ stages }, async (scene) => {
      const client = await scene.session();
      await client.run('row 1');
      expect(asked).toEqual(['access', 'guardrail', 'approval', 'auditIntent']);
    });
  });

  const failures: Record<string, StatementStage> = {
    throws: () => {
      throw new Error('boom');
    },
    rejects: () => Promise.reject(new Error('boom')),
  };

  it.each(Object.entries(failures))(
    'denies when a stage %s, without its words, and the session goes on',
    async (_how, guardrail) => {
      let broken = true;
      const stages: { guardrail: StatementStage } = {
        guardrail: (...question) => (broken ? guardrail(...question) : ALLOW),
      };
      await inScene({ stages }, async (scene) => {
        const client = await scene.session();
        const [answer] = await client.run('row 1');
        expect(answer).toMatch(
          new RegExp(`^DENIED forbidden ${ULID} the statement could not be decided$`),
        );
        expect(scene.database.statements).toEqual([]);
        broken = false;
        expect(await client.run('row 2')).toEqual(['ROW 2', 'DONE row idle']);
      });
    },
  );

  it('counts a statement that the plugin cannot read as denied', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      expect((await client.run('unreadable'))[0]).toMatch(/^DENIED not-understood /);
      expect(scene.storyOf(1)).toEqual([
        'statement.submitted',
        'statement.decided',
        'result.failed',
      ]);
      expect(scene.database.statements).toEqual([]);
    });
  });
});

describe('a held statement', () => {
  it('keeps its client from being read and goes on, in order, when it is released', async () => {
    const decision = makeDecision();
    const stages: { approval: StatementStage } = {
      approval: (statement, ...rest) =>
        statement.text === 'row held' ? decision.stage(statement, ...rest) : ALLOW,
    };
    await inScene({ stages }, async (scene) => {
      const client = await scene.session();
      client.send('row before', 'row held', 'row after');
      await scene.next('statement.held');
      expect(await client.line()).toBe('ROW before');
      expect(await client.line()).toBe('DONE row idle');
      expect(scene.told('statement.submitted')).toHaveLength(2);
      decision.settle(ALLOW);
      expect(await client.line()).toBe('ROW held');
      expect(await client.line()).toBe('DONE row idle');
      expect(await client.line()).toBe('ROW after');
      expect(scene.database.statements).toEqual(['row before', 'row held', 'row after']);
      expect(scene.storyOf(2).slice(0, 4)).toEqual([
        'statement.submitted',
        'statement.held',
        'statement.decided',
        'statement.released',
      ]);
    });
  });

  it('leaves what its client goes on sending in the network', async () => {
    const decision = makeDecision();
    const stages: { approval: StatementStage } = {
      approval: (statement, ...rest) =>
        statement.text === 'held' ? decision.stage(statement, ...rest) : ALLOW,
    };
    await inScene({ stages }, async (scene) => {
      const client = await scene.session();
      const other = await scene.session('omar');
      client.send('held');
      await scene.next('statement.held');
      const megabyte = 'y'.repeat(1_000_000);
      for (let n = 0; n < 50; n += 1) client.send(megabyte);
      for (let n = 0; n < 50; n += 1) await other.run('row 1');
      // Loopback's own buffers take a few megabytes.
      expect(client.unsent).toBeGreaterThan(25_000_000);
      decision.settle(NO);
      await scene.database.heard(100);
      await until(() => client.unsent === 0);
    });
  });

  it('ends with its connection when its client says goodbye behind it', async () => {
    const decision = makeDecision();
    await inScene({ stages: { approval: decision.stage } }, async (scene) => {
      const client = await scene.session();
      client.send('row 1');
      await scene.next('statement.held');
      client.send('QUIT');
      client.leave();
      const closed = await scene.next('session.closed');
      expect(closed.reason).toBe('client-lost');
      decision.settle(ALLOW);
      await scene.empty();
      expect(scene.database.statements).toEqual([]);
    });
  });

  it('is followed by everything that its client sent meanwhile, held or not', async () => {
    const waiting: ((verdict: Verdict) => void)[] = [];
    const stages: { approval: StatementStage } = {
      approval: ({ text }) =>
        text.startsWith('row hold')
          ? new Promise((resolve) => {
              waiting.push(resolve);
            })
          : ALLOW,
    };
    await inScene({ stages }, async (scene) => {
      const client = await scene.session();
      client.send('row hold1');
      await scene.next('statement.held');
      for (const word of ['a', 'hold2', 'b', 'hold3', 'c']) {
        // A megabyte between them: more than one chunk each, and more than the backlog takes.
        client.send(`row ${word}`, 'z'.repeat(200_000));
      }
      for (let n = 1; n <= 3; n += 1) {
        await scene.next('statement.held', n);
        waiting.shift()?.(ALLOW);
      }
      await scene.database.heard(11);
      expect(scene.database.statements.filter((text) => text.startsWith('row'))).toEqual([
        'row hold1',
        'row a',
        'row hold2',
        'row b',
        'row hold3',
        'row c',
      ]);
    });
  });

  it('ends in its denial when it is not approved', async () => {
    const decision = makeDecision();
    await inScene({ stages: { approval: decision.stage } }, async (scene) => {
      const client = await scene.session();
      client.send('row 1');
      await scene.next('statement.held');
      decision.settle(NO);
      expect(await client.line()).toMatch(/^DENIED forbidden /);
      expect(scene.database.statements).toEqual([]);
      expect(scene.storyOf(1)).toEqual([
        'statement.submitted',
        'statement.held',
        'statement.decided',
        'result.failed',
        'statement.released',
      ]);
    });
  });

  const departures = {
    leaves: 'leave',
    'is reset': 'reset',
    'sends nothing more': 'halfClose',
  } as const;

  it.each(Object.entries(departures))(
    'ends with its connection when its client %s, and never runs',
    async (_how, depart) => {
      const decision = makeDecision();
      await inScene({ stages: { approval: decision.stage } }, async (scene) => {
        const client = await scene.session();
        client.send('row 1');
        await scene.next('statement.held');
        client[depart]();
        await scene.next('session.closed');
        expect(scene.told('result.failed')[0]?.failure.cause).toBe('connection');
        decision.settle(ALLOW);
        await scene.empty();
        expect(scene.database.statements).toEqual([]);
        expect(scene.told('statement.decided')).toEqual([]);
        expect(await client.line()).toBe(CLOSED);
      });
    },
  );

  it('ends with its connection when the database leaves meanwhile', async () => {
    const decision = makeDecision();
    await inScene({ stages: { approval: decision.stage } }, async (scene) => {
      const client = await scene.session();
      client.send('row 1');
      await scene.next('statement.held');
      for (const connection of scene.database.connections) connection.reset();
      expect(await client.line()).toMatch(/^ERR upstream-lost /);
      expect(await client.line()).toBe(CLOSED);
      expect(scene.told('session.closed')[0]?.reason).toBe('database-closed');
      decision.settle(ALLOW);
      await scene.empty();
      expect(scene.storyOf(1)).toEqual(['statement.submitted', 'statement.held', 'result.failed']);
    });
  });
});

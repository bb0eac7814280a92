import { describe, expect, it, jest } from '@jest/globals';
import { ALLOW, type StatementStage, type Verdict } from '@weir/contract';
import { inScene, type Scene } from './scene.ts';
import { CLOSED, type ToyClient } from './toy-client.ts';

jest.setTimeout(30_000);

/** Asks for a cancel over a connection of its own, which ends without a word. */
async function cancel(scene: Scene, line: string): Promise<void> {
  const canceller = await scene.connect();
  canceller.send(line);
  expect(await canceller.line()).toBe(CLOSED);
}

async function startWaiting(scene: Scene): Promise<ToyClient> {
  const client = await scene.session();
  client.send('wait');
  await scene.database.heard(1);
  return client;
}

describe('a cancel', () => {
  it('with the key of a session stops what its database runs', async () => {
    await inScene({}, async (scene) => {
      const client = await startWaiting(scene);
      const [connection] = scene.database.connections;
      await cancel(scene, client.cancelLine);
      expect(await client.line()).toBe('FAIL cancelled idle');
      expect(scene.database.cancels).toEqual([connection?.process]);
      expect(scene.told('cancel.requested')).toMatchObject([
        { forwarded: true, session: { principal: { name: 'ana' } } },
      ]);
      expect(scene.engine.pendingCount).toBe(0);
    });
  });

  it.each([
    ['another secret', (line: string) => line.replace(/[0-9a-f]{16}$/, '0000000000000000')],
    ['half of the secret', (line: string) => line.slice(0, -8)],
    ['no secret', (line: string) => line.slice(0, -16)],
    ['another process', (line: string) => line.replace(/ \d+ /, ' 1 ')],
  ])('with %s does nothing, says nothing, and is told as such', async (_what, forge) => {
    await inScene({}, async (scene) => {
      const client = await startWaiting(scene);
      await cancel(scene, forge(client.cancelLine));
      expect(scene.told('cancel.requested')).toEqual([]);
      expect(scene.told('cancel.unmatched')).toMatchObject([
        { protocol: 'toy', client: { address: '127.0.0.1' } },
      ]);
      expect(scene.database.cancels).toEqual([]);
      scene.database.answer();
      expect(await client.line()).toBe('DONE waited idle');
    });
  });

  it('with the key of a session that is over does nothing', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      const { cancelLine } = client;
      client.leave();
      await scene.next('session.closed');
      const other = await startWaiting(scene);
      await cancel(scene, cancelLine);
      expect(scene.told('cancel.requested')).toEqual([]);
      scene.database.answer();
      expect(await other.line()).toBe('DONE waited idle');
    });
  });

  it('while nothing runs is not forwarded', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      await cancel(scene, client.cancelLine);
      expect(scene.told('cancel.requested')).toMatchObject([{ forwarded: false }]);
      expect(scene.database.cancels).toEqual([]);
      expect(await client.run('row 1')).toEqual(['ROW 1', 'DONE row idle']);
    });
  });

  it('is over before the next statement goes to the database', async () => {
    await inScene({ limits: { closeTimeout: 3_600_000 } }, async (scene) => {
      scene.database.keepCancels = true;
      const client = await startWaiting(scene);
      const before = new Set(scene.database.connections);
      await cancel(scene, client.cancelLine);
      expect(await client.line()).toBe('FAIL cancelled idle');
      client.send('row next');
      const other = await scene.session('omar');
      await other.run('row other');
      expect(scene.database.statements).toEqual(['wait', 'row other']);
      for (const connection of scene.database.connections) {
        if (!before.has(connection) && scene.database.cancels.length > 0) connection.hangUp();
      }
      expect(await client.line()).toBe('ROW next');
    });
  });

  it('that the database never answers is given up after a while', async () => {
    await inScene({ limits: { closeTimeout: 40 } }, async (scene) => {
      scene.database.keepCancels = true;
      const client = await startWaiting(scene);
      await cancel(scene, client.cancelLine);
      expect(await client.line()).toBe('FAIL cancelled idle');
      expect(await client.run('row next')).toEqual(['ROW next', 'DONE row idle']);
    });
  });

  it('that cannot reach the database leaves the session as it is', async () => {
    await inScene({}, async (scene) => {
      const client = await startWaiting(scene);
      scene.database.stopListening();
      await cancel(scene, client.cancelLine);
      expect(scene.told('cancel.requested')).toMatchObject([{ forwarded: true }]);
      scene.database.answer();
      expect(await client.line()).toBe('DONE waited idle');
      expect(await client.run('row next')).toEqual(['ROW next', 'DONE row idle']);
    });
  });

  it('asked for twice goes to the database once', async () => {
    await inScene({}, async (scene) => {
      scene.database.keepCancels = true;
      const client = await scene.session();
      client.send('stubborn-wait');
      await scene.database.heard(1);
      await cancel(scene, client.cancelLine);
      await cancel(scene, client.cancelLine);
      await scene.next('cancel.requested', 2);
      expect(scene.database.cancels.length).toBeLessThanOrEqual(1);
    });
  });

  it('of a statement that is held ends its wait, and a late decision changes nothing', async () => {
    const { promise, resolve } = Promise.withResolvers<Verdict>();
    const approval: StatementStage = ({ text }) => (text === 'held' ? promise : ALLOW);
    await inScene({ stages: { approval } }, async (scene) => {
      const client = await scene.session();
      client.send('held');
      await scene.next('statement.held');
      await cancel(scene, client.cancelLine);
      expect(await client.line()).toMatch(/^DENIED cancelled/);
      resolve(ALLOW);
      expect(await client.run('row 1')).toContain('ROW 1');
      expect(scene.database.statements).toEqual(['row 1']);
      expect(scene.database.cancels).toEqual([]);
      expect(scene.told('result.failed')).toMatchObject([
        { failure: { cause: 'denied', code: 'cancelled' } },
      ]);
    });
  });

  it('is possible again for the next statement', async () => {
    await inScene({}, async (scene) => {
      const client = await startWaiting(scene);
      await cancel(scene, client.cancelLine);
      expect(await client.line()).toBe('FAIL cancelled idle');
      client.send('wait');
      await scene.database.heard(2);
      await cancel(scene, client.cancelLine);
      expect(await client.line()).toBe('FAIL cancelled idle');
      expect(scene.database.cancels).toHaveLength(2);
    });
  });
});

describe('cancel keys', () => {
  it('are of the process that the database named and of a secret that is never the same', async () => {
    await inScene({}, async (scene) => {
      const first = await scene.session();
      const second = await scene.session();
      expect(first.ready).toMatch(/^READY 101 [0-9a-f]{16}$/);
      expect(second.ready).toMatch(/^READY 102 [0-9a-f]{16}$/);
      expect(first.ready.slice(-16)).not.toBe(second.ready.slice(-16));
    });
  });
});

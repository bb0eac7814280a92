import { connect } from 'node:net';
import { describe, expect, it, jest } from '@jest/globals';
import { ALLOW, type StatementStage, type Verdict } from '@weir/contract';
import { inScene, type Scene } from './scene.ts';
import { CLOSED } from './toy-client.ts';
import { until } from './until.ts';

jest.setTimeout(30_000);

/** Begins the drain; tells whether it is done. */
function startDrain(scene: Scene): { readonly done: () => boolean; readonly end: Promise<void> } {
  let done = false;
  const end = scene.engine.drain().then(() => {
    done = true;
  });
  return { done: () => done, end };
}

describe('a drain', () => {
  it('ends idle sessions at once with the reason', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      await client.run('row 1');
      const { end } = startDrain(scene);
      const { session } = await scene.next('session.closed');
      expect(await client.line()).toBe(`ERR shutting-down ${session.id} Weir is shutting down`);
      expect(await client.line()).toBe(CLOSED);
      expect(scene.told('session.closed')[0]?.reason).toBe('shutting-down');
      await end;
    });
  });

  it('lets a busy session finish first', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      client.send('wait', 'row 2');
      await scene.next('statement.submitted', 2);
      const { done } = startDrain(scene);
      expect(done()).toBe(false);
      expect(scene.told('session.closed')).toEqual([]);
      await scene.database.heard(1);
      scene.database.answer();
      for (const line of ['DONE waited idle', 'ROW 2', 'DONE row idle']) {
        expect(await client.line()).toBe(line);
      }
      expect(await client.line()).toMatch(/^ERR shutting-down /);
      await until(done);
      expect(scene.told('result.completed')).toHaveLength(2);
    });
  });

  it('lets an open transaction end', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      await client.run('begin');
      startDrain(scene);
      expect(await client.run('row 1')).toEqual(['ROW 1', 'DONE row open']);
      expect(await client.run('commit')).toEqual(['DONE commit idle']);
      expect(await client.line()).toMatch(/^ERR shutting-down /);
    });
  });

  it('ends what is still open when the time is up', async () => {
    await inScene({ limits: { drainTimeout: 30 } }, async (scene) => {
      const running = await scene.session('ana');
      running.send('wait');
      const open = await scene.session('omar');
      await open.run('begin');
      const { end } = startDrain(scene);
      expect(await running.line()).toMatch(/^ERR shutting-down /);
      expect(await open.line()).toMatch(/^ERR shutting-down /);
      await end;
      expect(scene.told('session.closed').map(({ reason }) => reason)).toEqual([
        'shutting-down',
        'shutting-down',
      ]);
      expect(scene.told('result.failed')).toHaveLength(1);
      await scene.empty();
    });
  });

  it('waits for a statement that is held, and then for its result', async () => {
    const { promise, resolve } = Promise.withResolvers<Verdict>();
    const stages: { approval: StatementStage } = { approval: () => promise };
    await inScene({ stages }, async (scene) => {
      const client = await scene.session();
      client.send('row 1');
      await scene.next('statement.held');
      startDrain(scene);
      resolve(ALLOW);
      expect(await client.line()).toBe('ROW 1');
      expect(await client.line()).toBe('DONE row idle');
      expect(await client.line()).toMatch(/^ERR shutting-down /);
    });
  });

  it('refuses connections that are not sessions yet, with their dials', async () => {
    await inScene({}, async (scene) => {
      scene.database.greeting = 'silence';
      const silent = await scene.connect();
      const dialing = await scene.connect();
      dialing.send('LOGIN ana orders ana-secret');
      await until(() => scene.database.hellos.length === 1);
      const { end } = startDrain(scene);
      expect(await silent.line()).toMatch(/^ERR shutting-down /);
      expect(await dialing.line()).toMatch(/^ERR shutting-down /);
      await end;
      await scene.empty();
      expect(scene.told('session.refused')).toHaveLength(2);
    });
  });

  it('takes no new login, and listens as long as there are sessions', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      await client.run('begin');
      const { end } = startDrain(scene);
      const late = await scene.connect();
      expect(await late.login('omar', 'orders')).toMatch(/^ERR shutting-down /);
      expect(await late.line()).toBe(CLOSED);
      const silent = await scene.connect();
      await until(() => scene.engine.pendingCount === 1);
      await client.run('commit');
      expect(await silent.line()).toMatch(/^ERR shutting-down /);
      await end;
      const refused = new Promise((resolve) => {
        connect(scene.port, '127.0.0.1').once('error', resolve);
      });
      expect(await refused).toMatchObject({ code: 'ECONNREFUSED' });
      expect(scene.database.hellos).toHaveLength(1);
      expect(scene.told('session.refused')).toHaveLength(2);
    });
  });

  it('takes the cancel of what it waits for', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      client.send('wait');
      await scene.database.heard(1);
      const { end } = startDrain(scene);
      const canceller = await scene.connect();
      canceller.send(client.cancelLine);
      expect(await client.line()).toBe('FAIL cancelled idle');
      expect(await client.line()).toMatch(/^ERR shutting-down /);
      await end;
    });
  });

  it('is over only when the last client has read its result', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      client.pause();
      client.send('rows 400 30000');
      await scene.next('flow.paused');
      const { done } = startDrain(scene);
      client.resume();
      for (let n = 0; n < 400; n += 1) expect(await client.line()).toMatch(/^ROW x/);
      expect(await client.line()).toBe('DONE rows idle');
      expect(await client.line()).toMatch(/^ERR shutting-down /);
      await until(done);
    });
  });

  it('does not wait for ever for a client that does not hang up', async () => {
    await inScene({ limits: { closeTimeout: 30 } }, async (scene) => {
      const stubborn = connect({ host: '127.0.0.1', port: scene.port, allowHalfOpen: true });
      stubborn.write('LOGIN ana orders ana-secret\n');
      await scene.next('session.opened');
      await scene.engine.drain();
      stubborn.destroy();
    });
  });

  it('completes the events, after the last of them', async () => {
    await inScene({}, async (scene) => {
      const completed = new Promise<string | undefined>((resolve) => {
        scene.engine.events.subscribe({
          complete: () => resolve(scene.events.at(-1)?.type),
        });
      });
      await scene.session();
      await scene.engine.drain();
      expect(await completed).toBe('session.closed');
    });
  });

  it('may be asked for twice', async () => {
    await inScene({}, async (scene) => {
      await scene.session();
      await Promise.all([scene.engine.drain(), scene.engine.drain()]);
      await scene.engine.drain();
      expect(scene.engine.sessionCount).toBe(0);
    });
  });
});

describe('an idle session', () => {
  it('is ended with the reason when its time is up', async () => {
    await inScene({ limits: { idleTimeout: 200 } }, async (scene) => {
      const client = await scene.session();
      expect(await client.line()).toMatch(
        /^ERR idle-timeout \S+ the session was idle for too long$/,
      );
      expect(scene.told('session.closed')[0]?.reason).toBe('idle-timeout');
      await scene.empty();
    });
  });

  it('is ended inside an open transaction, too', async () => {
    await inScene({ limits: { idleTimeout: 200 } }, async (scene) => {
      const client = await scene.session();
      await client.run('begin');
      expect(await client.line()).toMatch(/^ERR idle-timeout /);
    });
  });

  it('is one whose client sends nothing of what the database waits for', async () => {
    await inScene({ limits: { idleTimeout: 200 } }, async (scene) => {
      const client = await scene.session();
      expect(await client.run('copy')).toEqual(['MORE']);
      expect(await client.line()).toMatch(/^ERR idle-timeout /);
      expect((await scene.next('session.closed')).reason).toBe('idle-timeout');
    });
  });

  it('is one whose client takes nothing of its result', async () => {
    await inScene({ limits: { idleTimeout: 200, closeTimeout: 50 } }, async (scene) => {
      const client = await scene.session();
      client.pause();
      client.send('rows 2000 32768');
      expect((await scene.next('session.closed')).reason).toBe('idle-timeout');
      await scene.empty();
    });
  });

  it('is not one whose database takes its time with what it is sent', async () => {
    await inScene({ limits: { idleTimeout: 200 } }, async (scene) => {
      const client = await scene.session();
      await client.run('copy');
      const [connection] = scene.database.connections;
      connection?.pause();
      const megabyte = 'y'.repeat(1_000_000);
      for (let n = 0; n < 32; n += 1) client.send(megabyte);
      client.send('end');
      await scene.next('flow.paused');
      const idle = await scene.session('vera');
      expect(await idle.line()).toMatch(/^ERR idle-timeout /);
      connection?.resume();
      expect(await client.line()).toBe('DONE copy idle');
    });
  });

  it('is not one that waits for its database or for a decision', async () => {
    const { promise, resolve } = Promise.withResolvers<Verdict>();
    const stages: { approval: StatementStage } = {
      approval: ({ text }) => (text === 'row held' ? promise : ALLOW),
    };
    await inScene({ limits: { idleTimeout: 200 }, stages }, async (scene) => {
      const running = await scene.session('ana');
      running.send('wait');
      const held = await scene.session('omar');
      held.send('row held');
      await scene.next('statement.held');
      const idle = await scene.session('vera');
      expect(await idle.line()).toMatch(/^ERR idle-timeout /);
      resolve(ALLOW);
      scene.database.answer();
      expect(await running.line()).toBe('DONE waited idle');
      expect(await held.line()).toBe('ROW held');
    });
  });
});

import { describe, expect, it, jest } from '@jest/globals';
import { inScene, makePolicy, makeTarget } from './scene.ts';
import { CLOSED } from './toy-client.ts';
import type { Greeting } from './toy-database.ts';
import { until } from './until.ts';

jest.setTimeout(30_000);

describe('a database that lets nobody in', () => {
  const greetings: readonly (readonly [Greeting, string, string | undefined])[] = [
    ['refuse', 'upstream-refused', 'NO'],
    ['garbage', 'upstream-refused', undefined],
    ['reset', 'upstream-unreachable', 'ECONNRESET'],
    ['close', 'upstream-unreachable', 'EOF'],
    ['half', 'upstream-unreachable', 'EOF'],
  ];

  it.each(greetings)('with %s costs its client the login, as %s', async (greeting, code, cause) => {
    await inScene({}, async (scene) => {
      scene.database.greeting = greeting;
      const client = await scene.connect();
      const answer = await client.login('ana', 'orders');
      const refused = await scene.next('session.refused');
      expect(refused).toMatchObject({ refusal: { code }, principal: { name: 'ana' } });
      expect(refused.cause).toBe(cause);
      expect(answer).toMatch(new RegExp(`^ERR ${code} ${refused.id} `));
      expect(await client.line()).toBe(CLOSED);
      await scene.empty();
      scene.database.greeting = 'accept';
      await scene.session();
    });
  });

  it('because nothing listens there costs its client the login', async () => {
    await inScene({}, async (scene) => {
      await scene.database.close();
      const client = await scene.connect();
      expect(await client.login('ana', 'orders')).toMatch(
        /^ERR upstream-unreachable \S+ the database cannot be reached$/,
      );
      expect(scene.told('session.refused')[0]?.cause).toBe('ECONNREFUSED');
      await scene.database.listen();
      await scene.session();
    });
  });

  it('because its name cannot be resolved costs its client the login', async () => {
    await inScene({ upstream: { host: 'no-such-host.invalid' } }, async (scene) => {
      const client = await scene.connect();
      expect(await client.login('ana', 'orders')).toMatch(/^ERR upstream-unreachable /);
      // A resolver that cannot be asked says that it should be asked again.
      expect(scene.told('session.refused')[0]?.cause).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
      await scene.empty();
    });
  });

  it('because its address makes no sense costs its client the login', async () => {
    await inScene({}, async (scene) => {
      scene.usePolicy(makePolicy([makeTarget('orders', 70_000)]));
      const client = await scene.connect();
      expect(await client.login('ana', 'orders')).toMatch(/^ERR internal /);
      await scene.empty();
    });
  });

  it('because it says nothing costs its client the login when the time is up', async () => {
    await inScene({ limits: { dialTimeout: 40 } }, async (scene) => {
      scene.database.greeting = 'silence';
      const client = await scene.connect();
      expect(await client.login('ana', 'orders')).toMatch(/^ERR upstream-unreachable /);
      expect(scene.told('session.refused')[0]?.cause).toBe('ETIMEDOUT');
      await scene.empty();
    });
  });
});

describe('a database that is lost', () => {
  it.each([
    ['dies', 'die'],
    ['leaves', 'leave'],
  ])('because it %s in the middle of a row ends the session', async (_how, statement) => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      client.send(statement, 'row never');
      expect(await client.line()).toBe(CLOSED);
      const closed = await scene.next('session.closed');
      expect(closed).toMatchObject({ reason: 'database-closed', statements: 2 });
      expect(
        scene.told('result.failed').map(({ statement, failure }) => [statement.seq, failure.cause]),
      ).toEqual([
        [1, 'connection'],
        [2, 'connection'],
      ]);
      await scene.empty();
    });
  });

  it('while nothing runs ends the session', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      for (const connection of scene.database.connections) connection.reset();
      expect(await client.line()).toMatch(/^ERR upstream-lost \S+ the database broke off$/);
      expect(await client.line()).toBe(CLOSED);
      expect(scene.told('session.closed')[0]?.reason).toBe('database-closed');
      expect(scene.told('result.failed')).toEqual([]);
    });
  });

  it('still has what it sent before delivered', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      client.pause();
      client.send('rows 100 30000', 'leave');
      await scene.next('session.closed');
      client.resume();
      for (let n = 0; n < 100; n += 1) expect(await client.line()).toMatch(/^ROW x/);
      expect(await client.line()).toBe('DONE rows idle');
    });
  });

  it('in order while a statement runs, or inside a transaction, is told to the client', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      await client.run('begin');
      const running = await scene.session('omar');
      running.send('wait');
      await scene.database.heard(2);
      for (const connection of scene.database.connections) connection.hangUp();
      expect(await client.line()).toMatch(/^ERR upstream-lost /);
      expect(await running.line()).toMatch(/^ERR upstream-lost /);
    });
  });

  it('that speaks out of turn ends the session', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      for (const connection of scene.database.connections) connection.write('DONE nothing idle\n');
      expect(await client.line()).toMatch(/^ERR upstream-lost \S+ an answer to nothing$/);
      expect(await client.line()).toBe(CLOSED);
      expect(scene.told('session.closed')[0]?.reason).toBe('database-closed');
    });
  });
});

describe('a client that is lost', () => {
  it('while its database is dialed leaves no connection behind', async () => {
    await inScene({}, async (scene) => {
      scene.database.greeting = 'silence';
      const client = await scene.connect();
      client.send('LOGIN ana orders ana-secret');
      await until(() => scene.database.hellos.length === 1);
      client.reset();
      await scene.empty();
      expect(scene.events).toEqual([]);
    });
  });

  it('after it said goodbye is told as that', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      await client.run('row 1');
      client.send('QUIT');
      client.halfClose();
      expect(await client.line()).toBe(CLOSED);
      const closed = await scene.next('session.closed');
      expect(closed.reason).toBe('client-quit');
      await scene.empty();
    });
  });

  it('in the middle of a statement ends the statement, too', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      client.send('wait');
      await scene.database.heard(1);
      client.reset();
      const closed = await scene.next('session.closed');
      expect(closed.reason).toBe('client-lost');
      expect(scene.storyOf(1)).toEqual([
        'statement.submitted',
        'statement.decided',
        'result.failed',
      ]);
      await scene.empty();
    });
  });
});

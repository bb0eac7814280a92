import { connect } from 'node:net';
import { describe, expect, it, jest } from '@jest/globals';
import type { Authentication } from '@weir/contract';
import { inScene, makePolicy, makePrincipal } from './scene.ts';
import { CLOSED, type ToyClient } from './toy-client.ts';
import { until } from './until.ts';

jest.setTimeout(60_000);

describe('the limit of all connections', () => {
  it('refuses one more, and takes it once another has closed', async () => {
    await inScene({ limits: { maxConnections: 2 } }, async (scene) => {
      const first = await scene.session('ana');
      await scene.session('omar');
      const third = await scene.connect();
      expect(await third.login('vera', 'orders')).toMatch(
        /^ERR too-many-connections \S+ too many connections$/,
      );
      expect(await third.line()).toBe(CLOSED);
      expect(scene.database.hellos).toHaveLength(2);
      first.leave();
      await scene.next('session.closed');
      await scene.session('vera');
    });
  });

  it('counts logins that are not done, before anybody is asked about them', async () => {
    let asked = 0;
    const authenticator = {
      authenticate: () => {
        asked += 1;
        return new Promise<Authentication>(() => undefined);
      },
    };
    await inScene({ authenticator, limits: { maxConnections: 2 } }, async (scene) => {
      const [first] = await startLogins(scene.connect.bind(scene), 2);
      await until(() => asked === 2);
      const third = await scene.connect();
      expect(await third.login('vera', 'orders')).toMatch(/^ERR too-many-connections /);
      expect(asked).toBe(2);
      first?.leave();
      await until(() => scene.engine.pendingCount === 1);
      await startLogins(scene.connect.bind(scene), 1);
      await until(() => asked === 3);
    });
  });
});

async function startLogins(
  connect: () => Promise<ToyClient>,
  count: number,
): Promise<readonly ToyClient[]> {
  const clients: ToyClient[] = [];
  for (let n = 0; n < count; n += 1) {
    const client = await connect();
    client.send('LOGIN ana orders ana-secret');
    clients.push(client);
  }
  return clients;
}

describe('the limit of one principal', () => {
  const limits = { maxConnectionsPerPrincipal: 1 };

  it('refuses one more and leaves others alone', async () => {
    await inScene({ limits }, async (scene) => {
      await scene.session('ana');
      const second = await scene.connect();
      expect(await second.login('ana', 'orders')).toMatch(
        /^ERR too-many-connections \S+ you have too many connections$/,
      );
      expect(scene.told('session.refused')[0]?.principal?.name).toBe('ana');
      await scene.session('omar');
    });
  });

  it('is free again when the session has closed', async () => {
    await inScene({ limits }, async (scene) => {
      for (let n = 1; n <= 3; n += 1) {
        const client = await scene.session('ana');
        if (n % 2 === 0) client.reset();
        else client.leave();
        await scene.next('session.closed', n);
      }
    });
  });

  it('is free again when the database refused', async () => {
    await inScene({ limits }, async (scene) => {
      scene.database.greeting = 'refuse';
      const client = await scene.connect();
      expect(await client.login('ana', 'orders')).toMatch(/^ERR upstream-refused /);
      scene.database.greeting = 'accept';
      await scene.session('ana');
    });
  });

  it('is free again when the client left while its database was dialed', async () => {
    await inScene({ limits }, async (scene) => {
      scene.database.greeting = 'silence';
      const [client] = await startLogins(scene.connect.bind(scene), 1);
      await until(() => scene.database.hellos.length === 1);
      client?.leave();
      await scene.empty();
      scene.database.greeting = 'accept';
      await scene.session('ana');
      expect(scene.told('session.refused')).toEqual([]);
    });
  });
});

describe('connections that do not log in', () => {
  it('make room, the oldest first, when there are too many', async () => {
    await inScene({ limits: { maxPendingHandshakes: 2 } }, async (scene) => {
      const first = await scene.connect();
      await until(() => scene.engine.pendingCount === 1);
      const second = await scene.connect();
      await until(() => scene.engine.pendingCount === 2);
      await scene.connect();
      expect(await first.line()).toMatch(
        /^ERR too-many-connections \S+ too many connections are waiting to log in$/,
      );
      expect(await first.line()).toBe(CLOSED);
      expect(scene.engine.pendingCount).toBe(2);
      expect(await second.login('ana', 'orders')).toMatch(/^READY /);
    });
  });

  it('do not keep a login out, however many there are', async () => {
    const limits = { maxPendingHandshakes: 500 };
    await inScene({ limits }, async (scene) => {
      const silent: ToyClient[] = [];
      for (let n = 0; n < 30; n += 1) {
        const connecting = Array.from({ length: 100 }, () => scene.connect());
        silent.push(...(await Promise.all(connecting)));
      }
      await scene.next('session.refused', 2_500);
      const client = await scene.session('ana');
      expect(await client.run('row 1')).toEqual(['ROW 1', 'DONE row idle']);
      expect(scene.engine.pendingCount).toBeLessThanOrEqual(500);
      // Those that made room are gone, whether or not they would ever have hung up.
      await Promise.all(silent.slice(0, 2_000).map(({ closed }) => closed));
    });
  });

  it('are ended when their time is up', async () => {
    await inScene({ limits: { handshakeTimeout: 30 } }, async (scene) => {
      const silent = await scene.connect();
      expect(await silent.line()).toMatch(/^ERR handshake-timeout \S+ login took too long$/);
      expect(await silent.line()).toBe(CLOSED);
      const half = await scene.connect();
      half.raw('LOGIN ana ord');
      expect(await half.line()).toMatch(/^ERR handshake-timeout /);
      await scene.empty();
    });
  });

  it('are gone at once when they make room, though they never hang up', async () => {
    const limits = { maxPendingHandshakes: 1, closeTimeout: 3_600_000 };
    await inScene({ limits }, async (scene) => {
      const stubborn = connect({ host: '127.0.0.1', port: scene.port, allowHalfOpen: true });
      await until(() => scene.engine.pendingCount === 1);
      const second = await scene.connect();
      await scene.next('session.refused');
      second.leave();
      await scene.empty();
      // It resolves when no connection is left.
      await scene.engine.drain();
      stubborn.destroy();
    });
  });

  it('are ended after a while when they never hang up on the refusal', async () => {
    const limits = { handshakeTimeout: 30, closeTimeout: 30 };
    await inScene({ limits }, async (scene) => {
      const stubborn = connect({ host: '127.0.0.1', port: scene.port, allowHalfOpen: true });
      await scene.next('session.refused');
      await scene.engine.drain();
      stubborn.destroy();
    });
  });
});

describe('a login that takes too long', () => {
  it('is refused when nobody can say in time who it is', async () => {
    const authenticator = { authenticate: () => new Promise<Authentication>(() => undefined) };
    await inScene({ authenticator, limits: { dialTimeout: 30 } }, async (scene) => {
      const client = await scene.connect();
      expect(await client.login('ana', 'orders')).toMatch(/^ERR handshake-timeout /);
      await scene.empty();
    });
  });

  it('is refused though the answer comes after all', async () => {
    const { promise, resolve } = Promise.withResolvers<Authentication>();
    const authenticator = { authenticate: () => promise };
    await inScene({ authenticator, limits: { dialTimeout: 30 } }, async (scene) => {
      scene.usePolicy(makePolicy([scene.target]));
      const client = await scene.connect();
      expect(await client.login('ana', 'orders')).toMatch(/^ERR handshake-timeout /);
      resolve({ authenticated: true, principal: makePrincipal('ana') });
      await scene.empty();
      expect(scene.database.hellos).toEqual([]);
      expect(scene.told('session.refused')).toHaveLength(1);
    });
  });
});

import { describe, expect, it, jest } from '@jest/globals';
import type { Authentication } from '@weir/contract';
import { inScene, makePolicy, makePrincipal, makeTarget, PASSWORDS } from './scene.ts';
import { CLOSED } from './toy-client.ts';
import { until } from './until.ts';

jest.setTimeout(30_000);

const ULID = '[0-9A-HJKMNP-TV-Z]{26}';

describe('a login', () => {
  it('is authenticated, then resolved, then authorised, and only then is the database dialed', async () => {
    const order: string[] = [];
    await inScene(
      {
        authenticator: {
          authenticate: async (credential) => {
            order.push('authenticate');
            return PASSWORDS.authenticate(credential);
          },
        },
      },
      async (scene) => {
        const policy = makePolicy([scene.target]);
        const targets = new Map(policy.targets);
        targets.get = (name) => {
          order.push(`resolve ${name}`);
          return policy.targets.get(name);
        };
        scene.usePolicy({
          ...policy,
          targets,
          authorise: (principal, target) => {
            order.push(`authorise ${principal.name}, ${scene.database.connections.size} dialed`);
            return policy.authorise(principal, target);
          },
        });
        await scene.session();
        expect(order).toEqual(['authenticate', 'resolve orders', 'authorise ana, 0 dialed']);
        expect(scene.database.hellos).toEqual(['HELLO weir shop']);
      },
    );
  });

  it('is told with who, where, from where and how long each stage took', async () => {
    await inScene({}, async (scene) => {
      await scene.session();
      const [opened] = scene.told('session.opened');
      expect(opened?.session).toMatchObject({
        protocol: 'toy',
        principal: { name: 'ana' },
        target: { name: 'orders' },
        database: 'shop',
        client: { address: '127.0.0.1', application: 'toy-client' },
      });
      const { authenticate = -1, dial = -1, total = -1 } = opened?.timings ?? {};
      expect(authenticate).toBeGreaterThanOrEqual(0);
      expect(dial).toBeGreaterThan(0);
      expect(total).toBeGreaterThanOrEqual(authenticate + dial);
    });
  });

  it('reaches another database of the same server behind a slash', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.connect();
      expect(await client.login('ana', 'orders/reporting')).toMatch(/^READY /);
      expect(scene.database.hellos).toEqual(['HELLO weir reporting']);
    });
  });

  it('hands the relay what the client sent ahead of being let in', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.connect();
      client.send('LOGIN ana orders ana-secret', 'row early', 'row too');
      expect(await client.line()).toMatch(/^READY /);
      expect(await client.line()).toBe('ROW early');
      expect(await client.line()).toBe('DONE row idle');
      expect(await client.line()).toBe('ROW too');
    });
  });
});

describe('a login that does not pass', () => {
  const answers = {
    unknown: 'nowhere',
    forbidden: 'secret-target',
    'of another protocol': 'other-protocol',
    'with an empty database': 'orders/',
  };

  it.each(Object.entries(answers))(
    'gets the one answer when its target is %s, and nothing is dialed',
    async (_name, requested) => {
      await inScene({}, async (scene) => {
        const hidden = makeTarget('secret-target', scene.database.port);
        const foreign = { ...makeTarget('other-protocol', scene.database.port), protocol: 'else' };
        scene.usePolicy(makePolicy([scene.target, hidden, foreign], ['secret-target']));
        const client = await scene.connect();
        const answer = await client.login('ana', requested);
        expect(answer).toMatch(
          new RegExp(
            `^ERR target-unavailable ${ULID} target does not exist, or you may not use it$`,
          ),
        );
        expect(await client.line()).toBe(CLOSED);
        const [refused] = scene.told('session.refused');
        expect(refused).toMatchObject({
          refusal: { code: 'target-unavailable' },
          principal: { name: 'ana' },
          requested,
        });
        expect(answer).toContain(refused?.id);
        expect(scene.database.hellos).toEqual([]);
        expect(scene.told('session.opened')).toEqual([]);
      });
    },
  );

  it('says nothing of targets to somebody who is not authenticated', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.connect();
      const answer = await client.login('ana', 'nowhere', 'wrong');
      expect(answer).toMatch(new RegExp(`^ERR not-authenticated ${ULID} authentication failed$`));
      const [refused] = scene.told('session.refused');
      expect(refused).toMatchObject({ failure: 'bad-signature', requested: 'nowhere' });
      expect(refused).not.toHaveProperty('principal');
      expect(scene.database.hellos).toEqual([]);
    });
  });

  it('is not authenticated when the authenticator fails', async () => {
    const authenticator = { authenticate: () => Promise.reject(new Error('boom')) };
    await inScene({ authenticator }, async (scene) => {
      const client = await scene.connect();
      expect(await client.login('ana', 'orders')).toMatch(/^ERR not-authenticated /);
      expect(scene.told('session.refused')[0]?.failure).toBe('issuer-unreachable');
      expect(scene.database.hellos).toEqual([]);
    });
  });

  it('is refused when the policy throws, and the next login is judged anew', async () => {
    await inScene({}, async (scene) => {
      const policy = makePolicy([scene.target]);
      scene.usePolicy({
        ...policy,
        authorise: () => {
          throw new Error('boom');
        },
      });
      const client = await scene.connect();
      expect(await client.login('ana', 'orders')).toMatch(/^ERR internal /);
      expect(await client.line()).toBe(CLOSED);
      expect(scene.database.hellos).toEqual([]);
      scene.usePolicy(policy);
      await scene.session();
    });
  });

  it('is judged by the policy of the moment when its authentication is done', async () => {
    let finish: (authentication: Authentication) => void = () => undefined;
    const authenticator = {
      authenticate: () =>
        new Promise<Authentication>((resolve) => {
          finish = resolve;
        }),
    };
    await inScene({ authenticator }, async (scene) => {
      const client = await scene.connect();
      const answer = client.login('ana', 'orders');
      await until(() => scene.engine.pendingCount === 1);
      scene.usePolicy(makePolicy([scene.target], ['ana']));
      await until(() => {
        finish({ authenticated: true, principal: makePrincipal('ana') });
        return scene.told('session.refused').length === 1;
      });
      expect(await answer).toMatch(/^ERR target-unavailable /);
    });
  });
});

import { describe, expect, it, jest } from '@jest/globals';
import { ALLOW, type StatementStage, type Verdict } from '@weir/contract';
import { inScene, makePolicy, type Scene } from './scene.ts';
import { CLOSED } from './toy-client.ts';
import { until } from './until.ts';

jest.setTimeout(30_000);

const REVOKED = 'the policy changed, and you may not use this target any more';

function revoke(scene: Scene): void {
  scene.usePolicy(makePolicy([scene.target], ['ana']));
}

async function expectRevoked(scene: Scene): Promise<void> {
  const closed = await scene.next('session.closed');
  expect(closed.reason).toBe('session-revoked');
  await scene.empty();
}

describe('a new policy', () => {
  it('is what the stages see from the next statement on', async () => {
    const digests: string[] = [];
    const stages: { access: StatementStage } = {
      access: (_statement, _session, policy) => {
        digests.push(policy.digest);
        return ALLOW;
      },
    };
    await inScene({ stages }, async (scene) => {
      const client = await scene.session();
      await client.run('row 1');
      await client.run('row 2');
      scene.usePolicy({ ...makePolicy([scene.target]), digest: 'newer' });
      await client.run('row 3');
      expect(digests).toEqual(['1-', '1-', 'newer']);
    });
  });

  it.each([
    ['takes the grant away', revoke],
    ['has no such target any more', (scene: Scene) => scene.usePolicy(makePolicy([]))],
  ])('that %s ends the session at its next statement', async (_what, change) => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      await client.run('row 1');
      change(scene);
      const [answer] = await client.run('row 2');
      const { ref } = await scene.next('statement.decided', 2);
      expect(answer).toBe(`DENIED session-revoked ${ref} ${REVOKED}`);
      expect(await client.line()).toMatch(new RegExp(`^ERR session-revoked \\S+ ${REVOKED}$`));
      expect(await client.line()).toBe(CLOSED);
      expect(scene.database.statements).toEqual(['row 1']);
      await expectRevoked(scene);
    });
  });

  it('lets what runs already finish', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      client.send('wait');
      await scene.database.heard(1);
      revoke(scene);
      client.send('row 2');
      await scene.next('statement.decided', 2);
      expect(scene.told('session.closed')).toEqual([]);
      scene.database.answer();
      expect(await client.line()).toBe('DONE waited idle');
      expect(await client.line()).toMatch(/^DENIED session-revoked /);
      expect(await client.line()).toMatch(/^ERR session-revoked /);
      await expectRevoked(scene);
    });
  });

  it('that takes the grant away ends the session inside a transaction, too', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      await client.run('begin');
      revoke(scene);
      expect((await client.run('row 1'))[0]).toMatch(/^DENIED session-revoked /);
      expect(await client.line()).toMatch(/^ERR session-revoked /);
      await expectRevoked(scene);
    });
  });

  it('that takes the grant away stops a statement that was held, though it is approved', async () => {
    const { promise, resolve } = Promise.withResolvers<Verdict>();
    await inScene({ stages: { approval: () => promise } }, async (scene) => {
      const client = await scene.session();
      client.send('row 1');
      await scene.next('statement.held');
      revoke(scene);
      resolve(ALLOW);
      expect(await client.line()).toMatch(/^DENIED session-revoked /);
      expect(scene.database.statements).toEqual([]);
      await expectRevoked(scene);
    });
  });

  it('that takes the grant away while the database is dialed counts at the first statement', async () => {
    await inScene({}, async (scene) => {
      scene.database.greeting = 'silence';
      const client = await scene.connect();
      const answer = client.login('ana', 'orders');
      await until(() => scene.database.hellos.length === 1);
      revoke(scene);
      for (const connection of scene.database.connections) connection.write('OK 7\n');
      expect(await answer).toMatch(/^READY 7 /);
      expect((await client.run('row 1'))[0]).toMatch(/^DENIED session-revoked /);
      await expectRevoked(scene);
    });
  });

  it('that leaves the grant alone is not noticed', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      scene.usePolicy(makePolicy([scene.target], ['omar']));
      expect(await client.run('row 1')).toEqual(['ROW 1', 'DONE row idle']);
      scene.usePolicy(makePolicy([scene.target]));
      expect(await client.run('row 2')).toEqual(['ROW 2', 'DONE row idle']);
    });
  });

  it('that throws denies statements, every one, until another is in force', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      const policy = makePolicy([scene.target]);
      scene.usePolicy({
        ...policy,
        authorise: () => {
          throw new Error('boom');
        },
      });
      for (let n = 0; n < 2; n += 1) {
        expect((await client.run('row 1'))[0]).toMatch(/^DENIED forbidden /);
      }
      expect(scene.database.statements).toEqual([]);
      scene.usePolicy(policy);
      expect(await client.run('row 2')).toEqual(['ROW 2', 'DONE row idle']);
    });
  });
});

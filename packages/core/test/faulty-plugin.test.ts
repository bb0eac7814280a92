import { describe, expect, it, jest } from '@jest/globals';
import { ALLOW, CONTRACT_VERSION } from '@weir/contract';
import { DEFAULT_LIMITS, Engine } from '@weir/core';
import { inScene, makePolicy, PASSWORDS, type Scene } from './scene.ts';
import { CLOSED } from './toy-client.ts';
import { toy } from './toy-plugin.ts';
import type { Fault } from './toy-words.ts';
import { until } from './until.ts';

jest.setTimeout(30_000);

/** What a client sees when the plugin is broken there, and what it does to get that far. */
const BREAKS: readonly (readonly [Fault, string])[] = [
  ['makeConnection', CLOSED],
  ['makeDownstream', CLOSED],
  ['receive', CLOSED],
  ['dialUpstream', 'ERR internal'],
  ['greeting', 'ERR upstream-refused'],
  ['makeRelay', 'ERR internal'],
  ['accept', 'ERR internal'],
];

async function expectEmpty(scene: Scene): Promise<void> {
  await scene.empty();
  expect(scene.told('session.closed')).toHaveLength(scene.told('session.opened').length);
}

describe('a plugin that throws', () => {
  it.each(BREAKS)('in %s costs its own connection and nothing else', async (fault, answer) => {
    await inScene({ plugin: { faults: [fault] } }, async (scene) => {
      for (let n = 0; n < 3; n += 1) {
        const client = await scene.connect();
        expect(await client.login('ana', 'orders')).toMatch(new RegExp(`^${answer}`));
        await client.closed;
      }
      await expectEmpty(scene);
    });
  });

  it('in refusing a login closes without a word', async () => {
    await inScene({ plugin: { faults: ['refuse login'] } }, async (scene) => {
      const client = await scene.connect();
      expect(await client.login('ana', 'orders', 'wrong')).toBe(CLOSED);
      expect(scene.told('session.refused')).toHaveLength(1);
      await expectEmpty(scene);
    });
  });

  it('in refusing a login that takes too long closes without a word', async () => {
    const options = {
      plugin: { faults: ['refuse login'] as const },
      limits: { handshakeTimeout: 20 },
    };
    await inScene(options, async (scene) => {
      const client = await scene.connect();
      expect(await client.line()).toBe(CLOSED);
      expect(scene.told('session.refused')[0]?.refusal.code).toBe('handshake-timeout');
      await expectEmpty(scene);
    });
  });

  it.each(['throw', 'row throw'])('at "%s" ends its session as internal', async (statement) => {
    await inScene({}, async (scene) => {
      const other = await scene.session('omar');
      const client = await scene.session();
      client.send('wait', statement);
      await until(() => {
        scene.database.answer();
        return scene.told('session.closed').length > 0;
      });
      expect(scene.told('session.closed')[0]).toMatchObject({
        reason: 'internal',
        session: { principal: { name: 'ana' } },
      });
      await client.closed;
      expect(await other.run('row fine')).toEqual(['ROW fine', 'DONE row idle']);
    });
  });

  it.each([
    ['its last word', 'refuse'],
    ['hearing of the loss', 'disconnected'],
  ] as const)('in %s still ends its session', async (_where, fault) => {
    await inScene({ plugin: { faults: [fault] } }, async (scene) => {
      const client = await scene.session();
      client.send('wait');
      await scene.database.heard(1);
      if (fault === 'refuse') client.send('throw');
      else for (const connection of scene.database.connections) connection.reset();
      await client.closed;
      expect(scene.told('result.failed')[0]?.failure.cause).toBe('connection');
      await expectEmpty(scene);
    });
  });

  it('while a held statement is released ends its session as internal', async () => {
    const { promise, resolve } = Promise.withResolvers<typeof ALLOW>();
    const stages = {
      approval: ({ text }: { text: string }) => (text === 'hold' ? promise : ALLOW),
    };
    await inScene({ stages }, async (scene) => {
      const client = await scene.session();
      client.send('hold', 'throw');
      await scene.next('statement.held');
      resolve(ALLOW);
      const closed = await scene.next('session.closed');
      expect(closed.reason).toBe('internal');
      await expectEmpty(scene);
    });
  });

  it('in making the cancel leaves its session alone', async () => {
    await inScene({ plugin: { faults: ['makeCancel'] } }, async (scene) => {
      const client = await scene.session();
      client.send('wait', 'row after');
      await scene.database.heard(1);
      const canceller = await scene.connect();
      canceller.send(client.cancelLine);
      await scene.next('cancel.requested');
      scene.database.answer();
      expect(await client.line()).toBe('DONE waited idle');
      expect(await client.line()).toBe('ROW after');
    });
  });
});

describe('a plugin that breaks its word', () => {
  it('in ending a statement twice ends its session as internal, with one terminal event', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      client.send('row twice');
      const closed = await scene.next('session.closed');
      expect(closed.reason).toBe('internal');
      expect(scene.storyOf(1).filter((type) => type.startsWith('result.'))).toEqual([
        'result.columns',
        'result.rows',
        'result.completed',
      ]);
      await expectEmpty(scene);
    });
  });

  it('in reporting a violation ends its session with the error', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      const [answer] = await client.run('violate');
      const { session, reason } = await scene.next('session.closed');
      expect(answer).toBe(`ERR protocol-violation ${session.id} told to`);
      expect(reason).toBe('protocol-violation');
    });
  });
});

describe('an engine', () => {
  const build = (...plugins: readonly Parameters<typeof toy>[0][]) =>
    new Engine({
      plugins: plugins.map((options) => toy(options)),
      authenticator: PASSWORDS,
      policy: { current: () => makePolicy([]) },
      stages: {},
      limits: DEFAULT_LIMITS,
    });

  it('refuses a plugin that was made for another contract', () => {
    expect(() => build({ contract: CONTRACT_VERSION + 1 })).toThrow(
      expect.objectContaining({ code: 'ERR_PLUGIN_INCOMPATIBLE' }),
    );
  });

  it('refuses two plugins for one protocol and takes two for two', () => {
    expect(() => build({}, {})).toThrow(expect.objectContaining({ code: 'ERR_PLUGIN_DUPLICATE' }));
    expect(() => build({}, { protocol: 'other' })).not.toThrow();
  });

  it('refuses to listen for a protocol that no plugin speaks', async () => {
    const listening = build({}).listen({
      protocol: 'other',
      host: '127.0.0.1',
      port: 0,
      tlsRequired: false,
    });
    await expect(listening).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  });
});

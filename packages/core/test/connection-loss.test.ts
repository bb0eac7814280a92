import { describe, expect, it, jest } from '@jest/globals';
import { ALLOW, type Authenticator, type StatementStage } from '@weir/contract';
import { inScene, PASSWORDS, type Scene } from './scene.ts';
import type { ToyClient } from './toy-client.ts';
import { until } from './until.ts';

jest.setTimeout(30_000);

/** How far a client gets before a side is lost. */
type Phase = (scene: Scene) => Promise<ToyClient>;

const NEVER = new Promise<never>(() => undefined);

/** Only the users of this name are never answered. */
const AUTHENTICATOR: Authenticator = {
  authenticate: (credential) =>
    credential.user === 'unanswered' ? NEVER : PASSWORDS.authenticate(credential),
};

const STAGES: { readonly approval: StatementStage } = {
  approval: ({ text }) => (text === 'row held' ? NEVER : ALLOW),
};

async function sendIn(scene: Scene, ...statements: readonly string[]): Promise<ToyClient> {
  const client = await scene.session();
  client.send(...statements);
  await scene.next('statement.submitted', statements.length);
  return client;
}

/** Before there is a database connection. */
const EARLY: Readonly<Record<string, Phase>> = {
  'after connecting': async (scene) => {
    const client = await scene.connect();
    await until(() => scene.engine.pendingCount === 1);
    return client;
  },
  'in the middle of the login': async (scene) => {
    const client = await scene.connect();
    client.raw('LOGIN ana or');
    await until(() => scene.engine.pendingCount === 1);
    return client;
  },
  'while it is authenticated': async (scene) => {
    const client = await scene.connect();
    client.send('LOGIN unanswered orders x');
    await until(() => scene.engine.pendingCount === 1);
    return client;
  },
};

const LATE: Readonly<Record<string, Phase>> = {
  'while its database is dialed': async (scene) => {
    scene.database.greeting = 'silence';
    const client = await scene.connect();
    client.send('LOGIN ana orders ana-secret');
    await until(() => scene.database.hellos.length === 1);
    return client;
  },
  'when it is ready': (scene) => scene.session(),
  'in the middle of a statement': async (scene) => {
    const client = await scene.session();
    client.raw('row unfin');
    await client.run('ished');
    client.raw('row unfin');
    return client;
  },
  'while a statement runs': (scene) => sendIn(scene, 'wait'),
  'while statements are under way': (scene) => sendIn(scene, 'wait', 'row 1', 'unreadable'),
  'in the middle of a result': async (scene) => {
    const client = await scene.session();
    client.pause();
    client.send('rows 1000 30000');
    await scene.next('flow.paused');
    return client;
  },
  'inside a transaction': async (scene) => {
    const client = await scene.session();
    await client.run('begin');
    return client;
  },
  'while a statement is held': async (scene) => {
    const client = await sendIn(scene, 'row held');
    await scene.next('statement.held');
    return client;
  },
  'while a cancel is under way': async (scene) => {
    scene.database.keepCancels = true;
    const client = await sendIn(scene, 'stubborn-wait');
    await scene.database.heard(1);
    const canceller = await scene.connect();
    canceller.send(client.cancelLine);
    await until(() => scene.database.cancels.length === 1);
    return client;
  },
};

/** Timers that keep a process alive. */
const timers = (): number =>
  process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;

const LIMITS = { maxConnections: 1, maxConnectionsPerPrincipal: 1, closeTimeout: 3_600_000 };

async function expectNothingLeft(scene: Scene, before: number): Promise<void> {
  await scene.empty();
  await until(() => timers() <= before);
  expect(scene.told('session.closed')).toHaveLength(scene.told('session.opened').length);
  const ends = [...scene.told('result.completed'), ...scene.told('result.failed')];
  expect(ends.map(({ statement }) => statement.seq).sort()).toEqual(
    scene.told('statement.submitted').map(({ statement }) => statement.seq),
  );
  scene.database.greeting = 'accept';
  const next = await scene.session();
  expect(await next.run('row next')).toEqual(['ROW next', 'DONE row idle']);
}

describe('a client that is reset', () => {
  it.each(Object.entries({ ...EARLY, ...LATE }))(
    '%s leaves no session, no timer and no counted connection',
    async (_phase, reach) => {
      const options = { limits: LIMITS, stages: STAGES, authenticator: AUTHENTICATOR };
      await inScene(options, async (scene) => {
        const before = timers();
        const client = await reach(scene);
        client.reset();
        for (const connection of scene.database.connections) {
          if (connection.keepsCancel) connection.hangUp();
        }
        await expectNothingLeft(scene, before);
      });
    },
  );
});

describe('a database that is reset', () => {
  it.each(Object.entries(LATE))(
    'by its side %s leaves no session, no timer and no counted connection',
    async (_phase, reach) => {
      const options = { limits: LIMITS, stages: STAGES, authenticator: AUTHENTICATOR };
      await inScene(options, async (scene) => {
        const before = timers();
        const client = await reach(scene);
        for (const connection of scene.database.connections) connection.reset();
        client.resume();
        await expectNothingLeft(scene, before);
      });
    },
  );
});

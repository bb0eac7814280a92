import { describe, expect, it, jest } from '@jest/globals';
import { ALLOW, type StatementStage } from '@weir/contract';
import { inScene } from './scene.ts';
import { CLOSED, type ToyClient } from './toy-client.ts';
import { until } from './until.ts';

jest.setTimeout(30_000);

async function expectLines(client: ToyClient, lines: readonly string[]): Promise<void> {
  for (const line of lines) expect(await client.line()).toBe(line);
}

describe('a client that sends nothing more', () => {
  it('gets the answers to what it asked before, then the end', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      client.send('row 1', 'row 2');
      client.halfClose();
      await expectLines(client, ['ROW 1', 'DONE row idle', 'ROW 2', 'DONE row idle', CLOSED]);
      await scene.empty();
      expect(scene.told('result.completed')).toHaveLength(2);
      expect(scene.told('session.closed')[0]?.reason).toBe('client-lost');
    });
  });

  it('gets those, too, to what the relay kept back until the database has answered', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      client.send('wait', 'later row 1', 'later row 2', 'row 3');
      client.halfClose();
      await scene.database.heard(1);
      // Whoever connects later is served: the end of the first one has been read by then.
      await (await scene.session('omar')).run('row 0');
      scene.database.answer();
      const rows = ['1', '2', '3'].flatMap((row) => [`ROW ${row}`, 'DONE row idle']);
      await expectLines(client, ['DONE waited idle', ...rows, CLOSED]);
      await until(() => scene.told('session.closed').length === 1);
      expect(scene.told('session.closed')[0]?.reason).toBe('client-lost');
      expect(scene.told('result.completed')).toHaveLength(5);
    });
  });

  it('has said goodbye when that was kept back, too', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      client.send('wait', 'later row 1', 'QUIT');
      client.halfClose();
      await scene.database.heard(1);
      await scene.session('omar');
      scene.database.answer();
      await expectLines(client, ['DONE waited idle', 'ROW 1', 'DONE row idle', CLOSED]);
      expect((await scene.next('session.closed')).reason).toBe('client-quit');
    });
  });

  it('is not waited for when a statement that was kept back is held', async () => {
    const approval: StatementStage = ({ text }) =>
      text === 'row held' ? new Promise(() => undefined) : ALLOW;
    await inScene({ stages: { approval } }, async (scene) => {
      const client = await scene.session();
      client.send('wait', 'later row held');
      client.halfClose();
      await scene.database.heard(1);
      await scene.session('omar');
      scene.database.answer();
      await expectLines(client, ['DONE waited idle', CLOSED]);
      expect((await scene.next('session.closed')).reason).toBe('client-lost');
      expect(scene.database.statements).toEqual(['wait']);
    });
  });

  it('gets its answers when it was paused for being far ahead', async () => {
    await inScene({ limits: { pipelineDepth: 2 } }, async (scene) => {
      const client = await scene.session();
      client.send('wait', 'row 1', 'row 2', 'later row 3', 'row 4');
      client.halfClose();
      await scene.database.heard(1);
      await scene.session('omar');
      scene.database.answer();
      const rows = ['1', '2', '3', '4'].flatMap((row) => [`ROW ${row}`, 'DONE row idle']);
      await expectLines(client, ['DONE waited idle', ...rows, CLOSED]);
    });
  });

  it('is noticed though the relay waits for what the database never says', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      expect(await client.run('copy')).toEqual(['MORE']);
      client.send('one', 'later row 1');
      await until(() => scene.database.copied.length === 1);
      client.send('end', 'QUIT');
      client.halfClose();
      expect(await client.line()).toBe(CLOSED);
      await scene.next('session.closed');
      expect(scene.told('result.failed')).toHaveLength(1);
      expect(scene.database.statements).toEqual(['copy']);
      await scene.empty();
    });
  });

  it('has all that it copied delivered to a database that takes its time', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      await client.run('copy');
      const [connection] = scene.database.connections;
      connection?.pause();
      const megabyte = 'y'.repeat(1_000_000);
      for (let n = 0; n < 32; n += 1) client.send(megabyte);
      await scene.next('flow.paused');
      client.send('end');
      client.halfClose();
      await scene.session('omar');
      connection?.resume();
      expect(await client.line()).toBe('DONE copy idle');
      expect(scene.database.copied).toHaveLength(33);
    });
  });

  it('gets its answers when a cancel is under way', async () => {
    await inScene({}, async (scene) => {
      scene.database.keepCancels = true;
      const client = await scene.session();
      client.send('wait', 'later row 1');
      await scene.database.heard(1);
      const canceller = await scene.connect();
      canceller.send(client.cancelLine);
      await until(() => scene.database.cancels.length === 1);
      client.send('row 2');
      client.halfClose();
      await scene.session('omar');
      for (const connection of scene.database.connections) {
        if (connection.keepsCancel) connection.hangUp();
      }
      const rows = ['1', '2'].flatMap((row) => [`ROW ${row}`, 'DONE row idle']);
      await expectLines(client, ['FAIL cancelled idle', ...rows, CLOSED]);
    });
  });
});

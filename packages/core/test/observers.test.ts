import { describe, expect, it, jest } from '@jest/globals';
import type { EngineEvent } from '@weir/contract';
import { config, map } from 'rxjs';
import { inScene } from './scene.ts';
import { until } from './until.ts';

jest.setTimeout(30_000);

const failures: unknown[] = [];
// For the whole file: what an observer threw is reported a moment later.
config.onUnhandledError = (error) => failures.push(error);

describe('an observer', () => {
  it('that throws hurts neither the session nor other observers', async () => {
    await inScene({}, async (scene) => {
      const seen: string[] = [];
      scene.engine.events.subscribe(() => {
        throw new Error('boom');
      });
      scene.engine.events.pipe(map(explode)).subscribe();
      scene.engine.events.subscribe(({ type }) => seen.push(type));
      const client = await scene.session();
      expect(await client.run('row 1')).toEqual(['ROW 1', 'DONE row idle']);
      expect(seen).toEqual(scene.events.map(({ type }) => type));
      await until(() => failures.length > seen.length);
    });
  });

  it('hears every session from its beginning to its end, in order', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.session();
      await client.run('row 1');
      await client.run('fail');
      client.send('QUIT');
      client.halfClose();
      await scene.next('session.closed');
      expect(scene.events.map(({ type }) => type)).toEqual([
        'session.opened',
        'statement.submitted',
        'statement.decided',
        'result.columns',
        'result.rows',
        'result.completed',
        'statement.submitted',
        'statement.decided',
        'result.failed',
        'session.closed',
      ]);
      const times = scene.events.map(({ at }) => at);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(scene.told('session.closed')[0]).toMatchObject({
        reason: 'client-quit',
        statements: 2,
        bytesFromClient: 'row 1\nfail\nQUIT\n'.length,
        bytesToClient: 'ROW 1\nDONE row idle\nFAIL 42 idle\n'.length,
      });
    });
  });

  it('sees rows as they went by and columns when it asks', async () => {
    await inScene({}, async (scene) => {
      const wire: string[] = [];
      const names: (string | undefined)[] = [];
      scene.engine.events.subscribe((event) => {
        if (event.type === 'result.rows') wire.push(Buffer.from(event.wire).toString());
        if (event.type === 'result.columns') names.push(event.view.columns()[0]?.name);
      });
      const client = await scene.session();
      await client.run('row 1');
      expect(wire).toEqual(['ROW 1\n']);
      expect(names).toEqual(['line']);
    });
  });
});

function explode(event: EngineEvent): never {
  throw new Error(event.type);
}

import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startWeir } from '@weir/server';
import { type Backdrop, startBackdrop } from './backdrop.ts';
import { environmentOf, expectError, withWeir } from './running-weir.ts';

jest.setTimeout(60_000);

let backdrop: Backdrop;

beforeAll(async () => {
  backdrop = await startBackdrop({ postgres: true });
});

afterAll(() => backdrop.stop());

/** Every metric of Weir's own, with its labels; the rest is what any Node program has. */
const METRICS: Readonly<Record<string, readonly string[]>> = {
  weir_cancels_total: ['forwarded'],
  weir_cancels_unmatched_total: [],
  weir_config_reloads_total: ['result'],
  weir_connections_pending: [],
  weir_flow_pauses_total: ['side'],
  weir_log_lines_lost_total: [],
  weir_row_bytes_total: ['form'],
  weir_rows_total: ['form'],
  weir_session_bytes_total: ['direction'],
  weir_sessions: [],
  weir_sessions_closed_total: ['reason'],
  weir_sessions_opened_total: [],
  weir_sessions_refused_total: ['code'],
  weir_stage_seconds: ['stage'],
  weir_statements_held_total: [],
  weir_statements_total: ['outcome'],
};
const OF_NODE = /^weir_(process|nodejs)_/;

/** One request as it stands, and the first line of its answer. */
function ask(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('end', () => resolve(answer.split('\r\n', 1)[0] ?? ''));
    socket.on('error', reject);
  });
}

describe('the metrics', () => {
  it('are each described, and labelled with closed sets only', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.connect();
      await client.query('select 1');
      await expectError(client.query('select nothing from nowhere'));
      await client.end();
      await running.refusal({ database: 'payroll' });
      await running.refusal({ password: 'no-token' });
      running.weir.reload();
      await running.next('session.closed');
      const [status, text] = await running.page('/metrics');
      expect(status).toBe(200);
      const described = [...text.matchAll(/^# HELP (\S+) (.+)$/gm)].map(([, name]) => name);
      const own = described.filter((name) => name !== undefined && !OF_NODE.test(name));
      expect(own.sort()).toEqual(Object.keys(METRICS).sort());
      for (const [, name = '', labels = ''] of text.matchAll(/^(weir_\w+)\{([^}]*)\}/gm)) {
        if (OF_NODE.test(name)) continue;
        const keys = [...labels.matchAll(/(\w+)="/g)].map(([, key]) => key);
        const known = METRICS[name.replace(/_(bucket|sum|count)$/, '')] ?? METRICS[name];
        expect([...(known ?? []), 'le']).toEqual(expect.arrayContaining(keys));
      }
      for (const word of ['ana', 'acme', 'orders', 'payroll', '127.0.0.1', 'nowhere', 'no-token']) {
        expect(text).not.toContain(word);
      }
    });
  });

  it('count what a session carries while it is open, and once', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const sample = 'weir_session_bytes_total{direction="to_client"}';
      const client = await running.connect();
      const before = (await running.metric(sample)) ?? 0;
      await client.query("select repeat('x', 100000)");
      const open = (await running.metric(sample)) ?? 0;
      expect(open).toBeGreaterThan(before + 100_000);
      expect(await running.metric('weir_sessions')).toBe(1);
      await client.end();
      const { bytesToClient } = await running.next('session.closed');
      expect(await running.metric(sample)).toBe(bytesToClient);
    });
  });

  it('count what happens', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const client = await running.connect();
      await client.query('select * from generate_series(1, 10)');
      await expectError(client.query('select 1/0'));
      await running.refusal({ password: 'no-token' });
      (await running.raw()).cancel(1, 1);
      await running.next('cancel.unmatched');
      expect(await running.metric('weir_sessions')).toBe(1);
      await client.end();
      await running.next('session.closed');
      const expected = {
        weir_sessions: 0,
        weir_sessions_opened_total: 1,
        'weir_sessions_closed_total{reason="client-quit"}': 1,
        'weir_sessions_refused_total{code="not-authenticated"}': 1,
        weir_cancels_unmatched_total: 1,
        'weir_statements_total{outcome="completed"}': 1,
        'weir_statements_total{outcome="database"}': 1,
        'weir_rows_total{form="rows"}': 10,
        'weir_stage_seconds_count{stage="statement"}': 2,
        'weir_stage_seconds_count{stage="decide"}': 2,
        'weir_stage_seconds_count{stage="login"}': 1,
      };
      for (const [sample, value] of Object.entries(expected)) {
        expect([sample, await running.metric(sample)]).toEqual([sample, value]);
      }
    });
  });
});

describe('the admin listener', () => {
  it('says that the process lives and takes connections', async () => {
    await withWeir(backdrop, {}, async (running) => {
      expect(await running.page('/healthz')).toEqual([200, 'ok\n']);
      expect(await running.page('/readyz?verbose')).toEqual([200, 'ready\n']);
      expect((await running.page('/'))[0]).toBe(404);
    });
  });

  it.each([
    ['GET // HTTP/1.1', 404],
    ['GET http://[ HTTP/1.1', 404],
    ['GET /%zz HTTP/1.1', 404],
    ['GET * HTTP/1.1', 404],
    ['POST /metrics HTTP/1.1', 405],
    ['HEAD /healthz HTTP/1.1', 200],
    ['\u0000\u0001 HTTP/1.1', 400],
  ])('survives "%s"', async (line, status) => {
    await withWeir(backdrop, {}, async (running) => {
      const request = `${line}\r\nhost: x\r\nconnection: close\r\n\r\n`;
      expect(await ask(running.weir.admin?.port ?? 0, request)).toMatch(`HTTP/1.1 ${status} `);
      expect((await running.page('/healthz'))[0]).toBe(200);
    });
  });

  it('whose port is taken stops the start, and nothing stays behind', async () => {
    await withWeir(backdrop, {}, async (running) => {
      const { port = 0 } = running.weir.admin ?? {};
      const listen = `listen: { postgres: 127.0.0.1:0, admin: 127.0.0.1:${port} }`;
      await running.write({ listen });
      const second = startWeir({ configPath: running.configPath, env: environmentOf(backdrop) });
      await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
    });
  });
});

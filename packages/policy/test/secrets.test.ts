import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { formatProblem } from '@weir/policy';
import { KEY, load, loadValid, targetsWith, weirYaml } from './fixture.ts';

const CANARY = 'canary7Secret';

/** Everything that a program could print of a value. */
function printed(value: unknown): string {
  const options = { depth: null, showHidden: true, getters: true } as const;
  return [JSON.stringify(value), inspect(value, options), inspect(value)].join('\n');
}

const TLS = 'tls: { cert: server.crt, key: server.key }';
const PASSWORDS: readonly [string, string][] = [
  ['as a password', `password: ${CANARY}`],
  ['as a password in quotes', `password: "${CANARY}"`],
  ['with a reference around it', `password: "\${env:${CANARY}:-x}"`],
  ['with a reference beside it', `password: "\${env:ORDERS_PW}${CANARY}"`],
  ['with a broken escape', `password: "\\q${CANARY}"`],
  ['as an alias', `password: *${CANARY}`],
  ['as an anchor', `password: &${CANARY}`],
  ['as a tag', `password: !${CANARY} x`],
  ['with a percent sign', `password: %${CANARY}`],
  ['in a list', `password: [${CANARY}]`],
  ['in a map', `password: { ${CANARY}: 1 }`],
  ['with a colon', `password: a: ${CANARY}`],
  ['without a colon', `password ${CANARY}`],
  ['as a key', `${CANARY}: x`],
  ['as a key of more than letters', `"${CANARY} !": x`],
  ['with a control character', `password: "${CANARY}\\0"`],
  ['over two lines', `password: |\n        ${CANARY}\n        b`],
  ['in an open quote', `password: "${CANARY}`],
  ['as a port', `port: ${CANARY}`],
  ['as a TLS mode', `tls: ${CANARY}`],
  ['in a connection string', `port: postgres://weir:${CANARY}@db`],
];

describe('a secret', () => {
  it.each(PASSWORDS)('never shows in problems when it is written %s', (_how, line) => {
    const loaded = load(weirYaml(targetsWith(line)));
    expect(loaded.ok).toBe(false);
    const problems = loaded.ok ? [] : loaded.problems;
    expect(`${printed(loaded)}${problems.map(formatProblem).join()}`).not.toContain(CANARY);
  });

  it('never shows in problems when it is bad itself', () => {
    const loaded = load(weirYaml(), {
      resolveSecret: () => ({ ok: true, text: `${CANARY}\n${CANARY}` }),
    });
    expect(loaded.ok).toBe(false);
    expect(printed(loaded)).not.toContain(CANARY);
  });

  it('never shows in problems when it is a broken private key', () => {
    const broken = KEY.replace('-----END', `${CANARY}\n-----END`);
    const loaded = load(weirYaml({ tls: TLS }), {
      readFile: () => ({ ok: true, text: broken }),
    });
    expect(loaded.ok).toBe(false);
    expect(printed(loaded)).not.toContain(CANARY);
    expect(printed(loaded)).not.toContain(KEY.slice(30, 60));
  });

  it('never shows in a configuration, its snapshot or its warnings', () => {
    const loaded = load(weirYaml({ tls: TLS }), {
      resolveSecret: () => ({ ok: true, text: CANARY }),
    });
    expect(loaded.ok).toBe(true);
    const config = loaded.ok ? loaded.config : undefined;
    const targets = [...(config?.targets.values() ?? [])];
    expect(targets[0]?.upstream.password?.reveal()).toBe(CANARY);
    const text = printed(loaded) + printed(targets) + String(targets[0]?.upstream.password);
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain(KEY.slice(30, 60));
  });

  it('loses one line end of its file and nothing else', () => {
    const password = (text: string) => {
      const loaded = load(weirYaml(targetsWith(`password: "\${file:s}"`)), {
        resolveSecret: () => ({ ok: true, text }),
      });
      return loaded.ok ? loaded.config.targets.get('db')?.upstream.password?.reveal() : 'refused';
    };
    expect(['a\n', 'a\r\n', ' a ', 'a\n\n', '\n'].map(password)).toEqual([
      'a',
      'a',
      ' a ',
      'refused',
      'refused',
    ]);
  });

  it('is asked for once, by absolute path', () => {
    const asked: string[] = [];
    load(weirYaml(targetsWith(`password: "\${file:./s}"`)), {
      resolveSecret: ({ from, name }) => {
        asked.push(`${from} ${name}`);
        return { ok: true, text: 'x' };
      },
    });
    expect(asked).toEqual(['file /etc/weir/s']);
    expect(loadValid(weirYaml()).ok).toBe(true);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { Target } from '@weir/contract';
import { parseStartupOptions } from '../src/startup-options.ts';
import { HARMLESS_SETTINGS, judgeStartupSettings } from '../src/startup-settings.ts';
import { makeTarget } from './targets.ts';

type Pairs = readonly (readonly [string, string])[];

function judge(parameters: Pairs, target: Partial<Target> = {}) {
  return judgeStartupSettings(parameters, { ...makeTarget(), ...target });
}

describe('startup options', () => {
  it.each<[string, Pairs]>([
    ['', []],
    [' \t ', []],
    ['-c geqo=off', [['geqo', 'off']]],
    ['-cgeqo=off', [['geqo', 'off']]],
    ['--geqo=off', [['geqo', 'off']]],
    [
      '-c  geqo=off\n-c\tTimeZone=UTC',
      [
        ['geqo', 'off'],
        ['TimeZone', 'UTC'],
      ],
    ],
    ['--lock-timeout=5s', [['lock_timeout', '5s']]],
    ['-c search-path=a-b', [['search_path', 'a-b']]],
    ['-c search_path=a,\\ b', [['search_path', 'a, b']]],
    ['-c x=a\\\\b', [['x', 'a\\b']]],
    ['-c x=\\-c', [['x', '-c']]],
    ['-c\\ x=1', [[' x', '1']]],
    ['-c x=1\\', [['x', '1']]],
    ['-c x=', [['x', '']]],
    ['-c x=a=b', [['x', 'a=b']]],
    ['-c -c=1', [['_c', '1']]],
    ['---c=1', [['_c', '1']]],
  ])('%j is read as the server reads it', (options, settings) => {
    expect(parseStartupOptions(options)).toEqual({ understood: true, settings });
  });

  it.each<[string, string]>([
    ['-e', '-e'],
    ['-E -c geqo=off', '-E'],
    ['-c', '-c'],
    ['-c geqo', '-c'],
    ['-c =1', '-c'],
    ['--geqo', '--geqo'],
    ['--', '--'],
    ['-', '-'],
    ['geqo=off', 'geqo=off'],
    ['-c geqo=off postgres', 'postgres'],
    ['-ec geqo=off', '-ec'],
    ['-d5', '-d5'],
    ['\\', ''],
  ])('%j holds something that is no setting', (options, argument) => {
    expect(parseStartupOptions(options)).toEqual({ understood: false, argument });
  });
});

describe('a setting that any client may choose', () => {
  it.each(HARMLESS_SETTINGS.map(({ name, reason }) => [name, reason] as const))(
    'is %s: %s',
    (name) => {
      const value = { client_encoding: 'UTF8' }[name] ?? 'on';
      const expected = { allowed: true, settings: [[name, value]] };
      expect(judge([[name.toUpperCase(), value]])).toEqual(expected);
      expect(judge([['options', `-c ${name.toLowerCase()}=${value}`]])).toEqual(expected);
    },
  );
});

describe('a setting that is refused by default', () => {
  it.each([
    'role',
    'ROLE',
    'session_authorization',
    'is_superuser',
    'session_replication_role',
    'row_security',
    'default_transaction_read_only',
    'local_preload_libraries',
    'app.tenant',
    'options_',
    'USER',
    'search-path',
    'nonsense',
  ])('is %s, as a parameter and in options', (name) => {
    const refusal = { allowed: false, refusal: { code: 'setting-forbidden' } };
    expect(judge([[name, 'x']])).toMatchObject(refusal);
    if (!name.includes('-')) expect(judge([['options', `-c ${name}=x`]])).toMatchObject(refusal);
  });

  it('is named in the refusal, shortened', () => {
    expect(judge([['x'.repeat(500), '1']])).toMatchObject({
      refusal: { message: `the setting "${'x'.repeat(64)}…" may not be chosen when connecting` },
    });
  });

  it('is refused wherever it stands among others', () => {
    const options = '-c geqo=off --role=postgres -c TimeZone=UTC';
    expect(judge([['options', options]])).toMatchObject({
      refusal: {
        code: 'setting-forbidden',
        message: 'the setting "role" may not be chosen when connecting',
      },
    });
  });

  it('is taken on a target that allows it by name, in any case', () => {
    const target = { allowSettings: ['App.Tenant', 'work_mem'] };
    expect(
      judge(
        [
          ['app.tenant', 'a'],
          ['options', '-c WORK-MEM=1MB'],
        ],
        target,
      ),
    ).toEqual({
      allowed: true,
      settings: [
        ['WORK_MEM', '1MB'],
        ['app.tenant', 'a'],
      ],
    });
  });
});

describe('values that change how statements are read', () => {
  it.each([
    'UTF8',
    "'utf-8'",
    'unicode',
    'LATIN1',
    'latin10',
    'SQL_ASCII',
    'WIN1252',
    'EUC_JP',
    'KOI8R',
    'ISO_8859_5',
  ])('client_encoding %s is taken', (value) => {
    expect(judge([['client_encoding', value]])).toMatchObject({ allowed: true });
  });

  it.each([
    'SJIS',
    'sjis',
    'Shift_JIS',
    'SHIFT_JIS_2004',
    'BIG5',
    'GBK',
    'GB18030',
    'UHC',
    'JOHAB',
    'WIN936',
    'MULE_INTERNAL',
    'utf16',
    '',
  ])('client_encoding %j is refused on every target', (value) => {
    for (const allowSettings of [[], ['client_encoding']]) {
      expect(judge([['client_encoding', value]], { allowSettings })).toMatchObject({
        allowed: false,
        refusal: { code: 'setting-forbidden' },
      });
    }
  });

  it.each(['on', 'ON', 'true', 't', 'tr', 'yes', 'y', '1'])(
    'standard_conforming_strings %s is taken',
    (value) => {
      expect(judge([['standard_conforming_strings', value]])).toMatchObject({ allowed: true });
    },
  );

  it.each(['off', 'o', 'false', '0', 'no', '', 'maybe', ' on'])(
    'standard_conforming_strings %j is refused on every target',
    (value) => {
      const parameters: Pairs = [
        ['options', `--standard-conforming-strings=${value.replace(' ', '\\ ')}`],
      ];
      for (const allowSettings of [[], ['standard_conforming_strings']]) {
        expect(judge(parameters, { allowSettings })).toMatchObject({ allowed: false });
      }
    },
  );
});

describe('replication', () => {
  const YES = ['true', 'on', 'yes', '1', 't', 'database', 'DATABASE', 'o', '', 'maybe'];
  const NO = ['false', 'off', 'of', 'no', '0', 'F', 'n'];

  it.each(YES)('%j is refused where the target does not allow it', (value) => {
    expect(judge([['replication', value]])).toMatchObject({
      refusal: { code: 'replication-forbidden' },
    });
  });

  it.each(YES)('%j reaches a target that allows it', (value) => {
    expect(judge([['replication', value]], { allowReplication: true })).toEqual({
      allowed: true,
      settings: [['replication', value]],
    });
  });

  it.each(NO)('%j is dropped', (value) => {
    for (const allowReplication of [true, false]) {
      expect(judge([['replication', value]], { allowReplication })).toEqual({
        allowed: true,
        settings: [],
      });
    }
  });

  it('is not allowed by being listed as a setting, nor inside options', () => {
    const allowSettings = ['replication'];
    expect(judge([['replication', 'true']], { allowSettings })).toMatchObject({
      refusal: { code: 'replication-forbidden' },
    });
    const target = { allowReplication: true, allowSettings };
    expect(judge([['options', '-c Replication=true']], target)).toMatchObject({
      refusal: { code: 'setting-forbidden' },
    });
  });
});

describe('a setting that names the target', () => {
  it.each<[string, Pairs]>([
    ['for physical replication', [['replication', 'true']]],
    ['for logical replication', [['replication', 'database']]],
    ['in any other session', []],
  ])('stays with Weir %s', (_when, settings) => {
    const named: Pairs = [
      ['options', '-c geqo=off -c Weir.Target=orders-prod'],
      ['weir.target', 'orders-prod'],
    ];
    expect(judge([...settings, ...named], { allowReplication: true })).toEqual({
      allowed: true,
      settings: [['geqo', 'off'], ...settings],
    });
  });

  it.each(['payroll', 'orders-prod/reporting', 'ORDERS-PROD', ''])(
    'is refused like any unknown one when it says %j',
    (value) => {
      const options = `-c weir.target=${value} -c weir.target=orders-prod`;
      expect(judge([['options', options]])).toMatchObject({
        refusal: { code: 'setting-forbidden' },
      });
    },
  );
});

describe('the order of settings', () => {
  it('is options first, then parameters; the last of a name stays', () => {
    expect(
      judge([
        ['timezone', 'UTC'],
        ['options', '-c TimeZone=CET -c geqo=on --GEQO=off'],
        ['application_name', 'psql'],
      ]),
    ).toEqual({
      allowed: true,
      settings: [
        ['geqo', 'off'],
        ['TimeZone', 'UTC'],
        ['application_name', 'psql'],
      ],
    });
  });

  it('passes nothing when nothing was asked', () => {
    expect(judge([])).toEqual({ allowed: true, settings: [] });
  });
});

import { describe, expect, it } from '@jest/globals';
import type { DenialCode, RefusalCode } from '@weir/contract';
import { databaseRefusal, encodeDenial, encodeRefusal } from '../src/refusals.ts';
import { text } from './downstream-play.ts';
import { fatal, report } from './wire-bytes.ts';

describe('a refusal', () => {
  it.each<[RefusalCode, string]>([
    ['tls-required', '28000'],
    ['not-authenticated', '28P01'],
    ['target-unavailable', '3D000'],
    ['setting-forbidden', '42501'],
    ['replication-forbidden', '42501'],
    ['too-many-connections', '53300'],
    ['handshake-timeout', '57014'],
    ['upstream-unreachable', '08006'],
    ['upstream-refused', '08004'],
    ['upstream-lost', '08006'],
    ['protocol-violation', '08P01'],
    ['idle-timeout', '57P05'],
    ['shutting-down', '57P01'],
    ['session-revoked', '57P01'],
    ['internal', 'XX000'],
  ])('%s is the FATAL error %s', (code, sqlstate) => {
    expect(text(encodeRefusal({ code, message: 'no' }))).toBe(text(fatal(sqlstate, 'no')));
  });

  it('carries its reference as detail, and its hint', () => {
    const refusal = { code: 'internal', message: 'no', hint: 'Ask.', ref: '01J' } as const;
    const expected = fatal('XX000', 'no', { D: 'weir ref 01J', H: 'Ask.' });
    expect(text(encodeRefusal(refusal))).toBe(text(expected));
  });

  it('cannot be cut short or forged by a NUL in its text', () => {
    const refusal = { code: 'internal', message: 'no\0C00000', hint: '\0' } as const;
    const expected = fatal('XX000', 'no\uFFFDC00000', { H: '\uFFFD' });
    expect(text(encodeRefusal(refusal))).toBe(text(expected));
  });
});

describe('a denial', () => {
  it.each<[DenialCode, string]>([
    ['forbidden', '42501'],
    ['not-understood', '0A000'],
    ['over-limit', '54000'],
    ['session-revoked', '57P01'],
  ])('%s is the ERROR %s', (code, sqlstate) => {
    expect(text(encodeDenial({ allow: false, code, message: 'no' }))).toBe(
      text(report('E', { S: 'ERROR', V: 'ERROR', C: sqlstate, M: 'no' })),
    );
  });

  it.each([
    ['the rule and the reference', 'no drops', '01J', 'rule "no drops", weir ref 01J'],
    ['the rule alone', 'no drops', undefined, 'rule "no drops"'],
    ['the reference alone', undefined, '01J', 'weir ref 01J'],
  ])('names %s in its detail', (_name, rule, ref, detail) => {
    const denial = { allow: false, code: 'forbidden', message: 'no', hint: 'Ask.' } as const;
    const encoded = encodeDenial(rule === undefined ? denial : { ...denial, rule }, ref);
    const fields = { S: 'ERROR', V: 'ERROR', C: '42501', M: 'no', D: detail, H: 'Ask.' };
    expect(text(encoded)).toBe(text(report('E', fields)));
  });
});

describe("a database's own refusal", () => {
  it('is told by its SQLSTATE, explained where that is understood', () => {
    expect(databaseRefusal('53300')).toEqual({
      code: 'upstream-refused',
      message:
        'the database refused the connection with SQLSTATE 53300: it has too many connections',
    });
    expect(databaseRefusal('P0001').message).toBe(
      'the database refused the connection with SQLSTATE P0001',
    );
    expect(databaseRefusal(undefined).message).toBe('the database refused the connection');
  });
});

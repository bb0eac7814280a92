import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import { DecodeError } from '@weir/contract';
import { SaltedPasswords } from '../src/auth/salted-passwords.ts';
import { type ChannelBinding, ScramExchange } from '../src/auth/scram.ts';
import { ScramServer } from './scram-server.ts';

const NONCE = 'rOprNGfwEbeRWgbNEkqO';
const SERVER_NONCE = `${NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0`;
const SERVER_FIRST = `r=${SERVER_NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;
const SERVER_FINAL = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

function makeExchange(binding: ChannelBinding = { flag: 'n' }, user = 'user'): ScramExchange {
  const salted = new SaltedPasswords();
  return new ScramExchange({
    user,
    password: 'pencil',
    nonce: NONCE,
    binding,
    deriveSalted: (...input) => salted.derive(...input),
  });
}

describe('SCRAM-SHA-256', () => {
  it('says what the example of RFC 7677 says', () => {
    const exchange = makeExchange();
    expect(exchange.first()).toBe(`n,,n=user,r=${NONCE}`);
    expect(exchange.answer(SERVER_FIRST)).toBe(
      `c=biws,r=${SERVER_NONCE},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
    );
    expect(exchange.verify(SERVER_FINAL)).toBe(true);
  });

  it.each<[string, ChannelBinding, string]>([
    [
      'p=tls-server-end-point',
      { flag: 'p', endpoint: Buffer.from('hash of a certificate') },
      'p=tls-server-end-point,,',
    ],
    ['y', { flag: 'y' }, 'y,,'],
    ['n', { flag: 'n' }, 'n,,'],
  ])('proves itself to a server with the binding %s', (_name, binding, header) => {
    const server = new ScramServer('pencil', 'salt', 4096);
    const exchange = makeExchange(binding, '');
    expect(exchange.first()).toBe(`${header}n=,r=${NONCE}`);
    const answer = exchange.answer(server.first(exchange.first()));
    const endpoint = binding.flag === 'p' ? binding.endpoint : Buffer.alloc(0);
    expect(exchange.verify(server.final(answer, endpoint))).toBe(true);
  });

  it.each([
    ['another signature', SERVER_FINAL.replace('v=6', 'v=7')],
    ['a shorter signature', 'v=6rri'],
    ['nothing', ''],
    ['an empty signature', 'v='],
    ['an error', 'e=other-error'],
    ['an extension behind the signature', `${SERVER_FINAL},x=1`],
  ])('does not believe a server that answers with %s', (_name, final) => {
    const exchange = makeExchange();
    exchange.first();
    exchange.answer(SERVER_FIRST);
    expect(exchange.verify(final)).toBe(false);
  });

  it('does not believe a server before it was asked', () => {
    expect(makeExchange().verify(SERVER_FINAL)).toBe(false);
  });

  it.each([
    ['that does not extend ours', SERVER_FIRST.replace(NONCE, 'somebodyElsesNonce')],
    ['that is only ours', `r=${NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`],
    ['that is missing', 's=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'],
    ['with a space', SERVER_FIRST.replace('%', ' ')],
  ])('takes no nonce %s', (_name, first) => {
    expect(() => makeExchange().answer(first)).toThrow(DecodeError);
  });

  it.each([
    '0',
    '-1',
    '04096',
    '1e3',
    '4096.5',
    '1000001',
    '4294967296',
    '99999999999999999999',
    '',
  ])('takes no iteration count of %j', (count) => {
    const first = SERVER_FIRST.replace('4096', count);
    expect(() => makeExchange().answer(first)).toThrow(DecodeError);
  });

  it.each([
    ['no salt', SERVER_FIRST.replace(/s=[^,]*/, 's=')],
    ['a salt that is not base64', SERVER_FIRST.replace('s=W22', 's=W2*')],
    ['an extension', `m=x,${SERVER_FIRST}`],
    ['something behind the count', `${SERVER_FIRST},x=1`],
    ['nothing', ''],
  ])('takes no first message with %s', (_name, first) => {
    expect(() => makeExchange().answer(first)).toThrow(DecodeError);
  });

  it('takes a single iteration, as a server may be set to', () => {
    expect(makeExchange().answer(SERVER_FIRST.replace('4096', '1'))).toMatch(/^c=biws,r=/);
  });
});

import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import type { TlsMode } from '@weir/contract';
import fc from 'fast-check';
import { makeHandshakeState } from '../src/handshake-state.ts';
import { text } from './downstream-play.ts';
import { byteByByte, randomSplit, type Split, whole } from './splits.ts';
import { makeTarget } from './targets.ts';
import { AUTHENTICATION_TRANSCRIPTS } from './upstream-authentication-transcripts.ts';
import { GREETING_TRANSCRIPTS } from './upstream-greeting-transcripts.ts';
import { playCancel, playUpstream, type UpstreamStep } from './upstream-play.ts';
import {
  AUTHENTICATED,
  backendKey,
  cancelRequest,
  message,
  parameterStatus,
  READY,
  report,
  SSL_REQUEST,
} from './wire-bytes.ts';

describe('the handshake with a database', () => {
  it.each([...AUTHENTICATION_TRANSCRIPTS, ...GREETING_TRANSCRIPTS])('$name', (transcript) => {
    const check = (split: Split) => {
      expect(playUpstream(transcript, split).deeds).toEqual(transcript.deeds);
    };
    check(whole);
    check(byteByByte);
    fc.assert(fc.property(randomSplit, check), { numRuns: 20 });
  });
});

describe('bytes that come where TLS should begin', () => {
  it.each<[string, readonly UpstreamStep[]]>([
    ['behind the S', [{ bytes: Buffer.from('SE') }]],
    ['behind the N', [{ bytes: Buffer.concat([Buffer.from('N'), AUTHENTICATED]) }]],
    ['in place of the answer', [{ bytes: report('E', { C: '0A000', M: 'no' }) }]],
    ['before TLS is established', [{ bytes: Buffer.from('S') }, { bytes: Buffer.from('R') }]],
  ])('end the connection: %s', (_name, steps) => {
    for (const tls of ['prefer', 'require', 'verify-full'] as const) {
      const { deeds } = playUpstream({ target: makeTarget({ tls }), steps }, whole);
      expect(deeds.at(-1)).toEqual({
        failed: 'upstream-refused',
        message: 'the database sent plain bytes where TLS should begin',
      });
    }
  });
});

describe('a database that is ready', () => {
  const notice = report('N', { S: 'WARNING', C: '01000', M: 'look' });
  const steps = [
    {
      bytes: Buffer.concat([
        AUTHENTICATED,
        parameterStatus('client_encoding', 'SQL_ASCII'),
        notice,
        parameterStatus('client_encoding', 'UTF8'),
        parameterStatus('standard_conforming_strings', 'on'),
        backendKey(4711, Buffer.from('secret')),
        READY,
        message('A', Buffer.from('early')),
      ]),
    },
  ];

  it('has its greeting kept as it came, without its key', () => {
    const { state } = playUpstream({ steps }, whole);
    expect(text(state.greeting)).toBe(
      text(
        parameterStatus('client_encoding', 'SQL_ASCII'),
        notice,
        parameterStatus('client_encoding', 'UTF8'),
        parameterStatus('standard_conforming_strings', 'on'),
      ),
    );
    expect(text(state.readyForQuery)).toBe(text(READY));
    expect(state.databaseKey).toEqual({
      process: 4711,
      secret: Uint8Array.from(Buffer.from('secret')),
    });
  });

  it('has the last value of each setting noted', () => {
    const { state } = playUpstream({ steps }, whole);
    expect(Object.fromEntries(state.reported)).toEqual({
      client_encoding: 'UTF8',
      standard_conforming_strings: 'on',
    });
  });

  it('gives what came behind ReadyForQuery to the relay', () => {
    const { deeds } = playUpstream({ steps }, whole);
    expect(deeds.at(-1)).toMatchObject({
      ready: 4711,
      left: text(message('A', Buffer.from('early'))),
    });
  });
});

describe('a setting that the policy refuses', () => {
  it.each<[string, string, string]>([
    ['role', 'postgres', 'setting-forbidden'],
    ['replication', 'database', 'replication-forbidden'],
  ])('ends the connection before a byte is sent: %s', (name, value, code) => {
    const { deeds } = playUpstream(
      { parameters: [[name, value]], steps: [{ bytes: AUTHENTICATED }] },
      whole,
    );
    expect(deeds).toEqual([{ failed: code, message: expect.any(String) }]);
  });
});

describe('no message about a failed handshake', () => {
  it('repeats the password or the words of the database', () => {
    for (const transcript of [...AUTHENTICATION_TRANSCRIPTS, ...GREETING_TRANSCRIPTS]) {
      for (const deed of playUpstream(transcript, whole).deeds) {
        if ('message' in deed) expect(deed.message).not.toMatch(/pencil|weir is wrong/);
      }
    }
  });
});

describe('a request to cancel', () => {
  const stateWith = (tls: TlsMode) => ({
    ...makeHandshakeState(),
    minor: 2,
    tls,
    databaseKey: { process: 4711, secret: Buffer.from('secret') },
  });
  const sent = text(cancelRequest(4711, Buffer.from('secret')));
  const ready = { ready: 4711, secretBytes: 32, left: '' };
  const facts = { version: 'TLSv1.3' };

  it.each<[string, TlsMode, readonly UpstreamStep[], readonly unknown[]]>([
    ['plain', 'disable', [], [{ send: sent }, ready]],
    [
      'plain after TLS was declined',
      'prefer',
      [{ bytes: Buffer.from('N') }],
      [{ send: text(SSL_REQUEST) + sent }, ready],
    ],
    [
      'over TLS',
      'verify-full',
      [{ bytes: Buffer.from('S') }, { secured: facts }],
      [{ send: text(SSL_REQUEST) }, { secure: 'postgresql' }, { send: sent }, ready],
    ],
  ])('is sent %s', (_name, tls, steps, deeds) => {
    expect(playCancel(stateWith(tls), steps)).toEqual(deeds);
  });

  it('is not sent where TLS is required and declined', () => {
    expect(playCancel(stateWith('require'), [{ bytes: Buffer.from('N') }])).toEqual([
      { send: text(SSL_REQUEST) },
      { failed: 'upstream-refused', message: expect.stringContaining('does not offer TLS') },
    ]);
  });

  it('is not sent to a database that gave no key', () => {
    expect(playCancel(makeHandshakeState(), [])).toEqual([
      { failed: 'upstream-refused', message: 'the database gave no key to cancel with' },
    ]);
  });
});

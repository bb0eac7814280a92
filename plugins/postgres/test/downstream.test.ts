import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import type { ConnectionOptions } from '@weir/contract';
import fc from 'fast-check';
import { type DownstreamStep, playDownstream, text } from './downstream-play.ts';
import { SECURE } from './downstream-transcript-parts.ts';
import { DOWNSTREAM_TRANSCRIPTS } from './downstream-transcripts.ts';
import { byteByByte, randomSplit, type Split, whole } from './splits.ts';
import {
  AUTHENTICATED,
  backendKey,
  GSSENC_REQUEST,
  parameterStatus,
  password,
  READY,
  SSL_REQUEST,
  startup,
} from './wire-bytes.ts';

const LOGIN: readonly DownstreamStep[] = [
  { bytes: startup({ user: 'ana' }) },
  { bytes: password('token') },
];
const LOGIN_3_2: readonly DownstreamStep[] = [
  { bytes: startup({ user: 'ana' }, 196610) },
  { bytes: password('token') },
];

describe('the handshake with a client', () => {
  it.each(DOWNSTREAM_TRANSCRIPTS)('$name', (transcript) => {
    const check = (split: Split) => {
      const { deeds, left } = playDownstream(transcript, split);
      expect(deeds).toEqual(transcript.deeds);
      expect(left).toBe(transcript.left ?? '');
    };
    check(whole);
    check(byteByByte);
    fc.assert(fc.property(randomSplit, check), { numRuns: 20 });
  });
});

describe('bytes between an encryption request and its answer', () => {
  it.each<[string, Buffer, Partial<ConnectionOptions>]>([
    ['behind SSLRequest', SSL_REQUEST, {}],
    ['behind SSLRequest to a listener without a certificate', SSL_REQUEST, { tlsAvailable: false }],
    ['behind GSSENCRequest', GSSENC_REQUEST, {}],
  ])('close the connection without a word: %s', (_name, request, options) => {
    const bytes = Buffer.concat([request, startup({ user: 'ana' })]);
    const { deeds } = playDownstream({ options, steps: [{ bytes }] }, whole);
    expect(deeds).toEqual([{ closed: true }]);
  });

  it('close the connection when they come before TLS is established', () => {
    const steps = [
      { bytes: SSL_REQUEST },
      { bytes: startup({ user: 'ana' }) },
      { secured: { version: 'TLSv1.3' } },
      { bytes: startup({ user: 'ana' }) },
    ];
    const { deeds } = playDownstream({ steps }, whole);
    expect(deeds).toEqual([{ send: 'S' }, SECURE, { closed: true }]);
  });
});

describe('a client that is let in', () => {
  const greeting = Buffer.concat([
    parameterStatus('server_version', '18.0'),
    parameterStatus('client_encoding', 'UTF8'),
  ]);

  it.each<[string, readonly DownstreamStep[], Buffer]>([
    ['3.0', LOGIN, Buffer.from('abcd')],
    ['3.2', LOGIN_3_2, Buffer.alloc(32, 'k')],
  ])('reads the greeting of the database with the key of Weir (%s)', (_name, login, secret) => {
    const outcome = playDownstream(
      { steps: [...login, { accept: { process: 7, secret } }, { bytes: Buffer.from('Q') }] },
      whole,
      (state) => {
        state.greeting = greeting;
        state.readyForQuery = READY;
      },
    );
    expect(outcome.deeds.at(-1)).toEqual({
      send: text(AUTHENTICATED, greeting, backendKey(7, secret), READY),
    });
    expect(outcome.left).toBe('Q');
  });

  it.each<[string, readonly DownstreamStep[], number]>([
    ['3.0', LOGIN, 32],
    ['3.2', LOGIN_3_2, 257],
  ])('is never given a key that protocol %s cannot hold', (_name, login, size) => {
    const accept = { process: 7, secret: Buffer.alloc(size) };
    expect(() => playDownstream({ steps: [...login, { accept }] }, whole)).toThrow(
      'cancel secret does not fit',
    );
  });

  it('is never let in before it logged in', () => {
    const accept = { process: 7, secret: Buffer.alloc(4) };
    expect(() => playDownstream({ steps: [{ accept }] }, whole)).toThrow('did not log in');
  });
});

describe('what the client asked for', () => {
  it('is noted without the parameters that say where to go', () => {
    const asked = {
      user: 'ana',
      database: 'orders',
      TimeZone: 'UTC',
      options: '-c geqo=off',
      '_pq_.x': '',
    };
    const { state } = playDownstream({ steps: [{ bytes: startup(asked, 196610) }] }, whole);
    expect(state.minor).toBe(2);
    expect(state.parameters).toEqual([
      ['TimeZone', 'UTC'],
      ['options', '-c geqo=off'],
    ]);
  });
});

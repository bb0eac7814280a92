import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeFirstPacket,
  decodeStartup,
  encodeCancelRequest,
  encodeStartup,
} from '../src/protocol/startup.ts';
import { playDownstream, text } from './downstream-play.ts';
import { byteByByte, randomSplit, type Split, whole } from './splits.ts';
import { STARTUP_TRANSCRIPTS } from './startup-transcripts.ts';
import { cancelRequest, startup } from './wire-bytes.ts';

describe('a startup packet', () => {
  it.each(STARTUP_TRANSCRIPTS)('with $name', (transcript) => {
    const check = (split: Split) => {
      expect(playDownstream(transcript, split).deeds).toEqual(transcript.deeds);
    };
    check(whole);
    check(byteByByte);
    fc.assert(fc.property(randomSplit, check), { numRuns: 20 });
  });

  it('is encoded as the protocol says', () => {
    const parameters = { user: 'wéir', database: 'orders', TimeZone: '' };
    expect(text(encodeStartup(Object.entries(parameters)))).toBe(text(startup(parameters)));
  });

  it('is never encoded with a NUL, which would end a value early', () => {
    expect(() => encodeStartup([['user', 'weir\0role\0postgres']])).toThrow('NUL');
  });

  it('is read as it was encoded, whatever it holds', () => {
    const word = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter((text) => !/\p{Cc}/u.test(text));
    const parameters = fc.uniqueArray(fc.tuple(word, word), {
      selector: ([name]) => name.toLowerCase(),
    });
    fc.assert(
      fc.property(parameters, (pairs) => {
        const first = decodeFirstPacket(encodeStartup(pairs).subarray(4));
        if (first.kind !== 'startup') throw new Error(first.kind);
        const request = decodeStartup(first.body, first.minor);
        expect(request.minor).toBe(0);
        expect(request.parameters).toEqual(pairs.filter(([name]) => !name.startsWith('_pq_.')));
      }),
    );
  });
});

describe('a cancel request', () => {
  it.each([1, 4, 32, 256])('with a key of %d bytes is read as it was encoded', (size) => {
    const key = { process: -2, secret: new Uint8Array(size).fill(9) };
    const bytes = encodeCancelRequest(key);
    expect(text(bytes)).toBe(text(cancelRequest(-2, Buffer.alloc(size, 9))));
    expect(decodeFirstPacket(bytes.subarray(4))).toEqual({ kind: 'cancel', key });
  });
});

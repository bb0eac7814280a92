import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { endpointBinding } from '../src/auth/channel-binding.ts';
import { SIGNED_CERTIFICATES } from './fixtures/signed-certificates.ts';

describe('the channel binding of a certificate', () => {
  it.each(SIGNED_CERTIFICATES)('that is signed with $signature', ({ der, binding }) => {
    expect(endpointBinding(Buffer.from(der, 'base64'))?.toString('hex')).toBe(binding);
  });

  it('is absent, without a fault, for bytes that are no certificate', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(endpointBinding(bytes)).toBeUndefined();
      }),
    );
  });

  it('is read without a fault from a certificate that is cut off anywhere', () => {
    for (const { der } of SIGNED_CERTIFICATES) {
      const bytes = Buffer.from(der, 'base64');
      for (let end = 0; end < bytes.length; end += 7) {
        expect(endpointBinding(bytes.subarray(0, end))).toBeUndefined();
      }
    }
  });
});

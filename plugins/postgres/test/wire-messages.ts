import type { Buffer } from 'node:buffer';

/** The whole messages of a stream, in order. */
export function cutMessages(bytes: Buffer): readonly Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    messages.push(bytes.subarray(at, end));
    at = end;
  }
  return messages;
}

/** Their type bytes. */
export function messageTypes(bytes: Buffer): string {
  return cutMessages(bytes)
    .map((message) => message.toString('latin1', 0, 1))
    .join('');
}

/** A stretch of a stream cut behind every message of these types. It may begin or end inside one. */
export function cutBehind(bytes: Buffer, types: string): readonly Buffer[] {
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = 0; at + 5 <= bytes.length; ) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    if (types.includes(bytes.toString('latin1', at, at + 1)) && end < bytes.length) {
      parts.push(bytes.subarray(from, end));
      from = end;
    }
    at = end;
  }
  return [...parts, bytes.subarray(from)];
}

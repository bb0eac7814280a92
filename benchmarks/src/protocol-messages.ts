/** The few PostgreSQL messages that benchmarks send: byte type, int32 length with itself, body. */

const FORMAT_TEXT = 0;
const OID_TEXT = 25;

/** One message; strings become UTF-8 without a terminator. */
export function message(type: string, ...parts: readonly (string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Columns of type text, in text format, that belong to no table. */
export function rowDescription(names: readonly string[]): Buffer {
  const columns = names.map((name) =>
    Buffer.concat([
      Buffer.from(`${name}\0`),
      ...[int32(0), int16(0), int32(OID_TEXT), int16(-1), int32(-1), int16(FORMAT_TEXT)],
    ]),
  );
  return message('T', int16(names.length), ...columns);
}

export function dataRow(values: readonly string[]): Buffer {
  const cells = values.map((value) => {
    const bytes = Buffer.from(value);
    return Buffer.concat([int32(bytes.length), bytes]);
  });
  return message('D', int16(values.length), ...cells);
}

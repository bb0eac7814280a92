import { deepStrictEqual, ok } from 'node:assert/strict';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Sql } from 'postgres';
import { fails, OBJECT_CONTENT } from '../../src/content.ts';

/** INV_READ and INV_WRITE of libpq/libpq-fs.h. */
const READ_WRITE = 0x60000;

/** Its own large objects live in a transaction that ends when they are closed. */
export async function largeObject(sql: Sql): Promise<string> {
  const object = await sql.largeObject();
  await pipeline(Readable.from(pieces(OBJECT_CONTENT)), await object.writable());
  await object.seek(300);
  // Its types say that `read` gives nothing; it gives rows.
  const rows: unknown = await object.read(OBJECT_CONTENT.length);
  ok(Array.isArray(rows) && OBJECT_CONTENT.subarray(300).equals(rows[0].data));
  const start = 70_000;
  const rest = await buffer(await object.readable({ start }));
  ok(OBJECT_CONTENT.subarray(start).equals(rest));
  await object.close();
  return `${OBJECT_CONTENT.length} bytes, and as streams`;
}

function* pieces(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536);
}

/** By the server's functions: its own transaction has no savepoint, and an error leaves it open. */
export async function largeObjectError(sql: Sql): Promise<string> {
  const half = OBJECT_CONTENT.length / 2;
  const oid = await sql.begin(async (tx) => {
    const [made] = await tx`select lo_creat(-1) as oid`;
    const object = Number(made?.['oid']);
    const [opened] = await tx`select lo_open(${object}, ${READ_WRITE}) as fd`;
    const fd = Number(opened?.['fd']);
    await tx`select lowrite(${fd}, ${OBJECT_CONTENT.subarray(0, half)})`;
    const inner = tx.savepoint(async (saved) => {
      await saved`select lowrite(${fd}, ${Buffer.alloc(half, 'wrong')})`;
      await fails(saved`select lo_lseek64(${fd}, -1, 0)`, '22023');
    });
    await fails(inner, '22023');
    await tx`select lo_lseek64(${fd}, ${half}, 0)`;
    await tx`select lowrite(${fd}, ${OBJECT_CONTENT.subarray(half)})`;
    return object;
  });
  const [row] = await sql`select lo_get(${oid}) as data`;
  ok(OBJECT_CONTENT.equals(row?.['data']));
  deepStrictEqual([...(await sql`select lo_unlink(${oid}) as n`)], [{ n: 1 }]);
  return '22023 behind the first half';
}

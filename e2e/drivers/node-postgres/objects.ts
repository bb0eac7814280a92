import { deepStrictEqual, ok } from 'node:assert/strict';
import type { Client } from 'pg';
import { fails, OBJECT_CONTENT } from '../../src/content.ts';

/** INV_READ and INV_WRITE of libpq/libpq-fs.h. */
const READ_WRITE = 0x60000;
const PIECE = 100_000;

/**
 * A large object that is open in the transaction of a client. node-postgres has none of its own, and
 * the package that had has not changed in years; its users call the server's functions.
 */
class LargeObject {
  readonly #client: Client;
  readonly #oid: number;
  readonly #descriptor: number;

  private constructor(client: Client, oid: number, descriptor: number) {
    this.#client = client;
    this.#oid = oid;
    this.#descriptor = descriptor;
  }

  static async make(client: Client): Promise<LargeObject> {
    const made = await client.query('select lo_creat(-1) as oid');
    const { oid } = made.rows[0];
    const opened = await client.query('select lo_open($1, $2) as fd', [oid, READ_WRITE]);
    return new LargeObject(client, oid, opened.rows[0].fd);
  }

  async write(content: Buffer): Promise<void> {
    for (let at = 0; at < content.length; at += PIECE) {
      const values = [this.#descriptor, content.subarray(at, at + PIECE)];
      await this.#client.query('select lowrite($1, $2)', values);
    }
  }

  async seek(place: number): Promise<void> {
    await this.#client.query('select lo_lseek64($1, $2, 0)', [this.#descriptor, place]);
  }

  async readOn(): Promise<Buffer> {
    const pieces: Buffer[] = [];
    const read = 'select loread($1, $2) as data';
    for (;;) {
      const { rows } = await this.#client.query(read, [this.#descriptor, PIECE]);
      pieces.push(rows[0].data);
      if (rows[0].data.length < PIECE) return Buffer.concat(pieces);
    }
  }

  async whole(): Promise<Buffer> {
    return (await this.#client.query('select lo_get($1) as data', [this.#oid])).rows[0].data;
  }

  async unlink(): Promise<void> {
    const { rows } = await this.#client.query('select lo_unlink($1) as n', [this.#oid]);
    deepStrictEqual(rows, [{ n: 1 }]);
  }
}

export async function largeObject(client: Client): Promise<string> {
  await client.query('begin');
  const object = await LargeObject.make(client);
  await object.write(OBJECT_CONTENT);
  await object.seek(300);
  ok(OBJECT_CONTENT.subarray(300).equals(await object.readOn()));
  await client.query('commit');
  ok(OBJECT_CONTENT.equals(await object.whole()));
  await object.unlink();
  return `${OBJECT_CONTENT.length} bytes`;
}

/** What was written since the savepoint is undone; the object stays open until the transaction ends. */
export async function largeObjectError(client: Client): Promise<string> {
  const half = OBJECT_CONTENT.length / 2;
  await client.query('begin');
  const object = await LargeObject.make(client);
  await object.write(OBJECT_CONTENT.subarray(0, half));
  await client.query('savepoint before');
  await object.write(Buffer.alloc(half, 'wrong'));
  await fails(object.seek(-1), '22023');
  await fails(object.readOn(), '25P02');
  await client.query('rollback to savepoint before');
  await object.seek(half);
  await object.write(OBJECT_CONTENT.subarray(half));
  await client.query('commit');
  await fails(object.readOn(), '42704');
  ok(OBJECT_CONTENT.equals(await object.whole()));
  await object.unlink();
  return '22023 behind the first half';
}

/** Walks a server's messages by their headers: byte type, int32 length that includes itself. */

const HEADER_BYTES = 5;
const DATA_ROW = 'D'.charCodeAt(0);
const READY_FOR_QUERY = 'Z'.charCodeAt(0);
/** Messages whose body is short and wanted: Authentication, ErrorResponse. */
const KEPT = new Set(['R', 'E'].map((type) => type.charCodeAt(0)));

export interface Message {
  readonly type: string;
  readonly body: Buffer;
}

export class MessageCounter {
  rows = 0;
  bytes = 0;
  /** True once ReadyForQuery has come. */
  ready = false;
  readonly #onKept: (message: Message) => void;
  #header = Buffer.alloc(0);
  #type = 0;
  #bodyLeft = 0;
  #kept: Buffer[] = [];

  constructor(onKept: (message: Message) => void) {
    this.#onKept = onKept;
  }

  feed(chunk: Buffer): void {
    this.bytes += chunk.length;
    let at = 0;
    while (at < chunk.length) {
      at = this.#bodyLeft > 0 ? this.#passBody(chunk, at) : this.#passHeader(chunk, at);
    }
  }

  #passBody(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#bodyLeft);
    if (KEPT.has(this.#type)) this.#kept.push(Buffer.from(chunk.subarray(at, end)));
    this.#bodyLeft -= end - at;
    if (this.#bodyLeft === 0) this.#endMessage();
    return end;
  }

  #passHeader(chunk: Buffer, at: number): number {
    if (this.#header.length === 0 && chunk.length - at >= HEADER_BYTES) {
      this.#beginMessage(chunk, at);
      return at + HEADER_BYTES;
    }
    const end = Math.min(chunk.length, at + HEADER_BYTES - this.#header.length);
    this.#header = Buffer.concat([this.#header, chunk.subarray(at, end)]);
    if (this.#header.length === HEADER_BYTES) {
      this.#beginMessage(this.#header, 0);
      this.#header = Buffer.alloc(0);
    }
    return end;
  }

  #beginMessage(buffer: Buffer, at: number): void {
    this.#type = buffer.readUInt8(at);
    this.#bodyLeft = buffer.readUInt32BE(at + 1) - 4;
    if (this.#type === DATA_ROW) this.rows += 1;
    if (this.#bodyLeft === 0) this.#endMessage();
  }

  #endMessage(): void {
    if (this.#type === READY_FOR_QUERY) this.ready = true;
    if (!KEPT.has(this.#type)) return;
    const message = { type: String.fromCharCode(this.#type), body: Buffer.concat(this.#kept) };
    this.#kept = [];
    this.#onKept(message);
  }
}

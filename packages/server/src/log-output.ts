import { Writable } from 'node:stream';

/** Bytes that may wait for a reader that does not keep up. Lines beyond that are lost. */
const MAX_WAITING_BYTES = 1024 * 1024;

/**
 * Standard error as the log writes to it. Sessions matter more than the log: when nobody reads it, the
 * disk behind it is full, or its reader is slow, lines are lost and counted, and nothing else happens.
 */
export class LogOutput extends Writable {
  #lost = 0;

  constructor() {
    super({ decodeStrings: false });
    // Without a listener an error of standard error ends the process.
    process.stderr.off('error', ignore).on('error', ignore);
  }

  /** Lines that could not be written. */
  get lost(): number {
    return this.#lost;
  }

  override _write(line: string, _encoding: BufferEncoding, taken: () => void): void {
    if (process.stderr.writableLength > MAX_WAITING_BYTES) {
      this.#lost += 1;
    } else {
      process.stderr.write(line, (error) => {
        if (error != null) this.#lost += 1;
      });
    }
    // At once: a log that waits would be kept in memory.
    taken();
  }
}

function ignore(): void {
  // The line that could not be written has been counted.
}

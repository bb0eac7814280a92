import { Buffer } from 'node:buffer';
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

const hmac = (key: Uint8Array, text: string) => createHmac('sha256', key).update(text).digest();

/** The server's side of SCRAM-SHA-256, to answer the client under test. */
export class ScramServer {
  readonly #salted: Buffer;
  readonly #salt: string;
  readonly #iterations: number;
  #header = '';
  #bare = '';
  #first = '';

  constructor(password: string, salt: string, iterations: number) {
    this.#salt = Buffer.from(salt).toString('base64');
    this.#iterations = iterations;
    this.#salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  }

  first(clientFirst: string): string {
    const [, header, bare, nonce] = /^([^,]*,,)(n=[^,]*,r=(.*))$/.exec(clientFirst) ?? [];
    this.#header = header ?? '';
    this.#bare = bare ?? '';
    this.#first = `r=${nonce}server,s=${this.#salt},i=${this.#iterations}`;
    return this.#first;
  }

  /** The client's final message as it must be, from its part before the proof. */
  prove(withoutProof: string): string {
    return `${withoutProof},p=${this.#proof(`${this.#bare},${this.#first},${withoutProof}`)}`;
  }

  /** Checks the client's proof and gives the server's. */
  final(clientFinal: string, endpoint: Uint8Array = Buffer.alloc(0)): string {
    const [, withoutProof, binding, proof] = /^(c=([^,]*),r=.*),p=(.*)$/.exec(clientFinal) ?? [];
    const authMessage = `${this.#bare},${this.#first},${withoutProof}`;
    const bound = Buffer.concat([Buffer.from(this.#header), endpoint]).toString('base64');
    if (binding !== bound) throw new Error('the client is bound to something else');
    if (proof !== this.#proof(authMessage)) throw new Error('the proof is wrong');
    return `v=${hmac(hmac(this.#salted, 'Server Key'), authMessage).toString('base64')}`;
  }

  #proof(authMessage: string): string {
    const clientKey = hmac(this.#salted, 'Client Key');
    const signature = hmac(createHash('sha256').update(clientKey).digest(), authMessage);
    return Buffer.from(clientKey.map((byte, at) => byte ^ signature.readUInt8(at))).toString(
      'base64',
    );
  }
}

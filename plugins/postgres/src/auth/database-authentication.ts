import { Buffer } from 'node:buffer';
import type { Secret, TlsMode } from '@weir/contract';
import { serialize } from 'pg-protocol/dist/serializer.js';
import type { AuthenticationRequest } from '../protocol/handshake-decode.ts';
import { endpointBinding } from './channel-binding.ts';
import { md5Password } from './md5.ts';
import { preparePassword } from './prepare-password.ts';
import type { SaltedPasswords } from './salted-passwords.ts';
import { type ChannelBinding, ScramExchange } from './scram.ts';

/**
 * Proves to a database that the proxy may use its account, in the one dialogue that the database
 * asks for. It decides what may be sent over which connection and sends nothing itself.
 */

const SCRAM = 'SCRAM-SHA-256';
const SCRAM_PLUS = 'SCRAM-SHA-256-PLUS';
/** As many random bytes as libpq uses. */
const NONCE_BYTES = 18;

interface DatabaseAccount {
  readonly user: string;
  readonly password: Secret | undefined;
}

/** The connection over which the proof goes. */
interface DatabaseChannel {
  readonly tls: TlsMode;
  readonly encrypted: boolean;
  /** The database's certificate, DER. */
  readonly certificate: Uint8Array | undefined;
}

/** What to do after an Authentication message. */
type AuthenticationStep =
  | { readonly kind: 'reply'; readonly bytes: Uint8Array }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * `unasked`: nothing was asked yet; `answered`: AuthenticationOk may follow; `challenged` and
 * `proven`: SCRAM waits for the server's first and for its final message.
 */
type Stage = 'unasked' | 'challenged' | 'proven' | 'answered';

export class DatabaseAuthentication {
  readonly #account: DatabaseAccount;
  readonly #channel: DatabaseChannel;
  readonly #randomBytes: (length: number) => Uint8Array;
  readonly #salted: SaltedPasswords;
  #stage: Stage = 'unasked';
  #exchange: ScramExchange | undefined;

  constructor(
    account: DatabaseAccount,
    channel: DatabaseChannel,
    randomBytes: (length: number) => Uint8Array,
    salted: SaltedPasswords,
  ) {
    this.#account = account;
    this.#channel = channel;
    this.#randomBytes = randomBytes;
    this.#salted = salted;
  }

  /** Takes the next Authentication message. Throws DecodeError on a malformed SCRAM text. */
  next(request: AuthenticationRequest): AuthenticationStep {
    switch (request.kind) {
      case 'ok':
        return this.#onOk();
      case 'cleartext':
        return this.#withPassword((password) => this.#sendCleartext(password));
      case 'md5':
        return this.#withPassword((password) =>
          this.#answer(serialize.password(md5Password(this.#account.user, password, request.salt))),
        );
      case 'sasl':
        return this.#withPassword((password) => this.#startScram(request.mechanisms, password));
      case 'sasl-continue':
        return this.#continueScram(request.text);
      case 'sasl-final':
        return this.#finishScram(request.text);
      case 'unsupported':
        return failed(`the database asks for ${request.name}, which this proxy does not speak`);
    }
  }

  #onOk(): AuthenticationStep {
    if (this.#stage === 'unasked' || this.#stage === 'answered') return { kind: 'authenticated' };
    return failed('the database did not prove that it knows the password');
  }

  /** A password is used for one answer only, so that no second question can get another form of it. */
  #withPassword(use: (password: string) => AuthenticationStep): AuthenticationStep {
    if (this.#stage !== 'unasked') return failed('the database asks for a second proof');
    const password = this.#account.password?.reveal() ?? '';
    if (password === '') return failed('the database asks for a password, and the target has none');
    if (password.includes('\0')) return failed("the target's password holds a NUL character");
    return use(password);
  }

  /** In the clear only where the target was told to do without encryption. */
  #sendCleartext(password: string): AuthenticationStep {
    if (!this.#channel.encrypted && this.#channel.tls !== 'disable') {
      return failed('the database asks for a cleartext password over an unencrypted connection');
    }
    return this.#answer(serialize.password(password));
  }

  #answer(bytes: Uint8Array): AuthenticationStep {
    this.#stage = 'answered';
    return { kind: 'reply', bytes };
  }

  #startScram(mechanisms: readonly string[], password: string): AuthenticationStep {
    const plus = mechanisms.includes(SCRAM_PLUS);
    if (plus && !this.#channel.encrypted) {
      return failed('the database offers channel binding over an unencrypted connection');
    }
    const binding = this.#chooseBinding(plus);
    const mechanism = binding.flag === 'p' ? SCRAM_PLUS : SCRAM;
    if (!mechanisms.includes(mechanism)) {
      return failed('the database offers no SASL mechanism that this proxy speaks');
    }
    this.#exchange = new ScramExchange({
      user: '',
      password: preparePassword(password),
      nonce: Buffer.from(this.#randomBytes(NONCE_BYTES)).toString('base64'),
      binding,
      deriveSalted: (...input) => this.#salted.derive(...input),
    });
    this.#stage = 'challenged';
    const bytes = serialize.sendSASLInitialResponseMessage(mechanism, this.#exchange.first());
    return { kind: 'reply', bytes };
  }

  #chooseBinding(offered: boolean): ChannelBinding {
    const { encrypted, certificate } = this.#channel;
    const endpoint = encrypted && certificate ? endpointBinding(certificate) : undefined;
    if (endpoint === undefined) return { flag: 'n' };
    return offered ? { flag: 'p', endpoint } : { flag: 'y' };
  }

  #continueScram(text: string): AuthenticationStep {
    if (this.#stage !== 'challenged' || this.#exchange === undefined) return outOfOrder();
    this.#stage = 'proven';
    const answer = this.#exchange.answer(text);
    return { kind: 'reply', bytes: serialize.sendSCRAMClientFinalMessage(answer) };
  }

  #finishScram(text: string): AuthenticationStep {
    if (this.#stage !== 'proven' || this.#exchange === undefined) return outOfOrder();
    if (!this.#exchange.verify(text)) {
      return failed('the database did not prove that it knows the password');
    }
    this.#stage = 'answered';
    return { kind: 'waiting' };
  }
}

function failed(message: string): AuthenticationStep {
  return { kind: 'failed', message };
}

function outOfOrder(): AuthenticationStep {
  return failed('the database sent a SASL message out of order');
}

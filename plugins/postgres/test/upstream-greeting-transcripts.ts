import { Buffer } from 'node:buffer';
import { text } from './downstream-play.ts';
import { makeTarget } from './targets.ts';
import type { UpstreamTranscript } from './upstream-play.ts';
import {
  ASK_CLEARTEXT,
  broke,
  failed,
  GREETING,
  ready,
  requested,
  SECURED,
  STARTUP,
  secure,
  started,
} from './upstream-transcript-parts.ts';
import {
  AUTHENTICATED,
  backendKey,
  cstring,
  int32,
  message,
  parameterStatus,
  password,
  READY,
  report,
  SSL_REQUEST,
} from './wire-bytes.ts';

/** What a database may say before and after it asks for the account, and what the machine does. */

const encryption: readonly UpstreamTranscript[] = [
  ...(['require', 'verify-ca', 'verify-full'] as const).map((tls) => ({
    name: `TLS declined where the mode is ${tls}`,
    target: makeTarget({ tls }),
    steps: [{ bytes: Buffer.from('N') }],
    deeds: [requested, failed('the database does not offer TLS, which the target requires')],
  })),
  ...(['prefer', 'verify-full'] as const).map((tls) => ({
    name: `an error in place of TLS where the mode is ${tls}`,
    target: makeTarget({ tls }),
    steps: [{ bytes: Buffer.from('E') }],
    deeds: [requested, failed('the database did not answer the request for TLS')],
  })),
  {
    name: 'TLS with the application protocol agreed',
    target: makeTarget({ tls: 'verify-full' }),
    steps: [{ bytes: Buffer.from('S') }, { secured: { ...SECURED, alpn: 'postgresql' } }],
    deeds: [requested, secure, started],
  },
  {
    name: 'TLS with another application protocol',
    target: makeTarget({ tls: 'verify-full' }),
    steps: [{ bytes: Buffer.from('S') }, { secured: { ...SECURED, alpn: 'h2' } }],
    deeds: [requested, secure, failed('the database agreed on another application protocol')],
  },
  {
    name: 'TLS declined where it is only preferred',
    target: makeTarget({ tls: 'prefer' }),
    steps: [{ bytes: Buffer.from('N') }, { bytes: AUTHENTICATED }, { bytes: GREETING }],
    deeds: [{ send: text(SSL_REQUEST, STARTUP) }, ready],
  },
];

const greetings: readonly UpstreamTranscript[] = [
  {
    name: 'no key to cancel with',
    steps: [{ bytes: AUTHENTICATED }, { bytes: READY }],
    deeds: [started, { ready: 0, secretBytes: 4, left: '' }],
  },
  {
    name: 'a key of protocol 3.2',
    steps: [
      { bytes: AUTHENTICATED },
      { bytes: backendKey(5, Buffer.alloc(256)) },
      { bytes: READY },
    ],
    deeds: [started, { ready: 5, secretBytes: 4, left: '' }],
  },
  ...[0, 3, 257].map((size) => ({
    name: `a key of ${size} bytes`,
    steps: [{ bytes: AUTHENTICATED }, { bytes: backendKey(5, Buffer.alloc(size)) }],
    deeds: [started, broke('cancel secret length out of range')],
  })),
  {
    name: 'NegotiateProtocolVersion before the authentication',
    steps: [
      { bytes: message('v', int32(196608), int32(1), cstring('_pq_.x')) },
      { bytes: AUTHENTICATED },
      { bytes: GREETING },
    ],
    deeds: [started, ready],
  },
  {
    name: 'NegotiateProtocolVersion with fewer options than it says',
    steps: [{ bytes: message('v', int32(196608), int32(0xffffffff), cstring('_pq_.x')) }],
    deeds: [started, broke('string without its final NUL')],
  },
  {
    name: 'NegotiateProtocolVersion for another protocol',
    steps: [{ bytes: message('v', int32(131072), int32(0)) }],
    deeds: [started, broke('another protocol version')],
  },
  {
    name: 'NegotiateProtocolVersion after the first question',
    steps: [{ bytes: ASK_CLEARTEXT }, { bytes: message('v', int32(196608), int32(0)) }],
    deeds: [{ send: text(STARTUP, password('pencil')) }, broke('unexpected message type 118')],
  },
  {
    name: 'rows before the authentication',
    steps: [{ bytes: message('D', Buffer.of(0, 0)) }],
    deeds: [started, broke('unexpected message type 68')],
  },
  {
    name: 'ReadyForQuery before the authentication',
    steps: [{ bytes: READY }],
    deeds: [started, broke('unexpected message type 90')],
  },
  {
    name: 'a second AuthenticationOk',
    steps: [{ bytes: AUTHENTICATED }, { bytes: AUTHENTICATED }],
    deeds: [started, broke('unexpected message type 82')],
  },
  {
    name: 'a transaction that is already open',
    steps: [{ bytes: AUTHENTICATED }, { bytes: message('Z', Buffer.from('T')) }],
    deeds: [started, broke('a new connection is not idle')],
  },
  {
    name: 'a message that is too long',
    steps: [{ bytes: Buffer.concat([Buffer.from('S'), int32(65_537)]) }],
    deeds: [started, broke('message length out of range')],
  },
  {
    name: 'a message that is shorter than its own length field',
    steps: [{ bytes: Buffer.concat([Buffer.from('R'), int32(3)]) }],
    deeds: [started, broke('message length out of range')],
  },
  {
    name: 'a greeting that is too long',
    steps: [
      { bytes: AUTHENTICATED },
      { bytes: Buffer.concat(new Array(10).fill(parameterStatus('x', 'y'.repeat(7_000)))) },
    ],
    deeds: [started, broke('the greeting is too long')],
  },
  {
    name: 'AuthenticationOk with something behind it',
    steps: [{ bytes: message('R', int32(0), Buffer.of(0)) }],
    deeds: [started, broke('message has trailing bytes')],
  },
];

function refusal(code: string, words: string): UpstreamTranscript {
  const fields = { S: 'FATAL', V: 'FATAL', C: code, M: 'password "pencil" of weir is wrong' };
  return {
    name: `an error ${code}`,
    steps: [{ bytes: report('E', fields) }],
    deeds: [started, failed(`the database refused the connection with SQLSTATE ${code}${words}`)],
  };
}

const errors: readonly UpstreamTranscript[] = [
  refusal('28P01', ": it does not take the password of the target's account"),
  refusal('28000', ": it does not let the target's account in"),
  refusal('3D000', ': it has no such database'),
  refusal('53300', ': it has too many connections'),
  refusal('22023', ': a setting chosen when connecting has a value that it does not take'),
  refusal('XX000', ''),
  {
    name: 'an error without a SQLSTATE',
    steps: [{ bytes: report('E', { M: 'no' }) }],
    deeds: [started, failed('the database refused the connection')],
  },
  {
    name: 'an error whose SQLSTATE is none',
    steps: [{ bytes: report('E', { C: 'a<b>"' }) }],
    deeds: [started, failed('the database refused the connection')],
  },
  {
    name: 'an error after the authentication',
    steps: [{ bytes: AUTHENTICATED }, { bytes: report('E', { C: '57P03' }) }, { bytes: GREETING }],
    deeds: [
      started,
      failed(
        'the database refused the connection with SQLSTATE 57P03: it is starting up or shutting down',
      ),
    ],
  },
];

export const GREETING_TRANSCRIPTS: readonly UpstreamTranscript[] = [
  ...encryption,
  ...greetings,
  ...errors,
];

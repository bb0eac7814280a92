import { Buffer } from 'node:buffer';
import { type DownstreamTranscript, text } from './downstream-play.ts';
import {
  ALPN,
  ANA,
  after,
  asked,
  CLOSED,
  LOGIN,
  NO_TLS,
  REQUIRED,
  refused,
  SECURE,
  TLS,
  unsupported,
  violated,
} from './downstream-transcript-parts.ts';
import {
  ASK_PASSWORD,
  cancelRequest,
  cstring,
  fatal,
  GSSENC_REQUEST,
  int32,
  message,
  packet,
  password,
  SSL_REQUEST,
  startup,
} from './wire-bytes.ts';

/** Every way in which the handshake with a client can go once its packets are read. */

const encryption: readonly DownstreamTranscript[] = [
  {
    name: 'SSLRequest, then a login over TLS',
    options: REQUIRED,
    steps: [
      { bytes: SSL_REQUEST },
      { secured: TLS },
      { bytes: startup(ANA) },
      { bytes: password('token') },
    ],
    deeds: [{ send: 'S' }, SECURE, asked, LOGIN],
  },
  {
    name: 'SSLRequest with the application protocol agreed',
    steps: [{ bytes: SSL_REQUEST }, { secured: ALPN }, { bytes: startup(ANA) }],
    deeds: [{ send: 'S' }, SECURE, asked],
  },
  {
    name: 'SSLRequest with another application protocol',
    steps: [{ bytes: SSL_REQUEST }, { secured: { ...TLS, alpn: 'h2' } }, { bytes: startup(ANA) }],
    deeds: [{ send: 'S' }, SECURE, ...CLOSED],
  },
  {
    name: 'SSLRequest to a listener without a certificate',
    options: NO_TLS,
    steps: [{ bytes: SSL_REQUEST }, { bytes: startup(ANA) }],
    deeds: [{ send: text(Buffer.from('N'), ASK_PASSWORD) }],
  },
  {
    name: 'SSLRequest a second time inside TLS',
    steps: [{ bytes: SSL_REQUEST }, { secured: TLS }, { bytes: SSL_REQUEST }],
    deeds: [{ send: 'S' }, SECURE, ...unsupported('1234.5679')],
  },
  {
    name: 'SSLRequest a second time after a refusal',
    options: NO_TLS,
    steps: [{ bytes: SSL_REQUEST }, { bytes: SSL_REQUEST }],
    deeds: after(Buffer.from('N'), unsupported('1234.5679')),
  },
  {
    name: 'SSLRequest inside direct TLS',
    steps: [
      { bytes: Buffer.of(0x16) },
      { secured: ALPN },
      { bytes: SSL_REQUEST },
      { bytes: startup(ANA) },
    ],
    deeds: [{ secure: '\x16', alpn: 'postgresql' }, { send: text(Buffer.from('N'), ASK_PASSWORD) }],
  },
  {
    name: 'direct TLS without the application protocol',
    steps: [{ bytes: Buffer.of(0x16) }, { secured: TLS }, { bytes: startup(ANA) }],
    deeds: [{ secure: '\x16', alpn: 'postgresql' }, ...CLOSED],
  },
  {
    name: 'direct TLS to a listener without a certificate',
    options: NO_TLS,
    steps: [{ bytes: Buffer.of(0x16) }],
    deeds: CLOSED,
  },
  {
    name: 'a TLS record after SSLRequest was refused',
    options: NO_TLS,
    steps: [{ bytes: SSL_REQUEST }, { bytes: Buffer.of(0x16, 3, 1, 0, 5) }],
    deeds: [{ send: 'N' }, ...CLOSED],
  },
  {
    name: 'GSSENCRequest, then SSLRequest',
    steps: [
      { bytes: GSSENC_REQUEST },
      { bytes: SSL_REQUEST },
      { secured: TLS },
      { bytes: startup(ANA) },
    ],
    deeds: [{ send: 'NS' }, SECURE, asked],
  },
  {
    name: 'GSSENCRequest a second time',
    steps: [{ bytes: GSSENC_REQUEST }, { bytes: GSSENC_REQUEST }],
    deeds: after(Buffer.from('N'), unsupported('1234.5680')),
  },
  {
    name: 'GSSENCRequest inside TLS',
    steps: [{ bytes: SSL_REQUEST }, { secured: TLS }, { bytes: GSSENC_REQUEST }],
    deeds: [{ send: 'S' }, SECURE, ...unsupported('1234.5680')],
  },
  {
    name: 'a login without TLS where TLS is required',
    options: REQUIRED,
    steps: [{ bytes: startup(ANA) }, { bytes: password('token') }],
    deeds: refused(
      'tls-required',
      '28000',
      'this connection is not encrypted, and a password is only taken over TLS',
      'Connect with sslmode=require or stronger.',
    ),
  },
];

const cancels: readonly DownstreamTranscript[] = [
  {
    name: 'CancelRequest with a key of protocol 3.0, plain where TLS is required',
    options: REQUIRED,
    steps: [{ bytes: cancelRequest(77, Buffer.from('abcd')) }],
    deeds: [{ cancel: 77, secret: 'abcd' }],
  },
  {
    name: 'CancelRequest inside TLS with the longest key',
    steps: [
      { bytes: SSL_REQUEST },
      { secured: TLS },
      { bytes: cancelRequest(-5, Buffer.alloc(256, 'k')) },
    ],
    deeds: [{ send: 'S' }, SECURE, { cancel: -5, secret: 'k'.repeat(256) }],
  },
  {
    name: 'CancelRequest without a key',
    steps: [{ bytes: cancelRequest(77, Buffer.alloc(0)) }],
    deeds: CLOSED,
  },
  {
    name: 'CancelRequest with a key that is too long',
    steps: [{ bytes: cancelRequest(77, Buffer.alloc(257)) }],
    deeds: CLOSED,
  },
  {
    name: 'CancelRequest that ends inside the process number',
    steps: [{ bytes: packet(int32(80877102), Buffer.of(0, 0)) }],
    deeds: CLOSED,
  },
];

const passwords: readonly DownstreamTranscript[] = [
  {
    name: 'a login without TLS where none is required',
    steps: [{ bytes: startup(ANA) }, { bytes: password('token') }],
    deeds: [asked, LOGIN],
  },
  {
    name: 'statements sent behind the password',
    steps: [
      {
        bytes: Buffer.concat([
          startup(ANA),
          password('token'),
          message('Q', cstring('select 1')),
          Buffer.from('Q'),
        ]),
      },
    ],
    deeds: [asked, LOGIN],
    left: text(message('Q', cstring('select 1')), Buffer.from('Q')),
  },
  {
    name: 'as many bytes behind the password as are kept',
    steps: [{ bytes: startup(ANA) }, { bytes: password('token') }, { bytes: Buffer.alloc(65_536) }],
    deeds: [asked, LOGIN],
    left: '\0'.repeat(65_536),
  },
  {
    name: 'one byte more behind the password',
    steps: [{ bytes: startup(ANA) }, { bytes: password('token') }, { bytes: Buffer.alloc(65_537) }],
    deeds: [asked, LOGIN, ...CLOSED],
  },
  {
    name: 'an empty password',
    steps: [{ bytes: startup(ANA) }, { bytes: password('') }],
    deeds: after(
      ASK_PASSWORD,
      refused(
        'not-authenticated',
        '28000',
        'no password was given',
        'Give a token as the password.',
      ),
    ),
  },
  {
    name: 'a password without its NUL',
    steps: [{ bytes: startup(ANA) }, { bytes: message('p', Buffer.from('token')) }],
    deeds: after(ASK_PASSWORD, violated('invalid password message')),
  },
  {
    name: 'a password with bytes behind its NUL',
    steps: [{ bytes: startup(ANA) }, { bytes: message('p', cstring('token'), cstring('x')) }],
    deeds: after(ASK_PASSWORD, violated('invalid password message')),
  },
  {
    name: 'a password that is not UTF-8',
    steps: [{ bytes: startup(ANA) }, { bytes: message('p', Buffer.of(0xff, 0)) }],
    deeds: after(ASK_PASSWORD, violated('text is not UTF-8')),
  },
  {
    name: 'a password message that is too long',
    steps: [{ bytes: startup(ANA) }, { bytes: Buffer.concat([Buffer.from('p'), int32(65_537)]) }],
    deeds: after(ASK_PASSWORD, violated('message length out of range')),
  },
  {
    name: 'a statement in place of the password',
    steps: [{ bytes: startup(ANA) }, { bytes: message('Q', cstring('select 1')) }],
    deeds: after(ASK_PASSWORD, violated('expected password response, got message type 81')),
  },
];

/** What pg_basebackup of PostgreSQL 15 sends. */
const REPLICATION = { user: ANA.user, database: 'replication', replication: 'true' };
const LOG_IN = { bytes: password('token') };

const answers: readonly DownstreamTranscript[] = [
  {
    name: 'a refusal of the login',
    steps: [
      { bytes: startup(ANA) },
      { bytes: password('token') },
      {
        refuse: {
          code: 'target-unavailable',
          message: 'no target "orders"',
          hint: 'Ask.',
          ref: '01J',
        },
      },
      { bytes: password('again') },
    ],
    deeds: [
      asked,
      LOGIN,
      { send: text(fatal('3D000', 'no target "orders"', { D: 'weir ref 01J', H: 'Ask.' })) },
    ],
  },
  {
    name: 'physical replication of a target that the connection string names',
    steps: [{ bytes: startup({ ...REPLICATION, options: '-c weir.target=orders' }) }, LOG_IN],
    deeds: [asked, LOGIN],
  },
  {
    name: 'physical replication of no target, which is told how to name one',
    steps: [
      { bytes: startup(REPLICATION) },
      LOG_IN,
      { refuse: { code: 'target-unavailable', message: 'no such target', hint: 'Ask.' } },
    ],
    deeds: [
      asked,
      { ...LOGIN, database: 'replication' },
      {
        send: text(
          fatal('3D000', 'no such target', {
            H: "For physical replication, name the target in the connection string: options='-c weir.target=NAME'.",
          }),
        ),
      },
    ],
  },
  {
    name: 'physical replication of a target that says no for another reason',
    steps: [
      { bytes: startup(REPLICATION) },
      LOG_IN,
      { refuse: { code: 'replication-forbidden', message: 'not here', hint: 'Ask.' } },
    ],
    deeds: [
      asked,
      { ...LOGIN, database: 'replication' },
      { send: text(fatal('42501', 'not here', { H: 'Ask.' })) },
    ],
  },
  {
    name: 'a refusal before anything came',
    steps: [{ refuse: { code: 'handshake-timeout', message: 'too slow' } }, { bytes: SSL_REQUEST }],
    deeds: [{ send: text(fatal('57014', 'too slow')) }],
  },
  {
    name: 'a refusal while TLS is being established, which nobody could read',
    steps: [
      { bytes: SSL_REQUEST },
      { refuse: { code: 'shutting-down', message: 'closing' } },
      { secured: TLS },
    ],
    deeds: [{ send: 'S' }, SECURE],
  },
];

export const DOWNSTREAM_TRANSCRIPTS: readonly DownstreamTranscript[] = [
  ...encryption,
  ...cancels,
  ...passwords,
  ...answers,
];

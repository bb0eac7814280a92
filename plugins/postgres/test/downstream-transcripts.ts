import { Buffer } from 'node:buffer';
import { type DownstreamDeed, type DownstreamTranscript, text } from './downstream-play.ts';
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

/** Every way in which the handshake with a client can go, and what the machine does. */

const ANA = { user: 'ana@acme.com', database: 'orders' };
const LOGIN: DownstreamDeed = {
  login: 'ana@acme.com',
  secret: 'token',
  database: 'orders',
  application: undefined,
};
const TLS = { version: 'TLSv1.3' };
const ALPN = { ...TLS, alpn: 'postgresql' };
const SECURE: DownstreamDeed = { secure: '', alpn: undefined };
const CLOSED: readonly DownstreamDeed[] = [{ closed: true }];
const REQUIRED = { tlsRequired: true };
const NO_TLS = { tlsAvailable: false };

const asked: DownstreamDeed = { send: text(ASK_PASSWORD) };

function negotiated(version: number, ...options: readonly string[]): DownstreamDeed {
  const told = message('v', int32(version), int32(options.length), ...options.map(cstring));
  return { send: text(told, ASK_PASSWORD) };
}

function refused(code: string, sqlstate: string, words: string, hint?: string): DownstreamDeed[] {
  const error = fatal(sqlstate, words, hint === undefined ? {} : { H: hint });
  return [{ send: text(error) }, { refused: code }];
}

const violated = (words: string) => refused('protocol-violation', '08P01', words);
const unsupported = (version: string) =>
  refused(
    'protocol-violation',
    '0A000',
    `unsupported frontend protocol ${version}: server supports 3.0 to 3.2`,
  );

/** The first deed of a list, joined behind bytes that were sent just before. */
function after(before: Buffer, deeds: readonly DownstreamDeed[]): DownstreamDeed[] {
  const [first, ...rest] = deeds;
  if (first === undefined || !('send' in first)) return [{ send: text(before) }, ...deeds];
  return [{ send: text(before) + first.send }, ...rest];
}

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

const versions: readonly DownstreamTranscript[] = [
  { name: 'protocol 3.2', steps: [{ bytes: startup(ANA, 196610) }], deeds: [asked] },
  {
    name: 'protocol 3.1, which never existed',
    steps: [{ bytes: startup(ANA, 196609) }],
    deeds: [negotiated(196608)],
  },
  {
    name: 'protocol 3.3',
    steps: [{ bytes: startup(ANA, 196611) }],
    deeds: [negotiated(196610)],
  },
  {
    name: 'protocol 3.9999 with a protocol option',
    steps: [{ bytes: startup({ ...ANA, '_pq_.test_protocol_negotiation': '' }, 206607) }],
    deeds: [negotiated(196610, '_pq_.test_protocol_negotiation')],
  },
  {
    name: 'protocol 3.0 with two protocol options',
    steps: [{ bytes: startup({ '_pq_.a': '1', ...ANA, '_pq_.b': '2' }) }],
    deeds: [negotiated(196608, '_pq_.a', '_pq_.b')],
  },
  {
    name: 'protocol 2.0, whose clients read errors without fields',
    steps: [{ bytes: packet(int32(131072), Buffer.alloc(288)) }],
    deeds: [
      { send: 'EFATAL:  unsupported frontend protocol 2.0: server supports 3.0 to 3.2\n\0' },
      { refused: 'protocol-violation' },
    ],
  },
  {
    name: 'protocol 4.0',
    steps: [{ bytes: startup(ANA, 262144) }],
    deeds: unsupported('4.0'),
  },
  {
    name: 'an encryption request with something in it',
    steps: [{ bytes: packet(int32(80877103), int32(0)) }],
    deeds: unsupported('1234.5679'),
  },
];

const parameters: readonly DownstreamTranscript[] = [
  {
    name: 'no database',
    steps: [{ bytes: startup({ user: 'ana' }) }, { bytes: password('token') }],
    deeds: [asked, { login: 'ana', secret: 'token', database: 'ana', application: undefined }],
  },
  {
    name: 'an empty database and an application name',
    steps: [
      { bytes: startup({ user: 'ana', database: '', application_name: 'psql' }) },
      { bytes: password('token') },
    ],
    deeds: [asked, { login: 'ana', secret: 'token', database: 'ana', application: 'psql' }],
  },
  {
    name: 'no user',
    steps: [{ bytes: startup({ database: 'orders' }) }],
    deeds: violated('no user name in the startup packet'),
  },
  {
    name: 'an empty user',
    steps: [{ bytes: startup({ user: '' }) }],
    deeds: violated('no user name in the startup packet'),
  },
  {
    name: 'no parameters at all',
    steps: [{ bytes: packet(int32(196608), Buffer.of(0)) }],
    deeds: violated('no user name in the startup packet'),
  },
  {
    name: 'a parameter twice',
    steps: [
      {
        bytes: packet(
          int32(196608),
          ...['user', 'ana', 'user', 'postgres'].map(cstring),
          Buffer.of(0),
        ),
      },
    ],
    deeds: violated('startup parameter given twice'),
  },
  {
    name: 'a parameter twice, in another case',
    steps: [{ bytes: startup({ user: 'ana', USER: 'postgres' }) }],
    deeds: violated('startup parameter given twice'),
  },
  {
    name: 'no final NUL',
    steps: [{ bytes: packet(int32(196608), cstring('user'), cstring('ana')) }],
    deeds: violated('string without its final NUL'),
  },
  {
    name: 'a name without a value',
    steps: [{ bytes: packet(int32(196608), cstring('user'), cstring('ana'), cstring('role')) }],
    deeds: violated('string without its final NUL'),
  },
  {
    name: 'bytes behind the final NUL',
    steps: [
      {
        bytes: packet(
          int32(196608),
          ...['user', 'ana', '', 'role', 'postgres'].map(cstring),
          Buffer.of(0),
        ),
      },
    ],
    deeds: violated('message has trailing bytes'),
  },
  {
    name: 'a control character in a value',
    steps: [{ bytes: startup({ user: 'ana\r\nadmin' }) }],
    deeds: violated('control character in a startup parameter'),
  },
  {
    name: 'a control character in a name',
    steps: [{ bytes: startup({ user: 'ana', 'ro\x7fle': 'x' }) }],
    deeds: violated('control character in a startup parameter'),
  },
  {
    name: 'white space in options',
    steps: [{ bytes: startup({ user: 'ana', options: '-c geqo=off\n\t-c geqo=on' }) }],
    deeds: [asked],
  },
  {
    name: 'a value that is not UTF-8',
    steps: [
      {
        bytes: packet(int32(196608), cstring('user'), Buffer.of(0x61, 0xff, 0x62, 0), Buffer.of(0)),
      },
    ],
    deeds: violated('text is not UTF-8'),
  },
];

const lengths: readonly DownstreamTranscript[] = [
  { name: 'a packet of 7 bytes', steps: [{ bytes: int32(7) }], deeds: CLOSED },
  { name: 'a packet of 10,005 bytes', steps: [{ bytes: int32(10_005) }], deeds: CLOSED },
  { name: 'a negative length', steps: [{ bytes: int32(-1) }], deeds: CLOSED },
  {
    name: 'another protocol',
    steps: [{ bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n') }],
    deeds: CLOSED,
  },
  {
    name: 'a packet as long as the server takes it',
    steps: [{ bytes: startup({ user: 'ana', application_name: 'x'.repeat(9_968) }) }],
    deeds: [asked],
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
  ...versions,
  ...parameters,
  ...lengths,
  ...cancels,
  ...passwords,
  ...answers,
];

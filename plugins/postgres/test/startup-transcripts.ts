import { Buffer } from 'node:buffer';
import { type DownstreamDeed, type DownstreamTranscript, REF, text } from './downstream-play.ts';
import { ANA, asked, CLOSED, unsupported, violated } from './downstream-transcript-parts.ts';
import { ASK_PASSWORD, cstring, int32, message, packet, password, startup } from './wire-bytes.ts';

/** Every form of a startup packet, and what the machine does. */

function negotiated(version: number, ...options: readonly string[]): DownstreamDeed {
  const told = message('v', int32(version), int32(options.length), ...options.map(cstring));
  return { send: text(told, ASK_PASSWORD) };
}

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
      {
        send: `EFATAL:  unsupported frontend protocol 2.0: server supports 3.0 to 3.2
DETAIL:  weir ref ${REF}
\0`,
      },
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
    name: 'a byte order mark before a name, which is part of it',
    steps: [{ bytes: startup({ '\uFEFFuser': 'ana' }) }],
    deeds: violated('no user name in the startup packet'),
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

export const STARTUP_TRANSCRIPTS: readonly DownstreamTranscript[] = [
  ...versions,
  ...parameters,
  ...lengths,
];

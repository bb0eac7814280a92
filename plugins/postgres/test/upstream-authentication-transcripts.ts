import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { TlsMode } from '@weir/contract';
import { text } from './downstream-play.ts';
import { ScramServer } from './scram-server.ts';
import { makeTarget } from './targets.ts';
import { FIXED_NONCE, type UpstreamDeed, type UpstreamTranscript } from './upstream-play.ts';
import {
  ASK_CLEARTEXT,
  ASK_MD5,
  BINDING,
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
  int32,
  message,
  password,
  SSL_REQUEST,
  saslInitial,
  saslMechanisms,
  startup,
} from './wire-bytes.ts';

/** Every dialogue in which a database asks for the account of the proxy, and what the machine does. */

function md5(words: string | Buffer): string {
  return createHash('md5').update(words).digest('hex');
}

const MD5_ANSWER = `md5${md5(Buffer.concat([Buffer.from(md5('pencilweir')), Buffer.from([1, 2, 3, 4])]))}`;

/** The four texts of a SCRAM exchange as they must be with the fixed nonce. */
function scram(header: string, endpoint: Uint8Array = Buffer.alloc(0)) {
  const server = new ScramServer('pencil', 'salt', 10);
  const clientFirst = `${header}n=,r=${FIXED_NONCE}`;
  const serverFirst = server.first(clientFirst);
  const bound = Buffer.concat([Buffer.from(header), endpoint]).toString('base64');
  const clientFinal = server.prove(`c=${bound},r=${FIXED_NONCE}server`);
  return {
    clientFirst,
    serverFirst,
    clientFinal,
    serverFinal: server.final(clientFinal, endpoint),
  };
}

const saslContinue = (words: string) => message('R', int32(11), Buffer.from(words));
const saslFinal = (words: string) => message('R', int32(12), Buffer.from(words));

const methods: readonly UpstreamTranscript[] = [
  {
    name: 'trust',
    steps: [{ bytes: AUTHENTICATED }, { bytes: GREETING }],
    deeds: [started, ready],
  },
  {
    name: 'another database on the server, and settings of the client',
    database: 'reporting',
    parameters: [
      ['options', '-c geqo=off'],
      ['application_name', 'psql'],
    ],
    steps: [{ bytes: AUTHENTICATED }, { bytes: GREETING }],
    deeds: [
      {
        send: text(
          startup({ user: 'weir', database: 'reporting', geqo: 'off', application_name: 'psql' }),
        ),
      },
      ready,
    ],
  },
  {
    name: 'a cleartext password where the target does without encryption',
    steps: [{ bytes: ASK_CLEARTEXT }, { bytes: AUTHENTICATED }, { bytes: GREETING }],
    deeds: [{ send: text(STARTUP, password('pencil')) }, ready],
  },
  {
    name: 'a cleartext password over TLS',
    target: makeTarget({ tls: 'require' }),
    steps: [
      { bytes: Buffer.from('S') },
      { secured: SECURED },
      { bytes: ASK_CLEARTEXT },
      { bytes: AUTHENTICATED },
      { bytes: GREETING },
    ],
    deeds: [requested, secure, { send: text(STARTUP, password('pencil')) }, ready],
  },
  {
    name: 'a cleartext password after the database declined TLS',
    target: makeTarget({ tls: 'prefer' }),
    steps: [{ bytes: Buffer.from('N') }, { bytes: ASK_CLEARTEXT }],
    deeds: [
      { send: text(SSL_REQUEST, STARTUP) },
      failed('the database asks for a cleartext password over an unencrypted connection'),
    ],
  },
  {
    name: 'an MD5 password',
    steps: [{ bytes: ASK_MD5 }, { bytes: AUTHENTICATED }, { bytes: GREETING }],
    deeds: [{ send: text(STARTUP, password(MD5_ANSWER)) }, ready],
  },
  {
    name: 'a second question after the password was given',
    steps: [{ bytes: ASK_MD5 }, { bytes: ASK_CLEARTEXT }],
    deeds: [
      { send: text(STARTUP, password(MD5_ANSWER)) },
      failed('the database asks for a second proof'),
    ],
  },
  ...[ASK_CLEARTEXT, ASK_MD5, saslMechanisms('SCRAM-SHA-256')].map((bytes, at) => ({
    name: `a question for a password that the target has not (${at + 1})`,
    target: targetWithoutPassword(),
    steps: [{ bytes }],
    deeds: [started, failed('the database asks for a password, and the target has none')],
  })),
  ...[
    [2, 'Kerberos V5'],
    [7, 'GSSAPI'],
    [9, 'SSPI'],
    [99, 'method 99'],
  ].map(([code, name]) => ({
    name: `a question for ${name}`,
    steps: [{ bytes: message('R', int32(Number(code)), Buffer.from('data')) }],
    deeds: [started, failed(`the database asks for ${name}, which this proxy does not speak`)],
  })),
];

function targetWithoutPassword() {
  const { password: _none, ...upstream } = makeTarget().upstream;
  return { ...makeTarget(), upstream };
}

function scramTranscript(
  name: string,
  tls: TlsMode,
  offered: readonly string[],
  chosen: string,
  header: string,
  endpoint?: Uint8Array,
): UpstreamTranscript {
  const texts = scram(header, endpoint);
  const encrypted = tls !== 'disable';
  const sent = [
    saslInitial(chosen, texts.clientFirst),
    message('p', Buffer.from(texts.clientFinal)),
  ];
  return {
    name,
    target: makeTarget({ tls }),
    steps: [
      ...(encrypted ? [{ bytes: Buffer.from('S') }, { secured: SECURED }] : []),
      { bytes: saslMechanisms(...offered) },
      { bytes: saslContinue(texts.serverFirst) },
      { bytes: saslFinal(texts.serverFinal) },
      { bytes: AUTHENTICATED },
      { bytes: GREETING },
    ],
    deeds: [...(encrypted ? [requested, secure] : []), { send: text(STARTUP, ...sent) }, ready],
  };
}

const PLAIN_SCRAM = scram('n,,');
const SCRAM_SENT: UpstreamDeed = {
  send: text(
    STARTUP,
    saslInitial('SCRAM-SHA-256', PLAIN_SCRAM.clientFirst),
    message('p', Buffer.from(PLAIN_SCRAM.clientFinal)),
  ),
};
const SCRAM_BEGUN: UpstreamDeed = {
  send: text(STARTUP, saslInitial('SCRAM-SHA-256', PLAIN_SCRAM.clientFirst)),
};
const NOT_PROVEN = failed('the database did not prove that it knows the password');
const OUT_OF_ORDER = failed('the database sent a SASL message out of order');
const offer = { bytes: saslMechanisms('SCRAM-SHA-256') };
const challenge = { bytes: saslContinue(PLAIN_SCRAM.serverFirst) };

const scramDialogues: readonly UpstreamTranscript[] = [
  scramTranscript('SCRAM without TLS', 'disable', ['SCRAM-SHA-256'], 'SCRAM-SHA-256', 'n,,'),
  scramTranscript(
    'SCRAM over TLS to a database that offers no channel binding',
    'verify-full',
    ['OAUTHBEARER', 'SCRAM-SHA-256'],
    'SCRAM-SHA-256',
    'y,,',
  ),
  scramTranscript(
    'SCRAM with channel binding',
    'verify-full',
    ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'],
    'SCRAM-SHA-256-PLUS',
    'p=tls-server-end-point,,',
    BINDING,
  ),
  {
    name: 'SCRAM over TLS without a certificate to bind to',
    target: makeTarget({ tls: 'require' }),
    steps: [
      { bytes: Buffer.from('S') },
      { secured: { version: 'TLSv1.3' } },
      { bytes: saslMechanisms('SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256') },
    ],
    deeds: [requested, secure, SCRAM_BEGUN],
  },
  {
    name: 'channel binding offered without TLS',
    steps: [{ bytes: saslMechanisms('SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256') }],
    deeds: [started, failed('the database offers channel binding over an unencrypted connection')],
  },
  {
    name: 'only mechanisms that need more than a password',
    steps: [{ bytes: saslMechanisms('OAUTHBEARER') }],
    deeds: [started, failed('the database offers no SASL mechanism that this proxy speaks')],
  },
  {
    name: 'AuthenticationOk in place of the first SCRAM message',
    steps: [offer, { bytes: AUTHENTICATED }, { bytes: GREETING }],
    deeds: [SCRAM_BEGUN, NOT_PROVEN],
  },
  {
    name: "AuthenticationOk in place of the database's proof",
    steps: [offer, challenge, { bytes: AUTHENTICATED }, { bytes: GREETING }],
    deeds: [SCRAM_SENT, NOT_PROVEN],
  },
  {
    name: 'a wrong proof of the database',
    steps: [offer, challenge, { bytes: saslFinal(`v=${Buffer.alloc(32).toString('base64')}`) }],
    deeds: [SCRAM_SENT, NOT_PROVEN],
  },
  {
    name: 'a second offer in the middle of SCRAM',
    steps: [offer, offer],
    deeds: [SCRAM_BEGUN, failed('the database asks for a second proof')],
  },
  {
    name: 'a question for a cleartext password in the middle of SCRAM',
    steps: [offer, challenge, { bytes: ASK_CLEARTEXT }],
    deeds: [SCRAM_SENT, failed('the database asks for a second proof')],
  },
  {
    name: 'the first SCRAM message twice',
    steps: [offer, challenge, challenge],
    deeds: [SCRAM_SENT, OUT_OF_ORDER],
  },
  {
    name: 'a SCRAM message that was not asked for',
    steps: [challenge],
    deeds: [started, OUT_OF_ORDER],
  },
  {
    name: "the database's proof before its challenge",
    steps: [offer, { bytes: saslFinal(PLAIN_SCRAM.serverFinal) }],
    deeds: [SCRAM_BEGUN, OUT_OF_ORDER],
  },
  {
    name: 'a nonce that is not ours',
    steps: [offer, { bytes: saslContinue('r=other,s=c2FsdA==,i=4096') }],
    deeds: [SCRAM_BEGUN, broke('the SCRAM nonce of the database does not extend ours')],
  },
];

export const AUTHENTICATION_TRANSCRIPTS: readonly UpstreamTranscript[] = [
  ...methods,
  ...scramDialogues,
];

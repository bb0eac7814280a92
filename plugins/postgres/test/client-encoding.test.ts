import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PostgresServer, startPostgres } from '@weir/testkit';
import { ClientEncoding } from '../src/protocol/client-encoding.ts';

function read(encoding: string, bytes: Uint8Array): string | undefined {
  const reader = new ClientEncoding();
  reader.declare(encoding);
  // Only what stands between start and end counts.
  const padded = Buffer.concat([Buffer.of(0xff), bytes, Buffer.of(0xff)]);
  return reader.read(padded, 1, padded.length - 1);
}

function isAsciiSafe(encoding: string, bytes: Uint8Array): boolean {
  const reader = new ClientEncoding();
  reader.declare(encoding);
  return reader.isAsciiSafe(Buffer.from(bytes), 0, bytes.length);
}

describe('reading statement text', () => {
  it.each([
    ['UTF8', 'c3a9', 'é'],
    ['utf8', 'c3a9', 'é'],
    ['SQL_ASCII', 'c3a9', 'é'],
    ['LATIN1', 'e9', 'é'],
    ['LATIN1', '80', '\u0080'],
    ['WIN1251', '88', '€'],
    ['LATIN9', 'a4', '€'],
    // The second half of the character is a backslash, or a letter.
    ['SJIS', '835c', 'ソ'],
    ['BIG5', 'a55c', '功'],
    ['GBK', '815c', '乗'],
    ['GB18030', '81308130', '\u0080'],
  ])('takes %s %s for %j', (encoding, hex, text) => {
    expect(read(encoding, Buffer.from(hex, 'hex'))).toBe(text);
  });

  it.each([
    ['SJIS', 'half a character', '83'],
    ['SJIS', 'no character', '8020'],
    ['BIG5', 'a character and a quote that is none', 'a527'],
    ['EUC_JP', 'no character', 'ff41'],
    ['JOHAB', 'an encoding that the platform does not know', '8861'],
    ['SHIFT_JIS_2004', 'an encoding that the platform does not know', '835c'],
    ['UHC', 'an encoding that the platform does not know well', '8141'],
    ['EUC_TW', 'an encoding that the platform does not know', 'a4a1'],
    ['MULE_INTERNAL', 'an encoding that the platform does not know', '81e9'],
    ['NOVEL', 'an encoding that nobody knows', 'e9'],
  ])('reads nothing of %s with %s', (encoding, _what, hex) => {
    expect(read(encoding, Buffer.from(hex, 'hex'))).toBeUndefined();
  });

  it.each(['UTF8', 'SJIS', 'JOHAB', 'EUC_TW', 'LATIN1', 'NOVEL'])(
    'reads ASCII under %s',
    (name) => {
      expect(read(name, Buffer.from('SELECT 1'))).toBe('SELECT 1');
    },
  );

  it.each(['BIG5', 'GB18030', 'GBK', 'JOHAB', 'SHIFT_JIS_2004', 'SJIS', 'UHC'])(
    'does not look for quotes in %s beyond ASCII',
    (encoding) => {
      expect(isAsciiSafe(encoding, Buffer.from('835c', 'hex'))).toBe(false);
      expect(isAsciiSafe(encoding, Buffer.from("SELECT '\\'"))).toBe(true);
    },
  );

  it.each(['UTF8', 'LATIN1', 'EUC_JP', 'EUC_KR', 'EUC_CN', 'WIN1251'])(
    'looks for quotes in %s',
    (encoding) => {
      expect(isAsciiSafe(encoding, Buffer.from('a4a1', 'hex'))).toBe(true);
    },
  );
});

describe('the server itself', () => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await startPostgres({ version: '18', tls: false });
    await server.query(DECODED);
  }, 60_000);

  afterAll(async () => {
    await server.stop();
  });

  it.each([
    ['BIG5', '功能許蓋'],
    ['EUC_CN', '汉字啊'],
    ['EUC_JP', 'ソ表能ぃ'],
    ['EUC_KR', '한글가'],
    ['GB18030', '汉字乗€ß'],
    ['GBK', '汉字乗'],
    ['ISO_8859_5', 'Жук'],
    ['ISO_8859_6', 'عرب'],
    ['ISO_8859_7', 'Ωμέγα'],
    ['ISO_8859_8', 'שלום'],
    ['KOI8R', 'Жук'],
    ['KOI8U', 'Їжак'],
    ['LATIN1', 'größe©'],
    ['LATIN2', 'žluťoučký'],
    ['LATIN3', 'ĥĝ'],
    ['LATIN4', 'āķ'],
    ['LATIN5', 'ığşß'],
    ['LATIN6', 'āđŋ'],
    ['LATIN7', 'ąčę'],
    ['LATIN8', 'ŵŷ'],
    ['LATIN9', '€œß'],
    ['SJIS', 'ソ表能ｱぃ'],
    ['WIN866', 'Жук'],
    ['WIN874', 'ไทย€'],
    ['WIN1250', 'žluťoučký€'],
    ['WIN1251', 'Жук€'],
    ['WIN1252', 'größe'],
    ['WIN1253', 'Ωμέγα€'],
    ['WIN1254', 'ığşß€'],
    ['WIN1255', 'שלום€'],
    ['WIN1256', 'عرب€'],
    ['WIN1257', 'ąčę€'],
    ['WIN1258', 'ăđ€'],
    ['UTF8', '表ß€😀'],
  ])('means the same by the bytes of %s', async (encoding, sample) => {
    const [row] = await server.query('SELECT convert_to($1, $2) AS bytes', [sample, encoding]);
    const bytes = row?.['bytes'];
    if (!Buffer.isBuffer(bytes)) throw new Error('no bytes');
    expect(read(encoding, bytes)).toBe(sample);
  });

  it.each(['BIG5', 'GB18030', 'GBK', 'SJIS', 'EUC_JP', 'EUC_KR', 'EUC_CN'])(
    'takes the same bytes of %s for ASCII',
    async (encoding) => {
      const different: string[] = [];
      for (const { bytes, text } of await server.query(EVERY_PAIR, [encoding])) {
        if (!Buffer.isBuffer(bytes) || typeof text !== 'string') throw new Error('no pair');
        const ours = read(encoding, bytes);
        if (ours !== undefined && asciiOf(ours) !== asciiOf(text))
          different.push(bytes.toString('hex'));
      }
      expect(different).toEqual([]);
    },
    60_000,
  );
});

/** What there is of a text that a parser would look at; control characters change their places. */
function asciiOf(text: string): string {
  return [...text].map((character) => (/[ -~]/.test(character) ? character : '.')).join('');
}

/** Each pair of bytes that the server takes for text. */
const EVERY_PAIR = `
  SELECT bytes, text FROM (
    SELECT bytes, decoded(bytes, $1) AS text
    FROM generate_series(128, 255) AS first, generate_series(1, 255) AS second,
         set_byte(set_byte('\\x0000'::bytea, 0, first), 1, second) AS bytes
  ) AS pairs WHERE text IS NOT NULL`;

const DECODED = `
  CREATE FUNCTION decoded(bytes bytea, encoding text) RETURNS text LANGUAGE plpgsql AS $$
  BEGIN RETURN convert_from(bytes, encoding); EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$`;

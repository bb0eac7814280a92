import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Side } from '../raw-frontend.ts';

/** Bytes of one side, base64, as they were sent or came in. */
export type Chunk = readonly [Side, string];

/** A recorded conversation. */
export interface Golden {
  readonly parameters: ReadonlyMap<string, string>;
  readonly chunks: readonly { readonly side: Side; readonly bytes: Buffer }[];
}

interface GoldenFile {
  readonly parameters: Readonly<Record<string, string>>;
  readonly chunks: readonly Chunk[];
}

export function goldenPath(scenario: string): string {
  return inThisFolder(`${scenario}.json`);
}

function inThisFolder(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** What the relay must tell of a conversation, a line for each event; `## name` begins each. */
export function readExpectedEvents(scenario: string): readonly string[] {
  const sections = readFileSync(inThisFolder('expected-events.txt'), 'utf8').split('## ');
  const section = sections.find((each) => each.startsWith(`${scenario}\n`));
  if (section === undefined) throw new Error(`no events are expected of ${scenario}`);
  return section.split('\n').slice(1, -1);
}

export function readGolden(scenario: string): Golden {
  const file: GoldenFile = JSON.parse(readFileSync(goldenPath(scenario), 'utf8'));
  return {
    parameters: new Map(Object.entries(file.parameters)),
    chunks: file.chunks.map(([side, bytes]) => ({ side, bytes: Buffer.from(bytes, 'base64') })),
  };
}

/** All bytes of one side. */
export function bytesOf({ chunks }: Golden, side: Side): Buffer {
  return Buffer.concat(chunks.filter((chunk) => chunk.side === side).map(({ bytes }) => bytes));
}

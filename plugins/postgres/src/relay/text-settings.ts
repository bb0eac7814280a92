import { ClientEncoding } from '../protocol/client-encoding.ts';
import type { Outstanding, Portal, Prepared } from './outstanding.ts';

/**
 * The settings that change how text is read. The database applies a change at once, but reports it
 * only before ReadyForQuery (since version 14), so inside a batch they have to be asked
 * (settings-question.ts).
 */

export const TEXT_SETTINGS = ['client_encoding', 'standard_conforming_strings'] as const;
export type TextSetting = (typeof TEXT_SETTINGS)[number];

/** What `client_encoding` and `standard_conforming_strings` can make read otherwise. */
const DEPENDS = /[^\t\n\r\x20-\x5b\x5d-\x7e]/;
/** Statements of these words run no code that a client can have written. */
const LEAVES_SETTINGS = /^(?:begin|start|savepoint|release)(?![\w$])/i;

export class TextSettings {
  readonly encoding = new ClientEncoding();
  standardStrings = true;
  /**
   * Whether they are known behind what was sent of the current segment: `wanted` and `asked` when the
   * next text has to wait for the answer.
   */
  inBatch: 'known' | 'unsure' | 'wanted' | 'asked' = 'known';
  readonly #reported = new Map<TextSetting, string>([
    ['client_encoding', 'UTF8'],
    ['standard_conforming_strings', 'on'],
  ]);
  #answered = false;

  /** The database has reported a setting, as it does by itself. */
  report(name: string, value: string): void {
    if (!isTextSetting(name)) return;
    this.#reported.set(name, value);
    this.#apply(name, value);
  }

  /** The database has answered what a setting is at this place of a batch. */
  answer(name: TextSetting, value: string): void {
    this.#answered = true;
    this.#apply(name, value);
  }

  /** A message that is going to be answered has been sent. */
  sent(entry: Outstanding, last: boolean): void {
    if (last) this.inBatch = 'known';
    else if (this.inBatch === 'known' && !leavesSettings(entry)) this.inBatch = 'unsure';
  }

  /** ReadyForQuery: a setting that went back to what was last reported is not reported again. */
  ready(): void {
    if (!this.#answered) return;
    this.#answered = false;
    for (const [name, value] of this.#reported) this.#apply(name, value);
  }

  #apply(name: TextSetting, value: string): void {
    if (name === 'client_encoding') this.encoding.declare(value);
    else this.standardStrings = value === 'on';
  }
}

/** Whether a text may read otherwise under other settings; one that cannot be read may, too. */
export function dependsOnSettings(text: string | undefined): boolean {
  return text === undefined || DEPENDS.test(text);
}

function isTextSetting(name: string): name is TextSetting {
  return name === 'client_encoding' || name === 'standard_conforming_strings';
}

/**
 * Certain for very few: even to plan a SELECT may call a function that sets what it likes, and a function
 * or DO block may have given a name to other text than the protocol did.
 */
function leavesSettings(entry: Outstanding): boolean {
  switch (entry.kind) {
    case 'close':
    case 'denied':
      return true;
    case 'parse':
      return LEAVES_SETTINGS.test(entry.prepared.text);
    case 'bind':
      return isSure(entry.portal.prepared);
    case 'execute':
      return isSure(entry.portal);
    case 'describe':
      return isSure(entry.record);
    default:
      return false;
  }
}

function isSure(record: Prepared | Portal | undefined): boolean {
  if (record?.unnamed !== true) return false;
  return LEAVES_SETTINGS.test('prepared' in record ? record.prepared.text : record.text);
}

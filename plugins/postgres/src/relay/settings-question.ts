import { Buffer } from 'node:buffer';
import { encodeFrontend } from '../protocol/frontend-encode.ts';
import { Backend, Frontend, HEADER_BYTES } from '../protocol/messages.ts';
import type { OutstandingQuestion } from './outstanding.ts';
import { TEXT_SETTINGS, type TextSettings } from './text-settings.ts';
import { makeName, type RandomBytes } from './withheld.ts';

/**
 * Asks the database inside a batch what the settings are that change how text is read. SHOW needs no
 * Sync, takes no snapshot and calls nothing that a client can have replaced. The client sees none of it,
 * but for what it does to a statement that has to be the only one of its batch (ADR 9).
 */

/** A setting's name and value, and what frames them, stay far below. */
export const ANSWER_LIMIT = 1024;

/** ParseComplete, BindComplete, DataRow, CommandComplete and twice CloseComplete. */
const ANSWERS = Buffer.from('12DC33');
/** int16 number of columns, int32 length of the value. */
const ROW_HEAD_BYTES = 6;

/** The names are random each time, so that no client can have made them stand for something else. */
export function makeSettingsQuestion(random: RandomBytes): Buffer {
  return Buffer.concat(
    TEXT_SETTINGS.flatMap((setting) => {
      const name = `${makeName('asks', random)}\0`;
      return [
        encodeFrontend(Frontend.Parse, `${name}SHOW ${setting}\0\0\0`),
        encodeFrontend(Frontend.Bind, `${name}${name}\0\0\0\0\0\0`),
        encodeFrontend(Frontend.Execute, `${name}\0\0\0\0`),
        encodeFrontend(Frontend.Close, `P${name}`),
        encodeFrontend(Frontend.Close, `S${name}`),
      ];
    }),
  );
}

/** Whether such a message can belong to the answer. */
export function isAnswer(type: number): boolean {
  return ANSWERS.includes(type);
}

/** Takes the next message of the answer; false when it is not the one that must come. */
export function takeAnswer(
  question: OutstandingQuestion,
  message: Buffer,
  settings: TextSettings,
): boolean {
  const setting = TEXT_SETTINGS[Math.floor(question.answered / ANSWERS.length)];
  if (setting === undefined || message[0] !== ANSWERS[question.answered % ANSWERS.length])
    return false;
  question.answered += 1;
  if (message[0] !== Backend.DataRow) return true;
  const start = HEADER_BYTES + ROW_HEAD_BYTES;
  if (message.length <= start || message.readInt16BE(HEADER_BYTES) !== 1) return false;
  if (message.readInt32BE(HEADER_BYTES + 2) !== message.length - start) return false;
  settings.answer(setting, message.toString('latin1', start));
  return true;
}

/** Whether the answer is whole. */
export function isAnswered(question: OutstandingQuestion): boolean {
  return question.answered === TEXT_SETTINGS.length * ANSWERS.length;
}

import { Buffer } from 'node:buffer';
import { Backend, Frontend, HEADER_BYTES, LENGTH_BYTES } from '../protocol/messages.ts';
import type { OutstandingQuestion } from './outstanding.ts';
import { TEXT_SETTINGS, type TextSettings } from './text-settings.ts';
import { makeName, type RandomBytes } from './withheld.ts';

/**
 * Asks the database inside a batch what the settings are that change how text is read. SHOW needs no
 * Sync, takes no snapshot and calls nothing that a client can have replaced, so that the client's
 * transaction goes on as if it had not been asked. The client sees none of it.
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
        encode(Frontend.Parse, `${name}SHOW ${setting}\0\0\0`),
        encode(Frontend.Bind, `${name}${name}\0\0\0\0\0\0`),
        encode(Frontend.Execute, `${name}\0\0\0\0`),
        encode(Frontend.Close, `P${name}`),
        encode(Frontend.Close, `S${name}`),
      ];
    }),
  );
}

function encode(type: number, body: string): Buffer {
  const message = Buffer.alloc(HEADER_BYTES + body.length);
  message[0] = type;
  message.writeInt32BE(LENGTH_BYTES + body.length, 1);
  message.write(body, HEADER_BYTES, 'latin1');
  return message;
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

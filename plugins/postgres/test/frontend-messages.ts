import { Buffer } from 'node:buffer';
import { serialize } from 'pg-protocol';
import { cstring, message } from './wire-bytes.ts';

/** The client's messages, each under its type byte. */

export const Q = serialize.query;
export const P = (text: string, name = '') =>
  message('P', cstring(name), cstring(text), Buffer.alloc(2));
/** A Parse whose name and text are encoded in LATIN1. */
export const latin1P = (text: string, name = '') =>
  message('P', Buffer.from(`${name}\0${text}\0`, 'latin1'), Buffer.alloc(2));
/** A Bind of a statement whose name is encoded in LATIN1. */
export const latin1B = (statement: string) =>
  message('B', Buffer.from(`\0${statement}\0`, 'latin1'), Buffer.alloc(6));
/** A Close of that statement. */
export const latin1C = (statement: string) =>
  message('C', Buffer.from(`S${statement}\0`, 'latin1'));
export const B = serialize.bind;
export const E = (portal = '', rows = 0) => serialize.execute({ portal, rows });
export const D = (type: 'S' | 'P', name = '') => serialize.describe({ type, name });
export const C = (type: 'S' | 'P', name = '') => serialize.close({ type, name });
export const S = serialize.sync();
export const H = serialize.flush();
export const X = serialize.end();
export const d = (text: string) => message('d', Buffer.from(text));
export const c = serialize.copyDone();
export const f = serialize.copyFail('no more');

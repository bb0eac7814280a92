import { Buffer } from 'node:buffer';
import type { Refusal } from '@weir/contract';

/** Where a broken plugin throws. */
export type Fault =
  | 'makeConnection'
  | 'makeDownstream'
  | 'receive'
  | 'secured'
  | 'accept'
  | 'refuse login'
  | 'dialUpstream'
  | 'greeting'
  | 'makeRelay'
  | 'makeCancel'
  | 'refuse'
  | 'disconnected';

/** Throws when the plugin is to be broken there. */
export type BreakAt = (fault: Fault) => void;

/** How every refusal reads to a toy client. */
export function encodeRefusal({ code, ref, message }: Refusal): Buffer {
  return Buffer.from(`ERR ${code} ${ref ?? '-'} ${message}\n`);
}

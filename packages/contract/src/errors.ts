/** Codes of the faults that Weir's own parts raise; docs/errors.md lists each. */
export type WeirErrorCode =
  | 'ERR_WIRE_DECODE'
  | 'ERR_CONFIG_INVALID'
  | 'ERR_ISSUER_UNREACHABLE'
  | 'ERR_ENGINE_INVARIANT'
  | 'ERR_PLUGIN_INCOMPATIBLE'
  | 'ERR_PLUGIN_DUPLICATE';

/** A fault. Denials and refusals are values; only what should not happen is thrown. */
export class WeirError extends Error {
  readonly code: WeirErrorCode;

  constructor(code: WeirErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'WeirError';
    this.code = code;
  }
}

/** A peer sent bytes that the protocol does not allow. The decoder that threw it is dead. */
export class DecodeError extends WeirError {
  constructor(message: string) {
    super('ERR_WIRE_DECODE', message);
    this.name = 'DecodeError';
  }
}

/**
 * Bounds on what is read before anything in it is believed. They are fixed: a file that needs more
 * is not a configuration.
 */

/** Bytes of `weir.yaml`. */
export const MAX_CONFIG_BYTES = 1_048_576;
/** Bytes of a certificate, key or authority file. */
export const MAX_PEM_BYTES = 1_048_576;
/** Bytes of a secret. */
export const MAX_SECRET_BYTES = 8192;
/** Levels of nesting; the deepest setting stands at 5. */
export const MAX_DEPTH = 16;
/** Lexical parts (keys, values, signs, line ends): bounds the time that parsing takes. */
export const MAX_LEXEMES = 200_000;
/** Keys and values after aliases are expanded. */
export const MAX_NODES = 100_000;
/** Uses of an anchor. */
export const MAX_ALIASES = 100;
/** Access rules: each is compared with those before it. */
export const MAX_RULES = 1000;

/** How long all properties of one file may search; `WEIR_FUZZ_SECONDS` makes it longer. */
const asked = process.env['WEIR_FUZZ_SECONDS'];
const SECONDS = Number(asked ?? 4);

/** What a test of a search may take before it counts as hanging. */
export const FUZZ_PATIENCE = SECONDS * 1_000 + 60_000;

/** Parameters of each of `properties` searches. fast-check prints the seed of a failure. */
export function fuzzSearch(properties: number) {
  return {
    numRuns: asked === undefined ? 1_500 : 1_000_000_000,
    interruptAfterTimeLimit: (SECONDS * 1_000) / properties,
    markInterruptAsFailure: false,
  };
}

/**
 * How long something took, by bucket, in plain numbers. Every statement is counted twice, and
 * prom-client's own histogram costs more for that than the whole gate does. It is given out in the text
 * format of https://prometheus.io/docs/instrumenting/exposition_formats/.
 */
export class DurationTally {
  readonly #bounds: readonly number[];
  /** One more than the bounds: the last is for what is longer than all of them. */
  readonly #counts: number[];
  #sum = 0;

  /** `bounds` are seconds, ascending. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  add(seconds: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && seconds > (bounds[bucket] as number)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sum += seconds;
  }

  /** The series of one label set, such as `stage="dial"`. */
  series(name: string, label: string): readonly string[] {
    let count = 0;
    const buckets = this.#counts.map((added, bucket) => {
      count += added;
      return `${name}_bucket{le="${this.#bounds[bucket] ?? '+Inf'}",${label}} ${count}`;
    });
    return [...buckets, `${name}_sum{${label}} ${this.#sum}`, `${name}_count{${label}} ${count}`];
  }
}

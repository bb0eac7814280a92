import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { Fault } from './fault.ts';
import { MAX_ALIASES, MAX_DEPTH, MAX_NODES } from './file-limits.ts';
import type { Path } from './problem.ts';

/** Where a value stands in the text, and where what it holds stands. Offsets are UTF-16 code units. */
export interface Place {
  /** The key that names the value; absent in a list and at the top. */
  readonly keyAt?: number;
  readonly valueAt: number;
  readonly children: ReadonlyMap<string | number, Place>;
}

/** A document as plain values: null-prototype objects, arrays, strings, numbers, booleans, null. */
interface Tree {
  readonly value: unknown;
  readonly place: Place;
  readonly faults: readonly Fault[];
  /** The document is beyond a bound and was not read to its end. */
  readonly truncated: boolean;
}

/** What nobody sees on the screen, or what breaks a line: never part of a setting. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const NO_CHILDREN: ReadonlyMap<string | number, Place> = new Map();

/** Turns a parsed document into values and their places. */
export function readTree(document: Document): Tree {
  return new TreeReader(document).read();
}

interface Spot {
  readonly path: Path;
  readonly keyAt?: number;
  /** Where the value stands when the node itself cannot say. */
  readonly fallbackAt: number;
}

interface Branch {
  readonly value: unknown;
  readonly place: Place;
}

class TreeReader {
  readonly #document: Document;
  readonly #faults: Fault[] = [];
  #nodes = 0;
  #aliases = 0;
  #full = false;

  constructor(document: Document) {
    this.#document = document;
  }

  read(): Tree {
    const branch = this.#branch(this.#document.contents, { path: [], fallbackAt: 0 });
    return { ...branch, faults: this.#faults, truncated: this.#full };
  }

  #branch(node: unknown, spot: Spot): Branch {
    const here = isNode(node) ? { ...spot, fallbackAt: node.range?.[0] ?? spot.fallbackAt } : spot;
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES) return this.#overflow(here, 'settings', MAX_NODES);
    if (spot.path.length > MAX_DEPTH) return this.#leaf(null, here, 'nested too deeply');
    if (isAlias(node)) return this.#alias(node, here);
    if (isScalar(node)) return this.#scalar(node, here);
    if (isMap(node)) return this.#map(node, here);
    if (isSeq(node)) return this.#list(node, here);
    return this.#leaf(null, here);
  }

  #alias(node: Alias, spot: Spot): Branch {
    this.#aliases += 1;
    if (this.#aliases > MAX_ALIASES) return this.#overflow(spot, 'aliases', MAX_ALIASES);
    const meant = node.resolve(this.#document);
    return meant === undefined
      ? this.#leaf(null, spot, 'unknown alias')
      : this.#branch(meant, spot);
  }

  #scalar(node: Scalar, spot: Spot): Branch {
    const { value, tag } = node;
    if (tag !== undefined) return this.#leaf(null, spot, 'tags are not supported');
    if (typeof value === 'string' && INVISIBLE.test(value)) {
      return this.#leaf(
        null,
        spot,
        'the value holds a control character, a line break or an invisible character',
      );
    }
    // Nothing was written after the key: the key is what the reader can see.
    if (value === null && node.source === '' && spot.keyAt !== undefined) {
      return this.#leaf(null, { ...spot, fallbackAt: spot.keyAt });
    }
    return this.#leaf(value, spot);
  }

  #map(node: YAMLMap, spot: Spot): Branch {
    if (node.tag !== undefined) return this.#leaf(null, spot, 'tags are not supported');
    const value: Record<string, unknown> = Object.create(null);
    const children = new Map<string | number, Place>();
    for (const pair of node.items) {
      if (this.#full) break;
      if (!isPair(pair) || !isScalar(pair.key)) continue;
      const key = String(pair.key.value);
      const keyAt = pair.key.range?.[0] ?? spot.fallbackAt;
      const fault = this.#keyFault(key, children);
      if (fault !== undefined) {
        const path = INVISIBLE.test(key) ? spot.path : [...spot.path, key];
        this.#faults.push({ offset: keyAt, path, message: fault });
        continue;
      }
      const branch = this.#branch(pair.value, {
        path: [...spot.path, key],
        keyAt,
        fallbackAt: keyAt,
      });
      value[key] = branch.value;
      children.set(key, branch.place);
    }
    return { value, place: { ...placeOf(spot), children } };
  }

  #keyFault(key: string, seen: ReadonlyMap<string | number, Place>): string | undefined {
    if (INVISIBLE.test(key))
      return 'the key holds a control character, a line break or an invisible character';
    // Shape checks skip this one key, so it would be taken in silence.
    if (key === '__proto__') return 'unknown key';
    if (key === '<<') return 'merge keys are not supported';
    return seen.has(key) ? 'duplicate key' : undefined;
  }

  #list(node: YAMLSeq, spot: Spot): Branch {
    if (node.tag !== undefined) return this.#leaf(null, spot, 'tags are not supported');
    const value: unknown[] = [];
    const children = new Map<string | number, Place>();
    for (const [index, item] of node.items.entries()) {
      if (this.#full) break;
      const branch = this.#branch(item, {
        path: [...spot.path, index],
        fallbackAt: spot.fallbackAt,
      });
      value.push(branch.value);
      children.set(index, branch.place);
    }
    return { value, place: { ...placeOf(spot), children } };
  }

  #overflow(spot: Spot, what: string, bound: number): Branch {
    if (!this.#full) {
      const message = `the file has too many ${what}`;
      this.#faults.push({ offset: 0, message, expected: `at most ${bound}` });
    }
    this.#full = true;
    return this.#leaf(null, spot);
  }

  #leaf(value: unknown, spot: Spot, fault?: string): Branch {
    if (fault !== undefined) {
      this.#faults.push({ offset: spot.fallbackAt, path: spot.path, message: fault });
    }
    return { value, place: { ...placeOf(spot), children: NO_CHILDREN } };
  }
}

function placeOf(spot: Spot): Omit<Place, 'children'> {
  return spot.keyAt === undefined
    ? { valueAt: spot.fallbackAt }
    : { valueAt: spot.fallbackAt, keyAt: spot.keyAt };
}

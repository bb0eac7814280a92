import type { PolicySnapshot } from '@weir/contract';
import { buildConfig } from './build-config.ts';
import type { WeirConfig } from './config.ts';
import { policyDigest } from './digest.ts';
import { type Fault, placeFault } from './fault.ts';
import { LineIndex } from './line-index.ts';
import { gatherMaterial } from './material.ts';
import { type ConfigProblem, type Finding, formatPath } from './problem.ts';
import { textFaults } from './raw-text.ts';
import type { ProtocolDefaults } from './review.ts';
import { reviewAccess } from './review-access.ts';
import { reviewIssuers } from './review-issuers.ts';
import { reviewListeners } from './review-listeners.ts';
import { reviewTargets } from './review-targets.ts';
import { type ConfigShape, configShape } from './shape.ts';
import { shapeFindings } from './shape-findings.ts';
import { makeSnapshot } from './snapshot.ts';
import type { ConfigSources } from './sources.ts';
import { parseSyntax } from './yaml-syntax.ts';
import { type Place, readTree } from './yaml-tree.ts';

/** What a configuration needs from outside its text. */
export interface LoadOptions extends ConfigSources {
  /** The file's path: it names the file in problems, and relative paths start at its directory. */
  readonly file: string;
  /** The protocols that this build of Weir speaks. */
  readonly protocols: readonly ProtocolDefaults[];
}

/** A valid configuration and its policy, or everything that is wrong with it, in file order. */
export type LoadedConfig =
  | {
      readonly ok: true;
      readonly config: WeirConfig;
      readonly snapshot: PolicySnapshot;
      /** What is allowed and yet deserves a look: insecure settings, targets nobody can reach. */
      readonly warnings: readonly ConfigProblem[];
    }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/**
 * Reads the text of a `weir.yaml`. Never throws for what the text holds. Broken YAML is reported
 * alone: what a broken document means nobody knows.
 */
export function loadConfig(text: string, options: LoadOptions): LoadedConfig {
  const { file, protocols } = options;
  const lines = new LineIndex(text);
  const broken = (faults: readonly Fault[]): LoadedConfig => {
    const problems = faults.map((fault) => placeFault(file, lines, fault));
    return { ok: false, problems: problems.sort(inFileOrder) };
  };
  const faults = textFaults(text);
  if (faults.length > 0) return broken(faults);
  const syntax = parseSyntax(text);
  if (!syntax.ok) return broken(syntax.faults);
  const tree = readTree(syntax.document);
  if (tree.truncated) return broken(tree.faults);

  const place = (finding: Finding) => placeFinding(finding, file, tree.place, lines);
  const shape = configShape.safeParse(tree.value);
  const reviews = [
    reviewListeners(tree.value, protocols),
    reviewIssuers(tree.value),
    reviewTargets(tree.value, protocols),
    reviewAccess(tree.value),
  ];
  const material = gatherMaterial(tree.value, file, options);
  const findings = [
    ...(shape.success ? [] : shapeFindings(shape.error, tree.value)),
    ...reviews.flatMap(({ problems }) => problems),
    ...material.problems,
  ];
  const problems = merged(
    tree.faults.map((fault) => placeFault(file, lines, fault)),
    findings.map(place),
  );
  if (problems.length > 0 || !shape.success) return { ok: false, problems };
  const config = buildConfig(shape.data, material, protocols);
  const warnings = reviews.flatMap((review) => review.warnings).map(place);
  return {
    ok: true,
    config,
    snapshot: snapshotOf(shape.data, config),
    warnings: warnings.sort(inFileOrder),
  };
}

function snapshotOf(shape: ConfigShape, config: WeirConfig): PolicySnapshot {
  const references = new Map(
    Object.entries(shape.targets).map(([name, target]) => [name, target.upstream.password]),
  );
  return makeSnapshot(
    config,
    policyDigest(config, (name) => references.get(name)),
  );
}

/** A value that could not be read counts once: what its absence led to is left out. */
function merged(
  faults: readonly ConfigProblem[],
  found: readonly ConfigProblem[],
): ConfigProblem[] {
  const spots = new Set(faults.map(spotOf));
  const others = found.filter((problem) => !spots.has(spotOf(problem)));
  return [...faults, ...others].sort(inFileOrder);
}

function spotOf(problem: ConfigProblem): string {
  return `${problem.line}:${problem.column}`;
}

function inFileOrder(a: ConfigProblem, b: ConfigProblem): number {
  return a.line - b.line || a.column - b.column;
}

/** Finds the place of a setting; of one that is not there, the place of what should hold it. */
function placeFinding(
  finding: Finding,
  file: string,
  root: Place,
  lines: LineIndex,
): ConfigProblem {
  const { path, spot = path, at, ...words } = finding;
  let place = root;
  let complete = true;
  for (const step of spot) {
    const child = place.children.get(step);
    complete = child !== undefined;
    if (child === undefined) break;
    place = child;
  }
  const useKey = at === 'key' || !complete;
  const offset = useKey ? (place.keyAt ?? place.valueAt) : place.valueAt;
  return { file, ...lines.at(offset), path: formatPath(path), ...words };
}

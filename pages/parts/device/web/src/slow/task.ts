/** The messages between the page and the slow method's worker. */

import type { Addresses, Runtime } from "../litert";
import type { AdamSettings } from "./adam";
import type { Header } from "./weights";

export interface Settings {
  readonly contentWeight: number;
  readonly styleWeight: number;
  /** How far the style's weight adapts to how strong the style is, 0 to 1. */
  readonly styleNormalisation: number;
  /** Whether the style's weight adapts during the run to what is left of the photograph. */
  readonly adaptiveBalance: boolean;
  readonly variationWeight: number;
  /** Term, such as `style/block1_conv1` -> its share of its weight. */
  readonly shares: Readonly<Record<string, number>>;
  readonly adam: AdamSettings;
  readonly steps: number;
}

export interface Task {
  readonly addresses: Addresses;
  /** Files of the export: the graph of this size, and the weights. */
  readonly graph: string;
  readonly weights: string;
  readonly gpu: boolean;
  readonly width: number;
  readonly height: number;
  /** The pictures, width x height x RGB in [0, 1]; the run starts from the content. */
  readonly content: Float32Array;
  readonly style: Float32Array;
  readonly settings: Settings;
}

/** One step of a run, as the server's engine reports it: the losses after that many moves. */
export interface StepNews {
  readonly kind: "step";
  readonly number: number;
  /** `total`, `content`, `style`, `variation` and each style layer, such as `style/block1_conv1`. */
  readonly losses: Readonly<Record<string, number>>;
  /** Since the first evaluation, without pauses. */
  readonly seconds: number;
  /** RGBA; not with every step. */
  readonly picture?: Uint8ClampedArray<ArrayBuffer>;
}

export type News =
  | { readonly kind: "loading"; readonly bytes: number; readonly total: number }
  | { readonly kind: "preparing" }
  | { readonly kind: "ready"; readonly runtime: Runtime }
  | StepNews
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly reason: string };

export type Order = { readonly start: Task } | "pause" | "resume" | "stop";

/** The weights of the graph's terms, as `term_weights` of nst_core/slow/losses/objective.py has them normalised. */
export function termWeights({ terms, units }: Header, settings: Settings, values: number): Float32Array {
  return Float32Array.from(terms, (term) => {
    if (term === "variation") return settings.variationWeight / values;
    const weight = term.startsWith("content/") ? settings.contentWeight : settings.styleWeight;
    return (weight * (settings.shares[term] ?? 0)) / units[term]!;
  });
}

/** Least distance of style and content that a normalised style weight is divided by, as in objective.py. */
const LEAST_APART = 0.25;

/** The weights with the style's normalised, as `style_factor` of nst_core/slow/losses/objective.py has it.
 * `weighted` are the terms of the content itself with these weights. */
export function normalised(
  weights: Float32Array, terms: readonly string[], weighted: ArrayLike<number>, settings: Settings,
): Float32Array {
  const apart = named(terms, weighted).style! / settings.styleWeight;
  const factor = Math.max(apart, LEAST_APART) ** -settings.styleNormalisation;
  return withStyle(weights, terms, factor);
}

/** The weights with those of the style multiplied by a factor. */
export function withStyle(weights: Float32Array, terms: readonly string[], factor: number): Float32Array {
  return weights.map((weight, n) => (terms[n]!.startsWith("style/") ? weight * factor : weight));
}

/** The losses by name, from the weighted terms. */
export function named(terms: readonly string[], weighted: ArrayLike<number>): Record<string, number> {
  const losses: Record<string, number> = { total: 0, content: 0, style: 0, variation: 0 };
  terms.forEach((term, n) => {
    const value = weighted[n]!, group = term.split("/")[0]!;
    losses[group]! += value;
    losses.total! += value;
    if (group === "style") losses[term] = value;
  });
  return losses;
}

/** Adapts the style's weight during a run, as nst_core/slow/balance.py does; the constants are explained there. */

import type { Settings } from "./task";

const FIRST_MOVES = 10;
const EVERY_MOVES = 5;
const GAIN = 0.5;
const LARGEST_RISE = 1.15;
const LARGEST_FALL = 1.5;
const UNRELATED = 0.6;
const HALF_AT = 0.74;
const STEEPNESS = 0.71;
const LOWEST = 1 / 64;
const HIGHEST = 4;
const STYLE_WEIGHT = 20;

const clip = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** The `dissimilarity` to reach; `toStyle` is that of the style's picture. */
export function wantedDissimilarity({ contentWeight, styleWeight }: Settings, toStyle: number): number {
  return Math.min(toStyle, UNRELATED) / (1 + ((contentWeight / styleWeight) * STYLE_WEIGHT / HALF_AT) ** STEEPNESS);
}

/** 1 less the cosine of the activations of a picture and the photograph at the content layer. */
export function dissimilarity(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  let product = 0, own = 0, other = 0;
  for (let n = 0; n < ours.length; n++) {
    const a = ours[n]!, b = theirs[n]!;
    product += a * b;
    own += a * a;
    other += b * b;
  }
  const scale = Math.sqrt(own * other);
  return scale > 0 ? 1 - product / scale : 1;
}

/** The next ratio of the style's weight to that at the start. */
export function nextRatio(ratio: number, found: number, wanted: number): number {
  const change = found > 0 ? (wanted / found) ** GAIN : LARGEST_RISE;
  return clip(ratio * clip(change, 1 / LARGEST_FALL, LARGEST_RISE), LOWEST, HIGHEST);
}

export const isDue = (moves: number) => moves >= FIRST_MOVES && moves % EVERY_MOVES === 0;

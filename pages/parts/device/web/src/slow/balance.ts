/** Adapts the style's weight during a run, as nst_core/slow/balance.py does; the constants are explained there. */

import type { Settings } from "./task";

const FIRST_MOVES = 10;
const EVERY_MOVES = 5;
const GAIN = 0.5;
const LARGEST_CHANGE = 1.3;
const HALF_AT = 0.74;
const STEEPNESS = 0.71;
const LOWEST = 1 / 64;
const HIGHEST = 4;
const STYLE_WEIGHT = 20;

const clip = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** The content distance to reach, as a share of that between the photograph and the style's picture. */
export function wantedShare({ contentWeight, styleWeight }: Settings): number {
  return 1 / (1 + ((contentWeight / styleWeight) * STYLE_WEIGHT / HALF_AT) ** STEEPNESS);
}

/** The next ratio of the style's weight to that at the start. */
export function nextRatio(ratio: number, share: number, wanted: number): number {
  const change = share > 0 ? (wanted / share) ** GAIN : LARGEST_CHANGE;
  return clip(ratio * clip(change, 1 / LARGEST_CHANGE, LARGEST_CHANGE), LOWEST, HIGHEST);
}

export const isDue = (moves: number) => moves >= FIRST_MOVES && moves % EVERY_MOVES === 0;

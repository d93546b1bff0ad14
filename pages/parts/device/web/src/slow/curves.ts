/** The live loss curves, in the server's own chart. */

import plot from "../../../../curves/plot.js";
import { type CurveSet, filled, inWords, type Point } from "./figure";

export interface ChartData {
  /** Name of the set, such as `terms` and `layers` -> its curves. */
  readonly sets: Readonly<Record<string, CurveSet>>;
  /** The address of Plotly. */
  readonly library: string;
  readonly keys: string;
}

export interface ChartView {
  readonly set: string;
  readonly logScale: boolean;
}

/** Draws or updates the chart inside of `room`, which holds the markup of plot.html. */
export function draw(room: HTMLElement, data: ChartData, points: readonly Point[], steps: number, view: ChartView): void {
  plot({
    parentElement: room,
    data: {
      figure: filled(data.sets[view.set]!, points, steps, view.logScale),
      alt: inWords(points, steps), keys: data.keys, file: "nst-curves-this-device", pick: false, library: data.library,
    },
    setTriggerValue: () => undefined,
  });
}

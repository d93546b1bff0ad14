/** The figure of the live loss curves: the server's, filled with this run's values. */

import type { StepNews } from "./task";

type Plain = Record<string, unknown>;

/** A figure without values, as pages/parts/curves/charts.py makes it: traces in the order of `terms`. */
export interface CurveSet {
  readonly terms: readonly string[];
  readonly figure: { readonly data: readonly Plain[]; readonly layout: Plain & { readonly xaxis: Plain; readonly yaxis: Plain } };
}

/** The most points that are drawn: a screen shows no more. */
const MOST_POINTS = 600;

export type Point = Pick<StepNews, "number" | "losses">;

/** The figure of a run of `steps` steps, as plot.js takes it: columns apart from the traces that hold their numbers. */
export function filled({ terms, figure }: CurveSet, points: readonly Point[], steps: number, logScale: boolean): string {
  const stride = Math.ceil(points.length / MOST_POINTS) || 1;
  const drawn = points.filter((_, n) => n % stride === 0 || n === points.length - 1);
  const column = (term: string) =>
    drawn.map(({ losses }) => {
      const value = losses[term];
      return value !== undefined && Number.isFinite(value) && (value > 0 || !logScale) ? Number(value.toPrecision(6)) : null;
    });
  const columns = [drawn.map(({ number }) => number), ...terms.map(column)];
  const data = terms.map((_, n) => ({ ...figure.data[n], x: 0, y: n + 1, customdata: 0 }));
  const { xaxis, yaxis } = figure.layout;
  const layout = {
    ...figure.layout,
    xaxis: { ...xaxis, range: [0, Math.max(steps, 2)] },
    yaxis: { ...yaxis, type: logScale ? "log" : "linear", uirevision: `${terms.join()} ${logScale}` },
  };
  return JSON.stringify({ data, layout, columns });
}

/** The curves in words, for screen readers. */
export function inWords(points: readonly Point[], steps: number): string {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return `Loss curves of a run of ${steps} steps; no step is done yet.`;
  const terms = ["total", "content", "style", "variation"].map((term) => {
    const [from, to] = [first, last].map(({ losses }) => (losses[term] ?? 0).toPrecision(3));
    return `${term} from ${from} to ${to}`;
  });
  return `Loss curves after step ${last.number} of ${steps}: ${terms.join(", ")}.`;
}

/** The slow method's worker: loads the network, then descends step by step and reports each step. */

import { addressOf, loadRuntime } from "../litert";
import { Adam } from "./adam";
import { dissimilarity, isDue, nextRatio, wantedDissimilarity } from "./balance";
import { download } from "./download";
import { SlowObjective } from "./objective";
import { toRgba } from "./pixels";
import { named, type News, normalised, type Order, type Task, termWeights, withStyle } from "./task";
import { header, join } from "./weights";

/** A picture is sent at most this often. */
const PICTURE_MS = 200;

let paused = false;
let stopped = false;

const tell = (news: News, transfer: Transferable[] = []) => (postMessage as (m: unknown, t: Transferable[]) => void)(news, transfer);

async function paint(task: Task): Promise<void> {
  const { objective, terms, weights } = await prepared(task);
  const { settings } = task;
  const ofContent = await objective.bind(task.content, task.style, weights);
  let first = weights;
  if (settings.styleNormalisation && settings.styleWeight) {
    const { terms: atStart } = await objective.evaluate(task.content);
    first = normalised(weights, terms, atStart, settings);
    objective.weigh(first);
  }
  const adapts = settings.adaptiveBalance && settings.contentWeight > 0 && settings.styleWeight > 0;
  const ofStyle = adapts ? (await objective.evaluate(task.style, true)).activations! : ofContent;
  const toStyle = dissimilarity(ofStyle, ofContent);
  let ratio = 1;
  const adam = new Adam(task.content.slice(), settings.adam, settings.steps);
  let seconds = 0, sent = -Infinity;
  for (let number = 0; ; number++) {
    const began = performance.now();
    const adaptsNow = toStyle > 0 && isDue(number);
    const { terms: weighted, gradient, activations } = await objective.evaluate(adam.picture, adaptsNow);
    seconds += (performance.now() - began) / 1000;
    const losses = named(terms, weighted);
    if (!Number.isFinite(losses.total)) throw new Error("the loss is no number any more; try a lower strength");
    const isLast = number >= settings.steps || stopped;
    const shows = isLast || performance.now() - sent >= PICTURE_MS;
    const picture = shows ? toRgba(adam.shown()) : undefined;
    if (shows) sent = performance.now();
    tell({ kind: "step", number, losses, seconds, picture }, picture ? [picture.buffer] : []);
    if (isLast) return;
    if (adaptsNow) {
      ratio = nextRatio(ratio, dissimilarity(activations!, ofContent), wantedDissimilarity(settings, toStyle));
      objective.weigh(withStyle(first, terms, ratio));
    }
    adam.move(gradient);
    await orders();
  }
}

async function prepared(task: Task) {
  const started = download(addressOf(task.addresses, task.weights), (bytes, total) => tell({ kind: "loading", bytes, total }));
  started.catch(() => undefined); // reported below
  const [runtime, graph] = await Promise.all([
    loadRuntime(task.addresses, task.gpu), download(addressOf(task.addresses, task.graph), () => undefined),
  ]);
  const file = await started;
  tell({ kind: "preparing" });
  const { header: found } = header(file);
  const objective = await SlowObjective.compile(join(graph, file), runtime);
  tell({ kind: "ready", runtime });
  const weights = termWeights(found, task.settings, task.content.length);
  return { objective, terms: found.terms, weights };
}

/** Handles waiting messages, and waits while paused. */
async function orders(): Promise<void> {
  do await new Promise((resolve) => setTimeout(resolve, paused ? 50 : 0));
  while (paused && !stopped);
}

onmessage = ({ data }: MessageEvent<Order>) => {
  if (data === "pause" || data === "resume") paused = data === "pause";
  else if (data === "stop") stopped = true;
  else {
    paint(data.start).then(
      () => tell({ kind: "done" }),
      (reason: unknown) => tell({ kind: "failed", reason: reason instanceof Error ? reason.message : String(reason) }),
    );
  }
};

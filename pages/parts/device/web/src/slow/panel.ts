/** The panel "Paint on this device": its elements, and the effects of the visitor's clicks. */

import { allAbsolute } from "../addresses";
import type { Addresses, Runtime } from "../litert";
import { type ChartData, draw } from "./curves";
import type { Point } from "./figure";
import { Painting } from "./painting";
import { nearest, sampled, type Shape, toRgba } from "./pixels";
import type { News, Settings } from "./task";
import { failure, megabytes, progress } from "./words";

export interface SourcePicture {
  readonly title: string;
  readonly src: string;
}

/** The data from the page. */
export interface PanelData {
  readonly addresses: Addresses;
  /** The file of weights, and its size. */
  readonly weights: string;
  readonly weightsBytes: number;
  readonly shapes: readonly Shape[];
  readonly settings: Settings;
  readonly content: SourcePicture;
  readonly style: SourcePicture;
  readonly chart: ChartData;
}

type Role = "content" | "style";

const CHART_MS = 400;

export class Panel {
  private data!: PanelData;
  private painting: Painting | null = null;
  private paused = false;
  private stopping = false;
  /** Number of the starts so far; one that was stopped while it read its pictures must not go on. */
  private starts = 0;
  private points: Point[] = [];
  private steps = 0;
  private seconds = 0;
  private runtime: Runtime | null = null;
  private drawn = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Pictures that the visitor opened here; they stay in this browser. */
  private readonly own: Partial<Record<Role, HTMLImageElement>> = {};

  constructor(private readonly root: ParentNode) {
    const actions: Record<string, () => unknown> = {
      start: () => this.start(), pause: () => this.pause(), stop: () => this.stop(),
      save: () => this.save(), again: () => this.start(),
    };
    for (const button of root.querySelectorAll<HTMLButtonElement>("[data-do]")) {
      const action = actions[button.dataset.do!]; // the chart's own buttons are none of these
      if (action) button.addEventListener("click", () => void action());
    }
    for (const role of ["content", "style"] as const) {
      this.one<HTMLInputElement>(`[name=${role}]`).addEventListener("change", () => void this.open(role));
    }
    for (const name of ["log", "set"]) this.one(`[name=${name}]`).addEventListener("change", () => this.draw());
    document.addEventListener("visibilitychange", () => document.hidden || this.draw());
  }

  update(data: PanelData): void {
    const isFirst = !this.data;
    this.data = data;
    const edges = [...new Set(data.shapes.map(longest))].sort((a, b) => a - b);
    if (isFirst) this.one("[name=size]").replaceChildren(...edges.map((px) => new Option(`${px} pixels`, String(px))));
    this.one(".bytes").textContent = megabytes(data.weightsBytes);
    for (const role of ["content", "style"] as const) this.showSource(role);
    if (isFirst && typeof WebAssembly !== "object") this.fail("this browser has no WebAssembly");
    this.draw();
  }

  end(): void {
    this.painting?.end();
    clearTimeout(this.timer);
  }

  private async start(): Promise<void> {
    this.painting?.end();
    const { data } = this;
    const number = ++this.starts;
    this.show("working", "Preparing the pictures…");
    try {
      const content = this.own.content ?? (await loaded(data.content.src));
      const style = this.own.style ?? (await loaded(data.style.src));
      if (number !== this.starts) return;
      const edge = Number(this.field("size"));
      const shape = nearest(data.shapes.filter((each) => longest(each) === edge), content.width, content.height);
      this.begin(shape, sampled(content, shape), sampled(style, shape));
    } catch (reason) {
      this.fail(reason instanceof Error ? reason.message : "a picture could not be read");
    }
  }

  private begin(shape: Shape, content: Float32Array, style: Float32Array): void {
    const { addresses, weights, settings } = this.data;
    this.steps = Number(this.field("steps"));
    [this.points, this.paused, this.stopping, this.runtime, this.seconds] = [[], false, false, null, 0];
    Object.assign(this.canvas, { width: shape.width, height: shape.height });
    this.paint(toRgba(content));
    const task = {
      addresses: allAbsolute(addresses), weights, graph: shape.file, gpu: false, width: shape.width, height: shape.height, content, style,
      settings: { ...settings, steps: this.steps },
    };
    this.painting = new Painting(task, (news) => this.hear(news));
    this.draw();
  }

  private hear(news: News): void {
    if (news.kind === "loading") {
      const total = news.total || this.data.weightsBytes;
      this.show("working", `Loading the network: ${megabytes(news.bytes)} of ${megabytes(total)}`, news.bytes / total);
    } else if (news.kind === "preparing") this.show("working", "Preparing the network…");
    else if (news.kind === "ready") {
      this.runtime = news.runtime;
      this.show("working", "Reading the two pictures…");
    } else if (news.kind === "step") this.step(news);
    else if (news.kind === "failed") this.fail(news.reason);
    else this.finish();
  }

  private step({ number, losses, seconds, picture }: News & { kind: "step" }): void {
    this.points.push({ number, losses });
    this.seconds = seconds;
    if (picture) this.paint(picture);
    this.tell("painting");
    if (!this.timer) {
      this.timer = setTimeout(() => { this.timer = undefined; this.draw(); }, Math.max(0, this.drawn + CHART_MS - performance.now()));
    }
  }

  private finish(): void {
    this.painting = null;
    this.tell("done");
    this.draw();
  }

  /** At once while nothing is painted yet; else after the step under way, whose picture is kept. */
  private stop(): void {
    if (this.one(".nst-slow").dataset.state === "painting") {
      this.stopping = true;
      this.painting?.order("stop");
      return this.tell("painting");
    }
    this.starts++;
    this.painting?.end();
    this.painting = null;
    this.show("idle", "");
  }

  private pause(): void {
    this.paused = !this.paused;
    this.painting?.order(this.paused ? "pause" : "resume");
    this.one("[data-do=pause]").textContent = this.paused ? "Go on" : "Pause";
    this.tell("painting");
  }

  private tell(state: string): void {
    const step = this.points.at(-1)?.number ?? 0;
    const words = progress(step, this.steps, this.seconds, this.runtime, globalThis.crossOriginIsolated, state === "painting" && !this.stopping);
    const now = this.stopping ? "Stopping after this step. " : this.paused ? "Paused. " : "";
    this.show(state, state === "painting" ? now + words : words, step / this.steps);
  }

  /** The state, its text, and the finished share; without a share the bar only shows activity. */
  private show(state: string, words: string, share?: number): void {
    this.one(".nst-slow").dataset.state = state;
    this.one(".words").textContent = words;
    const bar = this.one<HTMLProgressElement>("progress");
    if (share === undefined) bar.removeAttribute("value");
    else bar.value = share;
    if (state !== "painting") this.one("[data-do=pause]").textContent = "Pause";
    this.canvas.setAttribute("aria-label", `The picture that this device paints. ${words}`);
  }

  private fail(reason: string): void {
    this.painting = null;
    this.show("failed", "");
    this.one(".reason").textContent = failure(reason);
  }

  private draw(): void {
    if (document.hidden || !this.points.length) return;
    this.drawn = performance.now();
    const view = { set: this.field("set"), logScale: this.one<HTMLInputElement>("[name=log]").checked };
    draw(this.one(".chart"), this.data.chart, this.points, this.steps, view);
  }

  private paint(pixels: Uint8ClampedArray<ArrayBuffer>): void {
    const { width, height } = this.canvas;
    this.canvas.getContext("2d")!.putImageData(new ImageData(pixels, width, height), 0, 0);
  }

  private save(): void {
    this.canvas.toBlob((blob) => {
      if (!blob) return;
      const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: "nst-this-device.png" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    }, "image/png");
  }

  private async open(role: Role): Promise<void> {
    const file = this.one<HTMLInputElement>(`[name=${role}]`).files?.[0];
    if (!file) return;
    this.one(".unread").textContent = "";
    try {
      this.own[role] = Object.assign(await loaded(URL.createObjectURL(file)), { title: file.name });
      this.showSource(role);
    } catch {
      this.one(".unread").textContent = `${file.name} is no picture that this browser can read. The one before stays.`; // a run goes on
    }
  }

  private showSource(role: Role): void {
    const image = this.one<HTMLImageElement>(`.${role} img`);
    image.src = this.own[role]?.src ?? this.data[role].src;
    this.one(`.${role} b`).textContent = this.own[role]?.title ?? this.data[role].title;
  }

  private get canvas(): HTMLCanvasElement {
    return this.one("canvas");
  }

  private field(name: string): string {
    return this.one<HTMLSelectElement>(`[name=${name}]`).value;
  }

  private one<E extends HTMLElement = HTMLElement>(selector: string): E {
    return this.root.querySelector<E>(selector)!;
  }
}

const longest = ({ width, height }: Shape) => Math.max(width, height);

async function loaded(src: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = src;
  await image.decode();
  if (!image.width || !image.height) throw new Error("a picture without a size, such as some drawings, cannot be painted");
  return image;
}

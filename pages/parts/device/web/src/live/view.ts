/** The live page's elements: finds them, and writes their texts, all through textContent. */

import { isDownload, type Runtime } from "../litert";
import type { Painted } from "./painter";
import type { Explanation } from "./sources";

export type State = "idle" | "waiting" | "running" | "failed";

export const WELCOME: Explanation = {
  title: "Your camera, painted",
  remedy: "The networks run in this browser. No frame leaves this device, unless you have one painted slowly.",
};

export class View {
  readonly root: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly video: HTMLVideoElement;
  readonly file: HTMLInputElement;
  private shown: ImageBitmap | null = null;

  constructor(parent: ParentNode) {
    this.root = parent.querySelector<HTMLElement>(".live")!;
    this.canvas = this.one("canvas");
    this.video = this.one("video");
    this.file = this.one("input[type=file]");
    this.say("idle", WELCOME);
  }

  one<T extends HTMLElement>(selector: string): T {
    return this.root.querySelector<T>(selector)!;
  }

  all<T extends HTMLElement>(selector: string): T[] {
    return [...this.root.querySelectorAll<T>(selector)];
  }

  field<T extends HTMLInputElement | HTMLSelectElement>(name: string): T {
    return this.one<T>(`[name=${name}]`);
  }

  get state(): State {
    return this.root.dataset.state as State;
  }

  /** The newest painted picture at its own size. */
  get picture(): ImageBitmap | null {
    return this.shown;
  }

  /** Shows a state with its words; a failure is read out at once. */
  say(state: State, words: Explanation): void {
    this.enter(state);
    const panel = this.one(".panel");
    panel.setAttribute("role", state === "failed" ? "alert" : "status");
    this.one(".title").textContent = words.title;
    this.one(".words").textContent = words.remedy;
    this.one(".figures").hidden = state !== "running";
  }

  show(frame: Painted): void {
    this.enter("running");
    const { canvas } = this;
    const ratio = frame.width / frame.height;
    const height = Math.round(canvas.width / ratio);
    if (canvas.height !== height) {
      canvas.height = height;
      this.one(".stage").style.aspectRatio = String(ratio);
    }
    this.shown?.close();
    this.shown = frame.picture;
    this.redraw();
  }

  /** Before the first frame there is nothing to hold, to keep or to hand over. */
  private enter(state: State): void {
    if (this.root.dataset.state === state) return;
    this.root.dataset.state = state;
    for (const button of this.all<HTMLButtonElement>(".bar button:not([data-do=stop])")) button.disabled = state !== "running";
  }

  figures(words: string): void {
    const box = this.one(".figures");
    box.hidden = false;
    box.textContent = words;
  }

  /** Draws the newest picture again: a film of a held one gets no frame otherwise. */
  redraw(): void {
    if (this.shown) this.canvas.getContext("2d")!.drawImage(this.shown, 0, 0, this.canvas.width, this.canvas.height);
  }

  tell(words: string): void {
    const told = this.one(".told");
    if (told.textContent !== words) told.textContent = words;
  }

  press(action: string, on: boolean, label: string): void {
    const button = this.one(`[data-do=${action}]`);
    button.setAttribute("aria-pressed", String(on));
    button.textContent = label;
  }

  options(name: string, entries: readonly { value: string; label: string }[], value: string): void {
    const select = this.field<HTMLSelectElement>(name);
    select.replaceChildren(...entries.map((entry) => new Option(entry.label, entry.value, false, entry.value === value)));
  }
}

/** Why nothing is painted, in plain words, with what to try. */
export function failure(told: string): Explanation {
  const reason = told.replace(/\.+$/, "");
  if (isDownload(reason)) return { title: "The networks could not be downloaded", remedy: `Is the connection up? Then start again. The reason: ${reason}.` };
  if (reason.startsWith("the style ")) return { title: "This style cannot be used", remedy: `Choose another one, then start again: ${reason}.` };
  return { title: "The networks cannot run in this browser", remedy: `A current Chrome, Edge, Firefox or Safari can. The reason: ${reason}.` };
}

/** Where the networks run, in words. */
export function runtimeWords(runtime: Runtime, isolated: boolean, askedForGpu: boolean): string {
  if (runtime.accelerator === "webgpu") return "Painted on this device, by its graphics card (WebGPU).";
  const threads = runtime.threads > 1 ? `${runtime.threads} threads` : "one thread";
  const why = runtime.threads === 1 && !isolated ? ", since this server does not isolate the page" : "";
  const gpu = askedForGpu ? " This browser offers no graphics card that could run the networks." : "";
  return `Painted on this device, by its processor (WebAssembly, ${threads}${why}).${gpu}`;
}

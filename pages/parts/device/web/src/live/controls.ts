/** The visitor's clicks and sliders, and their effects on the session. */

import { download, encoded, Film, filmType } from "./capture";
import { type Files, Session, type Settings, type Style } from "./session";
import { CAMERA_LOST, cameraOf, cameras, explain, type Explanation, type Kind, type Wish } from "./sources";
import { failure, runtimeWords, View, WELCOME } from "./view";

type Send = (name: string, value: unknown) => void;

const FIGURES_MS = 500;
/** The longest edge of a frame that is sent to the slow method. */
const HANDED_PX = 1280;

export class Controls {
  private readonly view: View;
  private readonly session: Session;
  private styles: readonly Style[] = [];
  private shares: number[] = [];
  private send: Send = () => undefined;
  private wish: Wish = { kind: "camera" };
  private film: Film | null = null;
  private filmNote = "";
  private troubleNote = "";
  private note = "";
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(parent: ParentNode, files: Files) {
    this.view = new View(parent);
    const settings: Settings = { mirror: false, calm: true, mostPerSecond: 30, edge: 0, gpu: true };
    this.session = new Session(this.view.video, files, settings, {
      painted: (frame) => this.view.show(frame),
      waiting: (words) => this.view.say("waiting", { title: words, remedy: "" }),
      runtime: (runtime) => (this.note = runtimeWords(runtime, globalThis.crossOriginIsolated, this.view.field("gpu").value === "1")),
      failed: (reason) => this.fail(failure(reason)),
      ended: () => (this.session.source?.kind === "camera" ? this.fail(CAMERA_LOST) : this.stop()),
    });
    this.timer = setInterval(() => this.tick(), FIGURES_MS);
    this.listen(files);
  }

  /** New styles from the page; the mix moves with their shares unless they stay the same. */
  update(styles: readonly Style[], send: Send): void {
    this.send = send;
    const told = JSON.stringify(styles.map(({ id, share }) => [id, share]));
    if (told === JSON.stringify(this.styles.map(({ id, share }) => [id, share]))) return;
    this.styles = styles;
    this.shares = styles.map(({ share }) => share);
    const [first, second] = styles;
    const mix = this.view.one(".mix");
    mix.hidden = styles.length !== 2;
    if (first && second && styles.length === 2) {
      mix.querySelector("span")!.textContent = `${first.title} to ${second.title}`;
      const total = first.share + second.share;
      this.view.field("mix").value = String(Math.round((100 * second.share) / (total || 1)));
    }
    this.applyLook();
  }

  close(): void {
    clearInterval(this.timer);
    void this.film?.stop();
    this.session.close();
  }

  private listen(files: Files): void {
    const { view, session } = this;
    for (const button of view.all("[data-start]")) button.onclick = () => this.begin(button.dataset.start as Kind | "again");
    view.file.onchange = () => {
      const file = view.file.files?.[0];
      view.file.value = "";
      if (file) void this.start({ kind: "file", file });
    };
    const actions: Record<string, () => unknown> = {
      freeze: () => this.freeze(),
      snapshot: () => this.snapshot(),
      record: () => this.record(),
      slow: () => this.paintSlowly(),
      stop: () => this.stop(),
      turn: () => this.start({ kind: "camera", facing: view.field<HTMLInputElement>("mirror").checked ? "environment" : "user" }),
    };
    for (const button of view.all("[data-do]")) button.onclick = () => void actions[button.dataset.do!]!();
    view.one<HTMLButtonElement>("[data-do=record]").hidden = !filmType();
    for (const slider of ["mix", "strength"]) view.field(slider).oninput = () => this.applyLook();
    view.field("mix").onchange = () => this.send("shares", this.shares);
    const edges = [...new Set(files.sizes.map(({ width, height }) => Math.min(width, height)))].sort((a, b) => a - b);
    view.options("edge", [{ value: "0", label: "As the speed allows" }, ...edges.map((px) => ({ value: String(px), label: `${px} pixels` }))], "0");
    view.field("edge").onchange = () => this.watched(session.setEdge(Number(view.field("edge").value)), "This size cannot be had");
    view.field("rate").onchange = () => (session.settings.mostPerSecond = Number(view.field("rate").value));
    view.field("device").onchange = () => this.start({ kind: "camera", device: view.field("device").value });
    view.field("gpu").onchange = () => {
      session.setGpu(view.field("gpu").value === "1");
      if (session.source) void this.start(this.wish);
    };
    for (const name of ["mirror", "calm"] as const) {
      view.field(name).onchange = () => {
        session.settings[name] = view.field<HTMLInputElement>(name).checked;
        session.changed();
      };
    }
  }

  private begin(kind: Kind | "again"): void {
    if (kind === "again") void this.start(this.wish);
    else if (kind === "file") this.view.file.click();
    else void this.start({ kind });
  }

  private async start(wish: Wish): Promise<void> {
    this.wish = wish;
    this.view.press("freeze", false, "Freeze");
    try {
      if (!(await this.session.start(wish))) return;
    } catch (reason) {
      return this.fail(explain(wish.kind, (reason as Error).name));
    }
    const stream = this.session.source?.stream; // none, if the networks failed meanwhile
    const camera = wish.kind === "camera" && stream ? cameraOf(stream) : null;
    this.view.field<HTMLInputElement>("mirror").checked = this.session.settings.mirror = camera?.isFront ?? false;
    await this.listCameras(camera?.id ?? "");
  }

  private async listCameras(current: string): Promise<void> {
    const all = await cameras().catch(() => []);
    this.view.one(".device").hidden = all.length < 2;
    this.view.one("[data-do=turn]").hidden = all.length < 2;
    this.view.options("device", all.map(({ id, name }) => ({ value: id, label: name })), current);
  }

  private stop(): void {
    this.end();
    this.view.say("idle", WELCOME);
  }

  private fail(words: Explanation): void {
    this.end();
    this.view.say("failed", words);
  }

  /** Gives the source back; a film that was being recorded is kept. */
  private end(): void {
    if (this.film) void this.record();
    this.session.stop();
  }

  private async freeze(): Promise<void> {
    const on = this.session.frozen === null;
    await this.session.freeze(on);
    this.view.press("freeze", on, on ? "Go on" : "Freeze");
  }

  private async snapshot(): Promise<void> {
    const { picture } = this.view;
    if (picture) download(await encoded(picture, picture.width, picture.height, "image/png"));
  }

  private async record(): Promise<void> {
    const { film } = this;
    this.film = film ? null : new Film(this.view.canvas);
    this.view.press("record", !film, film ? "Record" : "Stop recording");
    this.filmNote = "";
    if (!film) return;
    const file = await film.stop();
    if (file.size) download(file);
    else this.filmNote = " The film had no picture yet: record a little longer.";
  }

  /** Sends the unpainted frame to the page, which opens the slow method with it. */
  private async paintSlowly(): Promise<void> {
    const { image, width, height } = this.session.picture;
    const scale = Math.min(1, HANDED_PX / Math.max(width, height));
    const { mirror } = this.session.settings;
    const blob = await encoded(image, Math.round(width * scale), Math.round(height * scale), "image/jpeg", mirror);
    this.send("handed", { picture: await dataAddress(blob), shares: this.shares });
  }

  private applyLook(): void {
    const strength = Number(this.view.field("strength").value);
    this.output("strength", `${strength} %`);
    if (this.styles.length === 2) {
      const second = Number(this.view.field("mix").value);
      this.shares = [(100 - second) / 100, second / 100];
      this.output("mix", `${second} %`);
    }
    this.watched(this.session.setStyles(this.styles, this.shares, strength / 100), "The new style cannot be used");
  }

  /** Tells below the picture, which goes on, why a change did not come about. */
  private watched(change: Promise<void>, trouble: string): void {
    change.then(
      () => (this.troubleNote = ""),
      (reason: Error) => (this.troubleNote = ` ${trouble}: ${reason.message}.`),
    );
  }

  private output(name: string, words: string): void {
    const slider = this.view.field(name);
    slider.setAttribute("aria-valuetext", words);
    slider.parentElement!.querySelector("b")!.textContent = words;
  }

  private tick(): void {
    const { meter, size, frozen } = this.session;
    if (this.view.state !== "running" || !size) return;
    if (this.film && frozen) this.view.redraw();
    const speed = !frozen && meter.rate ? `${meter.rate.toFixed(meter.rate < 10 ? 1 : 0)} fps · ${Math.round(meter.latency)} ms · ` : "";
    const film = this.film ? ` · ● ${Math.round(this.film.seconds)} s` : "";
    this.view.figures(`${speed}${size.width} × ${size.height}${film}`);
    this.view.tell(this.note + (frozen ? " The picture is held." : "") + this.filmNote + this.troubleNote);
  }
}

function dataAddress(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error as DOMException);
    reader.readAsDataURL(blob);
  });
}

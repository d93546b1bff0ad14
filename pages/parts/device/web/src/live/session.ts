/** One visitor's live painting: a source, a painter and the loop between them. It knows nothing of the page's widgets. */

import { type Addresses, isDownload, type Runtime } from "../litert";
import { FrameClock } from "./frames";
import { Meter } from "./meter";
import { type Look, type Painted, Painter, type Size, sizesFor } from "./painter";
import { centredPart } from "./pixels";
import { ResolutionChooser } from "./resolution";
import { openSource, type Source, type Wish } from "./sources";

export interface Files {
  readonly addresses: Addresses;
  readonly predictor: string;
  readonly sizes: readonly Size[];
}

export interface Style {
  readonly id: string;
  readonly title: string;
  /** Address of the picture; a data address too. */
  readonly src: string;
  readonly share: number;
}

export interface Settings {
  mirror: boolean;
  calm: boolean;
  /** The most frames a second; 0 for no limit. */
  mostPerSecond: number;
  /** The fixed shorter edge in pixels; 0 lets the speed decide. */
  edge: number;
  gpu: boolean;
}

export interface Events {
  painted(frame: Painted): void;
  /** The event that the session waits for, or "" while frames arrive. */
  waiting(words: string): void;
  runtime(runtime: Runtime): void;
  failed(reason: string): void;
  /** The source ended by itself, for example because the visitor stopped to share the screen. */
  ended(): void;
}

/** The shorter edge to begin with. */
const FIRST_EDGE = 256;

export class Session {
  readonly meter = new Meter();
  source: Source | null = null;
  frozen: ImageBitmap | null = null;
  private painter: Painter | null = null;
  private opening: Promise<Painter> | null = null;
  private sizes: Size[] = [];
  private chooser: ResolutionChooser | null = null;
  private current = -1;
  private look: Look = { styles: [], strength: 1 };
  private styles: readonly Style[] = [];
  private readonly known = new Set<string>();
  private stale = true;
  private readonly clock: FrameClock;
  private loop = 0;

  constructor(private readonly video: HTMLVideoElement, private readonly files: Files, readonly settings: Settings, private readonly events: Events) {
    this.clock = new FrameClock(video);
  }

  /** Opens a source and paints from it; false if the visitor stopped meanwhile. Rejects with the browser's error. */
  async start(wish: Wish): Promise<boolean> {
    this.events.waiting(wish.kind === "file" ? "Opening the video…" : "Waiting for your permission…");
    this.openPainter().catch(() => undefined); // beside the visitor's answer; `paintAll` tells of an error
    this.stop();
    const number = this.loop;
    const source = await openSource(wish, this.video, () => number === this.loop);
    if (!source) return false;
    this.source = source;
    source.stream?.getVideoTracks()[0]?.addEventListener("ended", () => number === this.loop && this.events.ended());
    void this.paintAll(number);
    return true;
  }

  /** The styles and how to mix them; new ones are predicted, and frames go on in the old look until then. */
  async setStyles(styles: readonly Style[], shares: readonly number[], strength: number): Promise<void> {
    this.styles = styles;
    this.look = { styles: styles.map(({ id }, n) => ({ id, share: shares[n] ?? 1 })), strength };
    const painter = await this.opening?.catch(() => null); // `paintAll` tells of an error
    if (painter) await this.applyLook(painter);
  }

  async setEdge(edge: number): Promise<void> {
    this.settings.edge = edge;
    const index = this.sizes.findIndex((size) => edgeOf(size) === edge);
    if (this.painter && index >= 0) await this.chooseSize(index);
    this.chooser?.forget();
  }

  /** Holds the picture, or continues. A held picture is painted again when the look changes. */
  async freeze(on: boolean): Promise<void> {
    const held = on ? await createImageBitmap(this.video) : null;
    this.frozen?.close();
    this.frozen = held;
    this.stale = true;
    this.meter.reset();
  }

  /** The current frame as it comes from the source. */
  get picture(): { image: ImageBitmapSource & CanvasImageSource; width: number; height: number } {
    if (this.frozen) return { image: this.frozen, width: this.frozen.width, height: this.frozen.height };
    return { image: this.video, width: this.video.videoWidth, height: this.video.videoHeight };
  }

  get size(): Size | undefined {
    return this.sizes[this.current];
  }

  /** Ends the loop and releases the camera; the networks stay loaded for the next start. */
  stop(): void {
    this.loop++;
    this.closeSource();
  }

  close(): void {
    this.stop();
    this.closePainter();
  }

  /** Lets the GPU or the CPU take over at the next start. */
  setGpu(gpu: boolean): void {
    this.settings.gpu = gpu;
    this.closePainter();
  }

  /** Marks a held picture as painted in old settings. */
  changed(): void {
    this.stale = true;
  }

  private closeSource(): void {
    this.source?.close();
    this.source = null;
    this.frozen?.close();
    this.frozen = null;
  }

  private openPainter(): Promise<Painter> {
    return (this.opening ??= this.open());
  }

  private async open(): Promise<Painter> {
    const painter = (this.painter = new Painter());
    this.known.clear();
    const { addresses, predictor } = this.files;
    this.events.runtime(await painter.open({ addresses, predictor, gpu: this.settings.gpu }));
    await this.applyLook(painter);
    return painter;
  }

  /** Predicts the look's new styles, then takes it; a look that was replaced meanwhile is left to the newer call. */
  private async applyLook(painter: Painter): Promise<void> {
    const { look } = this;
    const fresh = this.styles.filter(({ id }) => !this.known.has(id));
    await Promise.all(fresh.map(async (style) => painter.addStyle(style.id, await decoded(style))));
    if (look !== this.look) return;
    this.known.clear();
    look.styles.forEach(({ id }) => this.known.add(id));
    await painter.setLook(look);
    this.stale = true;
  }

  private async chooseSize(index: number): Promise<void> {
    if (index === this.current) return;
    this.events.runtime(await this.painter!.setSize(this.sizes[index]!));
    this.current = index;
    this.stale = true;
  }

  /** Paints until the loop with this number ends. If the GPU fails, the CPU takes over. */
  private async paintAll(number: number): Promise<void> {
    try {
      this.events.waiting("Fetching the networks…");
      const painter = await this.openPainter();
      await painter.newScene();
      if (number !== this.loop) return;
      this.sizes = sizesFor(this.files.sizes, this.video.videoWidth, this.video.videoHeight);
      const index = Math.max(0, this.sizes.findIndex((size) => edgeOf(size) >= (this.settings.edge || FIRST_EDGE)));
      this.chooser = new ResolutionChooser(this.sizes.map(({ width, height }) => width * height), index);
      this.current = -1;
      await this.chooseSize(index);
      this.clock.reset();
      while (number === this.loop) await this.paintNext(number, painter);
    } catch (reason) {
      if (number !== this.loop) return;
      this.closePainter();
      if (this.settings.gpu && !isDownload((reason as Error).message)) {
        this.settings.gpu = false;
        return this.paintAll(number);
      }
      this.stop();
      this.events.failed((reason as Error).message);
    }
  }

  private async paintNext(number: number, painter: Painter): Promise<void> {
    const isOver = () => number !== this.loop;
    await this.clock.next(this.settings.mostPerSecond, () => this.frozen === null || this.stale, isOver);
    if (isOver()) return;
    this.stale = false;
    const began = performance.now();
    const { mirror, calm, edge } = this.settings;
    const painted = await painter.paint({ picture: await this.grab(), mirror, calm: calm && !this.frozen });
    if (isOver()) return painted.picture.close();
    this.meter.record(performance.now(), performance.now() - began);
    this.events.painted(painted);
    if (!this.frozen && edge === 0) await this.adapt(painted.totalMs);
  }

  /** Takes the size that suits the time of a frame; without a connection the painting goes on in the one that is here. */
  private async adapt(milliseconds: number): Promise<void> {
    const chooser = this.chooser!;
    try {
      await this.chooseSize(chooser.record(milliseconds));
    } catch {
      chooser.refuse(this.current);
    }
  }

  /** The centre of the frame in the network's shape and size. */
  private grab(): Promise<ImageBitmap> {
    const { image, width, height } = this.picture;
    const { width: resizeWidth, height: resizeHeight } = this.size!;
    const part = centredPart(width, height, resizeWidth, resizeHeight);
    const options = { resizeWidth, resizeHeight, resizeQuality: "medium" } as const;
    return createImageBitmap(image, part.left, part.top, part.width, part.height, options);
  }

  private closePainter(): void {
    this.painter?.close();
    this.painter = this.opening = null;
  }
}

/** A style's picture; the error names it. */
async function decoded({ title, src }: Style): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(await (await fetch(src)).blob());
  } catch {
    throw new Error(`the style ${title} cannot be read by this browser`);
  }
}

function edgeOf({ width, height }: Size): number {
  return Math.min(width, height);
}

/** The page's side of the worker that paints. */

import script from "worker:live/painter_worker.ts";
import { allAbsolute } from "../addresses";
import type { Addresses, Runtime } from "../litert";
import { Remote } from "../rpc";

export interface Opening {
  readonly addresses: Addresses;
  /** The file of the style prediction network. */
  readonly predictor: string;
  /** Whether to use the GPU if there is one. */
  readonly gpu: boolean;
}

/** A transformer for pictures of one size, in pixels. */
export interface Size {
  readonly file: string;
  readonly width: number;
  readonly height: number;
}

/** Styles with their shares, and how far to go from the scene's own style, 0, to theirs, 1, or beyond. */
export interface Look {
  readonly styles: readonly { readonly id: string; readonly share: number }[];
  readonly strength: number;
}

export interface Frame {
  readonly picture: ImageBitmap;
  readonly mirror: boolean;
  readonly calm: boolean;
}

export interface Painted {
  readonly picture: ImageBitmap;
  readonly width: number;
  readonly height: number;
  readonly networkMs: number;
  /** The worker's whole time for the frame. */
  readonly totalMs: number;
}

export class Painter {
  private readonly address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  private readonly worker = new Worker(this.address);
  private readonly remote = new Remote(this.worker);

  constructor() {
    this.worker.onerror = ({ message }) => this.remote.fail(message || "the worker stopped");
  }

  open(opening: Opening): Promise<Runtime> {
    return this.remote.call("open", { ...opening, addresses: allAbsolute(opening.addresses) });
  }

  /** Predicts the vector of a style, once for each id; takes the picture. */
  addStyle(id: string, picture: ImageBitmap): Promise<void> {
    return this.remote.call("addStyle", { id, picture }, [picture]);
  }

  /** Styles that are not part of the look are forgotten. */
  setLook(look: Look): Promise<void> {
    return this.remote.call("setLook", look);
  }

  /** Loads a size; returns where it runs: on the CPU if the GPU cannot run the whole network. */
  setSize(size: Size): Promise<Runtime> {
    return this.remote.call("setSize", size);
  }

  /** Forgets the frames so far, because another source follows. */
  newScene(): Promise<void> {
    return this.remote.call("newScene");
  }

  /** Paints a frame; takes its picture. */
  paint(frame: Frame): Promise<Painted> {
    return this.remote.call("paint", frame, [frame.picture]);
  }

  close(): void {
    this.worker.terminate();
    this.remote.fail("the worker was closed");
    URL.revokeObjectURL(this.address);
  }
}

/** The sizes whose shape is nearest to a picture's, by rising number of pixels. */
export function sizesFor(all: readonly Size[], width: number, height: number): Size[] {
  const distance = (size: Size) => Math.abs(Math.log((size.width * height) / (size.height * width)));
  const nearest = Math.min(...all.map(distance));
  return all.filter((size) => distance(size) < nearest + 0.01).sort((a, b) => a.width * a.height - b.width * b.height);
}

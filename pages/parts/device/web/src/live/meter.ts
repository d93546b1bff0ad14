/** Frames a second and latency, over the last two seconds. */

import { median } from "./resolution";

const WINDOW_MS = 2000;

export class Meter {
  private frames: { at: number; latency: number }[] = [];

  /** Notes a frame that is on screen at `at`, and was taken `latency` milliseconds before. */
  record(at: number, latency: number): void {
    this.frames.push({ at, latency });
    this.frames = this.frames.filter((frame) => frame.at > at - WINDOW_MS);
  }

  reset(): void {
    this.frames = [];
  }

  /** Frames a second; 0 until two frames were shown. */
  get rate(): number {
    const first = this.frames[0];
    const last = this.frames[this.frames.length - 1];
    return first && last && last.at > first.at ? ((this.frames.length - 1) * 1000) / (last.at - first.at) : 0;
  }

  /** The median latency in milliseconds. */
  get latency(): number {
    return median(this.frames.map((frame) => frame.latency));
  }
}

/** The size at which frames are painted, chosen by the measured time of a frame. */

/** The slowest frame before a smaller size is taken: 6 frames a second. */
export const SLOWEST_MS = 1000 / 6;
/** The expected time of a frame at which a larger size is taken: 12 frames a second, so that it does not fall back. */
export const COMFORTABLE_MS = 1000 / 12;
/** Frames at a new size that are not counted, since the first ones are slower, and those that are then judged. */
const IGNORED = 2;
const JUDGED = 5;
/** Frames after which a size that was too slow may be tried again: the machine may have been busy. */
const REMEMBERED = 300;

export class ResolutionChooser {
  private readonly times: number[] = [];
  private ignored = 0;
  private frames = 0;
  /** Measured milliseconds by index of the size, and the number of the frame. */
  private readonly measured = new Map<number, { milliseconds: number; frame: number }>();

  /**
   * @param pixels the pixels of each size, in rising order.
   * @param index the size to begin with.
   */
  constructor(private readonly pixels: readonly number[], public index: number) {}

  /** Notes the time of a frame at the current size, and returns the size for the next one. */
  record(milliseconds: number): number {
    this.frames++;
    if (this.ignored < IGNORED) {
      this.ignored++;
      return this.index;
    }
    this.times.push(milliseconds);
    if (this.times.length < JUDGED) return this.index;
    const typical = median(this.times);
    this.measured.set(this.index, { milliseconds: typical, frame: this.frames });
    if (typical > SLOWEST_MS && this.index > 0) this.moveTo(this.index - 1);
    else if (this.index < this.pixels.length - 1 && this.expected(this.index + 1, typical) < COMFORTABLE_MS) this.moveTo(this.index + 1);
    else this.times.shift();
    return this.index;
  }

  /** The chosen size cannot be had: stays at the one before, and asks again only after a while. */
  refuse(before: number): void {
    this.measured.set(this.index, { milliseconds: Infinity, frame: this.frames });
    this.moveTo(before);
  }

  /** Starts to count anew, because something else has slowed the frames down. */
  forget(): void {
    this.moveTo(this.index);
  }

  /** The measured time of a frame of a size, or its time estimated by pixels if that is longer. */
  private expected(index: number, typical: number): number {
    const { milliseconds, frame } = this.measured.get(index) ?? { milliseconds: 0, frame: 0 };
    const known = this.frames - frame < REMEMBERED ? milliseconds : 0;
    return Math.max((typical * this.pixels[index]!) / this.pixels[this.index]!, known);
  }

  private moveTo(index: number): void {
    this.index = index;
    this.times.length = 0;
    this.ignored = 0;
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/**
 * Temporal calm: where a scene stands still, a picture changes slowly, so that a camera's noise does not shimmer.
 *
 * Where a frame differs from earlier ones by no more than noise, it is averaged over time before the network
 * sees it, and the painted picture is averaged again. Where something moves, both follow at once.
 */

/** Differences of a channel, in [0, 1], up to which a pixel is still, and from which it moves: 4 and 16 of 255. */
const STILL = 4 / 255;
const MOVING = 16 / 255;
/** Shares of the new value where the scene is still, before the network and behind it. */
const NEW_BEFORE = 0.1;
const NEW_BEHIND = 0.2;

export class Calm {
  private seen: Float32Array | null = null;
  private painted: Float32Array | null = null;
  private motion: Float32Array;
  private readonly row: Float32Array;

  /** For pictures of this size, RGB floats in [0, 1]. */
  constructor(private readonly width: number, private readonly height: number) {
    this.motion = new Float32Array(width * height);
    this.row = new Float32Array(width * height);
  }

  /** Forget the frames so far, because the scene is another one. */
  reset(): void {
    this.seen = null;
    this.painted = null;
  }

  /** Forget the painted picture, because the style is another one. */
  resetPainted(): void {
    this.painted = null;
  }

  /** Steadies a frame in place, before the network. */
  before(frame: Float32Array): void {
    if (!this.seen) {
      this.seen = frame.slice();
      this.motion.fill(1);
      return;
    }
    this.measure(frame, this.seen);
    follow(this.seen, frame, this.motion, NEW_BEFORE);
    frame.set(this.seen);
  }

  /** Steadies the painted frame in place, by the motion that `before` found. */
  behind(painted: Float32Array): void {
    if (!this.painted) {
      this.painted = painted.slice();
      return;
    }
    follow(this.painted, painted, this.motion, NEW_BEHIND);
    painted.set(this.painted);
  }

  /** The motion of each pixel, 0 to 1: its greatest difference of a channel, averaged over 3 x 3 pixels. */
  private measure(frame: Float32Array, seen: Float32Array): void {
    const { width, height, motion, row } = this;
    for (let pixel = 0, at = 0; pixel < motion.length; pixel++, at += 3) {
      const red = Math.abs(frame[at]! - seen[at]!);
      const green = Math.abs(frame[at + 1]! - seen[at + 1]!);
      const blue = Math.abs(frame[at + 2]! - seen[at + 2]!);
      motion[pixel] = red > green ? (red > blue ? red : blue) : green > blue ? green : blue;
    }
    average(motion, row, 1, width, width * height);
    average(row, motion, width, height, width * height);
    for (let pixel = 0; pixel < motion.length; pixel++) {
      const share = (motion[pixel]! - STILL) / (MOVING - STILL);
      motion[pixel] = share < 0 ? 0 : share > 1 ? 1 : share;
    }
  }
}

/** Moves `kept` towards `now`: by `least` where nothing moves, all the way where the motion is 1. */
function follow(kept: Float32Array, now: Float32Array, motion: Float32Array, least: number): void {
  for (let pixel = 0, at = 0; pixel < motion.length; pixel++, at += 3) {
    const share = least + (1 - least) * motion[pixel]!;
    kept[at]! += share * (now[at]! - kept[at]!);
    kept[at + 1]! += share * (now[at + 1]! - kept[at + 1]!);
    kept[at + 2]! += share * (now[at + 2]! - kept[at + 2]!);
  }
}

/** The mean of three neighbours along one axis, whose pixels lie `stride` apart; at an edge it counts twice. */
function average(from: Float32Array, to: Float32Array, stride: number, length: number, total: number): void {
  const span = stride * length;
  for (let at = 0; at < total; at++) {
    const place = Math.floor((at % span) / stride);
    const before = place > 0 ? at - stride : at;
    const behind = place < length - 1 ? at + stride : at;
    to[at] = (from[before]! + from[at]! + from[behind]!) / 3;
  }
}

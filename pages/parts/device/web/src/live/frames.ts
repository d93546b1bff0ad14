/** When to take the next frame: not before there is a new one, not above the limit, and not in a hidden tab. */

/** Whether this browser reports a video's new frames. */
const CAN_TELL = "HTMLVideoElement" in globalThis && "requestVideoFrameCallback" in HTMLVideoElement.prototype;
/** After this time without a new frame the current one is taken: a still screen sends none. */
const LONGEST_WAIT_MS = 100;

export class FrameClock {
  private isFresh = true;
  private last = 0;
  private listener = 0;

  constructor(private readonly video: HTMLVideoElement) {}

  reset(): void {
    this.isFresh = true;
    this.last = 0;
    if (!this.listener) this.listen();
  }

  /**
   * Resolves when the next frame is due.
   *
   * @param mostPerSecond frames a second; 0 for no limit.
   * @param isWanted whether a frame is wanted at all.
   * @param isOver ends the waiting.
   */
  async next(mostPerSecond: number, isWanted: () => boolean, isOver: () => boolean): Promise<void> {
    const due = this.last + (mostPerSecond ? 1000 / mostPerSecond : 0);
    const latest = performance.now() + LONGEST_WAIT_MS;
    while (!isOver()) {
      const now = performance.now();
      if (!document.hidden && isWanted() && now >= due - 2 && (this.isFresh || now > latest)) break;
      await pause(document.hidden || !isWanted() ? 100 : Math.max(4, due - now));
    }
    this.last = performance.now();
    this.isFresh = !CAN_TELL;
  }

  private listen(): void {
    if (!CAN_TELL) return;
    this.listener = this.video.requestVideoFrameCallback(() => {
      this.isFresh = true;
      this.listen();
    });
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

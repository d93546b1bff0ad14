/** Saves the picture as a PNG, or records a film of it. */

const FILM_TYPES = ["video/mp4;codecs=avc1.42E01F", "video/mp4", "video/webm;codecs=vp8", "video/webm"];
const FILM_FRAMES_PER_SECOND = 30;

/** Offers a file to the visitor under a name with the time. */
export function download(blob: Blob, now = new Date()): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = fileName(blob.type, now);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** For example live-2026-11-27-14-05-09.png. */
export function fileName(type: string, now: Date): string {
  const ending = /^\w+\/(\w+)/.exec(type)?.[1] ?? "bin";
  return `live-${now.toISOString().slice(0, 19).replace(/[T:]/g, "-")}.${ending}`;
}

/** A picture or a video's frame as a file, at its own size. */
export async function encoded(picture: CanvasImageSource, width: number, height: number, type: string, mirror = false): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d")!;
  if (mirror) context.setTransform(-1, 0, 0, 1, width, 0);
  context.drawImage(picture, 0, 0, width, height);
  return canvas.convertToBlob({ type, quality: 0.92 });
}

/** The type of film that this browser records; empty if it records none. */
export function filmType(): string {
  if (!("MediaRecorder" in globalThis)) return "";
  return FILM_TYPES.find((type) => MediaRecorder.isTypeSupported(type)) ?? "";
}

/** Records a canvas until `stop`, which returns the film. */
export class Film {
  private readonly recorder: MediaRecorder;
  private readonly parts: Blob[] = [];
  private readonly began = performance.now();

  constructor(canvas: HTMLCanvasElement) {
    this.recorder = new MediaRecorder(canvas.captureStream(FILM_FRAMES_PER_SECOND), { mimeType: filmType() });
    this.recorder.ondataavailable = ({ data }) => this.parts.push(data);
    this.recorder.start(1000);
  }

  get seconds(): number {
    return (performance.now() - this.began) / 1000;
  }

  stop(): Promise<Blob> {
    return new Promise((resolve) => {
      this.recorder.onstop = () => {
        this.recorder.stream.getTracks().forEach((track) => track.stop());
        resolve(new Blob(this.parts, { type: this.recorder.mimeType.split(";")[0] }));
      };
      this.recorder.stop();
    });
  }
}

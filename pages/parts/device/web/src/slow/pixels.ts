/** Pictures as RGB in [0, 1] and as RGBA bytes. */

/** width x height x RGB in [0, 1], opaque, to RGBA. */
export function toRgba(values: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray((values.length / 3) * 4);
  for (let from = 0, to = 0; from < values.length; from += 3, to += 4) {
    for (let channel = 0; channel < 3; channel++) pixels[to + channel] = values[from + channel]! * 255;
    pixels[to + 3] = 255;
  }
  return pixels;
}

/** RGBA to RGB in [0, 1]. */
export function toRgb(pixels: Uint8ClampedArray): Float32Array {
  const values = new Float32Array((pixels.length / 4) * 3);
  for (let from = 0, to = 0; from < pixels.length; from += 4, to += 3) {
    for (let channel = 0; channel < 3; channel++) values[to + channel] = pixels[from + channel]! / 255;
  }
  return values;
}

/** The middle part of a picture with another aspect ratio: left, top, width, height. */
export function middle(width: number, height: number, ratio: number): [number, number, number, number] {
  const isWide = width > height * ratio;
  const [w, h] = isWide ? [height * ratio, height] : [width, width / ratio];
  return [(width - w) / 2, (height - h) / 2, w, h];
}

/** The shape, of those with this longest edge, whose aspect ratio is the nearest to that of a picture. */
export function nearest(shapes: readonly Shape[], width: number, height: number): Shape {
  const distance = (shape: Shape) => Math.abs(Math.log((shape.width / shape.height / width) * height));
  return [...shapes].sort((a, b) => distance(a) - distance(b))[0]!;
}

export interface Shape {
  readonly width: number;
  readonly height: number;
  /** The graph's file. */
  readonly file: string;
}

/** A picture's middle part in a shape, as RGB in [0, 1]. Halved in turn: one large reduction would skip pixels. */
export function sampled(picture: ImageBitmap | HTMLImageElement, { width, height }: Shape): Float32Array {
  const [left, top, w, h] = middle(picture.width, picture.height, width / height);
  let halvings = Math.max(0, Math.floor(Math.log2(w / width)));
  let source: CanvasImageSource = picture;
  let area = [left, top, w, h] as [number, number, number, number];
  for (; halvings >= 0; halvings--) {
    const [across, down] = halvings ? [area[2] / 2, area[3] / 2].map((edge) => Math.max(1, Math.round(edge))) as [number, number] : [width, height];
    const canvas = Object.assign(document.createElement("canvas"), { width: across, height: down });
    const context = canvas.getContext("2d", { willReadFrequently: true })!;
    context.imageSmoothingQuality = "high";
    context.fillStyle = "#fff"; // behind transparent parts, which the page tells: only the server leaves them out
    context.fillRect(0, 0, across, down);
    context.drawImage(source, ...area, 0, 0, across, down);
    if (!halvings) return toRgb(context.getImageData(0, 0, width, height).data);
    [source, area] = [canvas, [0, 0, across, down]];
  }
  throw new Error("unreachable");
}

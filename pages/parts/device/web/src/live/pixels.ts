/** Pixels between canvases, RGBA bytes, and networks, RGB floats in [0, 1]. */

export function toFloats(rgba: Uint8ClampedArray, rgb: Float32Array): void {
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = rgba[from]! / 255;
    rgb[to + 1] = rgba[from + 1]! / 255;
    rgb[to + 2] = rgba[from + 2]! / 255;
  }
}

/** Opaque bytes; a clamped array rounds and limits by itself. */
export function toBytes(rgb: Float32Array, rgba: Uint8ClampedArray): void {
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    rgba[to] = rgb[from]! * 255;
    rgba[to + 1] = rgb[from + 1]! * 255;
    rgba[to + 2] = rgb[from + 2]! * 255;
    rgba[to + 3] = 255;
  }
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The largest centred part of a picture that has the aspect ratio width : height. */
export function centredPart(pictureWidth: number, pictureHeight: number, width: number, height: number): Box {
  const scale = Math.min(pictureWidth / width, pictureHeight / height);
  const part = { width: Math.round(width * scale), height: Math.round(height * scale) };
  return { left: Math.round((pictureWidth - part.width) / 2), top: Math.round((pictureHeight - part.height) / 2), ...part };
}

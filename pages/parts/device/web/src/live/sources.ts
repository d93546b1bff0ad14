/** The sources of frames: a camera, the screen or a video file; and the message if one cannot be opened. */

export type Kind = "camera" | "screen" | "file";

export interface Wish {
  readonly kind: Kind;
  /** A camera by its id; else by `facing`. */
  readonly device?: string;
  readonly facing?: "user" | "environment";
  readonly file?: File;
}

export interface Source {
  readonly kind: Kind;
  readonly stream: MediaStream | null;
  /** Stops camera or screen, and frees the file. */
  close(): void;
}

const CAMERA = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };

/**
 * Plays a source in a muted video element; rejects with the browser's error.
 *
 * @param isWanted whether the visitor still waits for it; a source that comes too late is closed, and gives null.
 */
export async function openSource(wish: Wish, video: HTMLVideoElement, isWanted: () => boolean): Promise<Source | null> {
  const address = wish.kind === "file" ? URL.createObjectURL(wish.file!) : "";
  const stream = address ? null : await openStream(wish);
  const close = () => {
    stream?.getTracks().forEach((track) => track.stop());
    if (address) URL.revokeObjectURL(address);
    if (stream ? video.srcObject !== stream : video.src !== address) return; // another source has the element by now
    video.pause();
    video.srcObject = null;
    video.removeAttribute("src");
  };
  if (!isWanted()) {
    close();
    return null;
  }
  try {
    if (stream) video.srcObject = stream;
    else video.src = address;
    video.loop = wish.kind === "file";
    await video.play();
    if (address && !video.videoWidth) throw new DOMException("no picture", "NotSupportedError");
  } catch (reason) {
    close();
    if (!isWanted()) return null;
    throw reason;
  }
  if (!isWanted()) {
    close();
    return null;
  }
  return { kind: wish.kind, stream, close };
}

async function openStream(wish: Wish): Promise<MediaStream> {
  // Without a secure address browsers hide all of this, and there is no error to catch.
  if (!navigator.mediaDevices) throw new DOMException("no mediaDevices", "SecurityError");
  if (wish.kind === "screen") return navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 30 } }, audio: false });
  const which = wish.device ? { deviceId: { exact: wish.device } } : { facingMode: { ideal: wish.facing ?? "user" } };
  return navigator.mediaDevices.getUserMedia({ video: { ...CAMERA, ...which }, audio: false });
}

/** The cameras, by id and name; names are known only after a camera was allowed. */
export async function cameras(): Promise<{ id: string; name: string }[]> {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices
    .filter((device) => device.kind === "videoinput")
    .map((device, n) => ({ id: device.deviceId, name: device.label || `Camera ${n + 1}` }));
}

/** The camera that a stream comes from, and whether it should be shown as a mirror does. */
export function cameraOf(stream: MediaStream): { id: string; isFront: boolean } {
  const { deviceId = "", facingMode = "user" } = stream.getVideoTracks()[0]?.getSettings() ?? {};
  return { id: deviceId, isFront: facingMode !== "environment" };
}

export interface Explanation {
  readonly title: string;
  /** Advice. */
  readonly remedy: string;
}

const OTHERS = "You can also share your screen or open a video file.";

/** A camera that ends in the middle of it. */
export const CAMERA_LOST: Explanation = {
  title: "The camera has stopped",
  remedy: `It was unplugged or switched off, or its permission was taken back. Connect it and start again. ${OTHERS}`,
};

/** An error of the browser in plain words, with advice. */
export function explain(kind: Kind, errorName: string): Explanation {
  if (kind === "file") return { title: "This video cannot be played", remedy: "It has no picture, or the browser does not know its format. MP4 with H.264 and WebM play nearly everywhere." };
  if (errorName === "SecurityError" || errorName === "NotSupportedError" || errorName === "TypeError")
    return kind === "screen"
      ? { title: "This browser cannot share its screen here", remedy: "Phones cannot do it, and computers need a secure address that begins with https://. A camera or a video file may work." }
      : { title: "The browser does not offer its camera here", remedy: `It needs a secure address, one that begins with https://. You can open a video file instead.` };
  if (kind === "screen") return { title: "No screen was shared", remedy: "Choose a window, a tab or the whole screen in the browser's question. Nothing leaves this device." };
  return CAMERA_ERRORS[errorName] ?? { title: "The camera did not start", remedy: `Unplug it and plug it in again, or reload the page. ${OTHERS}` };
}

const CAMERA_ERRORS: Readonly<Record<string, Explanation>> = {
  NotAllowedError: {
    title: "The camera was not allowed",
    remedy: `Allow it at the sign beside the page's address, then start again. The picture stays on this device. ${OTHERS}`,
  },
  NotFoundError: { title: "There is no camera", remedy: `Connect one and start again. ${OTHERS}` },
  NotReadableError: {
    title: "The camera is busy",
    remedy: `Another program or tab uses it. Close that one, then start again. ${OTHERS}`,
  },
  OverconstrainedError: { title: "That camera is gone", remedy: `Choose another one from the list. ${OTHERS}` },
};

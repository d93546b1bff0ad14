import assert from "node:assert/strict";
import { test } from "node:test";
import { Session, type Settings, type Style } from "../../src/live/session";
import { openSource } from "../../src/live/sources";
import { failure } from "../../src/live/view";

class Track {
  readyState = "live";
  ended: (() => void) | undefined;
  stop(): void { this.readyState = "ended"; }
  addEventListener(_: string, told: () => void): void { this.ended = told; }
}

/** The page's video element, as far as a source needs it. */
class Video {
  src = "";
  srcObject: unknown = null;
  loop = false;
  videoHeight = 480;
  constructor(public videoWidth = 640) {}
  async play(): Promise<void> {}
  pause(): void {}
  removeAttribute(): void { this.src = ""; }
}

interface Call { number: number; name: string; argument: any }

/** The painter's worker: answers soon, unless a test's `answer` waits or throws. */
class FakeWorker {
  static answer: (call: Call) => unknown = () => undefined;
  static calls: Call[] = [];
  onmessage: ((event: unknown) => void) | null = null;
  async postMessage(call: Call): Promise<void> {
    FakeWorker.calls.push(call);
    const answer = await pause(1).then(() => FakeWorker.answer(call)).then((value) => ({ value }), (error: Error) => ({ error: error.message }));
    this.onmessage?.({ data: { number: call.number, ...answer } });
  }
  terminate(): void {}
}

const tracks: Track[] = [];
let allowed: Promise<unknown> = Promise.resolve();
const mediaDevices = {
  async getUserMedia() {
    await allowed;
    const track = new Track();
    tracks.push(track);
    return { getTracks: () => [track], getVideoTracks: () => [track] };
  },
};
Object.defineProperty(globalThis, "navigator", { value: { mediaDevices }, configurable: true });
Object.assign(globalThis, { document: { hidden: false }, Worker: FakeWorker, createImageBitmap: async () => ({ close: () => undefined }) });

const film = new File([], "film.mp4");
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const style = (id: string): Style => ({ id, title: id.toUpperCase(), src: "data:,x", share: 1 });
const SIZES = [128, 256, 384].map((px) => ({ file: `${px}`, width: px, height: px }));

/** A session whose painter answers as `answer` says, and what it told the page. */
function session(answer: (call: Call) => unknown = () => undefined) {
  const told = { failed: [] as string[], ended: 0, painted: 0 };
  const settings: Settings = { mirror: false, calm: false, mostPerSecond: 0, edge: 0, gpu: true };
  FakeWorker.calls = [];
  FakeWorker.answer = (call) => {
    const own = answer(call);
    if (call.name === "paint") return { picture: { close: () => undefined }, totalMs: 1 };
    return own ?? { accelerator: "wasm", threads: 1 };
  };
  const made = new Session(new Video() as unknown as HTMLVideoElement, { addresses: {}, predictor: "p", sizes: SIZES }, settings, {
    painted: () => told.painted++, waiting: () => undefined, runtime: () => undefined, failed: (reason) => told.failed.push(reason), ended: () => told.ended++,
  });
  Object.assign(globalThis, { document: { hidden: false, querySelector: () => null }, location: { origin: "http://x" } });
  return { made, told };
}

test("a camera that is allowed after the visitor has stopped is given back at once", async () => {
  let allow: (value: unknown) => void = () => undefined;
  allowed = new Promise((resolve) => (allow = resolve));
  const { made } = session();
  const started = made.start({ kind: "camera" });
  made.close();
  allow(null);
  assert.equal(await started, false);
  assert.equal(tracks.at(-1)!.readyState, "ended");
  assert.equal(made.source, null);
});

test("a source that is given back late leaves the video to the one that follows", async () => {
  const video = new Video();
  const element = video as unknown as HTMLVideoElement;
  const first = await openSource({ kind: "camera" }, element, () => true);
  const second = await openSource({ kind: "camera" }, element, () => true);
  first!.close();
  assert.equal(video.srcObject, second!.stream);
  second!.close();
  assert.equal(video.srcObject, null);
});

test("a film without a picture is refused, and its file is freed", async () => {
  const video = new Video(0);
  await assert.rejects(openSource({ kind: "file", file: film }, video as unknown as HTMLVideoElement, () => true), { name: "NotSupportedError" });
  assert.equal(video.src, "");
});

test("styles chosen in a hurry: the last one wins, and no look comes before the vectors of its styles", async () => {
  const added = new Set<string>();
  const { made, told } = session(async ({ name, argument }) => {
    if (name !== "addStyle") return undefined;
    if (argument.id === "b") await pause(30);
    added.add(argument.id);
    return {};
  });
  await made.setStyles([style("a")], [1], 1);
  await made.start({ kind: "camera" });
  for (let waits = 0; waits < 100 && !told.painted; waits++) await pause(5);
  const slow = made.setStyles([style("b")], [1], 1);
  await pause(10);
  await made.setStyles([style("c")], [1], 1);
  await slow;
  made.close();
  const looks = FakeWorker.calls.filter(({ name }) => name === "setLook").map(({ argument }) => argument.styles[0].id);
  assert.deepEqual(looks.filter((id, at) => id !== looks[at - 1]), ["a", "c"]);
  assert.deepEqual([...added].sort(), ["a", "b", "c"]);
});

test("a larger size that cannot be fetched leaves the painting as it is", async () => {
  const { made, told } = session(({ name, argument }) => {
    if (name === "setSize" && argument.file === "384") throw new Error("Failed to fetch");
  });
  await made.setStyles([style("a")], [1], 1);
  await made.start({ kind: "camera" });
  for (let waits = 0; waits < 100 && told.painted < 12; waits++) await pause(20);
  assert.ok(FakeWorker.calls.some(({ name, argument }) => name === "setSize" && argument.file === "384"));
  assert.equal(made.size!.width, 256);
  await assert.rejects(made.setEdge(384));
  const before = told.painted;
  for (let waits = 0; waits < 50 && told.painted === before; waits++) await pause(20);
  assert.ok(told.painted > before);
  assert.deepEqual(told.failed, []);
  made.close();
});

test("a camera that is unplugged is told, unless it was stopped before", async () => {
  const { made, told } = session();
  await made.start({ kind: "camera" });
  tracks.at(-1)!.ended!();
  assert.equal(told.ended, 1);
  made.stop();
  tracks.at(-1)!.ended!();
  assert.equal(told.ended, 1);
  made.close();
});

test("a failure of the connection, of a style and of the browser have remedies of their own", () => {
  const reasons = ["/device/x answered 404", "Failed to fetch", "NetworkError when attempting to fetch resource.", "Load failed",
    "Failed to execute 'importScripts' on 'WorkerGlobalScope': The script at 'http://x/y.js' failed to load."];
  for (const reason of reasons) assert.match(failure(reason).remedy, /connection/, reason);
  assert.match(failure("the style Waves cannot be read by this browser").title, /style/);
  assert.match(failure("WebAssembly is not defined").title, /cannot run in this browser/);
});

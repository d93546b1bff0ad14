/** The worker of the live page: predicts style vectors and paints frames, so that the page never waits. */

import { addressOf, fetchBytes, hasGraphicsCard, loadRuntime, Network, type Runtime } from "../litert";
import { type Port, serve, Transferred } from "../rpc";
import { Calm } from "./calm";
import type { Frame, Look, Opening, Painted, Size } from "./painter";
import { toBytes, toFloats } from "./pixels";
import { mix, towards } from "./vectors";

/** The style prediction network takes squares of this edge. */
const STYLE_PX = 256;
/** How often the scene's own style is predicted while it is part of the look, and how fast the look follows it. */
const OWN_STYLE_MS = 5000;
const OWN_STYLE_SHARE = 0.1;

let opening: Opening;
let runtime: Runtime;
let predictor: Promise<Network>;
let painting: { size: Size; network: Network; canvas: Canvas; input: Float32Array; calm: Calm } | null = null;
const styles = new Map<string, Float32Array>();
let look: Look = { styles: [], strength: 1 };
/** The networks' inputs are shared, and a network in use must not be deleted: such work is done one after another. */
let turn: Promise<unknown> = Promise.resolve();
let own: { vector: Float32Array; target: Float32Array; at: number } | null = null;

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = turn.then(work);
  turn = done.catch(() => undefined);
  return done;
}

async function open(given: Opening): Promise<Runtime> {
  opening = given;
  const bytes = fetchBytes(addressOf(given.addresses, given.predictor)); // beside the runtime, not after it
  bytes.catch(() => undefined); // it is reported below, when it is needed
  runtime = await loadRuntime(given.addresses, given.gpu && (await hasGraphicsCard()));
  predictor = bytes.then((found) => Network.compile(found, runtime));
  await predictor;
  return runtime;
}

async function addStyle({ id, picture }: { id: string; picture: ImageBitmap }): Promise<void> {
  if (!styles.has(id)) styles.set(id, await predicted(picture));
  picture.close();
  painting?.calm.resetPainted();
}

function setLook(next: Look): void {
  look = next;
  for (const id of [...styles.keys()]) if (!look.styles.some((style) => style.id === id)) styles.delete(id);
  painting?.calm.resetPainted();
}

/** Loads the network of a size and makes it the current one; frames go on in the old size until then. */
async function setSize(size: Size): Promise<Runtime> {
  const network = await Network.compile(await fetchBytes(addressOf(opening.addresses, size.file)), runtime);
  const { width, height } = size;
  return inTurn(async () => {
    painting?.network.delete();
    const input = new Float32Array(width * height * 3);
    painting = { size, network, canvas: canvas(width, height), input, calm: new Calm(width, height) };
    return network.runtime;
  });
}

function newScene(): void {
  painting?.calm.reset();
  own = null;
}

async function paint(frame: Frame): Promise<Transferred> {
  const began = performance.now();
  const now = painting;
  if (!now) throw new Error("no size was chosen");
  const { width, height } = now.size;
  now.canvas.setTransform(frame.mirror ? -1 : 1, 0, 0, 1, frame.mirror ? width : 0, 0);
  now.canvas.drawImage(frame.picture, 0, 0, width, height);
  const pixels = now.canvas.getImageData(0, 0, width, height);
  toFloats(pixels.data, now.input);
  if (frame.calm) now.calm.before(now.input);
  const vector = await currentVector(frame.picture);
  frame.picture.close();
  const before = performance.now();
  const [output] = await now.network.run(now.input, vector);
  const networkMs = performance.now() - before;
  if (!Number.isFinite(output![0])) throw new Error("the network's result is not a number");
  if (frame.calm) now.calm.behind(output!);
  toBytes(output!, pixels.data);
  now.canvas.putImageData(pixels, 0, 0);
  const picture = now.canvas.canvas.transferToImageBitmap();
  const painted: Painted = { picture, width, height, networkMs, totalMs: performance.now() - began };
  return new Transferred(painted, [picture]);
}

/** The vector of the look; with a strength other than 1 it also depends on the scene's own style. */
async function currentVector(picture: ImageBitmap): Promise<Float32Array> {
  const used = look.styles.filter(({ id }) => styles.has(id));
  if (!used.length) throw new Error("no style was chosen");
  const mixed = mix(used.map(({ id }) => styles.get(id)!), used.map(({ share }) => share));
  if (look.strength === 1) return mixed;
  if (!own || performance.now() - own.at > OWN_STYLE_MS) {
    const target = await predicted(picture);
    own = { vector: own?.vector ?? target, target, at: performance.now() };
  }
  own.vector = towards(own.vector, own.target, OWN_STYLE_SHARE);
  return towards(own.vector, mixed, look.strength);
}

async function predicted(picture: ImageBitmap): Promise<Float32Array> {
  const square = canvas(STYLE_PX, STYLE_PX);
  square.imageSmoothingQuality = "high";
  square.drawImage(picture, 0, 0, STYLE_PX, STYLE_PX);
  const input = new Float32Array(STYLE_PX * STYLE_PX * 3);
  toFloats(square.getImageData(0, 0, STYLE_PX, STYLE_PX).data, input);
  const [vector] = await (await predictor).run(input);
  if (!vector!.every(Number.isFinite)) throw new Error("the style's vector is not finite");
  return vector!.slice();
}

type Canvas = OffscreenCanvasRenderingContext2D;

function canvas(width: number, height: number): Canvas {
  return new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
}

serve(globalThis as unknown as Port, {
  open,
  addStyle: (given: Parameters<typeof addStyle>[0]) => inTurn(() => addStyle(given)),
  setLook,
  setSize,
  newScene,
  paint: (frame: Frame) => inTurn(() => paint(frame)),
});

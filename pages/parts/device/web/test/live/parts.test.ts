import assert from "node:assert/strict";
import { test } from "node:test";
import { fileName } from "../../src/live/capture";
import { Meter } from "../../src/live/meter";
import { sizesFor } from "../../src/live/painter";
import { centredPart, toBytes, toFloats } from "../../src/live/pixels";
import { explain, type Kind } from "../../src/live/sources";
import { mix, towards } from "../../src/live/vectors";
import { runtimeWords } from "../../src/live/view";

test("bytes survive the way to floats and back, without their alpha", () => {
  const bytes = new Uint8ClampedArray(256 * 4).map((_, at) => (at % 4 === 3 ? 7 : Math.floor(at / 4)));
  const floats = new Float32Array(256 * 3);
  toFloats(bytes, floats);
  assert.ok(floats.every((value) => value >= 0 && value <= 1));
  const back = new Uint8ClampedArray(bytes.length);
  toBytes(floats, back);
  assert.deepEqual(back, bytes.map((value, at) => (at % 4 === 3 ? 255 : value)));
});

test("the centred part has the network's shape and lies inside of the picture", () => {
  assert.deepEqual(centredPart(640, 480, 256, 256), { left: 80, top: 0, width: 480, height: 480 });
  assert.deepEqual(centredPart(480, 640, 320, 240), { left: 0, top: 140, width: 480, height: 360 });
});

test("sizes have the shape that is nearest to the picture's, smallest first", () => {
  const size = (width: number, height: number) => ({ file: `${width}x${height}`, width, height });
  const all = [size(384, 384), size(256, 192), size(256, 256), size(128, 96), size(192, 256)];
  assert.deepEqual(sizesFor(all, 640, 480).map(({ file }) => file), ["128x96", "256x192"]);
  assert.deepEqual(sizesFor(all, 480, 640).map(({ file }) => file), ["192x256"]);
  assert.deepEqual(sizesFor([size(384, 384), size(256, 256)], 1920, 1080).map(({ file }) => file), ["256x256", "384x384"]);
});

test("vectors mix by their shares, and strength goes from the scene's own style to theirs and beyond", () => {
  const [a, b] = [new Float32Array([1, 0]), new Float32Array([0, 2])];
  assert.deepEqual(mix([a, b], [0.75, 0.25]), new Float32Array([0.75, 0.5]));
  assert.deepEqual(mix([a, b], [3, 1]), mix([a, b], [0.75, 0.25]));
  assert.deepEqual(mix([a, b], [0, 0]), new Float32Array([0.5, 1]));
  assert.deepEqual(towards(a, b, 0), a);
  assert.deepEqual(towards(a, b, 1), b);
  assert.deepEqual(towards(a, b, 1.5), new Float32Array([-0.5, 3]));
});

test("the meter tells the rate and the typical latency of the last two seconds", () => {
  const meter = new Meter();
  assert.equal(meter.rate, 0);
  for (let frame = 0; frame < 100; frame++) meter.record(frame * 50, frame < 50 ? 900 : 40 + (frame % 3));
  assert.equal(Math.round(meter.rate), 20);
  assert.equal(meter.latency, 41);
});

test("each error of a source has a remedy of its own in plain words", () => {
  const camera = ["NotAllowedError", "NotFoundError", "NotReadableError", "OverconstrainedError", "SecurityError"];
  const cases: [Kind, string][] = [...camera.map((name): [Kind, string] => ["camera", name]), ["screen", "NotAllowedError"], ["file", "NotSupportedError"]];
  const titles = cases.map(([kind, name]) => explain(kind, name).title);
  assert.equal(new Set(titles).size, cases.length);
  for (const [kind, name] of cases) assert.doesNotMatch(explain(kind, name).title + explain(kind, name).remedy, /Error|undefined/);
  assert.notEqual(explain("camera", "AbortError").remedy, "");
});

test("a file's name tells the time and its type", () => {
  assert.equal(fileName("video/webm", new Date("2026-11-27T14:05:09Z")), "live-2026-11-27-14-05-09.webm");
});

test("the page says where the networks run, and why there is one thread", () => {
  assert.match(runtimeWords({ accelerator: "webgpu", threads: 1 }, false, true), /WebGPU/);
  assert.match(runtimeWords({ accelerator: "wasm", threads: 2 }, true, false), /2 threads\)\.$/);
  assert.match(runtimeWords({ accelerator: "wasm", threads: 1 }, false, true), /one thread, since this server.*no graphics card/);
});

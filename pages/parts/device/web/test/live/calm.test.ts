import assert from "node:assert/strict";
import { test } from "node:test";
import { Calm } from "../../src/live/calm";

const EDGE = 24;

/** A repeatable stream of normal noise. */
function noise(seed: number): () => number {
  let state = seed;
  const uniform = () => ((state = (state * 1664525 + 1013904223) % 2 ** 32) + 1) / (2 ** 32 + 1);
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

function scene(value: (pixel: number) => number): Float32Array {
  return new Float32Array(EDGE * EDGE * 3).map((_, at) => value(Math.floor(at / 3)));
}

function difference(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, at) => sum + Math.abs(value - b[at]!), 0) / a.length;
}

test("a camera's noise on a still scene changes a tenth as much, and the mean stays", () => {
  const calm = new Calm(EDGE, EDGE);
  const normal = noise(1);
  const still = scene((pixel) => 0.3 + 0.4 * (pixel % 2));
  let before = { noisy: still, calmed: still };
  const changes = { noisy: 0, calmed: 0 };
  for (let frame = 0; frame < 40; frame++) {
    const noisy = still.map((value) => value + (normal() * 1.5) / 255);
    const calmed = noisy.slice();
    calm.before(calmed);
    calm.behind(calmed);
    if (frame > 10) {
      changes.noisy += difference(noisy, before.noisy);
      changes.calmed += difference(calmed, before.calmed);
    }
    before = { noisy, calmed };
  }
  assert.ok(changes.noisy > 0);
  assert.ok(changes.calmed < changes.noisy / 10, JSON.stringify(changes));
  assert.ok(difference(before.calmed, still) < 1 / 255);
});

test("what moves is followed at once, and what stands beside it stays calm", () => {
  const calm = new Calm(EDGE, EDGE);
  const dark = scene(() => 0.2);
  for (const step of ["before", "behind"] as const) calm[step](dark.slice());
  const isLeft = (pixel: number) => pixel % EDGE < EDGE / 2;
  const moved = scene((pixel) => (isLeft(pixel) ? 0.9 : 0.2 + 1 / 255));
  const seen = moved.slice();
  calm.before(seen);
  calm.behind(seen);
  const far = (pixel: number) => [pixel * 3, pixel * 3 + 1, pixel * 3 + 2];
  assert.ok(far(2).every((at) => Math.abs(seen[at]! - 0.9) < 1e-6));
  assert.ok(far(EDGE - 2).every((at) => Math.abs(seen[at]! - 0.2) < 0.2 / 255));
});

test("after a reset the first frame passes unchanged", () => {
  const calm = new Calm(EDGE, EDGE);
  calm.before(scene(() => 0.1));
  calm.behind(scene(() => 0.1));
  calm.reset();
  const next = scene((pixel) => (pixel % 5) / 500);
  const passed = next.slice();
  calm.before(passed);
  calm.behind(passed);
  assert.deepEqual(passed, next);
});

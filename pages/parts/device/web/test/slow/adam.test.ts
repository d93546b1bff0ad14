import assert from "node:assert/strict";
import { test } from "node:test";
import { Adam, type AdamSettings } from "../../src/slow/adam";

const SETTINGS: AdamSettings = { learningRate: 0.1, finalRatio: 1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, averageDecay: 0 };
const near = (found: number, expected: number, within = 1e-6) =>
  assert.ok(Math.abs(found - expected) < within, `${found} instead of ${expected}`);

test("the first move is the learning rate against the sign of the gradient, whatever its size", () => {
  const adam = new Adam(new Float32Array([0.5, 0.5, 0.5]), SETTINGS, 10);
  adam.move(new Float32Array([3, -1e-3, 0]));
  [0.4, 0.6, 0.5].forEach((value, n) => near(adam.picture[n]!, value, 1e-5));
});

test("a large epsilon, outside of the bias correction, makes small gradients move less", () => {
  const adam = new Adam(new Float32Array([0.5]), { ...SETTINGS, epsilon: 0.1 }, 10);
  adam.move(new Float32Array([0.01]));
  // m = 0.001, sqrt(v) = 0.001, step = 0.1 * sqrt(0.01) / 0.1 = 0.1
  near(adam.picture[0]!, 0.5 - (0.1 * 0.001) / (0.001 + 0.1));
});

test("the picture stays within [0, 1]", () => {
  const adam = new Adam(new Float32Array([0.05, 0.95]), SETTINGS, 10);
  for (let n = 0; n < 3; n++) adam.move(new Float32Array([1, -1]));
  assert.deepEqual([...adam.picture], [0, 1]);
});

test("the learning rate falls by a cosine to its final share", () => {
  const adam = new Adam(new Float32Array([0.5]), { ...SETTINGS, learningRate: 0.01, finalRatio: 0, beta1: 0, beta2: 0 }, 4);
  const moves = Array.from({ length: 5 }, () => {
    const before = adam.picture[0]!;
    adam.move(new Float32Array([1]));
    return before - adam.picture[0]!;
  });
  moves.forEach((move, n) => near(move, (0.01 * (1 + Math.cos((Math.PI * n) / 4))) / 2));
});

test("the picture to show is the mean of the last ones, without a pull to black", () => {
  const still = new Adam(new Float32Array([0.3]), { ...SETTINGS, averageDecay: 0.95 }, 10);
  near(still.shown()[0]!, 0.3);
  still.move(new Float32Array([0]));
  near(still.shown()[0]!, 0.3);
  const moving = new Adam(new Float32Array([0.5]), { ...SETTINGS, averageDecay: 0.5 }, 10);
  moving.move(new Float32Array([1]));
  const first = moving.picture[0]!;
  moving.move(new Float32Array([1]));
  near(moving.shown()[0]!, (first + 2 * moving.picture[0]!) / 3);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { COMFORTABLE_MS, ResolutionChooser, SLOWEST_MS } from "../../src/live/resolution";

const EDGES = [128, 192, 256, 384, 512];
const PIXELS = EDGES.map((edge) => edge * edge);

/** The edges that a machine with this speed goes through in 200 frames, from 256. */
function edges(millisecondsPerMegapixel: number, jitter = 0): number[] {
  const chooser = new ResolutionChooser(PIXELS, 2);
  const seen = [256];
  for (let frame = 0; frame < 200; frame++) {
    const took = (millisecondsPerMegapixel * PIXELS[chooser.index]!) / 1e6 + (frame % 7 === 0 ? jitter : 0);
    const edge = EDGES[chooser.record(took)]!;
    if (edge !== seen[seen.length - 1]) seen.push(edge);
  }
  return seen;
}

test("a slow machine goes down until it is fast enough, and stays there", () => {
  assert.deepEqual(edges(6000), [256, 192, 128]);
  assert.deepEqual(edges(100_000), [256, 192, 128]);
});

test("a fast machine goes up to the size that it can hold", () => {
  assert.deepEqual(edges(400), [256, 384]);
  assert.deepEqual(edges(20), [256, 384, 512]);
});

test("a machine in between stays, and single slow frames change nothing", () => {
  assert.deepEqual(edges(1800, 500), [256]);
});

test("a machine that was only busy for a while comes back to the larger size", () => {
  const chooser = new ResolutionChooser(PIXELS, 2);
  for (let frame = 0; frame < 20; frame++) chooser.record(400);
  assert.equal(chooser.index, 0);
  for (let frame = 0; frame < 400; frame++) chooser.record(1e-3 * PIXELS[chooser.index]!);
  assert.equal(chooser.index, 2);
});

test("a size that was too slow is not taken again soon", () => {
  const chooser = new ResolutionChooser(PIXELS, 2);
  const times = [COMFORTABLE_MS, COMFORTABLE_MS, COMFORTABLE_MS / 4, SLOWEST_MS + 1, COMFORTABLE_MS];
  const seen = new Set<number>();
  for (let frame = 0; frame < 100; frame++) seen.add(chooser.record(times[chooser.index]!));
  assert.deepEqual([...seen], [2, 3].slice(0, seen.size));
  const settled = chooser.index;
  for (let frame = 0; frame < 50; frame++) chooser.record(times[chooser.index]!);
  assert.equal(chooser.index, settled);
  assert.equal(settled, 2);
});

test("a size that cannot be had is not asked for again at once, but after a while", () => {
  const chooser = new ResolutionChooser(PIXELS, 2);
  const asked: number[] = [];
  for (let frame = 0; frame < 700; frame++) {
    if (chooser.record(1) === 2) continue;
    asked.push(frame);
    chooser.refuse(2);
  }
  assert.equal(chooser.index, 2);
  assert.ok(asked.length >= 2 && asked.length <= 3, String(asked));
});

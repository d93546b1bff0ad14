import assert from "node:assert/strict";
import { test } from "node:test";
import { dissimilarity, isDue, nextRatio, wantedDissimilarity } from "../../src/slow/balance";
import { filled, inWords } from "../../src/slow/figure";
import { middle, nearest, toRgb, toRgba } from "../../src/slow/pixels";
import { named, normalised, type Settings, termWeights } from "../../src/slow/task";
import { duration, failure, pace, place, progress } from "../../src/slow/words";

const TERMS = ["content/block4_conv2", "style/block1_conv1", "style/block2_conv1", "variation"];
const SETTINGS = {
  contentWeight: 2, styleWeight: 20, variationWeight: 3, steps: 5,
  shares: { "content/block4_conv2": 1, "style/block1_conv1": 0.25 }, adam: {},
} as unknown as Settings;

test("a term's weight is its share of its kind's, over its magnitude on a photograph; a layer left out has none", () => {
  const units = { "content/block4_conv2": 8, "style/block1_conv1": 10, "style/block2_conv1": 5 };
  const weights = termWeights({ terms: TERMS, units, layers: [] }, SETTINGS, 300);
  assert.deepEqual([...weights].map((weight) => Number(weight.toFixed(6))), [0.25, 0.5, 0, 0.01]);
});

test("a normalised style weight is divided by how far apart style and content are, in units of the style's weight", () => {
  const weights = Float32Array.of(1, 2, 4, 8), weighted = [7, 30, 50, 9]; // the style's terms are 80 = 4 x 20
  const half = normalised(weights, TERMS, weighted, { ...SETTINGS, styleNormalisation: 0.5 });
  assert.deepEqual([...half], [1, 1, 2, 8]);
  const whole = normalised(weights, TERMS, weighted, { ...SETTINGS, styleNormalisation: 1 });
  assert.deepEqual([...whole], [1, 0.5, 1, 8]);
  const near = normalised(weights, TERMS, [7, 0, 0, 9], { ...SETTINGS, styleNormalisation: 1 });
  assert.deepEqual([...near], [1, 8, 16, 8]); // at most 4 times the weight
});

test("the style's weight adapts to what is left of the photograph, as on the server", () => {
  const wanted = wantedDissimilarity({ ...SETTINGS, contentWeight: 2, styleWeight: 20 }, 0.7);
  assert.ok(Math.abs(wanted - 0.6 / (1 + (2 / 0.74) ** 0.71)) < 1e-12);
  assert.equal(wantedDissimilarity(SETTINGS, 0.6), wanted);
  assert.ok(Math.abs(wantedDissimilarity(SETTINGS, 0.3) - wanted / 2) < 1e-12);
  assert.equal(nextRatio(2, wanted, wanted), 2);
  assert.ok(Math.abs(nextRatio(1, 1.2 * wanted, wanted) - 1.2 ** -0.5) < 1e-12);
  assert.equal(nextRatio(1, 0, wanted), 1.15);
  assert.equal(nextRatio(1, 1, wanted), 1 / 1.5);
  assert.equal(nextRatio(4, 0, wanted), 4);
  assert.deepEqual([9, 10, 11, 15].map(isDue), [false, true, false, true]);
});

test("the dissimilarity of activations is that of their directions, whatever their contrast", () => {
  const ours = Float32Array.of(1, 2, 0, 2);
  assert.ok(Math.abs(dissimilarity(ours, ours.map((value) => 5 * value))) < 1e-7);
  assert.equal(dissimilarity(ours, Float32Array.of(0, 0, 3, 0)), 1);
  assert.ok(Math.abs(dissimilarity(ours, Float32Array.of(3, 0, 0, 0)) - 2 / 3) < 1e-7);
  assert.equal(dissimilarity(ours, new Float32Array(4)), 1);
});

test("losses are summed by kind, as the server reports them", () => {
  assert.deepEqual(named(TERMS, [1, 2, 4, 8]), {
    total: 15, content: 1, style: 6, variation: 8, "style/block1_conv1": 2, "style/block2_conv1": 4,
  });
});

test("a figure is filled by term; on a log scale 0 is a gap", () => {
  const figure = { data: [{ name: "Total" }, { name: "Content" }], layout: { xaxis: { title: "Step" }, yaxis: {} } };
  const points = [{ number: 0, losses: { total: 2.00000049, content: 0 } }, { number: 1, losses: { total: 1, content: 0.5 } }];
  const set = { terms: ["total", "content"], figure };
  const log = JSON.parse(filled(set, points, 100, true));
  assert.deepEqual(log.columns, [[0, 1], [2, 1], [null, 0.5]]);
  assert.deepEqual(log.data, [{ name: "Total", x: 0, y: 1, customdata: 0 }, { name: "Content", x: 0, y: 2, customdata: 0 }]);
  assert.deepEqual(log.layout.xaxis, { title: "Step", range: [0, 100] });
  assert.equal(log.layout.yaxis.type, "log");
  const linear = JSON.parse(filled(set, points, 100, false));
  assert.deepEqual(linear.columns[2], [0, 0.5]);
  assert.notEqual(linear.layout.yaxis.uirevision, log.layout.yaxis.uirevision); // a zoom ends with its scale
});

test("a long curve is thinned, and keeps its last point", () => {
  const figure = { data: [{}], layout: { xaxis: {}, yaxis: {} } };
  const points = Array.from({ length: 1502 }, (_, number) => ({ number, losses: { total: 1 } }));
  const [steps] = JSON.parse(filled({ terms: ["total"], figure }, points, 2000, true)).columns;
  assert.ok(steps.length <= 601);
  assert.equal(steps.at(-1), 1501);
});

test("the curves are told in words", () => {
  assert.match(inWords([], 50), /no step is done yet/);
  const losses = { total: 4, content: 1, style: 2, variation: 1 };
  assert.match(inWords([{ number: 0, losses }, { number: 9, losses: { ...losses, style: 0.5 } }], 50), /step 9 of 50.*style from 2.00 to 0.500/);
});

test("pixels come back as they were", () => {
  const pixels = Uint8ClampedArray.of(0, 128, 255, 255, 1, 2, 3, 255);
  assert.deepEqual(toRgba(toRgb(pixels)), pixels);
});

test("the shape is the nearest in aspect ratio, and the picture's middle fills it", () => {
  const shapes = [[128, 128], [128, 96], [96, 128]].map(([width, height]) => ({ width: width!, height: height!, file: "" }));
  assert.deepEqual([nearest(shapes, 4000, 3000).width, nearest(shapes, 4000, 3000).height], [128, 96]);
  assert.equal(nearest(shapes, 1000, 2000).width, 96);
  assert.equal(nearest(shapes, 1000, 1100).height, 128);
  assert.deepEqual(middle(400, 300, 1), [50, 0, 300, 300]);
  assert.deepEqual(middle(300, 400, 3 / 2), [0, 100, 300, 200]);
});

test("words: time, pace, place, progress", () => {
  assert.deepEqual([duration(7.6), duration(125), duration(3780)], ["8 s", "2 min 5 s", "1 h 3 min"]);
  assert.deepEqual([pace(10, 5), pace(10, 25), pace(0, 0)], ["2.0 steps a second", "2.5 s a step", ""]);
  assert.match(place({ accelerator: "wasm", threads: 1 }, false), /this host does not allow/);
  assert.doesNotMatch(place({ accelerator: "wasm", threads: 1 }, true), /host/);
  const runtime = { accelerator: "wasm", threads: 2 } as const;
  assert.equal(progress(10, 50, 5, runtime, true), "Step 10 of 50 · 2.0 steps a second · about 20 s left · on 2 cores of this device");
  assert.doesNotMatch(progress(50, 50, 5, runtime, true), /left/);
  assert.doesNotMatch(progress(10, 50, 5, runtime, true, false), /left/, "of a run that was stopped");
});

test("a failure says what can be done", () => {
  assert.match(failure("RangeError: Array buffer allocation failed"), /smaller size/);
  assert.match(failure("/device/x answered 404"), /connection/);
  assert.match(failure("the loss is no number any more"), /no number/);
});

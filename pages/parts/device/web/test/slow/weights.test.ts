import assert from "node:assert/strict";
import { test } from "node:test";
import { halfTable, header, join, mirror } from "../../src/slow/weights";

/** A file of one layer with 2 channels in and 3 out, in which every value differs. */
function file(isCodebook: boolean): { bytes: Uint8Array; kernel: number[] } {
  const count = 3 * 9 * 2;
  const codes = Array.from({ length: count }, (_, n) => n);
  const table = Float32Array.from({ length: 256 }, (_, n) => n / 4 - 3);
  const halves = Uint16Array.from(codes, (n) => 0x3c00 + n); // 1 + n / 1024
  const kernel = isCodebook ? new Uint8Array(codes) : new Uint8Array(halves.buffer);
  const pieces = [kernel, ...(isCodebook ? [new Uint8Array(table.buffer)] : []), new Uint8Array(Float32Array.of(7, 8, 9).buffer)];
  const places: number[] = [];
  let at = 0;
  for (const piece of pieces) {
    places.push(at);
    at += Math.ceil(piece.length / 16) * 16;
  }
  const layer = { name: "a", inputs: 2, outputs: 3, kernel: 0, table: isCodebook ? places[1] : null, bias: places.at(-1) };
  const text = JSON.stringify({ terms: ["variation"], units: {}, layers: [layer] });
  const padded = text.padEnd(Math.ceil((12 + text.length) / 16) * 16 - 12);
  const bytes = new Uint8Array(12 + padded.length + at);
  bytes.set(new TextEncoder().encode("NSTSLOW1"));
  new DataView(bytes.buffer).setUint32(8, padded.length, true);
  bytes.set(new TextEncoder().encode(padded), 12);
  pieces.forEach((piece, n) => bytes.set(piece, 12 + padded.length + places[n]!));
  return { bytes, kernel: codes.map((n) => (isCodebook ? table[n]! : 1 + n / 1024)) };
}

for (const isCodebook of [true, false]) {
  test(`a graph is joined to kernel, bias and mirrored kernel, from ${isCodebook ? "codes" : "float16"}`, () => {
    const { bytes, kernel } = file(isCodebook);
    const joined = join(new Uint8Array(20).fill(5), bytes);
    assert.deepEqual([...joined.subarray(0, 20)], new Array(20).fill(5));
    const values = [...new Float32Array(joined.buffer, 32)]; // behind the graph, at a multiple of 16
    assert.deepEqual(values.slice(0, 54), kernel);
    assert.deepEqual(values.slice(54, 57), [7, 8, 9]);
    const mirrored = values.slice(57);
    assert.equal(mirrored.length, 54);
    for (const [output, row, column, input] of [[0, 0, 0, 0], [2, 0, 1, 1], [1, 2, 0, 1]] as const) {
      const from = ((output * 3 + row) * 3 + column) * 2 + input;
      assert.equal(mirrored[((input * 3 + 2 - row) * 3 + 2 - column) * 3 + output], kernel[from]);
    }
  });
}

test("mirroring twice gives the kernel back", () => {
  const kernel = Float32Array.from({ length: 4 * 9 * 2 }, (_, n) => n), once = new Float32Array(72), twice = new Float32Array(72);
  mirror(kernel, once, 2, 4);
  mirror(once, twice, 4, 2);
  assert.deepEqual(twice, kernel);
});

test("half precision: normal, subnormal, negative, infinite", () => {
  const table = halfTable();
  assert.equal(table[0x3c00], 1);
  assert.equal(table[0xc500], -5);
  assert.equal(table[0x0001], 2 ** -24);
  assert.equal(table[0x7bff], 65504);
  assert.equal(table[0x7c00], Infinity);
  assert.ok(Object.is(table[0x8000], -0));
});

test("another file is refused", () => {
  assert.throws(() => header(new TextEncoder().encode("<!doctype html><title>Not found")), /no file of weights/);
});

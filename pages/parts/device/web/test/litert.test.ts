import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, MAX_THREADS, runtimeFile, threadCount } from "../src/litert";

test("threads are used only where the page is isolated", () => {
  assert.equal(threadCount(runtimeFile(false, true), 8), 1);
  assert.equal(threadCount(runtimeFile(true, true), 2), 2);
  assert.equal(threadCount(runtimeFile(true, true), 64), MAX_THREADS);
});

test("a browser without relaxed SIMD gets the compatible build, isolated or not", () => {
  assert.equal(runtimeFile(true, false), "litert_wasm_compat_internal.js");
  assert.equal(threadCount(runtimeFile(true, false), 8), 1);
});

test("a missing address names its file", () => {
  assert.equal(addressOf({ a: "/a" }, "a"), "/a");
  assert.throws(() => addressOf({}, "style_predict.tflite"), /style_predict\.tflite/);
});

/** LiteRT in a worker: loads the runtime and runs networks on the GPU or, with or without threads, on the CPU. */

import { type CompiledModel, getGlobalLiteRt, getWebGpuDevice, loadAndCompile, loadLiteRt, supportsFeature, Tensor } from "@litertjs/core";

/** File name -> absolute address, of the runtime's files and of the networks. */
export type Addresses = Readonly<Record<string, string>>;

export interface Runtime {
  /** Where networks run; `wasm` is the CPU. */
  readonly accelerator: "webgpu" | "wasm";
  /** Threads on the CPU. */
  readonly threads: number;
}

/** More threads than this gained nothing: phones have four fast cores at most. */
export const MAX_THREADS = 4;

/** The runtime's build for this browser: threads need a page that its server isolates, some browsers lack fast SIMD. */
export function runtimeFile(isolated: boolean, relaxedSimd: boolean): string {
  if (!relaxedSimd) return "litert_wasm_compat_internal.js";
  return isolated ? "litert_wasm_threaded_internal.js" : "litert_wasm_internal.js";
}

/** The threads to use on a machine with that many logical cores. */
export function threadCount(file: string, cores: number): number {
  return file.includes("threaded") ? Math.max(1, Math.min(MAX_THREADS, cores)) : 1;
}

/**
 * Loads the runtime; call it once, in a classic worker.
 *
 * @param addresses must hold the runtime's files.
 * @param gpu whether to use the GPU if the browser offers one.
 */
export async function loadRuntime(addresses: Addresses, gpu: boolean): Promise<Runtime> {
  const isolated = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated === true;
  const file = runtimeFile(isolated, await supportsFeature("relaxedSimd"));
  const script = addressOf(addresses, file);
  // The runtime looks for its other files beside the worker's own script, which here is a blob.
  const locateFile = (name: string) => addresses[name] ?? name;
  // Its messages, for instance about the accelerators tried, would look like errors in the page's console.
  const printErr = (words: string) => console.debug(words);
  Object.assign(globalThis, { Module: { locateFile, mainScriptUrlOrBlob: script, printErr } });
  await loadLiteRt(script);
  const accelerator = gpu && getWebGpuDevice() ? "webgpu" : "wasm";
  return { accelerator, threads: threadCount(file, navigator.hardwareConcurrency || 1) };
}

/** Whether the browser offers a graphics card, and not a slow imitation of one on the processor. */
export async function hasGraphicsCard(): Promise<boolean> {
  const adapter = await navigator.gpu?.requestAdapter();
  return !!adapter && !adapter.info.isFallbackAdapter;
}

/** The address of a file; the error names the file that the page did not give. */
export function addressOf(addresses: Addresses, file: string): string {
  const address = addresses[file];
  if (!address) throw new Error(`the page gave no address for ${file}`);
  return address;
}

/** The bytes of a file; the error names its address and the server's answer. */
export async function fetchBytes(address: string): Promise<Uint8Array> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** Whether the reason of a failure is a download that did not come, in the words of any browser. */
export function isDownload(reason: string): boolean {
  return /answered \d|fetch|load failed|failed to load|networkerror/i.test(reason);
}

/** A compiled network with fixed shapes. */
export class Network {
  private readonly results: Float32Array[] = [];

  private constructor(private readonly model: CompiledModel, readonly runtime: Runtime, private readonly inputs: Tensor[]) {}

  /** Compiles a network. One that the GPU cannot take as a whole runs on the CPU; `runtime` says so. */
  static async compile(bytes: Uint8Array, runtime: Runtime): Promise<Network> {
    const cpuOptions = { numThreads: runtime.threads };
    let model = await loadAndCompile(bytes, { accelerator: runtime.accelerator, cpuOptions });
    let used = runtime;
    if (runtime.accelerator === "webgpu" && !model.isFullyAccelerated) {
      model.delete();
      used = { ...runtime, accelerator: "wasm" };
      model = await loadAndCompile(bytes, { accelerator: "wasm", cpuOptions });
    }
    const inputs = model.getInputDetails().map(({ shape }) => new Tensor(new Float32Array(size(shape)), shape));
    return new Network(model, used, inputs);
  }

  /** The shapes of the inputs, in order. */
  get shapes(): number[][] {
    return this.model.getInputDetails().map(({ shape }) => [...shape]);
  }

  /** Runs the network; each value goes to the input of its length, and the next run overwrites the results. */
  async run(...values: Float32Array[]): Promise<Float32Array[]> {
    for (const value of values) {
      const input = this.inputs.find(({ type }) => size(type.layout.dimensions) === value.length);
      if (!input) throw new Error(`no input has ${value.length} numbers; the shapes are ${JSON.stringify(this.shapes)}`);
      write(input, value);
    }
    const outputs = await this.model.run(this.inputs);
    try {
      for (const [n, output] of outputs.entries()) this.results[n] = await read(output, this.results[n]);
      return this.results;
    } finally {
      outputs.forEach((output) => output.delete());
    }
  }

  delete(): void {
    this.inputs.forEach((input) => input.delete());
    this.model.delete();
  }
}

function size(shape: Iterable<number>): number {
  return [...shape].reduce((product, edge) => product * edge, 1);
}

/** The numbers of a tensor, written to `into` if possible: a new array for each frame would cost garbage collection. */
async function read(tensor: Tensor, into: Float32Array | undefined): Promise<Float32Array> {
  if (!into || tensor.accelerator !== "wasm") return (await tensor.data()) as Float32Array;
  const { HEAPU8, LiteRtTensorBufferLockMode } = getGlobalLiteRt().liteRtWasm;
  const at = tensor.liteRtTensorBuffer.lock(LiteRtTensorBufferLockMode.READ);
  try {
    into.set(new Float32Array(HEAPU8.buffer, at, into.length));
    return into;
  } finally {
    tensor.liteRtTensorBuffer.unlock();
  }
}

/** Writes into a tensor that exists, so that nothing is allocated for a frame. */
function write(tensor: Tensor, values: Float32Array): void {
  const { HEAPU8, LiteRtTensorBufferLockMode } = getGlobalLiteRt().liteRtWasm;
  const at = tensor.liteRtTensorBuffer.lock(LiteRtTensorBufferLockMode.WRITE);
  try {
    HEAPU8.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
  } finally {
    tensor.liteRtTensorBuffer.unlock();
  }
}

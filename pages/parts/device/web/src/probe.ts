/** Times one network in this browser and returns its results: for benchmarks and tests, without a page. */

import script from "worker:probe_worker.ts";
import type { Addresses, Runtime } from "./litert";

export interface ProbeTask {
  readonly addresses: Addresses;
  /** The network's file; its address must be given. */
  readonly file: string;
  /** Whether to use the GPU if there is one. */
  readonly gpu: boolean;
  /** The network's inputs, in any order: each goes to the input of its length. */
  readonly inputs: Float32Array[];
  readonly runs: number;
}

export interface ProbeResult {
  readonly runtime: Runtime;
  readonly loadMs: number;
  readonly compileMs: number;
  /** Milliseconds of each run. */
  readonly runMs: number[];
  /** The outputs of the last run. */
  readonly outputs: Float32Array[];
}

/** Runs the task in a worker of its own; rejects with the worker's reason. */
export function probe(task: ProbeTask): Promise<ProbeResult> {
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const worker = new Worker(address);
  return new Promise<ProbeResult>((resolve, reject) => {
    worker.onmessage = ({ data }) => ("error" in data ? reject(new Error(data.error)) : resolve(data));
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(task);
  }).finally(() => {
    worker.terminate();
    URL.revokeObjectURL(address);
  });
}

import { addressOf, fetchBytes, loadRuntime, Network } from "./litert";
import type { ProbeResult, ProbeTask } from "./probe";

async function measure(task: ProbeTask): Promise<ProbeResult> {
  const times = [performance.now()];
  const mark = () => times.push(performance.now());
  const runtime = await loadRuntime(task.addresses, task.gpu);
  mark();
  const network = await Network.compile(await fetchBytes(addressOf(task.addresses, task.file)), runtime);
  mark();
  let outputs: Float32Array[] = [];
  for (let run = 0; run < task.runs; run++) {
    outputs = await network.run(...task.inputs);
    mark();
  }
  const [loadMs = 0, compileMs = 0, ...runMs] = times.slice(1).map((time, n) => time - times[n]!);
  return { runtime: network.runtime, loadMs, compileMs, runMs, outputs };
}

onmessage = ({ data }: MessageEvent<ProbeTask>) => {
  measure(data).then(postMessage, (reason: unknown) => postMessage({ error: String(reason) }));
};

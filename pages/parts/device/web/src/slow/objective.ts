/** The slow method's objective in a worker: its loss terms and their gradient, by one LiteRT graph. */

import { type CompiledModel, loadAndCompile, Tensor } from "@litertjs/core";
import type { Runtime } from "../litert";

/** The graph's results that are its inputs on another picture: result -> input. */
const TARGETS: Readonly<Record<string, string>> = {
  activations: "content",
  ...Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`gram_${n}`, `target_${n}`])),
};

export interface Evaluation {
  /** The weighted terms. */
  readonly terms: Float32Array;
  readonly gradient: Float32Array;
  /** The picture's activations at the content layer; only where asked for. */
  readonly activations?: Float32Array;
}

export class SlowObjective {
  private constructor(private readonly model: CompiledModel, private readonly inputs: Record<string, Tensor>) {}

  /** Compiles a joined graph. */
  static async compile(file: Uint8Array, runtime: Runtime): Promise<SlowObjective> {
    const model = await loadAndCompile(file, {
      accelerator: runtime.accelerator, cpuOptions: { numThreads: runtime.threads }, gpuOptions: { precision: "fp32" },
    });
    const inputs = Object.fromEntries(
      model.getInputDetails().map(({ name, shape }) => [name, new Tensor(new Float32Array(size(shape)), shape)]),
    );
    return new SlowObjective(model, inputs);
  }

  /** Takes the targets from the two pictures, values in [0, 1], and the weights of the terms; returns the content's
   * activations at the content layer. */
  async bind(content: Float32Array, style: Float32Array, weights: Float32Array): Promise<Float32Array> {
    const ofStyle = await this.run(style, Object.keys(TARGETS).filter((name) => name !== "activations"));
    const ofContent = await this.run(content, ["activations"]);
    for (const [name, values] of Object.entries({ ...ofStyle, ...ofContent })) this.set(TARGETS[name]!, values);
    this.weigh(weights);
    return ofContent.activations!.slice();
  }

  /** Takes other weights of the terms. */
  weigh(weights: Float32Array): void {
    this.set("weights", weights);
  }

  async evaluate(picture: Float32Array, withActivations = false): Promise<Evaluation> {
    const wanted = ["terms", "gradient", ...(withActivations ? ["activations"] : [])];
    const { terms, gradient, activations } = await this.run(picture, wanted);
    return { terms: terms!, gradient: gradient!, activations };
  }

  private async run(picture: Float32Array, wanted: readonly string[]): Promise<Record<string, Float32Array>> {
    this.set("picture", picture);
    const outputs = await this.model.run(this.inputs);
    try {
      const values = wanted.map(async (name) => [name, (await outputs[name]!.data()) as Float32Array] as const);
      return Object.fromEntries(await Promise.all(values));
    } finally {
      Object.values(outputs).forEach((output) => output.delete());
    }
  }

  private set(name: string, values: Float32Array): void {
    const before = this.inputs[name];
    if (!before) throw new Error(`the graph has no input ${name}`);
    this.inputs[name] = new Tensor(values, [...before.type.layout.dimensions]);
    before.delete();
  }
}

function size(shape: Iterable<number>): number {
  return [...shape].reduce((product, edge) => product * edge, 1);
}

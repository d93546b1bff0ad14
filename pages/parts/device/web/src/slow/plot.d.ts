/** The project's own chart, see pages/parts/curves/plot.py. */
declare module "*/curves/plot.js" {
  export default function plot(mount: {
    parentElement: HTMLElement;
    data: Record<string, unknown>;
    setTriggerValue(name: string, value: unknown): void;
  }): () => void;
}

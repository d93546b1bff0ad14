/** The component of the live page, as Streamlit mounts it: `data` from the page, and the visitor's clicks. */

import { Controls } from "./controls";
import type { Files, Style } from "./session";

export interface Data {
  readonly files: Files;
  readonly styles: readonly Style[];
}

/** The arguments that Streamlit passes to a component at each run of the page. */
interface Mount {
  readonly parentElement: ParentNode;
  readonly data: Data;
  setTriggerValue(name: string, value: unknown): void;
}

const mounted = new WeakMap<ParentNode, Controls>();

export default function live({ parentElement, data, setTriggerValue }: Mount): () => void {
  const controls = mounted.get(parentElement) ?? new Controls(parentElement, data.files);
  mounted.set(parentElement, controls);
  controls.update(data.styles, setTriggerValue);
  return () => {
    controls.close();
    mounted.delete(parentElement);
  };
}

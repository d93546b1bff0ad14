/** The component "Paint on this device" of the page Slow, as Streamlit mounts it. */

import { Panel, type PanelData } from "./panel";

/** The arguments that Streamlit passes to a component at each run of the page. */
interface Mount {
  readonly parentElement: ParentNode & { readonly isConnected: boolean };
  readonly data: PanelData;
}

const panels = new WeakMap<ParentNode, Panel>();

export default function slow({ parentElement, data }: Mount): () => void {
  const panel = panels.get(parentElement) ?? new Panel(parentElement);
  panels.set(parentElement, panel);
  panel.update(data);
  // Also called when a newer update replaces this one, which must not end a run.
  return () => setTimeout(() => parentElement.isConnected || panel.end());
}

export { Painting } from "./painting";

/** Absolute addresses of the app's files for workers: a worker made of a blob has no address of its own to resolve others. */

import type { Addresses } from "./litert";

/** An address on this server, also if the app is served below a path of a proxy: its own scripts show where it is. */
export function absolute(address: string): string {
  if (/^[a-z]+:/.test(address)) return address;
  const app = document.querySelector<HTMLScriptElement>('script[src*="static/js/"]');
  return new URL(address.replace(/^\//, ""), app ? new URL("../../", app.src) : `${location.origin}/`).href;
}

export function allAbsolute(addresses: Addresses): Addresses {
  return Object.fromEntries(Object.entries(addresses).map(([file, address]) => [file, absolute(address)]));
}

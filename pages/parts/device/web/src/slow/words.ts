/** The texts of the panel. */

import { isDownload, type Runtime } from "../litert";

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A time as a person says it: "8 s", "2 min 5 s", "1 h 3 min". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, min, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (h) return `${h} h ${min} min`;
  return min ? `${min} min ${s} s` : `${s} s`;
}

/** Steps a second, or seconds a step where that is the larger number. */
export function pace(steps: number, seconds: number): string {
  if (!steps || !seconds) return "";
  const rate = steps / seconds;
  return rate >= 1 ? `${rate.toFixed(1)} steps a second` : `${(1 / rate).toFixed(1)} s a step`;
}

/** Where it runs; and the reason if a setting of the host makes it slow. */
export function place({ accelerator, threads }: Runtime, isolated: boolean): string {
  if (accelerator === "webgpu") return "on this device's graphics card";
  if (threads > 1) return `on ${threads} cores of this device`;
  return `on one core of this device${isolated ? "" : ", as this host does not allow browsers more"}`;
}

export function progress(step: number, steps: number, seconds: number, runtime: Runtime | null, isolated: boolean, goesOn = true): string {
  const left = goesOn && step && step < steps ? `about ${duration((seconds / step) * (steps - step))} left` : "";
  return [`Step ${step} of ${steps}`, pace(step, seconds), left, runtime && place(runtime, isolated)].filter(Boolean).join(" · ");
}

/** A worker's failure, for people; the browser's own reason follows it. */
export function failure(reason: string): string {
  if (/memory|alloc|RangeError/i.test(reason)) return `This device has too little free memory for it. A smaller size may fit. (${reason})`;
  if (isDownload(reason)) return `The network could not be downloaded. Is the connection up? (${reason})`;
  return `The painting stopped. (${reason})`;
}

/** A run of the slow method in a worker of its own, as the page sees it. */

import script from "worker:slow/slow_worker.ts";
import type { News, Order, Task } from "./task";

export class Painting {
  private readonly worker: Worker;
  private readonly address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));

  /** Starts the run. `onNews` receives all messages of the worker; `done` and `failed` are the last ones. */
  constructor(task: Task, private readonly onNews: (news: News) => void) {
    this.worker = new Worker(this.address);
    this.worker.onmessage = ({ data }: MessageEvent<News>) => this.tell(data);
    this.worker.onerror = ({ message }) => this.tell({ kind: "failed", reason: message || "the worker ended" });
    this.order({ start: task });
  }

  order(order: Order): void {
    this.worker.postMessage(order);
  }

  /** Ends the worker at once and frees its memory. */
  end(): void {
    this.worker.terminate();
    URL.revokeObjectURL(this.address);
  }

  private tell(news: News): void {
    if (news.kind === "done" || news.kind === "failed") this.end();
    this.onNews(news);
  }
}

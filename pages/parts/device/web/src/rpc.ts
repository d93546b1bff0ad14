/** Calls of a worker's functions: each call is one message, and its answer another one with the same number. */

type Functions = Record<string, (argument: never) => unknown>;

interface Call {
  readonly number: number;
  readonly name: string;
  readonly argument: unknown;
}
interface Answer {
  readonly number: number;
  readonly value?: unknown;
  readonly error?: string;
}
/** The part of a Worker, and of a worker's own global object, that is needed here. */
export interface Port {
  postMessage(message: unknown, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

/** A value whose `transfer` moves to the other side instead of being copied. */
export class Transferred {
  constructor(readonly value: unknown, readonly transfer: Transferable[]) {}
}

/** Answers the calls that come in; calls are carried out side by side, so a function keeps its own order. */
export function serve(port: Port, functions: Functions): void {
  port.onmessage = async ({ data }: MessageEvent<Call>) => {
    const { number, name, argument } = data;
    try {
      const found = functions[name];
      if (!found) throw new Error(`the worker has no function ${name}`);
      const value = await found(argument as never);
      const [sent, transfer] = value instanceof Transferred ? [value.value, value.transfer] : [value, []];
      port.postMessage({ number, value: sent } satisfies Answer, transfer);
    } catch (reason) {
      port.postMessage({ number, error: reason instanceof Error ? reason.message : String(reason) } satisfies Answer, []);
    }
  };
}

/** The other side: calls functions, and rejects with the worker's reason. */
export class Remote {
  private readonly waiting = new Map<number, { resolve: (value: never) => void; reject: (reason: Error) => void }>();
  private calls = 0;

  constructor(private readonly port: Port) {
    port.onmessage = ({ data }: MessageEvent<Answer>) => {
      const call = this.waiting.get(data.number);
      this.waiting.delete(data.number);
      if (data.error !== undefined) call?.reject(new Error(data.error));
      else call?.resolve(data.value as never);
    };
  }

  call<T>(name: string, argument?: unknown, transfer: Transferable[] = []): Promise<T> {
    const number = ++this.calls;
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(number, { resolve: resolve as (value: never) => void, reject });
      this.port.postMessage({ number, name, argument } satisfies Call, transfer);
    });
  }

  /** Ends all calls that wait, for example because the worker has died. */
  fail(reason: string): void {
    for (const { reject } of this.waiting.values()) reject(new Error(reason));
    this.waiting.clear();
  }
}

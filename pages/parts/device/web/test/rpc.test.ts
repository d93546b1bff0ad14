import assert from "node:assert/strict";
import { test } from "node:test";
import { type Port, Remote, serve } from "../src/rpc";

/** Two ports that hand their messages to each other later, as a worker and its page do. */
function pair(): [Port, Port] {
  const ports: Port[] = [0, 1].map((n) => ({
    onmessage: null,
    postMessage: (data: unknown) => void setTimeout(() => ports[1 - n]!.onmessage?.({ data } as MessageEvent)),
  }));
  return [ports[0]!, ports[1]!];
}

test("answers find their calls, in whatever order they come", async () => {
  const [page, worker] = pair();
  const remote = new Remote(page);
  serve(worker, { later: (ms: number) => new Promise((resolve) => setTimeout(() => resolve(`after ${ms}`), ms)) });
  const answers = await Promise.all([remote.call("later", 20), remote.call("later", 1)]);
  assert.deepEqual(answers, ["after 20", "after 1"]);
});

test("an error comes back as its reason, and an unknown function is named", async () => {
  const [page, worker] = pair();
  const remote = new Remote(page);
  serve(worker, { fails: () => { throw new Error("no style was chosen"); } });
  await assert.rejects(remote.call("fails"), /no style was chosen/);
  await assert.rejects(remote.call("paints"), /no function paints/);
});

test("calls that wait end when the worker dies", async () => {
  const remote = new Remote(pair()[0]);
  const call = remote.call("paint");
  remote.fail("the worker stopped");
  await assert.rejects(call, /the worker stopped/);
});

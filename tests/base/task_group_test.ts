import assert from "node:assert/strict";
import { TaskGroup } from "../../src/base/task_group.ts";
import { FakeClock, settleInside } from "../support/fake_clock.ts";

async function untilAborted(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  throw signal.reason;
}

Deno.test("TaskGroup awaits its tasks when the block is left", async () => {
  const clock = new FakeClock();
  const done: string[] = [];
  const block = (async () => {
    await using tasks = new TaskGroup();
    tasks.spawn("slow", async (signal) => {
      await clock.sleep(50, signal);
      done.push("slow");
    });
    tasks.spawn("fast", () => Promise.resolve(void done.push("fast")));
    assert.deepEqual(tasks.running, ["slow", "fast"]);
    done.push("body");
  })();
  await clock.advance(49);
  assert.deepEqual(done, ["fast", "body"]);
  await clock.advance(1);
  await block;
  assert.deepEqual(done, ["fast", "body", "slow"]);
});

Deno.test("TaskGroup awaits tasks that were spawned while it waited", async () => {
  let inner = false;
  const tasks = new TaskGroup();
  tasks.spawn("outer", async () => {
    await settleInside();
    tasks.spawn("inner", async () => {
      await settleInside();
      inner = true;
    });
  });
  await tasks.join();
  assert.equal(inner, true);
});

Deno.test("TaskGroup aborts the other tasks when one fails, and throws that failure", async () => {
  const failure = new Error("broken");
  const tasks = new TaskGroup();
  let reason: unknown;
  tasks.spawn("other", (signal) =>
    untilAborted(signal).catch((error) => {
      reason = error;
      throw error;
    }));
  tasks.spawn("failing", async () => {
    await settleInside();
    throw failure;
  });
  await assert.rejects(tasks.join(), failure);
  assert.equal(reason, failure);
  assert.equal(tasks.signal.reason, failure);
});

Deno.test("TaskGroup takes a task that throws before it waits as any other failure", async () => {
  const failure = new Error("no promise was made");
  const tasks = new TaskGroup();
  tasks.spawn("failing", () => {
    throw failure;
  });
  await assert.rejects(tasks.join(), failure);
  assert.deepEqual(tasks.running, []);
});

Deno.test("TaskGroup throws one failure as one error, also after it was thrown in the block", async () => {
  const failure = new Error("broken");
  const block = async () => {
    await using tasks = new TaskGroup();
    tasks.spawn("failing", () => Promise.reject(failure));
    await tasks.join();
  };
  await assert.rejects(block(), (error) => error === failure);
});

Deno.test("TaskGroup throws the failure of a task that the block never joined", async () => {
  const failure = new Error("broken");
  const block = async () => {
    await using tasks = new TaskGroup();
    tasks.spawn("failing", () => Promise.reject(failure));
  };
  await assert.rejects(block(), failure);
});

Deno.test("TaskGroup throws the first failure when two tasks fail", async () => {
  const first = new Error("first");
  const tasks = new TaskGroup();
  tasks.spawn("first", () => Promise.reject(first));
  tasks.spawn("second", async (signal) => {
    await untilAborted(signal).catch(() => {});
    throw new Error("second, while cleaning up");
  });
  await assert.rejects(tasks.join(), first);
});

Deno.test("TaskGroup passes the parent's abort on, and ends quietly", async () => {
  const parent = new AbortController();
  const reason = new Error("stop");
  const tasks = new TaskGroup(parent.signal);
  tasks.spawn("waiting", untilAborted);
  parent.abort(reason);
  await tasks.join();
  assert.equal(tasks.signal.reason, reason);
});

Deno.test("TaskGroup throws what goes wrong in a task while it cleans up after an abort", async () => {
  const parent = new AbortController();
  const failure = new Error("cannot close the file");
  const tasks = new TaskGroup(parent.signal);
  tasks.spawn("waiting", async (signal) => {
    await untilAborted(signal).catch(() => {});
    throw failure;
  });
  parent.abort(new Error("stop"));
  await assert.rejects(tasks.join(), failure);
});

Deno.test("TaskGroup of an aborted parent hands its tasks an aborted signal", async () => {
  const tasks = new TaskGroup(AbortSignal.abort(new Error("stop")));
  let seen = false;
  tasks.spawn("late", (signal) => Promise.resolve(void (seen = signal.aborted)));
  await tasks.join();
  assert.equal(seen, true);
});

Deno.test("TaskGroup.abort() ends its tasks with the given reason", async () => {
  const reason = new Error("enough");
  const tasks = new TaskGroup();
  let seen: unknown;
  tasks.spawn("waiting", async (signal) => {
    await untilAborted(signal).catch((error) => seen = error);
  });
  tasks.abort(reason);
  await tasks.join();
  assert.equal(seen, reason);
});

Deno.test("TaskGroup stops listening to its parent when the block is left", async () => {
  const parent = new AbortController();
  let listeners = 0;
  const { signal } = parent;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
  signal.removeEventListener = (
    ...args: Parameters<typeof remove>
  ) => (listeners--, remove(...args));
  {
    await using tasks = new TaskGroup(signal);
    tasks.spawn("short", () => Promise.resolve());
    assert.equal(listeners, 1);
  }
  assert.equal(listeners, 0);
});

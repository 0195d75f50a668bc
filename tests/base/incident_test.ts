import assert from "node:assert/strict";
import { Incident } from "../../src/base/incident.ts";
import { OperatorError } from "../../src/base/errors.ts";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";

function opened(affected = {}) {
  const events: TelemetryEvent[] = [];
  const telemetry = (event: TelemetryEvent) => events.push(event);
  return { incident: new Incident({ telemetry }, "p/l: work", affected), events };
}

class Held extends OperatorError {
  override get troubleCause() {
    return { what: "SLS", kind: "network" };
  }

  override get isHeld() {
    return true;
  }
}

Deno.test("Incident reports every failure, and once that it works again", () => {
  const { incident, events } = opened();
  assert.equal(incident.isOpen, false);
  incident.failed(new Error("one"), { hint: "wait", retryInMs: 10 });
  incident.failed(new Error("two"), { hint: "wait", retryInMs: 20 });
  assert.equal(incident.isOpen, true);
  incident.recovered();
  incident.recovered();
  assert.equal(incident.isOpen, false);
  assert.deepEqual(events, [
    { type: "trouble", about: "p/l: work", message: "one", hint: "wait", retryInMs: 10 },
    { type: "trouble", about: "p/l: work", message: "two", hint: "wait", retryInMs: 20 },
    { type: "recovered", about: "p/l: work" },
  ]);
});

Deno.test("Incident reports whole milliseconds until the next try", () => {
  const { incident, events } = opened();
  incident.failed(new Error("one"), { hint: "wait", retryInMs: 1163.7226079999998 });
  assert.ok(events[0]?.type === "trouble");
  assert.equal(events[0].retryInMs, 1164);
});

Deno.test("Incident that has not failed does not recover", () => {
  const { incident, events } = opened();
  incident.recovered();
  assert.deepEqual(events, []);
});

Deno.test("Incident reports what it affects, and what the error says", () => {
  const { incident, events } = opened({ source: "p/l", shard: 0 });
  incident.failed(new Held("message", "own hint"), { hint: "other hint", retryInMs: 1 });
  assert.deepEqual(events, [{
    type: "trouble",
    about: "p/l: work",
    message: "message",
    hint: "own hint",
    retryInMs: 1,
    cause: { what: "SLS", kind: "network" },
    held: true,
    source: "p/l",
    shard: 0,
  }]);
});

Deno.test("Incident takes a message in place of an error", () => {
  const { incident, events } = opened();
  const message = "m".repeat(1000);
  incident.failed(message, { hint: "wait", retryInMs: 0, held: true });
  assert.deepEqual(events, [
    { type: "trouble", about: "p/l: work", message, hint: "wait", retryInMs: 0, held: true },
  ]);
});

Deno.test("Incident can say something in place of the error's own words", () => {
  const { incident, events } = opened();
  const instead = { message: "Cannot work", hint: "Mend it" };
  const cause = { what: "HEC", kind: "busy" };
  incident.failed(new Held("message", "own hint"), {
    hint: "other hint",
    retryInMs: 1,
    cause,
    repeatAfterMs: 5,
    instead,
  });
  assert.deepEqual(events, [{
    type: "trouble",
    about: "p/l: work",
    message: "Cannot work",
    hint: "Mend it",
    retryInMs: 1,
    cause,
    held: true,
    repeatAfterMs: 5,
  }]);
});

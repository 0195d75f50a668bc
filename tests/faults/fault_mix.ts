import type { Fault as HecFault, FaultRule } from "../../src/emulator/hec/fault.ts";
import * as hec from "../../src/emulator/hec/faults.ts";
import type { HttpResponse } from "../../src/emulator/core/http.ts";
import type { CallInfo, Fault as SlsFault } from "../../src/emulator/sls/fault_plan.ts";
import * as sls from "../../src/emulator/sls/faults.ts";
import { seededFor } from "../support/seeded_random.ts";

/** What goes wrong in a run, drawn from a seed. */
export interface FaultMix {
  readonly sls: (call: CallInfo) => SlsFault | undefined;
  readonly hec: FaultRule;
  /** Faults that have happened. */
  readonly count: () => number;
}

export interface FaultMixOptions {
  /** Part of the requests that go wrong, 0 to 1. */
  readonly rate: number;
  /** Whether the client's waits are short, so that faults that make it wait long may come. */
  readonly fast: boolean;
  readonly acks: boolean;
}

type Draw = (below: number) => number;

const ANY_CALL: readonly ((draw: Draw) => SlsFault)[] = [
  () => sls.slsFault(503, "ServerBusy"),
  () => sls.slsFault(500, "InternalServerError"),
  () => sls.slsFault(403, "ReadQuotaExceed"),
  () => sls.htmlFault(502),
  () => sls.htmlFault(504, "after"),
  () => sls.closeFault("before"),
  () => sls.closeFault("after"),
  (draw) => sls.resetInBodyFault(draw(20)),
  (draw) => sls.wrongLengthFault(draw(2) === 0 ? -1 : 5),
  () => sls.dripFault(64, 1),
  () => sls.slsFault(401, "SignatureNotMatch"),
];

const PULLS: readonly ((draw: Draw) => SlsFault)[] = [
  (draw) => sls.resetInBodyFault(draw(500)),
  (draw) => sls.truncateFault(draw(300)),
  (draw) => sls.wrongRawSizeFault(draw(2) === 0 ? -3 : 7),
  () => sls.headerFault("x-log-bodyrawsize", undefined),
  () => sls.headerFault("x-log-cursor", ""),
  () => sls.headerFault("x-log-count", "100000"),
  () => sls.slsFault(403, "ShardReadQuotaExceed"),
  () => sls.slsFault(400, "InvalidCursor"),
];

const HEARTBEATS: readonly ((draw: Draw) => SlsFault)[] = [
  () => sls.slsFault(400, "NotExistConsumerWithBody"),
  () => sls.jsonFault([]),
  () => sls.jsonFault({ not: "an array" }),
];

const CHECKPOINTS: readonly ((draw: Draw) => SlsFault)[] = [
  () => sls.closeFault("after"),
  () => sls.slsFault(400, "ConsumerNotMatch"),
  () => sls.slsFault(404, "ConsumerNotExsit"),
];

const EVENTS: readonly ((draw: Draw) => HecFault)[] = [
  () => hec.busy(),
  (draw) => hec.busyAfter(draw(20)),
  () => hec.queueFull(),
  () => hec.internalError(),
  () => hec.html(502),
  () => hec.empty(503),
  () => hec.close(),
  () => hec.cutBeforeBody(),
  () => hec.storeThenClose(),
  () => hec.storeThenHtml(504),
  (draw) => hec.cutAnswer(draw(30)),
  () => hec.wrongLength(3),
  () => hec.drip(4, 1),
  (draw) => hec.slow(draw(40)),
  () => hec.retryAfter(429, "0"),
  () => hec.shuttingDown(),
  () => hec.warn(24),
  () => hec.notFound(),
  () => hec.invalidToken(),
  () => hec.html(413),
  (draw) => refusedEvent(draw(30)),
];

/** These hold the source, or take the client's whole patience. */
const SLOW_EVENTS: readonly ((draw: Draw) => HecFault)[] = [
  () => hec.storeThenHang(),
  () => hec.hang(),
  () => hec.redirect(),
  () => hec.html(200),
  () => hec.empty(200),
  () => hec.truncatedJson(),
  () => hec.unknownCode(200, 99, { stored: true }),
  () => hec.tokenDisabled(),
];

const ACKS: readonly ((draw: Draw) => HecFault)[] = [
  () => hec.losePollReply(),
  () => hec.on("ack", hec.html(502)),
  () => hec.on("ack", hec.empty(503)),
];

/** HEC takes the events before number `index` and refuses that one. */
function refusedEvent(index: number): HecFault {
  return {
    name: `event ${index} refused`,
    at: "after",
    takeEvents: index,
    answer: (due: HttpResponse) => {
      const { ackId } = JSON.parse(String(due.body)) as { ackId?: number };
      const body = { text: "Invalid data format", code: 6, "invalid-event-number": index, ackId };
      return { ...due, status: 400, body: JSON.stringify(body) };
    },
  };
}

/**
 * Draws faults on both sides. What happens to the n-th call of a kind depends on the seed alone, so that a run
 * can be repeated as far as the order of events in two programs can.
 */
export function faultMix(seed: number, { rate, fast, acks }: FaultMixOptions): FaultMix {
  let count = 0;
  const one = <T>(makers: readonly ((draw: Draw) => T)[], random: () => number): T => {
    count++;
    const draw: Draw = (below) => Math.floor(random() * below);
    return makers[draw(makers.length)]!(draw);
  };
  return {
    sls: ({ call, n }) => {
      const random = seededFor(seed, call, n);
      if (random() >= rate) return undefined;
      const special = SPECIAL[call] ?? ANY_CALL;
      // Rare: they cost every shard, or a whole page again.
      const asSpecial = random() < 0.4 && (fast || call !== "HeartBeat");
      return one(asSpecial ? special : ANY_CALL, random);
    },
    hec: ({ kind }, n) => {
      const random = seededFor(seed, kind, n);
      if (random() >= rate) return undefined;
      if (kind === "ack") return one(ACKS, random);
      return one(acks || !fast || random() < 0.7 ? EVENTS : SLOW_EVENTS, random);
    },
    count: () => count,
  };
}

const SPECIAL: Partial<Record<CallInfo["call"], readonly ((draw: Draw) => SlsFault)[]>> = {
  PullLogs: PULLS,
  HeartBeat: HEARTBEATS,
  UpdateCheckPoint: CHECKPOINTS,
};

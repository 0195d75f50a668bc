import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";

const GROUPS = 40;
const LOGS_PER_GROUP = 5;
/** Topics of the groups of a logstore, in turn: a route drops the second. */
const TOPICS = ["access", "noise", "error"];

/** Logstores of the two regions. `routed` has a route that drops a third of its groups. */
const EAST = ["plain", "own", "audit-1", "audit-2", "routed"];
const WEST = ["far"];

/**
 * Two SLS with keys of their own, one of which takes signature v4 for its region only; two collectors, the first with two
 * tokens, of which one acknowledges. Every log has a number of its own.
 */
export class SeveralServers implements AsyncDisposable {
  readonly east = SlsEmulator.start({
    accessKeys: [{ id: "east-key", secret: "east-secret" }],
    projects: [{ name: "p", logstores: EAST.map((name) => ({ name, shards: 2 })) }],
  });
  readonly west = SlsEmulator.start({
    accessKeys: [{ id: "west-key", secret: "west-secret" }],
    region: "eu-west-9",
    projects: [{ name: "q", logstores: WEST.map((name) => ({ name, shards: 2 })) }],
  });
  readonly first = HecEmulator.start({
    tokens: [{ token: "first-token" }, { token: "second-token", useAck: true }],
    ackDelayMs: 20,
  });
  readonly other = HecEmulator.start({ tokens: [{ token: "other-token" }] });
  /** Numbers of logs by logstore; those that are dropped are apart. */
  readonly written = new Map<string, { kept: Set<string>; dropped: number }>();
  #next = 0;

  /** Writes logs into all logstores. */
  write(): void {
    for (const logstore of [...EAST, ...WEST]) this.writeTo(logstore);
  }

  writeTo(logstore: string): void {
    const [sls, project] = WEST.includes(logstore) ? [this.west, "q"] : [this.east, "p"];
    const counts = this.written.get(logstore) ?? { kept: new Set<string>(), dropped: 0 };
    this.written.set(logstore, counts);
    for (let n = 0; n < GROUPS; n++) {
      const topic = TOPICS[n % TOPICS.length]!;
      const isDropped = logstore === "routed" && topic === "noise";
      const ids = Array.from({ length: LOGS_PER_GROUP }, () => `${logstore}-${this.#next++}`);
      if (isDropped) counts.dropped += ids.length;
      else for (const id of ids) counts.kept.add(id);
      sls.data.append(
        { project, logstore, shard: n % 2 },
        encodeLogGroup({
          topic,
          tags: [["team", n % 2 === 0 ? "red" : "Blue Team"]],
          logs: ids.map((id) => ({ timeSec: 1_759_739_400, contents: [["id", id]] })),
        }),
      );
    }
  }

  /** The configuration, as an object. */
  settings(): Record<string, unknown> {
    return {
      sls: {
        endpoint: this.east.url,
        credentials: { access_key_id: "east-key", access_key_secret: "east-secret" },
      },
      consumer: {
        group: "g",
        heartbeat_interval: "300ms",
        group_timeout: "1s",
        fetch_interval: "100ms",
        fetch_count: 3,
        checkpoint_interval: "100ms",
      },
      hec: {
        url: this.first.url,
        token: "first-token",
        headers: { "X-Gateway": "first-gateway" },
        fallback_index: "last",
        batch: { max_events: 20, max_age: "20ms" },
      },
      sources: [
        { project: "p", logstore: "plain" },
        { project: "p", logstore: "own", hec: { token: "second-token" } },
        { project: "p", logstore: "audit-*", discover_interval: "1s" },
        {
          project: "p",
          logstore: "routed",
          source: "${project}:${topic}",
          index: "team_${tag:team}",
          fields: { account: "1" },
          routes: [
            { topic: "noise", drop: true },
            { topic: "err*", index: "errors", fields: { level: "high" } },
          ],
        },
        {
          project: "q",
          logstore: "far",
          sls: {
            endpoint: this.west.url,
            region: "eu-west-9",
            credentials: { access_key_id: "west-key", access_key_secret: "west-secret" },
          },
          hec: { url: this.other.url, token: "other-token" },
        },
      ],
    };
  }

  /** Numbers of the logs that the collectors have, by logstore. */
  delivered(): Map<string, Set<string>> {
    const ids = new Map<string, Set<string>>();
    for (const { raw } of [...this.first.events, ...this.other.events]) {
      const { id } = JSON.parse(raw);
      const logstore = String(id).slice(0, String(id).lastIndexOf("-"));
      ids.set(logstore, (ids.get(logstore) ?? new Set()).add(id));
    }
    return ids;
  }

  /** Number of logs that are not delivered, of some logstores or of all. */
  missing(...logstores: readonly string[]): number {
    const delivered = this.delivered();
    let missing = 0;
    for (const [logstore, { kept }] of this.written) {
      if (logstores.length > 0 && !logstores.includes(logstore)) continue;
      missing += kept.difference(delivered.get(logstore) ?? new Set()).size;
    }
    return missing;
  }

  /** What each server was shown: keys of SLS, tokens and headers of collectors. */
  shown(): Record<string, string[]> {
    const of = (hec: HecEmulator) => {
      const values = hec.requests.flatMap(({ headers }) =>
        ["authorization", "x-gateway"].map((name) => headers.get(name) ?? "")
      );
      return [...new Set(values)].filter((value) => value !== "").sort();
    };
    return {
      east: [...this.east.keysShown],
      west: [...this.west.keysShown],
      first: of(this.first),
      other: of(this.other),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [this.east, this.west, this.first, this.other]) {
      await server[Symbol.asyncDispose]();
    }
  }
}

/** What each server may be shown. */
export const OWN_SECRETS = {
  east: ["east-key"],
  west: ["west-key"],
  first: ["Splunk first-token", "Splunk second-token", "first-gateway"],
  other: ["Splunk other-token"],
};

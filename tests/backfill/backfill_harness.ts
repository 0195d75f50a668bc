import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import type { HecEmulatorOptions } from "../../src/emulator/hec/hec_emulator_options.ts";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { type CommandEnd, sls2hec } from "../support/command.ts";

const REF = { project: "p", logstore: "l" };

/** A logstore with a past, and a Splunk; a folder for what the program keeps. */
export class BackfillHarness implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync();
  /** A whole minute of yesterday. */
  readonly startSec = Math.floor(Date.now() / 60_000) * 60 - 86_400;
  readonly sls: SlsEmulator;
  readonly hec: HecEmulator;
  #logs = 0;

  constructor(shards = 2, hec: HecEmulatorOptions = {}) {
    this.sls = SlsEmulator.start({
      accessKeys: [{ id: "id", secret: "secret" }],
      projects: [{ name: REF.project, logstores: [{ name: REF.logstore, shards }] }],
    });
    this.hec = HecEmulator.start(hec);
  }

  /** Everything but a consumer group. */
  get env(): Record<string, string> {
    return {
      SLS_ENDPOINT: this.sls.url,
      SLS_AK_ID: "id",
      SLS_AK_KEY: "secret",
      SLS_PROJECT: REF.project,
      SLS_LOGSTORE: REF.logstore,
      SPLUNK_HEC_URL: this.hec.url,
      SPLUNK_HEC_TOKEN: this.hec.token,
    };
  }

  /** Writes one log group received a number of seconds past the start. @returns its logs' ids. */
  write(shard: number, pastStartSec: number, logs = 10, text = "short"): string[] {
    const ids = Array.from({ length: logs }, () => `log-${this.#logs++}`);
    const group = encodeLogGroup({
      topic: "t",
      logs: ids.map((id) => ({ timeSec: 1_759_739_400, contents: [["id", id], ["text", text]] })),
    });
    this.sls.data.append({ ...REF, shard }, group, this.startSec + pastStartSec);
    return ids;
  }

  /** ISO 8601 of a number of seconds past the start. */
  time(pastStartSec: number): string {
    return new Date((this.startSec + pastStartSec) * 1000).toISOString();
  }

  split(shard: number): [number, number] {
    return this.sls.data.split({ ...REF, shard });
  }

  expireBefore(shard: number, position: number): void {
    this.sls.data.expireBefore({ ...REF, shard }, position);
  }

  get groups(): string[] {
    return this.sls.data.consumerGroups(REF);
  }

  /** Runs `sls2hec backfill` to its end. */
  backfill(args: readonly string[], permissions?: readonly string[]): Promise<CommandEnd> {
    return sls2hec(["backfill", ...args], this.env, this.folder, permissions);
  }

  /** The ids of the delivered logs, in the order of arrival. */
  get delivered(): string[] {
    return this.hec.events.map(({ raw }) => JSON.parse(raw).id);
  }

  /** The event ids that Splunk got, by log. */
  get eventIds(): Map<string, string> {
    return new Map(this.hec.events.map(({ envelope, raw }) => {
      return [JSON.parse(raw).id, JSON.parse(envelope).fields.sls_id];
    }));
  }

  /** Names of the files in the state folder. */
  get stateFiles(): string[] {
    try {
      return [...Deno.readDirSync(`${this.folder}/backfill`)].map(({ name }) => name).sort();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.hec[Symbol.asyncDispose]();
    await this.sls[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

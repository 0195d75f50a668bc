import type { Clock } from "../../../base/clock.ts";
import { Logstore } from "./logstore.ts";
import { SlsError } from "./sls_error.ts";

/** What makes a logstore, seen from outside. */
export interface NewLogstore {
  readonly name: string;
  /** 2 by default, as in the vendor's SDKs. */
  readonly shards?: number;
  /** Days for which data is kept; 30 by default. */
  readonly ttlDays?: number;
  /** Bytes for which each shard keeps data; no bound by default. */
  readonly retainBytesPerShard?: number;
}

/** One project. */
export interface Project {
  readonly name: string;
  readonly description: string;
  readonly createdSec: number;
  readonly logstores: Map<string, Logstore>;
  /** Consume processors: the SPL text of each name. */
  readonly processors: Map<string, string>;
}

/** First cursors lie apart by more groups than any test writes, so that no shard takes another's. */
const CURSOR_GAP = 1_000_000_007n;

/** Everything the emulator keeps: projects, their logstores, and what is in them. */
export class SlsStore {
  readonly projects = new Map<string, Project>();
  readonly #clock: Clock;
  #shardsMade = 0n;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Unix seconds, whole. */
  get nowSec(): number {
    return Math.floor(this.#clock.nowMs() / 1000);
  }

  /** @throws {SlsError} 400 `ProjectAlreadyExist`. */
  createProject(name: string, description = ""): Project {
    if (this.projects.has(name)) {
      throw new SlsError(400, "ProjectAlreadyExist", `Project ${name} already exist`);
    }
    const project = {
      name,
      description,
      createdSec: this.nowSec,
      logstores: new Map<string, Logstore>(),
      processors: new Map<string, string>(),
    };
    this.projects.set(name, project);
    return project;
  }

  /** @throws {SlsError} 404 `ProjectNotExist`. */
  project(name: string): Project {
    const project = this.projects.get(name);
    if (!project) {
      throw new SlsError(404, "ProjectNotExist", `The Project does not exist : ${name}`);
    }
    return project;
  }

  /** @throws {SlsError} 400 `LogStoreAlreadyExist`. */
  createLogstore(project: Project, options: NewLogstore): Logstore {
    const { name, shards = 2, ttlDays = 30, retainBytesPerShard } = options;
    if (project.logstores.has(name)) {
      throw new SlsError(400, "LogStoreAlreadyExist", `logstore ${name} already exists`);
    }
    const logstore = new Logstore({
      name,
      shardCount: shards,
      ttlDays,
      ...(retainBytesPerShard !== undefined ? { retainBytesPerShard } : {}),
      nowSec: this.nowSec,
      startCursor: () => this.#startCursor(),
    });
    project.logstores.set(name, logstore);
    return logstore;
  }

  /** Looks like nanoseconds of the shard's creation, as the vendor's cursors do. */
  #startCursor(): bigint {
    return BigInt(Math.floor(this.#clock.nowMs())) * 1_000_000n + this.#shardsMade++ * CURSOR_GAP;
  }

  /**
   * A logstore, with what is past its retention dropped.
   * @throws {SlsError} 404 `LogStoreNotExist`.
   */
  logstore(project: Project, name: string): Logstore {
    const logstore = project.logstores.get(name);
    if (!logstore) throw new SlsError(404, "LogStoreNotExist", `logstore ${name} does not exist`);
    logstore.expire(this.nowSec);
    return logstore;
  }

  /** Bytes of all retained log groups. */
  get bytesHeld(): number {
    let bytes = 0;
    for (const { logstores } of this.projects.values()) {
      for (const { shards } of logstores.values()) {
        for (const { log } of shards.values()) bytes += log.bytesHeld;
      }
    }
    return bytes;
  }
}

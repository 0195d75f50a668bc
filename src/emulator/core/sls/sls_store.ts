import type { Clock } from "../../../base/clock.ts";
import { Logstore, type TelemetryType } from "./logstore.ts";
import { SlsError } from "./sls_error.ts";

/** Settings of a new logstore. */
export interface NewLogstore {
  readonly name: string;
  /** 2 by default, as in the vendor's SDKs. */
  readonly shards?: number;
  /** Days of retention; 30 by default. */
  readonly ttlDays?: number;
  /** `None` by default. */
  readonly telemetryType?: TelemetryType;
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

/** Far more groups than any test writes: a cursor of one shard is never valid in another. */
const CURSOR_GAP = 1_000_000_007n;

/** Drops from a logstore what is older than its retention. */
type Retention = (logstore: Logstore, nowSec: number) => void;

/** Everything the emulator stores: projects, their logstores, and the logs in them. */
export class SlsStore {
  readonly projects = new Map<string, Project>();
  readonly #clock: Clock;
  readonly #retention: Retention | undefined;
  #shardsMade = 0n;

  /**
   * @param retention Run at every access to a logstore; without it everything is kept.
   */
  constructor(clock: Clock, retention?: Retention) {
    this.#clock = clock;
    this.#retention = retention;
  }

  /** Unix seconds, whole. */
  get nowSec(): number {
    return Math.floor(this.#clock.nowMs() / 1000);
  }

  /**
   * @throws {SlsError} 400 `ProjectAlreadyExist`.
   */
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

  /**
   * @throws {SlsError} 404 `ProjectNotExist`.
   */
  project(name: string): Project {
    const project = this.projects.get(name);
    if (!project) {
      throw new SlsError(404, "ProjectNotExist", `The Project does not exist : ${name}`);
    }
    return project;
  }

  /**
   * @throws {SlsError} 400 `LogStoreAlreadyExist`.
   */
  createLogstore(project: Project, options: NewLogstore): Logstore {
    const { name, shards = 2, ttlDays = 30, telemetryType = "None" } = options;
    if (project.logstores.has(name)) {
      throw new SlsError(400, "LogStoreAlreadyExist", `logstore ${name} already exists`);
    }
    const logstore = new Logstore({
      name,
      shardCount: shards,
      ttlDays,
      telemetryType,
      nowSec: this.nowSec,
      startCursor: () => this.#startCursor(),
    });
    project.logstores.set(name, logstore);
    return logstore;
  }

  /** Like the vendor's cursors, nanoseconds of the shard's creation. */
  #startCursor(): bigint {
    return BigInt(Math.floor(this.#clock.nowMs())) * 1_000_000n + this.#shardsMade++ * CURSOR_GAP;
  }

  /**
   * A logstore, without the logs that are past its retention.
   *
   * @throws {SlsError} 404 `LogStoreNotExist`.
   */
  logstore(project: Project, name: string): Logstore {
    const logstore = project.logstores.get(name);
    if (!logstore) throw new SlsError(404, "LogStoreNotExist", `logstore ${name} does not exist`);
    this.#retention?.(logstore, this.nowSec);
    return logstore;
  }
}

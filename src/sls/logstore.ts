import { numberOf } from "./json_answer.ts";
import type { SlsRequester } from "./requester.ts";

/** As many days mean without end. */
const FOR_EVER_DAYS = 3650;
const DAY_SEC = 86_400;

/** The call about a logstore as a whole. */
export class Logstore {
  readonly #requester: SlsRequester;
  readonly #logstore: string;
  readonly #name: string;

  constructor(requester: SlsRequester, project: string, logstore: string) {
    this.#requester = requester;
    this.#logstore = logstore;
    this.#name = `GetLogStore ${project}/${logstore}`;
  }

  /** GetLogStore: how long logs are kept after their receipt, in seconds; Infinity without end. */
  async retentionSec(signal?: AbortSignal): Promise<number> {
    const path = `/logstores/${encodeURIComponent(this.#logstore)}`;
    return await this.#requester.callJson(
      { name: this.#name, method: "GET", path },
      { expected: "a logstore with a ttl in days", check: retentionSecOf },
      signal,
    );
  }
}

function retentionSecOf(json: unknown): number | undefined {
  const days = numberOf(json, "ttl");
  if (days === undefined || !Number.isInteger(days) || days < 1) return undefined;
  return days >= FOR_EVER_DAYS ? Infinity : days * DAY_SEC;
}

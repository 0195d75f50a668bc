import { OperatorError } from "../base/errors.ts";
import { proxyFailureIn } from "../base/proxy_failure.ts";
import type { TroubleCause } from "../base/telemetry.ts";

/** What an SLS answer, or its absence, means for the caller. */
export type SlsErrorKind =
  /** No answer: refused, reset, timed out, no such host, TLS. */
  | "network"
  /** The proxy on the way lets nothing through, until somebody acts. */
  | "proxy_refused"
  /** 5xx: passes by itself. */
  | "server"
  /** A read or request quota: passes by itself, sooner when left alone. */
  | "throttled"
  /** An answer that is not what the protocol says. */
  | "bad_answer"
  /** This host's clock is more than 15 minutes off. */
  | "clock_skew"
  /** Key, token or signature refused, or the key lacks the permission. */
  | "credentials"
  /** The project is switched off, such as for an overdue account. */
  | "forbidden"
  | "project_missing"
  | "logstore_missing"
  | "group_missing"
  | "group_exists"
  /** 30 consumer groups a logstore. */
  | "group_quota"
  /** The server has forgotten this consumer, and its shards may be elsewhere. */
  | "consumer_forgotten"
  /** The shard is not, or no longer, this consumer's. */
  | "lease_lost"
  | "shard_missing"
  | "invalid_cursor"
  /** Anything else the server refuses. */
  | "bad_request";

/** A call to SLS that failed. Its message holds the call, the answer and the request id; never a secret. */
export class SlsError extends OperatorError {
  override name = "SlsError";
  readonly kind: SlsErrorKind;
  /** HTTP status; 0 without an answer. */
  readonly status: number;
  /** `errorCode` of the answer; empty without one. */
  readonly code: string;
  /** `x-log-requestid` of the answer, for the vendor's support; empty without one. */
  readonly requestId: string;
  /** Where the call went; undefined when none was sent. */
  sentTo: SlsPlace | undefined;

  constructor(
    kind: SlsErrorKind,
    message: string,
    { status = 0, code = "", requestId = "", hint, cause }: {
      status?: number;
      code?: string;
      requestId?: string;
      hint?: string;
      cause?: unknown;
    } = {},
  ) {
    super(message, hint ?? HINTS[kind], cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.status = status;
    this.code = code;
    this.requestId = requestId;
  }

  override get passes(): boolean {
    return PASSING.has(this.kind);
  }

  /** None for what concerns one shard. */
  override get troubleCause(): TroubleCause | undefined {
    const { kind, code, sentTo } = this;
    const proxy = proxyFailureIn(this);
    if (proxy) return proxy.troubleCause;
    if (OF_ONE_SHARD.has(kind)) return undefined;
    if (!sentTo) return kind === "credentials" ? { what: "The SLS credentials", kind } : undefined;
    const what = `SLS at ${sentTo.endpoint}`;
    if (OF_THE_ENDPOINT.has(kind)) return { what, kind };
    if (OF_THE_ACCOUNT.has(kind)) return { what, kind: `${kind} ${code}` };
    return { what, kind: `${kind} ${code} of ${sentTo.logstore}` };
  }

  /** Whether something answers in place of SLS, or as SLS never does: a proxy that changes answers does not
   * stop by itself, nor does one that lets nothing through. */
  override get isHeld(): boolean {
    return this.kind === "proxy_refused" || this.kind === "bad_answer" && this.status === 200;
  }
}

/** What a call was about. */
export interface SlsPlace {
  /** Host and port, without the project. */
  readonly endpoint: string;
  /** Or the project, when the call names none. */
  readonly logstore: string;
}

const PASSING = new Set<SlsErrorKind>(["network", "server", "throttled"]);
const OF_ONE_SHARD = new Set<SlsErrorKind>(["lease_lost", "shard_missing", "invalid_cursor"]);
const OF_THE_ENDPOINT = new Set<SlsErrorKind>(["network", "server", "bad_answer", "clock_skew"]);
const OF_THE_ACCOUNT = new Set<SlsErrorKind>(["credentials", "throttled"]);

/**
 * Sorts an answer other than 200, once. Codes are compared without regard to case, and both spellings
 * of those that the vendor's SDKs spell differently are known (`ConsumerNotExsit`, `ShardNotExsit`).
 */
export function classifySlsAnswer(status: number, code: string, message: string): SlsErrorKind {
  const known = KINDS.get(code.toLowerCase());
  if (known) return known;
  const lower = code.toLowerCase();
  if (lower.includes("invalidcursor")) return "invalid_cursor";
  // The page of the API lists this code for a bad cursor; the service answers InvalidCursor.
  if (lower === "parameterinvalid" && /invalid cursor/i.test(message)) return "invalid_cursor";
  // A quota's code is not in every list; that of reads a minute is only known as "Read QPS Exceed".
  if (/(quota|qps|limit)\w*exceed/.test(lower.replaceAll(/[^a-z]/g, ""))) return "throttled";
  if (status === 429) return "throttled";
  if (/unauthorized|invalidaccesskeyid|securitytoken/.test(lower)) return "credentials";
  if (status >= 500 || status === 408) return "server";
  if (status === 401) return "credentials";
  if (status === 403) return "forbidden";
  if (code === "") return "bad_answer"; // something other than SLS answered
  return "bad_request";
}

const KINDS = new Map<string, SlsErrorKind>(
  ([
    ["RequestTimeExpired", "clock_skew"],
    ["RequestTimeTooSkewed", "clock_skew"],
    ["SignatureNotMatch", "credentials"],
    ["ReadQuotaExceed", "throttled"],
    ["ShardReadQuotaExceed", "throttled"],
    ["MetaOperationQpsLimitExceeded", "throttled"],
    ["ServerBusy", "server"],
    ["InternalServerError", "server"],
    ["RequestTimeout", "server"],
    ["ProjectForbidden", "forbidden"],
    ["ProjectNotExist", "project_missing"],
    ["LogStoreNotExist", "logstore_missing"],
    ["ConsumerGroupNotExist", "group_missing"],
    ["ConsumerGroupAlreadyExist", "group_exists"],
    ["ConsumerGroupQuotaExceed", "group_quota"],
    ["NotExistConsumerWithBody", "consumer_forgotten"],
    ["ConsumerNotExist", "lease_lost"],
    ["ConsumerNotExsit", "lease_lost"],
    ["ConsumerNotMatch", "lease_lost"],
    ["ShardNotExist", "shard_missing"],
    ["ShardNotExsit", "shard_missing"],
    ["InvalidCursor", "invalid_cursor"],
  ] as const).map(([code, kind]) => [code.toLowerCase(), kind]),
);

const HINTS: Record<SlsErrorKind, string> = {
  network:
    "Check the endpoint, the DNS, the proxy and the firewall of this host; it is tried again",
  proxy_refused: "Check sls.proxy",
  server: "It is tried again",
  throttled: "It is tried again more slowly; split the shard if this lasts",
  bad_answer: "Check that sls.endpoint is SLS itself and that no proxy changes its answers",
  clock_skew: "Set this host's clock; the server's time is used meanwhile",
  credentials:
    "Check the access key, and that its RAM policy allows this action on this logstore and consumer group",
  forbidden: "Check the state of the project in the console, such as an overdue account",
  project_missing: "Check the project's name, and that sls.endpoint is that of its region",
  logstore_missing: "Check the logstore's name",
  group_missing: "It is created again",
  group_exists: "It is used as it is",
  group_quota: "Delete a consumer group of this logstore that nobody uses",
  consumer_forgotten: "The shards are taken anew",
  lease_lost: "Another consumer has the shard; nothing is to be done",
  shard_missing: "The shard's data has expired; nothing is to be done",
  invalid_cursor:
    "The data at the cursor has expired; raise the logstore's retention if this was a long stop",
  bad_request: "Report this with the request id: the program asked for something that SLS refuses",
};

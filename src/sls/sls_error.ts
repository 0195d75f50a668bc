import { OperatorError } from "../base/errors.ts";
import { proxyFailureIn } from "../base/proxy_failure.ts";
import type { TroubleCause } from "../base/telemetry.ts";

/** What an SLS answer, or its absence, means for the caller. */
export type SlsErrorKind =
  /** No answer: refused, reset, timed out, no such host, TLS. */
  | "network"
  /** The proxy on the way lets nothing through until an operator acts. */
  | "proxy_refused"
  /** 5xx: passes by itself. */
  | "server"
  /** A read or request quota: passes by itself, sooner with fewer requests. */
  | "throttled"
  /** An answer that is not what the protocol says. */
  | "bad_answer"
  /** This host's clock is more than 15 minutes off. */
  | "clock_skew"
  /** Key, token or signature refused, or the key lacks the permission. */
  | "credentials"
  /** The project is disabled, such as for an overdue account. */
  | "forbidden"
  | "project_missing"
  | "logstore_missing"
  | "group_missing"
  | "group_exists"
  /** The limit of 30 consumer groups in a logstore. */
  | "group_quota"
  /** The server has forgotten this consumer, and its shards may be elsewhere. */
  | "consumer_forgotten"
  /** The shard does not, or no longer, belong to this consumer. */
  | "lease_lost"
  | "shard_missing"
  | "invalid_cursor"
  /** Anything else the server refuses. */
  | "bad_request";

/** A call to SLS failed. The message has the call, the answer and the request id; never a secret. */
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

  /** Undefined for failures that concern one shard. */
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

  /** Whether it lasts: a proxy that changes answers, or lets nothing through, does not stop by itself. */
  override get isHeld(): boolean {
    return this.kind === "proxy_refused" || this.kind === "bad_answer" && this.status === 200;
  }
}

/** What a call was about. */
interface SlsPlace {
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
 * The kind of an answer other than 200. Codes are compared without regard to case, in both spellings where the vendor's
 * SDKs differ (`ConsumerNotExsit`, `ShardNotExsit`).
 */
export function classifySlsAnswer(status: number, code: string, message: string): SlsErrorKind {
  const known = KINDS.get(code.toLowerCase());
  if (known) return known;
  const lower = code.toLowerCase();
  if (lower.includes("invalidcursor")) return "invalid_cursor";
  // The API reference lists this code for a bad cursor; the service answers InvalidCursor.
  if (lower === "parameterinvalid" && /invalid cursor/i.test(message)) return "invalid_cursor";
  // Not every quota has a documented code; that of reads a minute is only known as "Read QPS Exceed".
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
  network: "Check the endpoint, and this host's DNS, proxy and firewall. It is retried",
  proxy_refused: "Check sls.proxy",
  server: "It is retried",
  throttled: "It is retried more slowly; split the shard if this lasts",
  bad_answer: "Check that sls.endpoint is SLS itself, and that no proxy changes its answers",
  clock_skew: "Set this host's clock. Until then the server's time is used",
  credentials:
    "Check the access key, and that its RAM policy allows this action on this logstore and consumer group",
  forbidden: "Check the state of the project in the console, such as an overdue account",
  project_missing: "Check the project's name, and that sls.endpoint is in its region",
  logstore_missing: "Check the logstore's name",
  group_missing: "It is created again",
  group_exists: "The existing group is used",
  group_quota: "Delete an unused consumer group of this logstore",
  consumer_forgotten: "Shards will be re-acquired",
  lease_lost: "Another consumer has the shard. No action needed",
  shard_missing: "The shard's data has expired. No action needed",
  invalid_cursor:
    "The data at the cursor has expired. Raise the logstore's retention if this was a long stop",
  bad_request:
    "Report this with the request id: the program sent a request that SLS does not accept",
};

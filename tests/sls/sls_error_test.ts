import assert from "node:assert/strict";
import { classifySlsAnswer, SlsError, type SlsErrorKind } from "../../src/sls/sls_error.ts";

const answers: [status: number, code: string, kind: SlsErrorKind, message?: string][] = [
  [400, "RequestTimeTooSkewed", "clock_skew"],
  [400, "RequestTimeExpired", "clock_skew"],
  [401, "SignatureNotMatch", "credentials"],
  [401, "Unauthorized", "credentials"],
  [401, "InvalidAccessKeyId", "credentials"],
  [403, "InvalidAccessKeyId.NotFound", "credentials"],
  [401, "SecurityTokenExpired", "credentials"],
  [400, "SecurityToken.Expired", "credentials"],
  [401, "", "credentials"],
  [403, "ReadQuotaExceed", "throttled"],
  [403, "ShardReadQuotaExceed", "throttled"],
  [403, "ProjectQuotaExceed", "throttled"],
  [403, "MetaOperationQpsLimitExceeded", "throttled"],
  [403, "ProjectForbidden", "forbidden"],
  [403, "", "forbidden"],
  [404, "ProjectNotExist", "project_missing"],
  [404, "LogStoreNotExist", "logstore_missing"],
  [404, "LogstoreNotExist", "logstore_missing"],
  [404, "ConsumerGroupNotExist", "group_missing"],
  [400, "ConsumerGroupAlreadyExist", "group_exists"],
  [400, "ConsumerGroupQuotaExceed", "group_quota"],
  [400, "NotExistConsumerWithBody", "consumer_forgotten"],
  [404, "ConsumerNotExist", "lease_lost"],
  [404, "ConsumerNotExsit", "lease_lost"],
  [400, "ConsumerNotMatch", "lease_lost"],
  [400, "ShardNotExist", "shard_missing"],
  [404, "ShardNotExsit", "shard_missing"],
  [400, "InvalidCursor", "invalid_cursor"],
  [400, "invalidcursor", "invalid_cursor"],
  [400, "SLSInvalidCursor", "invalid_cursor"],
  [400, "ParameterInvalid", "invalid_cursor", "Invalid cursor MTIz"],
  [400, "ParameterInvalid", "bad_request", "Invalid loggroup count, (0,1000]"],
  [500, "InternalServerError", "server"],
  [500, "ServerBusy", "server"],
  [503, "ServerBusy", "server"],
  [400, "RequestTimeout", "server"],
  [500, "SomethingNew", "server"],
  [502, "", "server"],
  [504, "", "server"],
  [429, "", "throttled"],
  [403, "ReadQpsExceed", "throttled"],
  [403, "Read QPS Exceed", "throttled"],
  [408, "", "server"],
  [404, "", "bad_answer"],
  [302, "", "bad_answer"],
  [405, "InvalidMethod", "bad_request"],
  [400, "SomethingNew", "bad_request"],
];
for (const [status, code, kind, message = ""] of answers) {
  const named = [status, code, message].filter((part) => part !== "").join(" ");
  Deno.test(`classifySlsAnswer() takes ${named} for ${kind}`, () => {
    assert.equal(classifySlsAnswer(status, code, message), kind);
    assert.notEqual(new SlsError(kind, "m").hint, "");
  });
}

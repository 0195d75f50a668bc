import assert from "node:assert/strict";
import { loaded, smallest } from "./test_sources.ts";

const cases: [sentence: string, from: string, to: string, warned: RegExp[]][] = [
  ["nothing that is probably not meant", "x", "x", []],
  ["an index in capitals", "{project", "{index: Cloud_Audit, project", [
    /^sls2hec\.yaml:7:19: sources\[0\]\.index: found "Cloud_Audit": Splunk has no index of that name/,
  ]],
  ["an index with a blank", "{project", "{index: my index, project", [/found "my index"/]],
  ["an index that begins with _", "{project", "{index: _internal, project", [/found "_internal"/]],
  ["an index that begins with -", "{project", "{index: -a, project", [/found "-a"/]],
  ["an index that holds kvstore", "{project", "{index: my_kvstore1, project", [/kvstore1"/]],
  ["a fallback index in capitals", "{url", "{fallback_index: Main, url", [
    /^sls2hec\.yaml:6:23: hec\.fallback_index: found "Main"/,
  ]],
  ["good names", "{project", "{index: cloud-audit_2, project", []],
  ["a name that begins with a digit", "{project", "{index: 2cloud, project", []],
  ["a region that v1 does not sign", "sls:", "sls:\n  region: cn-x\n  signature: v1", [
    /^sls2hec\.yaml:3:11: sls\.region: found "cn-x": sls\.endpoint is in cn-hangzhou\. Signature v1/,
  ]],
];
for (const [sentence, from, to, warned] of cases) {
  Deno.test(`loadConfig() warns of ${sentence}`, () => {
    const { warnings } = loaded({ text: smallest.replace(from, to) });
    assert.equal(warnings.length, warned.length, JSON.stringify(warnings));
    warnings.forEach(({ place, message }, at) => assert.match(`${place}: ${message}`, warned[at]!));
  });
}

import assert from "node:assert/strict";
import { readRefusal } from "../../src/sls/read_refusal.ts";

const HOST = "p.cn-hangzhou.log.aliyuncs.com";
const v1 = { host: HOST, signsHost: false };
const v4 = { host: HOST, signsHost: true };

function slsError(status: number, errorCode: string, errorMessage: string): Response {
  return new Response(JSON.stringify({ errorCode, errorMessage }), {
    status,
    headers: { "x-log-requestid": "5B7A" },
  });
}

Deno.test("a gateway's refusal is no overdue account: its page and the answering host are reported", async () => {
  const page = new Response("<HTML><Title >Blocked &amp; logged</Title>", { status: 403 });
  const { said, hint } = await readRefusal(page, v1);
  assert.equal(said, '403 without an SLS error, but the page "Blocked & logged"');
  assert.match(hint!, /gateway or proxy refuses.*sls\.proxy/);
});

Deno.test("SLS's own refusal without an error keeps the hint of its kind", async () => {
  const own = new Response("", { status: 403, headers: { "x-log-requestid": "5B7A" } });
  assert.equal((await readRefusal(own, v1)).hint, undefined);
});

Deno.test("a redirect is reported with its target, without what may be secret", async () => {
  const headers = { location: "https://u:p@sso.example.com/login?ticket=secret" };
  const { said } = await readRefusal(new Response(null, { status: 302, headers }), v1);
  assert.equal(said, "302 without an SLS error, and leads to https://sso.example.com/login?…");
});

const hosts: [what: string, Response, typeof v1, RegExp | undefined][] = [
  [
    "repeats another Host",
    slsError(401, "SignatureNotMatch", "string to sign: GET\nhost:gateway.corp:443\nx"),
    v4,
    /has changed the Host header from p\.cn-hangzhou\.log\.aliyuncs\.com to gateway\.corp:443/,
  ],
  [
    "says nothing of the Host, which is signed",
    slsError(401, "SignatureNotMatch", "signature not match"),
    v4,
    /may have changed the Host header, which is signed/,
  ],
  [
    "says nothing of the Host, which is not signed",
    slsError(401, "SignatureNotMatch", "signature not match"),
    v1,
    undefined,
  ],
  [
    "names another project",
    slsError(404, "ProjectNotExist", "The Project does not exist : gateway"),
    v1,
    /asked for the project gateway instead of p: a gateway may have changed the Host/,
  ],
  [
    "names the project",
    slsError(404, "ProjectNotExist", "The Project does not exist : p"),
    v1,
    undefined,
  ],
];

for (const [what, response, sent, found] of hosts) {
  Deno.test(`a refusal of SLS that ${what}`, async () => {
    const { hint } = await readRefusal(response, sent);
    if (found) assert.match(hint!, found);
    else assert.equal(hint, undefined);
  });
}

import assert from "node:assert/strict";
import { describeError } from "../../src/base/errors.ts";
import * as faults from "../../src/emulator/hec/faults.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { FetchTransport } from "../../src/hec/transport/fetch_transport.ts";
import type {
  HecConnection,
  HecRequest,
  HecTransport,
} from "../../src/hec/transport/hec_transport.ts";
import { nodeHttpIsSound } from "../../src/base/runtime.ts";
import { NodeTransport } from "../../src/hec/transport/node_transport.ts";
import { NAMED, NAMELESS } from "./certificates.ts";
import { ConnectProxy } from "./connect_proxy.ts";

const NEVER = new AbortController().signal;
const EVENT = '{"event":"a"}';

type Make = (connection: HecConnection) => HecTransport;

const kinds: [name: string, make: Make, tls: typeof NAMED | undefined][] = [
  ["FetchTransport", (connection) => new FetchTransport(connection), NAMED],
  ["NodeTransport", (connection) => new NodeTransport(connection), NAMED],
  ["NodeTransport without TLS", (connection) => new NodeTransport(connection), undefined],
];

function connection(hec: HecEmulator, more: Partial<HecConnection> = {}): HecConnection {
  return {
    baseUrl: hec.url,
    verify: true,
    caCerts: [NAMED.cert],
    client: undefined,
    proxyUrl: undefined,
    ...more,
  };
}

function events(hec: HecEmulator, headers: Record<string, string> = {}): HecRequest {
  return {
    method: "POST",
    path: "/services/collector/event",
    headers: { "authorization": `Splunk ${hec.token}`, "user-agent": "sls2hec/test", ...headers },
    body: new TextEncoder().encode(EVENT),
  };
}

async function withTransportOver(
  tls: typeof NAMED | undefined,
  make: Make,
  test: (transport: HecTransport, hec: HecEmulator) => Promise<void>,
): Promise<void> {
  await using hec = HecEmulator.start(tls && { tls });
  const transport = make(connection(hec));
  try {
    await test(transport, hec);
  } finally {
    transport.close();
  }
}

for (const [name, make, tls] of kinds) {
  const ignore = name !== "FetchTransport" && !nodeHttpIsSound;
  const withTransport = withTransportOver.bind(undefined, tls);

  Deno.test(
    `${name} carries a request with its headers and body, and reads the answer`,
    { ignore },
    async () => {
      await withTransport(make, async (transport, hec) => {
        hec.inject(faults.setCookie("lb=one; Path=/"));
        const request = events(hec, { "cookie": "a=1; b=2", "x-splunk-request-channel": "c" });
        const { status, body, setCookies, retryAfter } = await transport.send(request, NEVER);
        assert.equal(status, 200);
        assert.equal(new TextDecoder().decode(body), '{"text":"Success","code":0}');
        assert.deepEqual(setCookies, ["lb=one; Path=/"]);
        assert.equal(retryAfter, null);
        const { headers, body: sent } = hec.requests[0]!;
        assert.equal(new TextDecoder().decode(sent), EVENT);
        assert.equal(headers.get("user-agent"), "sls2hec/test");
        assert.equal(headers.get("cookie"), "a=1; b=2");
        assert.equal(headers.get("x-splunk-request-channel"), "c");
        assert.equal(headers.get("content-length"), `${EVENT.length}`);
        assert.equal(headers.get("transfer-encoding"), null);
      });
    },
  );

  const keeps = name !== "FetchTransport";
  Deno.test(`${name} ${keeps ? "reuses its connection" : "takes a connection for each request"}`, {
    ignore,
  }, async () => {
    await withTransport(make, async (transport, hec) => {
      for (let i = 0; i < 5; i++) await transport.send(events(hec), NEVER);
      assert.equal(hec.connectionsOpened, keeps ? 1 : 5);
    });
  });

  Deno.test(`${name} carries a GET`, { ignore }, async () => {
    await withTransport(make, async (transport) => {
      const request = { method: "GET", path: "/services/collector/health", headers: {} } as const;
      const { body } = await transport.send(request, NEVER);
      assert.match(new TextDecoder().decode(body), /"code":17/);
    });
  });

  Deno.test(`${name} carries a body of several megabytes`, { ignore }, async () => {
    await withTransport(make, async (transport, hec) => {
      const body = new TextEncoder().encode(`{"event":"${"x".repeat(4_000_000)}"}`);
      assert.equal((await transport.send({ ...events(hec), body }, NEVER)).status, 200);
      assert.equal(hec.events[0]?.text.length, 4_000_000);
    });
  });

  Deno.test(`${name} does not follow redirects`, { ignore }, async () => {
    await withTransport(make, async (transport, hec) => {
      for (const status of [301, 302, 303, 307, 308]) {
        hec.inject(faults.redirect(status, "/services/collector/health"));
        assert.equal((await transport.send(events(hec), NEVER)).status, status);
      }
      assert.equal(hec.requests.length, 5);
    });
  });

  Deno.test(`${name} returns any status with its Retry-After`, { ignore }, async () => {
    await withTransport(make, async (transport, hec) => {
      hec.inject(faults.retryAfter(503, "7"), faults.empty(204), faults.html(413));
      const answers = [];
      for (let i = 0; i < 3; i++) answers.push(await transport.send(events(hec), NEVER));
      assert.deepEqual(answers.map(({ status, retryAfter }) => [status, retryAfter]), [
        [503, "7"],
        [204, null],
        [413, null],
      ]);
    });
  });

  Deno.test(`${name} cuts a huge answer and can be used on`, { ignore }, async () => {
    await withTransport(make, async (transport, hec) => {
      hec.inject(faults.hugeBody(5_000_000), faults.hugeBody(64 * 1024));
      assert.equal((await transport.send(events(hec), NEVER)).body.length, 64 * 1024);
      assert.equal((await transport.send(events(hec), NEVER)).body.length, 64 * 1024);
      assert.equal((await transport.send(events(hec), NEVER)).body.length, 27);
    });
  });

  Deno.test(`${name} waits for an answer that drips`, { ignore }, async () => {
    await withTransport(make, async (transport, hec) => {
      hec.inject(faults.drip(3, 5));
      const { body } = await transport.send(events(hec), NEVER);
      assert.equal(new TextDecoder().decode(body), '{"text":"Success","code":0}');
    });
  });

  const broken: [sentence: string, fault: ReturnType<typeof faults.close>][] = [
    ["that breaks off in its body", faults.cutAnswer(5)],
    ["that breaks off before its body", faults.cutAnswer(0)],
    ["that is shorter than it says", faults.wrongLength(10)],
    ["that never comes", faults.close()],
    ["that never comes, though the events were accepted", faults.storeThenClose()],
    ["to a request that is cut off", faults.cutBeforeBody()],
  ];
  for (const [sentence, fault] of broken) {
    Deno.test(
      `${name} fails on an answer ${sentence}, and can be used on`,
      { ignore },
      async () => {
        await withTransport(make, async (transport, hec) => {
          hec.rule = () => fault;
          await assert.rejects(transport.send(events(hec), NEVER));
          hec.rule = undefined;
          assert.equal((await transport.send(events(hec), NEVER)).status, 200);
        });
      },
    );
  }

  Deno.test(
    `${name} sends a POST never again by itself when its connection dies before the answer, after others`,
    { ignore },
    async () => {
      await withTransport(make, async (transport, hec) => {
        for (let i = 0; i < 3; i++) await transport.send(events(hec), NEVER);
        hec.inject(faults.storeThenClose());
        await assert.rejects(transport.send(events(hec), NEVER), { name: "RequestCutOff" });
        assert.equal(hec.requests.length, 4);
        assert.equal(hec.events.length, 4);
      });
    },
  );

  for (const fault of [faults.hang(), faults.drip(1, 60_000)]) {
    Deno.test(`${name} ends with the signal's reason while the server's fault is ${fault.name}`, {
      ignore,
    }, async () => {
      await withTransport(make, async (transport, hec) => {
        hec.inject(fault);
        const stop = new AbortController();
        const sending = transport.send(events(hec), stop.signal);
        const failed = assert.rejects(sending, (error) => describeError(error).includes("enough"));
        while (hec.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        stop.abort(new Error("enough"));
        await failed;
        await assert.rejects(transport.send(events(hec), stop.signal), /enough/);
        assert.equal((await transport.send(events(hec), NEVER)).status, 200);
      });
    });
  }

  Deno.test(`${name} fails when nothing listens`, { ignore }, async () => {
    await withTransport(make, async (transport, hec) => {
      await hec.refuseConnections();
      await assert.rejects(transport.send(events(hec), NEVER), (error) => {
        assert.match(describeError(error), /refused/i);
        return true;
      });
    });
  });

  Deno.test(`${name} goes through a proxy with a login`, { ignore }, async () => {
    await using hec = HecEmulator.start(tls && { tls });
    await using proxy = new ConnectProxy("us er:p@ss");
    for (const [login, works] of [["us%20er:p%40ss@", true], ["us%20er:wrong@", false]] as const) {
      const transport = make(
        connection(hec, { proxyUrl: proxy.url.replace("http://", `http://${login}`) }),
      );
      try {
        if (works) assert.equal((await transport.send(events(hec), NEVER)).status, 200);
        else if (tls) await assert.rejects(transport.send(events(hec), NEVER));
        else assert.equal((await transport.send(events(hec), NEVER)).status, 407);
      } finally {
        transport.close();
      }
    }
    assert.deepEqual(proxy.targets, [new URL(hec.url).host]);
    assert.ok(proxy.refused >= 1);
    assert.equal(hec.requests.length, 1);
  });
}

const certificates: [
  sentence: string,
  tls: typeof NAMED,
  caCerts: string[],
  fetches: boolean,
  verify: boolean,
][] = [
  ["a certificate that it was given", NAMED, [NAMED.cert], true, true],
  ["an unknown certificate", NAMED, [], false, false],
  ["the nameless certificate of Splunk", NAMELESS, [NAMELESS.cert], false, true],
];
for (const [sentence, tls, caCerts, fetches, verify] of certificates) {
  Deno.test(
    `FetchTransport ${fetches ? "accepts" : "refuses"} ${sentence}; NodeTransport accepts it ${
      verify ? "" : "un"
    }checked`,
    { ignore: !nodeHttpIsSound },
    async () => {
      await using hec = HecEmulator.start({ tls });
      const [fetching, node] = kinds.map(([, make]) => make(connection(hec, { caCerts, verify })));
      try {
        const answer = fetching!.send(events(hec), NEVER);
        if (fetches) assert.equal((await answer).status, 200);
        else await assert.rejects(answer, (error) => /certificate/i.test(describeError(error)));
        assert.equal((await node!.send(events(hec), NEVER)).status, 200);
      } finally {
        fetching!.close();
        node!.close();
      }
      assert.equal(hec.events.length, fetches ? 2 : 1);
    },
  );
}

Deno.test("FetchTransport has a limit for bodies, NodeTransport none", async () => {
  await using hec = HecEmulator.start();
  const limits = kinds.slice(0, 2).map(([, make]) => {
    const transport = make(connection(hec));
    transport.close();
    return transport.maxBodyBytes;
  });
  assert.deepEqual(limits, [65_536, undefined]);
});

Deno.test("FetchTransport goes to an unencrypted HEC, through a proxy if there is one", async () => {
  await using hec = HecEmulator.start();
  // The emulator takes a request line with a whole URL, as a proxy does.
  const far = { baseUrl: "http://splunk.example:8088", proxyUrl: hec.url };
  for (const more of [{}, far]) {
    const transport = new FetchTransport(connection(hec, { caCerts: [], ...more }));
    try {
      assert.equal((await transport.send(events(hec), NEVER)).status, 200);
    } finally {
      transport.close();
    }
  }
  assert.equal(hec.events.length, 2);
});

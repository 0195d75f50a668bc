import assert from "node:assert/strict";
import type { TlsTexts } from "../../src/base/tls_files.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { FetchTransport } from "../../src/hec/transport/fetch_transport.ts";
import type { HecConnection, HecTransport } from "../../src/hec/transport/hec_transport.ts";
import { nodeHttpIsSound } from "../../src/base/runtime.ts";
import { NodeTransport } from "../../src/hec/transport/node_transport.ts";
import { makeTransport } from "../../src/app/open_hec.ts";
import { Authority, LOCAL } from "../support/authority.ts";
import { TlsFront, type TlsFrontOptions } from "../support/tls_front.ts";
import { good, type TestEvent } from "./batches.ts";
import { HecHarness } from "./hec_harness.ts";

/** A collector behind real TLS, and a client whose certificates the test changes. */
class Setting implements AsyncDisposable {
  /** What connections are made with from now on. */
  texts: TlsTexts;
  readonly front: TlsFront;
  readonly harness: HecHarness;
  readonly #hec: HecEmulator;
  readonly #sent: TestEvent[] = [];

  private constructor(hec: HecEmulator, front: TlsFront, texts: TlsTexts, make: Make) {
    this.#hec = hec;
    this.front = front;
    this.texts = texts;
    this.harness = new HecHarness({
      client: {
        connections: [{ baseUrl: front.url, verify: true, proxyUrl: undefined }],
        tls: { current: () => Promise.resolve(this.texts) },
        makeTransport: make,
      },
    });
  }

  static async start(server: TlsFrontOptions, texts: TlsTexts, make: Make): Promise<Setting> {
    const hec = HecEmulator.start();
    return new Setting(hec, await TlsFront.start(hec.url, server), texts, make);
  }

  /** With a server whose certificate the authority has signed, who alone is trusted. */
  static async startSignedBy(authority: Authority, make: Make): Promise<Setting> {
    const texts = { caCerts: [authority.cert], client: undefined };
    return await Setting.start(authority.sign({ names: LOCAL }), texts, make);
  }

  /** Hands an event to the client, which is to deliver it when it can. */
  send(id: string): Promise<unknown> {
    const event = good(id);
    this.#sent.push(event);
    return this.harness.deliver([event]);
  }

  /** Waits until delivery is in trouble of this kind. */
  async trouble(message: RegExp, hint: RegExp): Promise<void> {
    const found = () => this.harness.troubles().find((trouble) => message.test(trouble.message));
    await this.harness.until(() => found() !== undefined);
    assert.match(found()!.hint, hint);
    assert.match(found()!.message, /Cannot deliver/);
  }

  /** Every event is in HEC, once. */
  assertDelivered(): void {
    const ids = this.#hec.events.map(({ fields }) => fields?.["sls_id"]);
    assert.deepEqual(ids.sort(), this.#sent.map(({ id }) => id).sort());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.harness[Symbol.asyncDispose]();
    await this.front[Symbol.asyncDispose]();
    await this.#hec[Symbol.asyncDispose]();
  }
}

type Make = (connection: HecConnection) => HecTransport;

const ways: [name: string, make: Make][] = [
  ["fetch", (connection) => new FetchTransport(connection)],
  ["node:https", (connection) => new NodeTransport(connection)],
  ["what a CA file makes", makeTransport],
];
for (const [name, make] of ways) {
  const ignore = name !== "fetch" && !nodeHttpIsSound;

  Deno.test(`by ${name}, new connections are made with a CA that has replaced another`, {
    ignore,
  }, async () => {
    const [old, young] = [new Authority("Old CA"), new Authority("Young CA")];
    await using setting = await Setting.startSignedBy(old, make);
    await setting.send("before");
    await setting.front.change(young.sign({ names: LOCAL }));
    const waiting = setting.send("between");
    await setting.trouble(/authority that this host does not trust/, /hec\.tls\.ca_file/);
    setting.texts = { caCerts: [young.cert], client: undefined };
    await waiting;
    await setting.send("after");
    setting.assertDelivered();
  });

  Deno.test(`by ${name}, a CA that is replaced ahead of its certificate loses no request`, {
    ignore,
  }, async () => {
    const [old, young] = [new Authority("Old CA"), new Authority("Young CA")];
    await using setting = await Setting.startSignedBy(old, make);
    await setting.send("before");
    setting.texts = { caCerts: [old.cert + young.cert], client: undefined };
    await setting.send("between");
    await setting.front.change(young.sign({ names: LOCAL }));
    await setting.send("after");
    assert.equal(setting.front.connections.length, 3);
    setting.assertDelivered();
  });

  for (const maxVersion of ["TLSv1.2", undefined] as const) {
    const version = maxVersion ?? "TLS 1.3";
    const options = { requestCert: true, ...(maxVersion && { maxVersion }) };

    Deno.test(
      `by ${name} with ${version}, a collector gets the client certificate that it asks for`,
      {
        ignore,
      },
      async () => {
        const authority = new Authority("Test CA");
        const client = authority.sign();
        await using setting = await Setting.start(
          { ...authority.sign({ names: LOCAL }), ca: authority.cert, ...options },
          { caCerts: [authority.cert], client },
          make,
        );
        await setting.send("a");
        assert.deepEqual(setting.front.connections, ["SplunkServerDefaultCert"]);
        setting.assertDelivered();
      },
    );

    Deno.test(
      `by ${name} with ${version}, events wait for a client certificate that is missing or refused`,
      {
        ignore,
      },
      async () => {
        const [authority, stranger] = [new Authority("Test CA"), new Authority("Another CA")];
        const caCerts = [authority.cert];
        await using setting = await Setting.start(
          { ...authority.sign({ names: LOCAL }), ca: authority.cert, ...options },
          { caCerts, client: undefined },
          make,
        );
        const waiting = [setting.send("a")];
        await setting.trouble(/requires (a client certificate|one)/, /hec\.tls\.cert_file/);
        setting.texts = { caCerts, client: stranger.sign() };
        const refused = setting.front.refused.length;
        waiting.push(setting.send("b"));
        // Node's TLS closes the connection without saying why: in TLS 1.3 after the handshake.
        await setting.harness.until(() => setting.front.refused.length > refused + 1);
        if (maxVersion === "TLSv1.2") {
          await setting.trouble(/during the handshake/, /hec\.tls\.cert_file/);
        }
        setting.texts = { caCerts, client: authority.sign() };
        await Promise.all(waiting);
        setting.assertDelivered();
      },
    );
  }
}

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import type { PeerCertificate } from "node:tls";
import zlib from "node:zlib";
import { exampleYaml } from "../../src/config/render.ts";
import { loadConfig } from "../../src/config/load_config.ts";
import { formatProblems } from "../../src/config/problems.ts";
import { encodeLz4Block } from "../../src/emulator/core/sls/encode_lz4_block.ts";
import { readCertificates } from "../../src/base/tls_files.ts";
import { checkByAuthorities } from "../../src/hec/transport/server_certificate.ts";
import { NAMED, NAMELESS } from "../hec/certificates.ts";
import { readAcks } from "../../src/hec/ack/ack_poller.ts";
import { readHecAnswer } from "../../src/hec/hec_answer.ts";
import { sortAnswer } from "../../src/hec/outcome.ts";
import { decodeCursor } from "../../src/base/cursor.ts";
import {
  describeRefusal,
  hasCredentials,
  issuedCredentials,
  stsAnswer,
} from "../../src/sls/sts_answer.ts";
import { CorruptBody, openPage } from "../../src/sls/decompress.ts";
import { zstdOfLibrary } from "../../src/sls/zstd_frame.ts";
import { Core } from "../../src/core/core.ts";
import { mappingBytes } from "../../src/core/event_format.ts";
import { functions, scratch } from "../core/core_functions.ts";
import { mappingOf, type ShortMapping } from "../core/short_mapping.ts";
import { PLAIN_MAPPING, POSITION, reference, ROOMY, transcode } from "../core/transcode_page.ts";

/** Certificates that have signed themselves, and the check with each as the CA file. */
const shownByServers = [NAMED, NAMELESS].map(({ cert }) => {
  const { raw, validFrom, validTo } = new X509Certificate(cert);
  return {
    check: checkByAuthorities([cert], () => {}),
    certificate: { raw, valid_from: validFrom, valid_to: validTo } as PeerCertificate,
  };
});

/** Whether what is signed is the same: all but what follows it, the signature and its algorithm. */
function isSameContent(one: Uint8Array, other: Uint8Array): boolean {
  const end = 4 + 4 + (one[6]! << 8) + one[7]!; // two sequences with lengths of two bytes
  return one.subarray(0, end).every((byte, at) => byte === other[at]);
}

/** Something that reads bytes from outside. */
export interface FuzzTarget {
  readonly name: string;
  /** Good inputs to start from. */
  readonly corpus: readonly Uint8Array[];
  /** Reads one input; throws only when a promise is broken. */
  readonly run: (input: Uint8Array, random: () => number) => void;
}

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const PAGES = new URL("../testdata/pull/", import.meta.url);
const pages = [...Deno.readDirSync(PAGES)].filter(({ name }) => name.endsWith(".pb"))
  .map(({ name }) => Deno.readFileSync(new URL(name, PAGES))).filter(({ length }) =>
    length < 50_000
  );

const STS_CREDENTIALS = JSON.stringify({
  RequestId: "6894B13B",
  Credentials: {
    AccessKeyId: "STS.id",
    AccessKeySecret: "secret",
    SecurityToken: "CAIS+token==",
    Expiration: "2126-01-01T00:00:00Z",
  },
});
const STS_REFUSAL = JSON.stringify({
  RequestId: "7C8B0A6E",
  Code: "InvalidParameter.PolicyGrammar",
  Message: "The parameter Policy has not passed grammar check.",
});

const decodeByLibrary = await zstdOfLibrary();

/** The most that is announced for each byte of input. */
const MEMORY_FACTOR = 4;

function compressed(
  name: string,
  type: string,
  compress: (raw: Uint8Array) => Uint8Array,
): FuzzTarget {
  return {
    name,
    corpus: pages.map(compress),
    run: (input, random) => {
      const rawBytes = Math.floor(random() * MEMORY_FACTOR * input.length);
      try {
        const page = openPage(input, type, rawBytes);
        assert.equal(page.length, rawBytes);
      } catch (error) {
        if (!(error instanceof CorruptBody)) throw error;
      }
    },
  };
}

/** The decoder for runtimes without one: whatever it is given, it refuses or stays within its limit. */
function zstdByLibrary(compress: (raw: Uint8Array) => Uint8Array): FuzzTarget {
  return {
    name: "zstd by library",
    corpus: pages.map(compress),
    run: (input, random) => {
      const maxOutputLength = 1 + Math.floor(random() * MEMORY_FACTOR * input.length);
      let decoded: Uint8Array;
      try {
        decoded = decodeByLibrary(input, { maxOutputLength });
      } catch {
        return;
      }
      assert.ok(decoded.length <= maxOutputLength);
    },
  };
}

const zstdCompress = (zlib as unknown as { zstdCompressSync?: (raw: Uint8Array) => Uint8Array })
  .zstdCompressSync;

export const targets: readonly FuzzTarget[] = [
  {
    name: "protobuf",
    corpus: pages,
    run: (input, random) => {
      const mapping: ShortMapping = {
        source: "s",
        eventFormat: input.length % 2 === 0 ? "object" : "text",
        expandJson: { actiontrail_audit_event: ["event"], t: ["k"] },
        eventIdPrefix: "p/l/0/",
      };
      const limits = { ...ROOMY, maxBytes: 1 + Math.floor(random() * 5000) };
      const expected = reference(input, mapping, POSITION);
      assert.deepEqual(transcode(input, mapping, POSITION, limits), expected);
    },
  },
  {
    name: "lz4",
    corpus: pages.map(encodeLz4Block),
    run: (input, random) => {
      const rawBytes = Math.floor(random() * MEMORY_FACTOR * input.length);
      const core = {
        cursor: new Uint8Array(0),
        cursorCounts: false,
        mapping: mappingBytes(mappingOf(PLAIN_MAPPING)),
      };
      const groups = new Core().begin({ body: input, isLz4: true, rawBytes, ...core });
      assert.ok(typeof groups === "string" || groups * 2 <= rawBytes);
    },
  },
  compressed("deflate", "deflate", (raw) => zlib.deflateSync(raw)),
  ...(zstdCompress ? [compressed("zstd", "zstd", zstdCompress)] : []),
  ...(zstdCompress ? [zstdByLibrary(zstdCompress)] : []),
  {
    name: "JSON splice",
    corpus: [
      '{"a":[1,2.5e-3,true,null,"\\u00e9\\n"],"b":{"c":{}}}',
      "[[[[[[]]]]]]",
      '"text"',
      "-0.0e+1",
    ].map(encode),
    run: (input) => {
      let parses = true;
      try {
        JSON.parse(decode(input));
      } catch {
        parses = false;
      }
      const memory = scratch(input.length + 64);
      memory.set(input);
      const { byteOffset: from } = memory;
      // A byte order mark is dropped by the decoder, but is not JSON.
      const bom = input[0] === 0xef && input[1] === 0xbb && input[2] === 0xbf;
      assert.equal(functions.jsonKind(from, from + input.length) !== 0, parses && !bom);
    },
  },
  {
    name: "PEM certificates",
    corpus: [NAMED, NAMELESS].map(({ cert }) => encode(cert)),
    run: (input) => {
      const text = decode(input);
      let read: X509Certificate[];
      try {
        read = readCertificates(text);
      } catch (error) {
        assert.ok(error instanceof Error && error.message.length < 200);
        return;
      }
      assert.ok(read.length > 0);
    },
  },
  {
    name: "server certificates",
    corpus: [NAMED, NAMELESS].map(({ cert }) => new Uint8Array(new X509Certificate(cert).raw)),
    run: (raw) => {
      const signed = shownByServers.find(({ certificate }) => isSameContent(certificate.raw, raw));
      for (const { check, certificate } of shownByServers) {
        const refusal = check("localhost", { ...certificate, raw: Buffer.from(raw) });
        if (signed?.certificate !== certificate) assert.ok(refusal instanceof Error);
      }
    },
  },
  {
    name: "cursors",
    corpus: ["MTc1OTczOTQwMDAwMDAwMDAwMA==", "MA==", ""].map(encode),
    run: (input) => {
      const number = decodeCursor(decode(input));
      assert.ok(number === undefined || number >= 0n);
    },
  },
  {
    name: "HEC answers",
    corpus: [
      '{"text":"Success","code":0,"ackId":12}',
      '{"text":"Invalid data format","code":6,"invalid-event-number":3}',
      '{"acks":{"0":true,"1":false}}',
      "<html><body>502</body></html>",
    ].map(encode),
    run: (input, random) => {
      const status = [200, 201, 303, 400, 401, 403, 404, 413, 429, 500, 503][
        Math.floor(random() * 11)
      ]!;
      const retryAfter = random() < 0.5 ? decode(input.subarray(0, 20)) : null;
      const answer = readHecAnswer({ status, body: input, retryAfter }, 0);
      const count = 1 + Math.floor(random() * 5);
      const outcome = sortAnswer(answer, count, random() < 0.5);
      if (outcome.kind === "accepted") {
        assert.ok(status < 300 && [0, 24, 25].includes(answer.code ?? -1), "success is proven");
      }
      if ("index" in outcome) assert.ok(outcome.index >= 0 && outcome.index < count);
      if (outcome.kind === "retry") assert.ok(outcome.from >= 0 && outcome.from <= count);
      for (const id of readAcks(input) ?? []) assert.ok(Number.isSafeInteger(id) && id >= 0);
    },
  },
  {
    name: "STS answers",
    corpus: [STS_CREDENTIALS, STS_REFUSAL, "<html><title>Bad gateway</title></html>"].map(encode),
    run: (input) => {
      const answer = stsAnswer(200, new Headers(), input);
      const text = describeRefusal(answer);
      assert.ok(text.length < 1_000 && !/\p{Cc}/u.test(text), text);
      if (!hasCredentials(answer)) return;
      try {
        const nowMs = Date.UTC(2026, 0);
        const { expiresAtMs = 0, securityToken } = issuedCredentials(answer, nowMs, nowMs);
        assert.ok(securityToken && expiresAtMs > nowMs);
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        assert.ok(error instanceof Error && error.message.length < 300);
      }
    },
  },
  {
    name: "YAML configuration",
    corpus: [
      encode(exampleYaml()),
      encode("sls: {endpoint: cn-hangzhou}\nsources: [{project: p}]"),
    ],
    run: (input) => {
      const loaded = loadConfig({
        text: decode(input),
        fileName: "f.yaml",
        env: (name) => name === "EMPTY" ? "" : `value-of-${name}`.toLowerCase(),
        readFile: () => "content",
      });
      if (!loaded.ok) assert.ok(formatProblems(loaded.problems).length > 0);
    },
  },
];

import { z } from "zod";
import {
  choice,
  compression,
  filePath,
  fingerprint,
  flag,
  secretText,
  textValue,
  wholeNumber,
} from "../types/scalars.ts";
import { byteRate, byteSize, duration } from "../types/quantities.ts";
import { hecUrl } from "../types/urls.ts";
import {
  group,
  listItem,
  optional,
  overridesOf,
  required,
  typeNotes,
  withDefault,
} from "./declare.ts";
import { hecHeaders } from "./hec_headers.ts";
import { proxyOptions } from "./proxy_options.ts";

const urls = z.array(hecUrl(), { error: "a list of URLs" }).min(1, { error: "at least one URL" });
typeNotes.set(urls, { kind: "list of URLs", expected: "a list of URLs" });

/** The `tls` group. */
export const hecTlsOptions = group("Certificates of the collector's TLS.", {
  verify: withDefault(flag(), "true", {
    help:
      "Check the collector's certificate. With false, anyone in the network path can read logs and token.",
  }),
  fingerprint: optional(fingerprint(), {
    help:
      "SHA-256 of the only accepted certificate, regardless of ca_file; checked before the token is sent.",
    example: `"${"AB:".repeat(31)}AB"`,
    without: "certificates are checked by authority and name",
  }),
  ca_file: optional(filePath("file"), {
    help: "Extra certificate authorities (PEM); reread when the file changes.",
    env: "SPLUNK_HEC_CA_FILE",
    example: "/etc/ssl/splunk-ca.pem",
    without: "the public ones",
    access: { read: true },
  }),
  cert_file: optional(filePath("file"), {
    help:
      "Client certificate (PEM), for a collector that requires one; needs key_file; reread when it changes.",
    example: "/etc/ssl/sls2hec.pem",
    without: "none",
    access: { read: true },
  }),
  key_file: optional(filePath("file"), {
    help: "Private key (PEM) of cert_file, without a passphrase; reread when it changes.",
    example: "/etc/ssl/sls2hec-key.pem",
    without: "none",
    access: { read: true, secret: true },
  }),
});

const batch = group("When a request is full.", {
  max_bytes: withDefault(byteSize({ min: "1KB", max: "100MB" }), "1MB", {
    help: "Bytes of one request before gzip; at most a quarter of memory_budget.",
  }),
  max_events: withDefault(wholeNumber({ min: 1, max: 1_000_000 }), "5000", {
    help: "Events of one request.",
  }),
  max_age: withDefault(duration({ min: "0s", max: "1h" }), "1s", {
    help: "Longest wait for a request to fill; 0s sends at once.",
  }),
});

const retire = group(
  "When a connection is closed, so that a load balancer can redistribute the load.",
  {
    after_requests: withDefault(wholeNumber({ min: 1, max: 1_000_000_000 }), "2000", {
      help: "Requests on one connection.",
    }),
    after: withDefault(duration({ min: "1s" }), "300s", { help: "Age of one connection." }),
  },
);

const shape = {
  url: optional(hecUrl(), {
    help: "Collector's base URL, without a route.",
    env: "SPLUNK_HEC_URL",
    insteadOf: ["urls"],
    example: "${env:SPLUNK_HEC_URL}",
    requiredUnless: "urls is set",
  }),
  urls: optional(urls, {
    help: "Several collectors that share the load, instead of url.",
    example: "[https://hec-1.example.com:8088, https://hec-2.example.com:8088]",
    without: "only url",
  }),
  token: required(secretText("an HEC token"), {
    help: "HEC token. From ${file:PATH} it is reread when the file changes.",
    env: "SPLUNK_HEC_TOKEN",
    example: "${env:SPLUNK_HEC_TOKEN}",
  }),
  tls: hecTlsOptions,
  ...proxyOptions("Splunk", "SPLUNK_HEC_PROXY"),
  headers: withDefault(hecHeaders, {}, {
    help: "Further headers of every request, by name, such as a gateway asks for; never shown.",
  }),
  timeout: withDefault(duration({ min: "10ms" }), "120s", {
    help:
      "Wait for an answer; then the request is sent again, possibly as a duplicate. Increases by itself, to 10m.",
  }),
  gzip: withDefault(compression(), "true", {
    help:
      "Compress requests: true with the built-in encoder, zlib with the standard one, false not at all.",
  }),
  event_format: withDefault(choice("object", "text"), "object", {
    help: "Send each event as a JSON object, or as text that contains the JSON.",
  }),
  batch,
  max_concurrent_requests: withDefault(wholeNumber({ min: 1, max: 1_024 }), "24", {
    help: "Requests in flight at once, for all shards together.",
  }),
  rate: optional(byteRate(), {
    help: "Most bytes of uncompressed logs a second, for all sources with these collectors.",
    example: "10MB",
    without: "no limit",
  }),
  ack: withDefault(choice("auto", "on", "off"), "auto", {
    help: "Wait until indexers acknowledge; auto: if the token supports it.",
    env: "SPLUNK_HEC_ACK",
  }),
  ack_timeout: withDefault(duration({ min: "1s" }), "300s", {
    help:
      "Wait for an acknowledgement, while polls are answered, before the events are sent again.",
  }),
  fallback_index: optional(textValue({ what: "an index name", maxLength: 256 }), {
    help: "Index for events whose own index the token may not use.",
    example: "lastchance",
    without: "the source is held until its index is allowed",
  }),
  max_event_bytes: withDefault(byteSize({ min: "1KB", max: "100MB" }), "4.9MB", {
    help: "Largest event; Splunk's own limit is 5 MB. At most half of memory_budget.",
  }),
  oversize: withDefault(choice("park", "truncate"), "park", {
    help: "What happens to a larger event: park it in the dead letters, or truncate and mark it.",
  }),
  event_id: withDefault(flag(), "true", {
    help: "Send the indexed field sls_id, the same on every resend, to recognise duplicates.",
  }),
  retire,
};

/** How to reach Splunk and what is sent there. */
export const hecOptions = group("Where the logs go: Splunk HTTP Event Collector (HEC).", shape);

/** The same keys for one source. */
export const sourceHec = listItem(overridesOf("hec", shape));

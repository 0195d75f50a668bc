import { z } from "zod";
import { hostList } from "../types/hosts.ts";
import { byteSize, duration } from "../types/quantities.ts";
import {
  choice,
  compression,
  filePath,
  fingerprint,
  flag,
  textValue,
  wholeNumber,
} from "../types/scalars.ts";
import { secretText } from "../types/secrets.ts";
import { hecUrl, proxy } from "../types/urls.ts";
import { group, optional, required, typeNotes, withDefault } from "./declare.ts";

const urls = z.array(hecUrl(), { error: "a list of URLs" }).min(1, { error: "at least one URL" });
typeNotes.set(urls, { kind: "list of URLs", expected: "a list of URLs" });

/** The `tls` group. */
export const hecTlsOptions = group("Certificates of the collector's TLS.", {
  verify: withDefault(flag(), "true", {
    help: "Check the collector's certificate; false accepts any, so anybody may listen in.",
  }),
  fingerprint: optional(fingerprint(), {
    help:
      "SHA-256 of the only certificate that is taken, whatever ca_file says; checked before the token is sent.",
    example: `"${"AB:".repeat(31)}AB"`,
    without: "certificates are checked by their authorities and names",
  }),
  ca_file: optional(filePath("file"), {
    help: "Extra certificate authorities (PEM); read again when the file changes.",
    example: "/etc/ssl/splunk-ca.pem",
    without: "the public ones",
    access: { read: true },
  }),
  cert_file: optional(filePath("file"), {
    help:
      "Own certificate (PEM) for a collector that asks for one; needs key_file; read again likewise.",
    example: "/etc/ssl/sls2hec.pem",
    without: "none is shown",
    access: { read: true },
  }),
  key_file: optional(filePath("file"), {
    help: "Private key (PEM) of cert_file, without a passphrase; read again likewise.",
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

const retire = group("When a connection is closed, so that a balancer can spread the load anew.", {
  after_requests: withDefault(wholeNumber({ min: 1, max: 1_000_000_000 }), "2000", {
    help: "Requests on one connection.",
  }),
  after: withDefault(duration({ min: "1s" }), "300s", { help: "Age of one connection." }),
});

/** How to reach Splunk and what is sent there. */
export const hecOptions = group("Where the logs go: Splunk HTTP Event Collector (HEC).", {
  url: optional(hecUrl(), {
    help: "Collector's base URL, without a route.",
    env: "SPLUNK_HEC_URL",
    insteadOf: ["urls"],
    example: "${env:SPLUNK_HEC_URL}",
    requiredUnless: "urls is set",
  }),
  urls: optional(urls, {
    help: "Several collectors that share the load, in place of url.",
    example: "[https://hec-1.example.com:8088, https://hec-2.example.com:8088]",
    without: "url alone",
  }),
  token: required(secretText("an HEC token"), {
    help: "HEC token. Out of ${file:PATH} it is read again when the file changes.",
    env: "SPLUNK_HEC_TOKEN",
    example: "${env:SPLUNK_HEC_TOKEN}",
  }),
  tls: hecTlsOptions,
  proxy: optional(proxy(), {
    help:
      "Proxy for the requests to Splunk; env takes HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.",
    example: "http://proxy.example.com:3128",
    without: "direct",
  }),
  no_proxy: optional(hostList(), {
    help: "Hosts and ranges of addresses that are reached without the proxy.",
    example: "localhost,.corp.example.com,10.0.0.0/8",
    without: "none",
  }),
  timeout: withDefault(duration({ min: "10ms" }), "120s", {
    help:
      "Wait for an answer; then the request is sent again, maybe as a duplicate. Grows by itself, to 10m.",
  }),
  gzip: withDefault(compression(), "true", {
    help:
      "Compress requests: true by the built-in encoder, zlib by the standard one, false not at all.",
  }),
  event_format: withDefault(choice("object", "text"), "object", {
    help: "Send each event as a JSON object, or as text that holds that JSON.",
  }),
  batch,
  max_concurrent_requests: withDefault(wholeNumber({ min: 1, max: 1_024 }), "24", {
    help: "Requests in flight at once, over all shards.",
  }),
  ack: withDefault(choice("auto", "on", "off"), "auto", {
    help: "Wait until indexers acknowledge; auto does so where the token offers it.",
  }),
  ack_timeout: withDefault(duration({ min: "1s" }), "300s", {
    help:
      "Wait, while polls are answered, for an acknowledgement before the events are sent again.",
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
    help: "What happens to a larger event: into the dead letters, or cut and marked.",
  }),
  event_id: withDefault(flag(), "true", {
    help: "Send the indexed field sls_id, the same on every resend, so duplicates can be told.",
  }),
  retire,
});

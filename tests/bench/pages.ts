import { demoLogGroup } from "../../src/emulator/demo/demo_logs.ts";
import { encodeLogGroup } from "../../src/emulator/sls/encode_log_group.ts";
import { seededRandom } from "../support/seeded_random.ts";

/** A LogGroupList of log groups whose topic is `topic`, of about `bytes`. */
export function makePage(topic: string, bytes: number): { raw: Uint8Array; groups: number } {
  const random = seededRandom(7);
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let id = 0; length < bytes;) {
    const group = demoLogGroup(100, 1_759_739_400_000, random, (i) => `d-bench-${id + i}`);
    id += 100;
    if (group.topic !== topic) continue;
    const encoded = encodeLogGroup(group);
    const head = [0x0a];
    for (let n = encoded.length;; n = Math.floor(n / 128)) {
      if (n < 128) {
        head.push(n);
        break;
      }
      head.push(n % 128 | 0x80);
    }
    parts.push(new Uint8Array(head), encoded);
    length += head.length + encoded.length;
  }
  const raw = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    raw.set(part, at);
    at += part.length;
  }
  return { raw, groups: parts.length / 2 };
}

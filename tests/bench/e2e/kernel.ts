import process from "node:process";
import zlib from "node:zlib";
import { loadLogGroup } from "../../../src/emulator/load/load_logs.ts";
import { seededRandom } from "../../support/seeded_random.ts";

const INPUT_BYTES = 1_000_000;

/**
 * What rates are taken to: node:zlib gzip level 1 on one megabyte of nginx events. The machine's speed moves
 * by half from minute to minute when it is shared; the ratio to a fixed piece of work in the same run does not.
 */
export class Kernel {
  readonly #input = nginxEvents();

  /** Megabytes of input a CPU-second. @param cpuSec How long to measure. */
  rate(cpuSec: number): number {
    const start = usedCpuSec();
    let bytes = 0;
    let used: number;
    do {
      zlib.gzipSync(this.#input, { level: 1 });
      bytes += this.#input.length;
      used = usedCpuSec() - start;
    } while (used < cpuSec);
    return bytes / 1e6 / used;
  }
}

function usedCpuSec(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function nginxEvents(): Uint8Array {
  const random = seededRandom(11);
  let text = "";
  while (text.length < INPUT_BYTES) {
    const { topic, source, tags, logs } = loadLogGroup("nginx", 100, 1_759_739_400, random);
    for (const { timeSec, contents } of logs) {
      text += JSON.stringify({
        time: timeSec,
        host: source,
        source: "sls:p/l",
        sourcetype: "aliyun:sls",
        fields: { sls_id: `p/l/0/${Math.floor(random() * 1e9)}#0` },
        event: {
          __topic__: topic,
          __source__: source,
          ...Object.fromEntries((tags ?? []).map(([key, value]) => [`__tag__:${key}`, value])),
          ...Object.fromEntries(contents),
        },
      });
    }
  }
  return new TextEncoder().encode(text).subarray(0, INPUT_BYTES);
}

import assert from "node:assert/strict";
import { startDataPlaneWorker } from "../../src/workers/spawn.ts";
import { fastClock } from "../support/fast_clock.ts";
import { until } from "../support/forwarder.ts";
import { warmWorker } from "../support/warm_worker.ts";
import { AppRun } from "./app_run.ts";
import { OWN_SECRETS, SeveralServers } from "./several_servers.ts";

await warmWorker(startDataPlaneWorker);

/** Replaces a file as a whole. */
function replaceFile(path: string, text: string): void {
  Deno.writeTextFileSync(`${path}.new`, text);
  Deno.renameSync(`${path}.new`, path);
}

const keyFile = (id: string) =>
  JSON.stringify({ AccessKeyId: id, AccessKeySecret: `${id}-secret` });

/** Sources of the scene whose secrets do not change. */
const OTHERS = ["plain", "audit-1", "audit-2", "routed"];

for (const workers of [0, 2]) {
  Deno.test(`App with ${workers} workers follows the files of one source's token and of one source's key, and leaves the other sources alone`, async () => {
    const folder = Deno.makeTempDirSync({ prefix: "sls2hec-several-rotation-" });
    try {
      await using scene = new SeveralServers();
      const settings = scene.settings();
      const sources = settings.sources as Record<string, Record<string, unknown>>[];
      sources[1]!.hec!.token = `\${file:${folder}/token}`;
      sources[4]!.sls!.credentials = { file: `${folder}/key.json` };
      replaceFile(`${folder}/token`, "second-token\n");
      replaceFile(`${folder}/key.json`, keyFile("west-key"));
      scene.west.accessKeys = [{ id: "west-key", secret: "west-key-secret" }];
      scene.write();
      const clock = workers === 0 ? fastClock(5) : fastClock(3);
      await using run = new AppRun({ ...settings, workers }, {}, clock);
      await until("delivery", 60_000, () => scene.missing() === 0);

      replaceFile(`${folder}/token`, "third-token\n");
      scene.first.tokens.delete("second-token");
      scene.first.tokens.set("third-token", { token: "third-token", useAck: true });
      replaceFile(`${folder}/key.json`, keyFile("west-key-2"));
      scene.west.accessKeys = [{ id: "west-key-2", secret: "west-key-2-secret" }];
      scene.write();
      await until("delivery after both changes", 60_000, () => scene.missing() === 0);

      // A file with a wrong secret holds its own source alone; the right one ends that.
      replaceFile(`${folder}/token`, "wrong-token\n");
      scene.first.tokens.delete("third-token");
      scene.first.tokens.set("fourth-token", { token: "fourth-token", useAck: true });
      replaceFile(`${folder}/key.json`, keyFile("wrong-key"));
      scene.west.accessKeys = [{ id: "west-key-3", secret: "west-key-3-secret" }];
      for (let round = 0; round < 3; round++) {
        scene.write();
        await until("the others", 60_000, () => scene.missing(...OTHERS) === 0);
      }
      await until("the wrong ones", 60_000, () => {
        return scene.shown().first!.includes("Splunk wrong-token") &&
          scene.west.keysShown.has("wrong-key");
      });
      assert.ok(scene.missing("own") > 0);
      replaceFile(`${folder}/token`, "fourth-token\n");
      replaceFile(`${folder}/key.json`, keyFile("west-key-3"));
      await until("all", 60_000, () => scene.missing() === 0);
      await run.stop();

      assert.deepEqual(scene.shown(), {
        ...OWN_SECRETS,
        west: ["west-key", "west-key-2", "wrong-key", "west-key-3"],
        first: [
          "Splunk first-token",
          "Splunk fourth-token",
          "Splunk second-token",
          "Splunk third-token",
          "Splunk wrong-token",
          "first-gateway",
        ],
      });
      // Every trouble and every change of a secret is of the two sources.
      const named = new Set(run.events.flatMap((event) => {
        if (event.type === "renewed") return [event.about];
        return event.type === "trouble" && event.source !== undefined ? [event.source] : [];
      }));
      assert.deepEqual([...named].sort(), [
        "p/own",
        "q/far",
        "sources[1].hec.token",
        "sources[4].sls.credentials.file",
      ]);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

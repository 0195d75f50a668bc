import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const CONFIG =
  `sls: { endpoint: "http://127.0.0.1:1", ca_file: folder, credentials: { access_key_id: a, access_key_secret: b } }
consumer: { group: g }
hec:
  url: "https://127.0.0.1:1"
  token: t
  tls: { ca_file: file, cert_file: none, key_file: folder }
sources: [{ project: p, logstore: l }]
log: { file: folder }
ledger: { file: none/ledger }
dead_letters: { folder: file }
`;

const expected = [
  /^ {2}c\.yaml:1:49: sls\.ca_file: found "folder", which is a folder; expected a file/,
  /^ {2}c\.yaml:6:19: hec\.tls\.ca_file: found "file", a file that cannot be used: found no PEM certificate/,
  /^ {2}c\.yaml:6:36: hec\.tls\.cert_file: found "none", which does not exist/,
  /^ {2}c\.yaml:6:52: hec\.tls\.key_file: found "folder", which is a folder/,
  /^ {2}c\.yaml:8:14: log\.file: found "folder", which is a folder/,
  /^ {2}c\.yaml:9:17: ledger\.file: found "none\/ledger", whose folder does not exist/,
  /^ {2}c\.yaml:10:25: dead_letters\.folder: found "file", which is not a folder/,
];

async function runIn(folder: string, flags: string[], task = false) {
  const args = task ? ["task", `--config=${ROOT}deno.json`, "start", "-c", "c.yaml"] : [
    "run",
    "--no-prompt",
    `--config=${ROOT}deno.json`,
    ...flags,
    `${ROOT}main.ts`,
    "run",
    "-c",
    "c.yaml",
  ];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: folder,
    env: { NO_COLOR: "1", INIT_CWD: folder },
  }).output();
  return { code, lines: new TextDecoder().decode(stderr).trim().split("\n") };
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/folder`);
    await Deno.writeTextFile(`${folder}/file`, "x");
    await Deno.writeTextFile(`${folder}/c.yaml`, CONFIG);
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const task of [false, true]) {
  Deno.test(`files of the wrong kind are all reported with their places, and nothing is begun${task ? ", by deno task start too" : ""}`, () =>
    inFolder(async (folder) => {
      const { code, lines } = await runIn(folder, ["-A"], task);
      assert.equal(code, 2, lines.join("\n"));
      const report = lines.slice(lines.findIndex((line) => line.startsWith("Cannot use")));
      assert.equal(report[0], `Cannot use the configuration: ${expected.length} problems`);
      expected.forEach((line, at) => assert.match(report[at + 1]!, line));
      assert.deepEqual(
        [...Deno.readDirSync(folder)].map(({ name }) => name).sort(),
        ["c.yaml", "file", "folder"],
      );
    }));
}

Deno.test("deno task start reports wrong files and wrong options together", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/c.yaml`, `${CONFIG}no_such_option: 1\n`);
    const { code, lines } = await runIn(folder, [], true);
    assert.equal(code, 2, lines.join("\n"));
    const report = lines.slice(lines.findIndex((line) => line.startsWith("Cannot use")));
    assert.equal(report[0], `Cannot use the configuration: ${expected.length + 1} problems`);
    expected.forEach((line, at) => assert.match(report[at + 1]!, line));
    assert.match(report.at(-1)!, /no_such_option: found an unknown key/);
  }));

Deno.test("files outside the grant are all reported with their places", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/c.yaml`,
      CONFIG.replace("log: { file: folder }", "log: { file: new.log }")
        .replace("none/ledger", "new.ledger").replace("folder: file", "folder: letters"),
    );
    const flags = ["--allow-read=c.yaml", "--allow-env", "--allow-sys", "--allow-net"];
    const { code, lines } = await runIn(folder, flags);
    assert.equal(code, 2, lines.join("\n"));
    for (
      const path of [
        "sls.ca_file",
        "hec.tls.ca_file",
        "log.file",
        "ledger.file",
        "dead_letters.folder",
      ]
    ) {
      const line = lines.find((line) => line.includes(` ${path}: `));
      assert.match(
        line ?? "",
        /^ {2}c\.yaml:\d+:\d+: .* has no permission to read/,
        path,
      );
    }
  }));

Deno.test("an empty credentials file is reported with its place", () =>
  inFolder(async (folder) => {
    for (const text of ["", " \n\n"]) {
      await Deno.writeTextFile(`${folder}/keys`, text);
      await Deno.writeTextFile(
        `${folder}/c.yaml`,
        CONFIG.replace("{ access_key_id: a, access_key_secret: b }", "{ file: keys }"),
      );
      const { code, lines } = await runIn(folder, ["-A"]);
      assert.equal(code, 2, lines.join("\n"));
      assert.match(
        lines.find((line) => line.includes("sls.credentials")) ?? "",
        /^ {2}c\.yaml:1:78: sls\.credentials\.file: found "keys", a file that cannot be used: it is empty; expected JSON/,
      );
    }
  }));

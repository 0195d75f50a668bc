/** The hot core, compiled; built from `assembly` by `deno task core`. */
export declare const module: WebAssembly.Module;

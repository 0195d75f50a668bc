// @ts-self-types="./core_module.d.ts"
// The plain import makes `deno compile` embed the file; the other gives the module, of which a workspace
// that one huge page has stretched can be replaced by a new instance.
import "./core.wasm";
import source module from "./core.wasm";

export { module };

import type { FileDeps } from "./deps.ts";
import { ReloadingFile } from "../base/reloading_file.ts";
import { Secret } from "../base/secret.ts";
import { checkReloaded, type ReloadableSecret, reloadSecret } from "../config/reloadable_secret.ts";
import { fixedToken, type HecToken } from "../hec/hec_token.ts";

/** The HEC token of a configuration; one out of `${file:PATH}` is read again when the file changes. */
export function makeHecToken(token: ReloadableSecret, deps: FileDeps): HecToken {
  if (!token.parts) return fixedToken(token.value);
  const file = new ReloadingFile(deps, {
    about: "hec.token",
    hint:
      "The token read before is used on; write the new one whole, beside the file, and rename it " +
      "onto the file",
    initial: { text: token.value.reveal(), value: token.value },
    read: () => reloadSecret(token, deps.readTextFile),
    parse: (text) => new Secret(checkReloaded("hec.token", "an HEC token", text)),
  });
  return {
    current: () => Promise.resolve(file.current()),
    newest: () => Promise.resolve(file.reread()),
  };
}

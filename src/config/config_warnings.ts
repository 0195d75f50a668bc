import { regionOf } from "./endpoint.ts";
import { formatPath, type OptionPath } from "./option_path.ts";
import { formatPlace } from "./problem.ts";
import { describeFound } from "./found.ts";
import type { Values } from "./schema.ts";
import { placeOf, type Settings } from "./settings.ts";

/** Something in a configuration that works and is probably not meant. */
export interface ConfigWarning {
  /** Where it stands: `sls2hec.yaml:7:12: sources[0].index`. */
  readonly place: string;
  /** What was found. */
  readonly message: string;
  /** What to do. */
  readonly hint: string;
}

/**
 * Names that an index of one's own may have, by Splunk's indexes.conf: lower-case letters, digits, `_` and `-`, not
 * first; without the word kvstore.
 */
const INDEX_NAME = /^(?!.*kvstore)[a-z0-9][a-z0-9_-]*$/;

/** What the program says at its start about a configuration that it takes. */
export function configWarnings({ sls, sources, hec }: Values, settings: Settings): ConfigWarning[] {
  const warnings: ConfigWarning[] = [];
  const warn = (path: OptionPath, message: string, hint: string) => {
    const place = `${formatPlace(placeOf(settings, path))}: ${formatPath(path)}`;
    warnings.push({ place, message: `found ${describeFound(settings, path)}: ${message}`, hint });
  };
  const own = regionOf(sls.endpoint);
  if (sls.region !== undefined && own !== undefined && sls.region !== own) {
    warn(
      ["sls", "region"],
      `sls.endpoint is in ${own}. Signature v1 names no region, so the option has no effect`,
      `Leave it out, or set it to ${own}`,
    );
  }
  const checkIndex = (path: OptionPath, index: string | undefined) => {
    if (index === undefined || INDEX_NAME.test(index)) return;
    warn(
      path,
      "Splunk has no index of that name: a name is made of lower-case letters, digits, _ and -, begins with a " +
        "letter or digit, and does not hold the word kvstore",
      "Set it to the name that Splunk shows; the source is held if the token refuses the index",
    );
  };
  checkIndex(["hec", "fallback_index"], hec.fallback_index);
  sources.forEach(({ index }, at) => checkIndex(["sources", at, "index"], index));
  return warnings;
}

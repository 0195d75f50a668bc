/**
 * How the runtime's own heap grows: by less than it likes to, as the logs are not in it. At full speed the
 * process takes some 70 MB less for it, at the same CPU time (bench "nginx").
 * `deno.json` has them for the tasks that start it, too: the runtime's cache of compiled modules holds for one set
 * of flags alone, and each process would throw away what the other has made.
 */
export const V8_FLAGS = "--v8-flags=--max-semi-space-size=2,--heap-growing-percent=50";

import { printErrorLine } from "./print.ts";

/**
 * Listens to SIGUSR1, of which an executable would die. `deno run` opens its inspector whatever listens, which is said
 * then; an executable has none. `deno task start` blocks the signal where it can.
 */
export function surviveInspectorSignal(): void {
  if (Deno.build.os === "windows") return; // has no such signal
  Deno.addSignalListener("SIGUSR1", () => {
    if (Deno.build.standalone) return;
    printErrorLine(
      "warning: SIGUSR1 has Deno open its inspector on 127.0.0.1:9229: whoever reaches that may " +
        "do what this program may do. Start it again, by `deno task start` or as an executable",
    );
  });
}

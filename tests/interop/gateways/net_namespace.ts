import { programOf } from "./gateway.ts";

/** A network of its own, joined to this one by a cable: what crosses it is sent as over a wire. */
export class NetNamespace implements Disposable {
  readonly name = `sls2hec-${Deno.pid}`;
  /** This end of the cable. */
  readonly here = "10.213.77.1";
  /** The end in the namespace. */
  readonly there = "10.213.77.2";

  /** Makes it. @returns why that is not possible here, where it is not. */
  static make(): NetNamespace | { readonly missing: string } {
    if (programOf("ip") === undefined) return { missing: "ip is not installed (iproute2)" };
    const made = new NetNamespace();
    const [cable, far] = [`s2h${Deno.pid % 100_000}`, `s2f${Deno.pid % 100_000}`];
    const steps = [
      ["netns", "add", made.name],
      ["link", "add", cable, "type", "veth", "peer", "name", far, "netns", made.name],
      ["addr", "add", `${made.here}/30`, "dev", cable],
      ["link", "set", cable, "up"],
      ["-n", made.name, "addr", "add", `${made.there}/30`, "dev", far],
      ["-n", made.name, "link", "set", far, "up"],
      ["-n", made.name, "link", "set", "lo", "up"],
    ];
    for (const step of steps) {
      const why = ip(step);
      if (why === undefined) continue;
      made[Symbol.dispose]();
      return { missing: `a network namespace cannot be made here: ${why}` };
    }
    return made;
  }

  /** Its cable goes with it. */
  [Symbol.dispose](): void {
    ip(["netns", "del", this.name]);
  }
}

function ip(args: readonly string[]): string | undefined {
  const { success, stderr } = new Deno.Command(programOf("ip")!, { args: [...args] }).outputSync();
  return success ? undefined : new TextDecoder().decode(stderr).trim();
}

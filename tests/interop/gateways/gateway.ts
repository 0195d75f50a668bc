import { createServer } from "node:net";

/** Debian's packages that these tests run, each a program on the PATH or in /usr/sbin. */
export type GatewayName = "haproxy" | "nginx" | "squid";

/** Why a program of Debian's packages cannot be run here; undefined where it can. */
export function missing(name: GatewayName | "ip"): string | undefined {
  return programOf(name) === undefined
    ? `${name} is not installed (apt-get install ${PACKAGES[name]})`
    : undefined;
}

const PACKAGES = { haproxy: "haproxy", nginx: "nginx-light", squid: "squid", ip: "iproute2" };

/** The path of an installed program. */
export function programOf(name: string): string | undefined {
  return ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].map((folder) => `${folder}/${name}`)
    .find((path) => {
      try {
        return Deno.statSync(path).isFile;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return false;
        throw error;
      }
    });
}

/** A port on loopback that was free just now. */
export async function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as { port: number };
    server.close(() => resolve(port));
  });
  return await promise;
}

export interface GatewayOptions {
  readonly name: GatewayName;
  /** Its configuration. @param folder For its files, which it may write. */
  readonly config: (folder: string) => string;
  /** Where it listens, when it is ready. */
  readonly port: number;
  readonly hostname?: string;
  /** Files beside its configuration, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** Namespace of the network that it runs in. */
  readonly namespace?: string;
}

/** A real gateway or proxy as a separate process; ends with its block. */
export class Gateway implements AsyncDisposable {
  readonly folder: string;
  readonly #child: Deno.ChildProcess;
  readonly #output: Promise<string>;

  private constructor(folder: string, child: Deno.ChildProcess) {
    this.folder = folder;
    this.#child = child;
    this.#output = new Response(child.stderr).text();
  }

  /** Starts it and waits until it accepts connections. */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const { name, config, port, hostname = "127.0.0.1", files = {}, namespace } = options;
    const folder = await Deno.makeTempDir({ prefix: `sls2hec-${name}-` });
    await Deno.chmod(folder, 0o777); // it gives up being root
    for (const [file, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${file}`, text);
    }
    await Deno.writeTextFile(`${folder}/config`, config(folder));
    const [program, ...args] = [
      ...(namespace ? [programOf("ip")!, "netns", "exec", namespace] : []),
      programOf(name)!,
      ...ARGUMENTS[name](`${folder}/config`),
    ];
    const child = new Deno.Command(program!, {
      args,
      cwd: folder,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const gateway = new Gateway(folder, child);
    let ready = false;
    const probe = async () => {
      try {
        (await Deno.connect({ hostname, port })).close();
        ready = true;
      } catch (error) {
        if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      }
    };
    try {
      for (let tries = 0; !ready && tries < 200; tries++) {
        await probe();
        if (!ready) await new Promise((resolve) => setTimeout(resolve, 50));
      }
      if (!ready) throw new Error(`${name} does not accept connections on port ${port}`);
    } catch (error) {
      await gateway[Symbol.asyncDispose]();
      throw new Error(`${error}: ${await gateway.#output}`, { cause: error });
    }
    return gateway;
  }

  /** Lines of one of its log files. */
  linesOf(file: string): string[] {
    try {
      return Deno.readTextFileSync(`${this.folder}/${file}`).split("\n").filter(Boolean);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGTERM");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
    await this.#child.status;
    await this.#output;
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** In the foreground, with one configuration. */
const ARGUMENTS: Readonly<Record<GatewayName, (config: string) => string[]>> = {
  haproxy: (config) => ["-db", "-q", "-f", config],
  nginx: (config) => ["-c", config, "-g", "daemon off;"],
  squid: (config) => ["-N", "-f", config],
};

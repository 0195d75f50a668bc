/** What a worker may do; a kind that is left out is denied. */
interface WorkerPermissions {
  /** `host:port` each. */
  readonly net?: readonly string[];
  readonly read?: readonly string[];
  readonly write?: readonly string[];
  readonly env?: readonly string[];
  readonly sys?: readonly string[];
}

/** Starts a module as a worker with exactly these permissions, whatever this isolate may do. */
export function spawn(
  module: URL,
  name: string,
  { net = [], read = [], write = [], env = [], sys = [] }: WorkerPermissions,
): Worker {
  return new Worker(module, {
    type: "module",
    name,
    deno: {
      permissions: {
        net: [...net],
        read: [...read],
        write: [...write],
        env: [...env],
        sys: [...sys] as "hostname"[],
        run: false,
        ffi: false,
        import: false,
      },
    },
  });
}

const DATA_PLANE = new URL("../app/data_plane_worker_main.ts", import.meta.url);

/**
 * Starts a worker of the data plane, which can connect to its hosts and do nothing else.
 * @param hosts `host:port` each.
 */
export function startDataPlaneWorker(hosts: readonly string[], module = DATA_PLANE): Worker {
  return spawn(module, "data plane", { net: hosts });
}

/** Whether the modules of a worker can be read; those in an executable always can. */
export function mayLoadWorkers(): boolean {
  if (Deno.build.standalone) return true;
  const path = new URL("..", import.meta.url);
  return Deno.permissions.querySync({ name: "read", path }).state === "granted";
}

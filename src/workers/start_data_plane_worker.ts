import type { WorkerLike } from "./worker_messages.ts";

/** Starts a worker of the data plane that may reach these hosts, `host:port`, and do nothing else. */
export function startDataPlaneWorker(hosts: readonly string[]): WorkerLike {
  return startWorker(new URL("../app/data_plane_worker.ts", import.meta.url), hosts);
}

/** Whether the modules of a worker can be read; those in an executable always can. */
export function mayLoadWorkers(): boolean {
  if (Deno.build.standalone) return true;
  const path = new URL("..", import.meta.url);
  return Deno.permissions.querySync({ name: "read", path }).state === "granted";
}

/** Starts any worker in that way. */
export function startWorker(module: URL, hosts: readonly string[]): Worker {
  return new Worker(module, {
    type: "module",
    name: "data plane",
    deno: {
      permissions: {
        net: [...hosts],
        read: false,
        write: false,
        env: false,
        sys: false,
        run: false,
        ffi: false,
        import: false,
      },
    },
  });
}

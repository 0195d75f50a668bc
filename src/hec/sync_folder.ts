/** Makes the names in a folder durable too. Windows cannot open a folder, and needs it not. */
export function syncFolder(folder: string): void {
  if (Deno.build.os === "windows") return;
  using handle = Deno.openSync(folder);
  handle.syncSync();
}

/** Says that it runs, and ends with 7 on SIGTERM. */
Deno.addSignalListener("SIGTERM", () => Deno.exit(7));
console.log(`pid ${Deno.pid}`);
setInterval(() => {}, 1000);

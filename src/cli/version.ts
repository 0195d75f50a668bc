import project from "../../deno.json" with { type: "json" };

/** Of this program. */
export const VERSION: string = project.version;

/** Names the program to both servers. */
export const USER_AGENT = `sls2hec/${VERSION}`;

/** How the program ends, for scripts and service managers. */
export const ExitCode = {
  /** Everything asked for was done. */
  ok: 0,
  /** It failed, or was stopped with logs in hand; those stay in SLS and come with the next start. */
  failed: 1,
  /** The command line or the configuration is wrong; nothing was started. */
  usage: 2,
} as const;

export type ExitCode = typeof ExitCode[keyof typeof ExitCode];

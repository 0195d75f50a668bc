/** What connections are made with, out of files. */
export interface TlsTexts {
  /** PEM certificates that are trusted besides the public ones. */
  readonly caCerts: readonly string[];
  /** PEM client certificate chain and key, when the server asks for one. */
  readonly client: { readonly cert: string; readonly key: string } | undefined;
}

/** The certificates and keys of one leg, which others replace at any time. */
export interface TlsFiles {
  /**
   * As they stood a moment ago, and can be used: the same object as long as they are the same.
   * @throws the reason of `signal`.
   */
  current(signal: AbortSignal): Promise<TlsTexts>;
}

const NONE: TlsTexts = { caCerts: [], client: undefined };

/** The texts of a leg whose configuration names no files. */
export const noTlsFiles: TlsFiles = { current: () => Promise.resolve(NONE) };

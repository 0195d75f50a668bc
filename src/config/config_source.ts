/** What a configuration is made of. Reading goes through functions, so that tests hand in their own. */
export interface ConfigSource {
  /** The YAML text; undefined when there is no file and the environment says everything. */
  readonly text?: string | undefined;
  /** The file's name, for reports and the permission grant. */
  readonly fileName?: string | undefined;
  /**
   * The value of an environment variable; undefined when it is not set.
   * @throws an error whose message says why it cannot be read.
   */
  env(name: string): string | undefined;
  /**
   * The text of a file that `${file:PATH}` names.
   * @throws an error whose message says why it cannot be read.
   */
  readFile(path: string): string;
  /** The time, in milliseconds since 1970; without it no time is too late. */
  nowMs?(): number;
}

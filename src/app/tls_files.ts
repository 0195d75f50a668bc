import type { FileDeps } from "./deps.ts";
import { describeError, OperatorError } from "../base/errors.ts";
import {
  checkKey,
  noTlsFiles,
  readCertificates,
  type TlsFiles,
  type TlsTexts,
} from "../base/tls_files.ts";
import { ReloadingFile } from "../base/reloading_file.ts";
import type { HecConfig, SlsConfig } from "../config/config.ts";

type Client = NonNullable<TlsTexts["client"]>;

const KEPT =
  "New connections use the old one. Write the new one to another file in the same folder, " +
  "then rename that file";

const PEM_HINT = "a PEM file as written by openssl";

/** Whether the connections to HEC use certificates or keys from files. */
export function hasTlsFiles({ caFile, client }: HecConfig["tls"]): boolean {
  return caFile !== undefined || client !== undefined;
}

/**
 * The certificates and the key for HEC that are in files. They are read at once, and again when connections are used
 * and 2 s have passed.
 * @throws {OperatorError} when one cannot be used.
 */
export function hecTlsFiles(
  { tls, path }: Pick<HecConfig, "tls" | "path">,
  deps: FileDeps,
): TlsFiles {
  if (!hasTlsFiles(tls)) return noTlsFiles;
  const { caFile, client } = tls;
  return new ReloadingTlsFiles(
    caFile === undefined ? undefined : caCerts(`${path}.tls.ca_file`, caFile, deps),
    client && clientPair(client, path, deps),
  );
}

/** As `hecTlsFiles`, for SLS. */
export function slsTlsFiles(
  { caFile, path }: Pick<SlsConfig, "caFile" | "path">,
  deps: FileDeps,
): TlsFiles {
  if (caFile === undefined) return noTlsFiles;
  return new ReloadingTlsFiles(caCerts(`${path}.ca_file`, caFile, deps), undefined);
}

/** The texts for one side: the same object as long as none of them changes. */
class ReloadingTlsFiles implements TlsFiles {
  readonly #caCerts: ReloadingFile<string> | undefined;
  readonly #client: ReloadingFile<Client> | undefined;
  #known: TlsTexts;

  constructor(
    caCerts: ReloadingFile<string> | undefined,
    client: ReloadingFile<Client> | undefined,
  ) {
    this.#caCerts = caCerts;
    this.#client = client;
    this.#known = this.#read();
  }

  current(): Promise<TlsTexts> {
    const { caCerts, client } = this.#read();
    const same = caCerts[0] === this.#known.caCerts[0] && client === this.#known.client;
    if (!same) this.#known = { caCerts, client };
    return Promise.resolve(this.#known);
  }

  #read(): TlsTexts {
    const caCerts = this.#caCerts?.current();
    return { caCerts: caCerts === undefined ? [] : [caCerts], client: this.#client?.current() };
  }
}

function caCerts(option: string, file: string, deps: FileDeps): ReloadingFile<string> {
  return new ReloadingFile(deps, {
    about: option,
    hint: KEPT,
    read: () => readPem(option, file, deps),
    parse: (text) => {
      checked(option, file, () => readCertificates(text));
      return text;
    },
  });
}

/** Both files as one value: while only one of them is replaced, the old pair stays in use. */
function clientPair(
  { certFile, keyFile }: NonNullable<HecConfig["tls"]["client"]>,
  path: string,
  deps: FileDeps,
): ReloadingFile<Client> {
  const [certOption, keyOption] = [`${path}.tls.cert_file`, `${path}.tls.key_file`];
  const keyHint = `the PEM private key of ${certOption}, without a passphrase, as written by ` +
    "openssl pkey -in KEY -out NEW";
  return new ReloadingFile<Client>(deps, {
    about: `${certOption} and key_file`,
    hint: KEPT,
    read: () =>
      JSON.stringify([readPem(certOption, certFile, deps), readPem(keyOption, keyFile, deps)]),
    parse: (text) => {
      const [cert, key] = JSON.parse(text) as [string, string];
      const [certificate] = checked(certOption, certFile, () => readCertificates(cert));
      checked(keyOption, keyFile, () => checkKey(certificate!, key), keyHint);
      return { cert, key };
    },
  });
}

function readPem(option: string, file: string, { readTextFile }: FileDeps): string {
  try {
    return readTextFile(file);
  } catch (error) {
    throw new OperatorError(
      `Cannot read ${file}: ${describeError(error)}`,
      `Set ${option} to a PEM file that this program may read`,
      { cause: error },
    );
  }
}

function checked<T>(option: string, file: string, read: () => T, hint = PEM_HINT): T {
  try {
    return read();
  } catch (error) {
    throw new OperatorError(
      `Cannot use ${file}: ${describeError(error)}`,
      `Set ${option} to ${hint}`,
    );
  }
}

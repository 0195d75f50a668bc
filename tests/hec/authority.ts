/** A certificate authority of a test's own, made on the spot by `openssl`. */
export class Authority implements Disposable {
  readonly #folder = Deno.makeTempDirSync({ prefix: "sls2hec-authority-" });
  readonly cert: string;

  constructor(name: string) {
    openssl(
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-keyout", `${this.#folder}/ca.key`, "-out", `${this.#folder}/ca.pem`],
      ...["-subj", `/CN=${name}`, "-days", "2"],
    );
    this.cert = Deno.readTextFileSync(`${this.#folder}/ca.pem`);
  }

  /**
   * Signs a certificate.
   * @param names Its subject alternative names, such as `DNS:localhost,IP:127.0.0.1`; without any, none.
   * @param days How long it is valid; below zero it has expired.
   * @param version 1 is as a Splunk makes it for itself, and always without names.
   */
  sign(names: string | undefined, days = 2, version: 1 | 3 = 3): { cert: string; key: string } {
    const file = (name: string) => `${this.#folder}/${name}`;
    openssl(
      ...["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-keyout", file("key"), "-out", file("csr"), "-subj", "/CN=SplunkServerDefaultCert"],
    );
    const extensions = version === 1 ? [] : ["-extfile", file("ext")];
    Deno.writeTextFileSync(
      file("ext"),
      names === undefined ? "basicConstraints=CA:FALSE\n" : `subjectAltName=${names}\n`,
    );
    openssl(
      ...["x509", "-req", "-in", file("csr"), "-CA", file("ca.pem"), "-CAkey", file("ca.key")],
      ...["-CAcreateserial", "-days", String(days), "-out", file("cert"), ...extensions],
    );
    return { cert: Deno.readTextFileSync(file("cert")), key: Deno.readTextFileSync(file("key")) };
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

/** Whether certificates can be made here. */
export function hasOpenssl(): boolean {
  try {
    return new Deno.Command("openssl", { args: ["version"], stdout: "null" }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function openssl(...args: string[]): void {
  const { success, stderr } = new Deno.Command("openssl", { args, stdout: "null" }).outputSync();
  if (!success) throw new Error(`openssl ${args[0]}: ${new TextDecoder().decode(stderr)}`);
}

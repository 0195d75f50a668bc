import { generateKeyPairSync } from "node:crypto";
// @deno-types="./node_forge.d.ts"
import forge, { type NameField } from "node-forge";

const DAY_MS = 86_400_000;

/** A certificate and its private key, as PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** Its subject alternative names, hosts and IPv4 addresses; without any it has none. */
  readonly names?: readonly string[];
  /** How long it is valid; below zero it has expired. Two days by default. */
  readonly days?: number;
  /** In how many days it becomes valid; a day ago by default. */
  readonly inDays?: number;
  /** With an extension that cannot be read, as an attacker makes it to have a check give up. */
  readonly malformed?: boolean;
  /** Of the subject; `SplunkServerDefaultCert` by default. */
  readonly commonName?: string;
  /** 1 is as a Splunk makes it for itself, and has no names. 3 by default. */
  readonly version?: 1 | 3;
}

/** The names under which tests reach their servers. */
export const LOCAL = ["localhost", "127.0.0.1"];

/** A certificate authority of a test's own, made on the spot. */
export class Authority {
  cert: string;
  readonly #key: KeyPair = makeKeyPair();
  readonly #subject: readonly NameField[];

  /** @param names Those of its own certificate, for a server that shows that itself. */
  constructor(name: string, names: readonly string[] = []) {
    this.#subject = [{ name: "commonName", value: name }];
    const extensions = [{ name: "basicConstraints", cA: true, critical: true }, ...altNames(names)];
    this.cert = this.#certify(this.#key, this.#subject, [-1, 2], 3, extensions);
  }

  /** The authority's own certificate and key, as of a server that signed for itself (`CA:TRUE`). */
  get itself(): Identity {
    return { cert: this.cert, key: this.#key.privatePem };
  }

  /** An authority that this one has signed. `cert` is its own certificate. */
  intermediate(name: string): Authority {
    const child = new Authority(name);
    const extensions = [{ name: "basicConstraints", cA: true, critical: true }];
    child.cert = this.#certify(child.#key, child.#subject, [-1, 2], 3, extensions);
    return child;
  }

  /** Signs a certificate with its own key. */
  sign(options: CertificateOptions = {}): Identity {
    const { names = [], days = 2, inDays = -1, version = 3, malformed = false } = options;
    const { commonName = "SplunkServerDefaultCert" } = options;
    const pair = makeKeyPair();
    const subject = [{ name: "commonName", value: commonName }];
    const extensions: object[] = [{ name: "basicConstraints", cA: false }, ...altNames(names)];
    // A subject alternative name must be a sequence.
    if (malformed) extensions.push({ id: "2.5.29.17", value: "\x04\x02\0\0" });
    return {
      cert: this.#certify(pair, subject, [inDays, days], version, version === 1 ? [] : extensions),
      key: pair.privatePem,
    };
  }

  #certify(
    { publicPem }: KeyPair,
    subject: readonly NameField[],
    [beginsIn, endsIn]: readonly [number, number],
    version: 1 | 3,
    extensions: readonly object[],
  ): string {
    const certificate = forge.pki.createCertificate();
    certificate.publicKey = forge.pki.publicKeyFromPem(publicPem);
    certificate.version = version - 1;
    // Positive, as the first bit is not set.
    certificate.serialNumber = `01${crypto.randomUUID().replaceAll("-", "").slice(2)}`;
    certificate.validity.notBefore = new Date(Date.now() + Math.min(beginsIn, endsIn - 1) * DAY_MS);
    certificate.validity.notAfter = new Date(Date.now() + endsIn * DAY_MS);
    certificate.setSubject(subject);
    certificate.setIssuer(this.#subject);
    certificate.setExtensions([...extensions]);
    certificate.sign(
      forge.pki.privateKeyFromPem(this.#key.privatePem),
      forge.md.sha256.create(),
    );
    return forge.pki.certificateToPem(certificate);
  }
}

/** What an attacker has who saw a certificate on the wire: the certificate, and a key that is not its. */
export function copyOf({ cert, key }: Identity): Identity {
  const { n, e } = forge.pki.privateKeyFromPem(key);
  const { d, p, q, dP, dQ, qInv } = forge.pki.privateKeyFromPem(makeKeyPair().privatePem);
  // The public half is the certificate's, so that a server takes it.
  const mixed = forge.pki.setRsaPrivateKey(n, e, d, p, q, dP, dQ, qInv);
  return { cert, key: forge.pki.privateKeyToPem(mixed) };
}

interface KeyPair {
  readonly publicPem: string;
  readonly privatePem: string;
}

function makeKeyPair(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return { publicPem: publicKey, privatePem: privateKey };
}

function altNames(names: readonly string[]): object[] {
  if (names.length === 0) return [];
  const [HOST, IP] = [2, 7];
  return [{
    name: "subjectAltName",
    altNames: names.map((name) =>
      /^[\d.]+$/.test(name) ? { type: IP, ip: name } : { type: HOST, value: name }
    ),
  }];
}

/** The part of `node-forge` that tests use. Its published types bring those of another Node along. */
declare const forge: {
  readonly md: { readonly sha256: { create(): object } };
  readonly pki: {
    createCertificate(): Certificate;
    certificateToPem(certificate: Certificate): string;
    publicKeyFromPem(pem: string): RsaPublicKey;
    privateKeyFromPem(pem: string): RsaPrivateKey;
    privateKeyToPem(key: RsaPrivateKey): string;
    /** Does not look whether the numbers belong together. */
    setRsaPrivateKey(...numbers: object[]): RsaPrivateKey;
  };
};
export default forge;

export interface RsaPublicKey {
  readonly n: object;
  readonly e: object;
}

export interface RsaPrivateKey extends RsaPublicKey {
  readonly d: object;
  readonly p: object;
  readonly q: object;
  readonly dP: object;
  readonly dQ: object;
  readonly qInv: object;
}

export interface NameField {
  readonly name: string;
  readonly value: string;
}

export interface Certificate {
  publicKey: object;
  /** 0 for version 1. */
  version: number;
  /** Hexadecimal. */
  serialNumber: string;
  readonly validity: { notBefore: Date; notAfter: Date };
  setSubject(fields: readonly NameField[]): void;
  setIssuer(fields: readonly NameField[]): void;
  setExtensions(extensions: readonly object[]): void;
  sign(key: object, digest: object): void;
}

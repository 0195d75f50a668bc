/** What is known of a well-formed certificate. */
interface CertificateForm {
  readonly version: number;
}

const [SEQUENCE, INTEGER, BIT_STRING, EXPLICIT_0] = [0x30, 0x02, 0x03, 0xa0] as const;

interface Element {
  /** Of its content. */
  readonly start: number;
  readonly end: number;
}

/**
 * Reads the unsigned parts of a certificate strictly (X.690 DER; RFC 5280, 4.1): the tags and lengths around the signed
 * part, the name of the algorithm, which must equal that in the signed part, and nothing after the signature. Parsers
 * differ in what else they accept, and if Deno's TLS cannot read a certificate, it does not check that the server has its
 * key.
 * @returns undefined when it is malformed.
 */
export function certificateForm(der: Uint8Array): CertificateForm | undefined {
  const whole = element(der, 0, der.length, SEQUENCE);
  if (whole?.end !== der.length) return undefined;
  const signed = element(der, whole.start, whole.end, SEQUENCE);
  const algorithm = signed && element(der, signed.end, whole.end, SEQUENCE);
  const signature = algorithm && element(der, algorithm.end, whole.end, BIT_STRING);
  const hasWholeBytes = signature && der[signature.start] === 0;
  if (!hasWholeBytes || signature.end !== whole.end || signature.end - signature.start < 2) {
    return undefined;
  }
  const version = versionIn(der, signed);
  const serial = version && element(der, version.end, signed.end, INTEGER);
  const signedAlgorithm = serial && element(der, serial.end, signed.end, SEQUENCE);
  if (!signedAlgorithm) return undefined;
  const named = der.subarray(serial.end, signedAlgorithm.end);
  const used = der.subarray(signed.end, algorithm.end);
  const isSame = named.length === used.length && named.every((byte, at) => byte === used[at]);
  return isSame ? { version: version.version } : undefined;
}

/** `[0] INTEGER` of one byte, one less than the version; version 1 when it is left out. */
function versionIn(
  der: Uint8Array,
  { start, end }: Element,
): { readonly version: number; readonly end: number } | undefined {
  if (der[start] !== EXPLICIT_0) return { version: 1, end: start };
  const given = element(der, start, end, EXPLICIT_0);
  const number = given && element(der, given.start, given.end, INTEGER);
  if (!number || number.end !== given.end || number.end - number.start !== 1) return undefined;
  return { version: der[number.start]! + 1, end: given.end };
}

/** The element with this tag at `at`, if its length is encoded in the shortest form and it ends by `limit`. */
function element(
  der: Uint8Array,
  at: number,
  limit: number,
  tag: number,
): Element | undefined {
  const [found, first] = [der[at], der[at + 1]];
  if (found !== tag || first === undefined) return undefined;
  const bytes = first < 0x80 ? 0 : first - 0x80;
  if (first === 0x80 || bytes > 3) return undefined; // no length, or more than 16 MB
  const start = at + 2 + bytes;
  let length = bytes === 0 ? first : 0;
  for (let i = at + 2; i < start; i++) length = length * 256 + (der[i] ?? NaN);
  const isShortest = bytes === 0 || length >= (bytes === 1 ? 0x80 : 256 ** (bytes - 1));
  return isShortest && start + length <= limit ? { start, end: start + length } : undefined;
}

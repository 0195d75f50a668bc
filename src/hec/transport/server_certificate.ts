import { X509Certificate } from "node:crypto";
import { checkServerIdentity, type DetailedPeerCertificate, type PeerCertificate } from "node:tls";
import { systemClock } from "../../base/clock.ts";
import { readCertificates } from "../../base/tls_files.ts";
import { certificateForm } from "./certificate_form.ts";

/**
 * Looks at a server's certificate before anything is sent, in addition to what Deno has looked at.
 * @returns what is wrong with it.
 */
export type CertificateCheck = (host: string, certificate: PeerCertificate) => Error | undefined;

/** Most certificates between the server's and the authority's that are followed. */
const DEEPEST_CHAIN = 8;

/**
 * The check for `tls.ca_file`. One of the given authorities must have signed the certificate, itself or through others
 * that the server shows: where Deno's own check cannot read one, of version 1 or malformed, it is content with the
 * issuer's name, which anybody can write. A certificate that names hosts must name this one. One without any name, as
 * a Splunk has from its own authority, says nothing of the host: that a given authority signed it itself must do.
 * @param onUnprovenKey Told of a certificate that is good, but `isUnproven`.
 */
export function checkByAuthorities(
  caCerts: readonly string[],
  onUnprovenKey: () => void,
): CertificateCheck {
  const authorities = caCerts.flatMap((text) => readCertificates(text));
  const hasSignedItself = ({ raw }: PeerCertificate) =>
    authorities.some((authority) => hasSigned(authority, raw));
  return (host, certificate) => {
    if (!certificateForm(certificate.raw)) {
      return new Error("invalid peer certificate: it is not written as RFC 5280 has it");
    }
    if (!hasSignedItself(certificate)) {
      if (isUnproven(certificate) || !followsTo(certificate, hasSignedItself)) {
        return untrusted();
      }
      return checkDates(certificate) ?? checkPublic(host, certificate);
    }
    const wrong = checkDates(certificate) ??
      (certificate.subjectaltname ? checkServerIdentity(host, certificate) : undefined);
    if (!wrong && isUnproven(certificate)) onUnprovenKey();
    return wrong;
  };
}

/** The check beside Deno's own for public authorities: they certify names, so that there must be one. */
export function checkPublic(host: string, certificate: PeerCertificate): Error | undefined {
  if (certificate.subjectaltname) return checkServerIdentity(host, certificate);
  return new Error(`the certificate is not valid for name "${host}": it has none`);
}

function untrusted(): Error {
  return new Error("unable to verify the certificate: no given authority has signed it");
}

/** Whether a chain of authorities that the server shows leads to one for which `ends` holds. */
function followsTo(
  certificate: PeerCertificate,
  ends: (certificate: PeerCertificate) => boolean,
): boolean {
  let at = certificate as Partial<DetailedPeerCertificate> & PeerCertificate;
  for (let depth = 0; depth < DEEPEST_CHAIN; depth++) {
    const issuer = at.issuerCertificate;
    if (!issuer || issuer === at || !isAuthority(issuer)) return false;
    if (!hasSigned(new X509Certificate(issuer.raw), at.raw) || checkDates(issuer)) return false;
    if (ends(issuer)) return true;
    at = issuer;
  }
  return false;
}

function isAuthority(certificate: PeerCertificate): boolean {
  return !isUnproven(certificate) && new X509Certificate(certificate.raw).ca;
}

function hasSigned(authority: X509Certificate, der: Uint8Array): boolean {
  try {
    const shown = new X509Certificate(der);
    return shown.checkIssued(authority) && shown.verify(authority.publicKey);
  } catch {
    return false; // damaged, or a key of a kind that cannot be used here: it vouches for nothing
  }
}

/**
 * Whether Deno leaves it unchecked that the server holds the certificate's key: its TLS reads certificates of
 * version 3 alone, and lets others, and malformed ones, through with whatever proof is given. Who shows a copy passes.
 */
export function isUnproven({ raw }: PeerCertificate): boolean {
  return certificateForm(raw)?.version !== 3;
}

function checkDates({ valid_from, valid_to }: PeerCertificate): Error | undefined {
  const nowSec = systemClock.nowMs() / 1000;
  const [from, until] = [Date.parse(valid_from) / 1000, Date.parse(valid_to) / 1000];
  if (!(nowSec <= until)) return new Error(`certificate expired: not valid after ${until}`);
  if (!(nowSec >= from)) return new Error(`certificate not valid yet: not valid before ${from}`);
  return undefined;
}

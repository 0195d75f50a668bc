import { X509Certificate } from "node:crypto";
import { checkServerIdentity, type DetailedPeerCertificate, type PeerCertificate } from "node:tls";
import { systemClock } from "../../base/clock.ts";
import { readCertificates } from "../../base/tls_files.ts";
import { certificateForm } from "./certificate_form.ts";

/**
 * Checks a server's certificate before anything is sent, in addition to Deno's own checks.
 * @returns what is wrong with it.
 */
type CertificateCheck = (host: string, certificate: PeerCertificate) => Error | undefined;

/** Maximum number of certificates between the server's and the authority's. */
const MAX_CHAIN = 8;

/**
 * The check for `tls.ca_file`. One of the given authorities must have signed the certificate, directly or through others
 * that the server presents: if Deno cannot read a certificate, because it is of version 1 or malformed, it only compares
 * the issuer's name, which can be forged. A certificate with host names must have this one. A certificate without any, as
 * Splunk's own authority makes, does not identify the host: it must be signed directly by a given authority.
 * @param onUnprovenKey Called for a certificate that is good, but `isUnproven`.
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
      return new Error("invalid peer certificate: it does not follow RFC 5280");
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

/** The additional check for public authorities: they certify names, so there must be one. */
export function checkPublic(host: string, certificate: PeerCertificate): Error | undefined {
  if (certificate.subjectaltname) return checkServerIdentity(host, certificate);
  return new Error(`the certificate is not valid for name "${host}": it has none`);
}

function untrusted(): Error {
  return new Error("unable to verify the certificate: no given authority has signed it");
}

/** Whether a chain of authorities that the server presents leads to one that `ends` accepts. */
function followsTo(
  certificate: PeerCertificate,
  ends: (certificate: PeerCertificate) => boolean,
): boolean {
  let at = certificate as Partial<DetailedPeerCertificate> & PeerCertificate;
  for (let depth = 0; depth < MAX_CHAIN; depth++) {
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
    return false; // invalid or unsupported key: not trusted
  }
}

/**
 * Whether Deno does not check that the server has the certificate's key: its TLS reads only certificates of version 3, and
 * accepts any proof for others and for malformed ones. A copy of such a certificate passes.
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

"""Wire: TLS as this house speaks it: 1.2 or newer, always verified, one context a process (M39)."""

import ssl
from functools import lru_cache

from inbox.wire.faults import TlsFault

_VERIFY_CODES = {
    9: "not_yet_valid",
    10: "expired",
    18: "self_signed",
    19: "self_signed",
    20: "unknown_issuer",
    21: "unknown_issuer",
    62: "wrong_name",
    64: "wrong_name",
}


@lru_cache(maxsize=4)
def context(ca_file: str = "") -> ssl.SSLContext:
    """The verifying context; `ca_file` adds an own authority to the system's."""
    made = ssl.create_default_context()
    if ca_file:
        made.load_verify_locations(cafile=ca_file)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


@lru_cache(maxsize=1)
def looking_context() -> ssl.SSLContext:
    """Verifies nothing: only to look at a certificate that was refused. Never log in over it."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


def handshake_fault(error: OSError) -> TlsFault:
    if isinstance(error, ssl.SSLCertVerificationError):
        code = _VERIFY_CODES.get(error.verify_code, "certificate")
        return TlsFault(code, error.verify_message)
    reason = getattr(error, "reason", None) or ""
    if reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"}:
        return TlsFault("no_tls", reason)
    if reason in {"TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL"}:
        return TlsFault("old_tls", reason)
    # a handshake that was cut short says nothing about the certificate
    return TlsFault("handshake", reason, transient=not reason or "EOF" in reason)

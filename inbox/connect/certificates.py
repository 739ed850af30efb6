"""Connect: what a refused certificate says of itself, so that a person can put it right (M3)."""

import ssl
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from inbox.wire.stream import Stream


@dataclass(frozen=True)
class Certificate:
    """The few lines of a certificate that people need."""

    names: tuple[str, ...]
    issuer: str
    starts: datetime
    ends: datetime


def shown_by(stream: Stream) -> Certificate | None:
    """The certificate at the other end of a stream, verified or not."""
    if not isinstance(stream.sock, ssl.SSLSocket):
        return None
    try:
        return _read(
            x509.load_der_x509_certificate(stream.sock.getpeercert(binary_form=True) or b"")
        )
    except (ValueError, OSError):
        return None


def _read(cert: x509.Certificate) -> Certificate:
    try:
        names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = [*names.get_values_for_type(x509.DNSName)]
        hosts += [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    except x509.ExtensionNotFound:
        hosts = [_common_name(cert.subject)]
    return Certificate(
        tuple(filter(None, hosts)),
        _common_name(cert.issuer),
        cert.not_valid_before_utc,
        cert.not_valid_after_utc,
    )


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME) or list(name)
    return str(found[0].value) if found else ""

"""A certificate for the demo's mail servers, from an authority of its own: TLS is verified here
as everywhere (M39)."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFE = timedelta(days=365)
LEFT = timedelta(days=30)  # with less than this it is made anew


def certify(ca_file: Path, cert: Path, key: Path, host: str) -> None:
    """Write an authority's certificate and, signed by it, one for `host` with its key.

    The authority's own key is kept nowhere: nobody can make a second certificate with it.
    """
    if ca_file.exists() and key.exists() and _lasts(cert):
        return
    ca_file.parent.mkdir(mode=0o700, exist_ok=True)
    ca_key, own_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer, subject = _named("Musubi demo"), _named(host)
    names = [x509.DNSName(host), x509.IPAddress(ip_address("127.0.0.1"))]
    authority = _builder(issuer, issuer, ca_key.public_key()).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    server = _builder(subject, issuer, own_key.public_key()).add_extension(
        x509.SubjectAlternativeName(names), critical=False
    )
    ca_file.write_bytes(_pem(authority.sign(ca_key, hashes.SHA256())))
    key.touch(mode=0o600)
    key.write_bytes(
        own_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    cert.write_bytes(_pem(server.sign(ca_key, hashes.SHA256())))


def _lasts(cert: Path) -> bool:
    if not cert.exists():
        return False
    ends = x509.load_pem_x509_certificate(cert.read_bytes()).not_valid_after_utc
    return ends > datetime.now(UTC) + LEFT


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFE)
    )


def _pem(cert: x509.Certificate) -> bytes:
    return cert.public_bytes(serialization.Encoding.PEM)

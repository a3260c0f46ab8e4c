"""Keys that sign certificates: read from PKCS#12 or made here, sealed under the deployment's secret. No database."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from exam.core.decisions import Refusal
from exam.core.errors import Invalid, Problem, Refused
from exam.core.secrets import derive

PURPOSE = "certificate-signing-keys"
BITS = 3072
LEAST_BITS = 2048
MADE_FOR = timedelta(days=3 * 365)
MOST_BYTES = 100_000


@dataclass(frozen=True)
class Pair:
    """A private key with its certificate and those above it. Printing it shows no key."""

    key: RSAPrivateKey = field(repr=False)
    own: x509.Certificate
    others: tuple[x509.Certificate, ...] = ()

    @property
    def subject(self) -> str:
        """Whose key it is, as the certificate says."""
        return self.own.subject.rfc4514_string()[:500]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, 64 hex digits."""
        return fingerprint(self.own)

    @property
    def chain(self) -> str:
        """The certificates in PEM, the key's own first."""
        return "".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in (self.own, *self.others))


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate, 64 hex digits."""
    return hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()


def read_pkcs12(data: bytes, passphrase: str, now: datetime) -> Pair:
    """The key in a PKCS#12 file. Raises Invalid: unreadable or another passphrase, no key, not RSA of at least 2048
    bits, the key does not belong to the certificate, not valid now, not for signing."""
    if not data or len(data) > MOST_BYTES:
        raise Invalid([Problem("file", "signing-file-size")])
    try:
        key, own, others = pkcs12.load_key_and_certificates(data, passphrase.encode() or None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Invalid([Problem("file", "signing-file-unreadable")]) from None
    if key is None or own is None:
        raise Invalid([Problem("file", "signing-file-incomplete")])
    if not isinstance(key, RSAPrivateKey) or key.key_size < LEAST_BITS:
        raise Invalid([Problem("file", "signing-key-kind", {"bits": LEAST_BITS})])
    if own.public_key() != key.public_key():
        raise Invalid([Problem("file", "signing-file-incomplete")])
    if not own.not_valid_before_utc <= now <= own.not_valid_after_utc:
        raise Invalid([Problem("file", "signing-key-dates", {"until": own.not_valid_after_utc.date().isoformat()})])
    if not _may_sign(own):
        raise Invalid([Problem("file", "signing-key-usage")])
    return Pair(key, own, tuple(others))


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.digital_signature or usage.content_commitment


def make(name: str, now: datetime) -> Pair:
    """A new key with a certificate that it signed itself, in the name of an institution, for three years."""
    key = generate_private_key(public_exponent=65537, key_size=BITS)
    short = name.strip()[:64]
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, short), x509.NameAttribute(NameOID.COMMON_NAME, short)]
    )
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    own = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + MADE_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Pair(key, own)


def seal(key: RSAPrivateKey, secret: bytes) -> str:
    """A private key, encrypted under the deployment's secret."""
    encoding, form = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8
    plain = key.private_bytes(encoding, form, serialization.NoEncryption())
    return _box(secret).encrypt(plain).decode()


def open_pair(sealed: str, chain: str, secret: bytes) -> Pair:
    """The key and its certificates again. Raises Refused (`signing-key-unreadable`) under another secret."""
    try:
        key = serialization.load_der_private_key(_box(secret).decrypt(sealed.encode()), None)
    except InvalidToken:
        raise Refused(Refusal("signing-key-unreadable")) from None
    own, *others = x509.load_pem_x509_certificates(chain.encode())
    if not isinstance(key, RSAPrivateKey):
        raise Refused(Refusal("signing-key-unreadable"))
    return Pair(key, own, tuple(others))


def usable(not_before: datetime, not_after: datetime, now: datetime) -> Refusal | None:
    """Whether a key may sign at an instant; its last instant still counts."""
    if now > not_after:
        return Refusal("signing-key-expired", params={"until": not_after.astimezone(UTC).date().isoformat()})
    return Refusal("signing-key-not-yet", allowed_from=not_before) if now < not_before else None


def _box(secret: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derive(secret, PURPOSE)))

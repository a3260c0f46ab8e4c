"""Signs a drawn certificate: PAdES baseline B, SHA-256 with RSA, nothing visible on the page."""

import io

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from exam.certificates.keys import Pair

FIELD = "Institution"


def sign(pdf: bytes, pair: Pair, issuer: str) -> bytes:
    """The PDF with the institution's signature appended; what was there before stays byte for byte."""
    encoding, form = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8
    key = pair.key.private_bytes(encoding, form, serialization.NoEncryption())
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple(asn1_x509.Certificate.load(one.public_bytes(encoding)) for one in pair.others)
    signer = signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(pair.own.public_bytes(encoding)),
        signing_key=asn1_keys.PrivateKeyInfo.load(key),
        cert_registry=store,
    )
    meta = signers.PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, name=issuer
    )
    out = signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), meta, signer, output=io.BytesIO())
    return bytes(out.getvalue())

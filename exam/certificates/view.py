"""What a certificate says, as plain values: for the PDF, without knowing how it is drawn."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class CertificateView:
    """Everything a certificate shows.

    `check_url` is the public address behind the QR code. `photo` is a PNG or JPEG of 35 by 49 mm, None where there is
    none; with `photo_wanted` its frame then stays empty. `id_number` is masked already, "" where it is not shown.
    """

    title: str
    title_en: str
    scheme: str
    scheme_en: str
    number: str
    name: str
    id_number: str
    subject: str
    hours: Decimal | None
    issuer: str
    issued_on: date
    valid_until: date | None
    check_url: str
    photo: bytes | None = None
    photo_wanted: bool = False

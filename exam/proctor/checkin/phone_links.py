"""The link by which a phone becomes a candidate's camera: a short one to join, a longer one to go on.

Whoever holds a link can send pictures for that sitting and nothing else; the phone has no cookie and no sign-in.
A newer link ends the older ones.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import segno
from sqlmodel import Session

from exam.core import tokens
from exam.core.decisions import Refusal
from exam.core.errors import NotFound, Refused
from exam.core.i18n import DEFAULT, LOCALES
from exam.core.tokens import BadToken
from exam.proctor.checkin import service as service_checkin
from exam.proctor.checkin.rules import HERE
from exam.proctor.checkin.service import Case

JOIN, CAMERA = "phone-join", "phone-camera"
JOIN_FOR = timedelta(minutes=15)
"""Long enough to find the phone, short enough that a photographed screen is soon worth nothing. Settled."""
CAMERA_FOR = timedelta(hours=24)
"""Longer than any exam with its check-in; the sitting's end ends it before."""
MOST_LINKS = 12


@dataclass(frozen=True)
class PhoneLink:
    """What a link says: the sitting, which of its links it is, and the language of its candidate."""

    sitting_id: int
    nonce: str
    locale: str


def make(db: Session, case: Case, secret: bytes, locale: str, now: datetime) -> str:
    """A new link to join with (its token). The step is written down. Raises Refused."""
    service_checkin.check_phone(case)
    if sum(1 for each in case.check_in.ladder if each.get("link")) >= MOST_LINKS:
        raise Refused(Refusal("check-in-many-links"))
    nonce = secrets.token_urlsafe(8)
    service_checkin.climb(db, case, {"error": "", "rung": "phone", "link": nonce}, now)
    return tokens.make(secret, JOIN, [case.terms.sitting_id, nonce, locale], now)


def join(db: Session, secret: bytes, token: str, now: datetime) -> str:
    """The longer token for one to join with. Raises NotFound for what is no living link."""
    link = _read(secret, JOIN, token, JOIN_FOR, now)
    living(db, link)
    return tokens.make(secret, CAMERA, [link.sitting_id, link.nonce, link.locale], now)


def read(secret: bytes, token: str, now: datetime) -> PhoneLink:
    """What a longer token says. Raises NotFound."""
    return _read(secret, CAMERA, token, CAMERA_FOR, now)


def living(db: Session, link: PhoneLink) -> Case:
    """The case of a link that is its sitting's newest, with no way back since, of a sitting that has not ended.

    Raises NotFound."""
    case = service_checkin.find(db, link.sitting_id, None)
    said = (each for each in reversed(case.check_in.ladder) if each.get("link") or each["rung"] == HERE)
    newest = next((each.get("link") for each in said), None)
    if newest != link.nonce or case.sitting.state in service_checkin.ENDED:
        raise NotFound
    return case


def _read(secret: bytes, purpose: str, token: str, age: timedelta, now: datetime) -> PhoneLink:
    try:
        said = tokens.read(secret, purpose, token, age, now)
    except BadToken:
        raise NotFound from None
    sitting_id, nonce, locale = said
    return PhoneLink(sitting_id, nonce, locale if locale in LOCALES else DEFAULT)


def qr(address: str) -> str:
    """The address as a QR code: an SVG, as the address of a picture (`data:`)."""
    return segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="#fff", dark="#000")

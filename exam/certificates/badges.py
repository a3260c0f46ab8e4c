"""A certificate as an Open Badges 3.0 credential: an AchievementCredential as a JSON Web Token, signed RS256. Pure.

After "Open Badges Specification 3.0", data model and section "JSON Web Token Proof Format": the token's header holds
`alg`, `kid` and `typ` only, `kid` is an address of the public key, and `iss`, `jti`, `nbf`, `sub` and `exp` repeat the
credential's issuer, id, first instant, subject and last instant. The revocation list is "1EdTech Revocation List
Status Method 1.0".
"""

import hashlib
import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from cryptography import x509
from joserfc import jwt
from joserfc.jwk import RSAKey

from exam.certificates.keys import Pair
from exam.certificates.models import Certificate
from exam.core.clock import SHANGHAI
from exam.core.secrets import derive

CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]
STATUS = "1EdTechRevocationList"


def issuer_address(base: str, institution_id: int) -> str:
    """The stable public address of an institution as issuer; its profile lies there."""
    return f"{base.rstrip('/')}/issuers/{institution_id}"


def key_address(base: str, institution_id: int, fingerprint: str) -> str:
    """Where one public key of an institution lies."""
    return f"{issuer_address(base, institution_id)}/keys/{fingerprint}"


def profile(base: str, institution_id: int, name: str) -> dict[str, Any]:
    """An institution as issuer."""
    return {"id": issuer_address(base, institution_id), "type": ["Profile"], "name": name, "url": base.rstrip("/")}


def credential_id(certificate: Certificate) -> str:
    """The credential's name: it tells nothing and leads nowhere, so that the revocation list gives no address away."""
    return f"urn:uuid:{_uuid('credential', certificate)}"


def _uuid(what: str, certificate: Certificate) -> uuid.UUID:
    digest = hashlib.sha256(f"{what}:{certificate.token}".encode()).digest()
    return uuid.UUID(bytes=digest[:16], version=4)


def credential(
    certificate: Certificate, base: str, issuer_name: str, scheme_title: str, secret: bytes
) -> dict[str, Any]:
    """The AchievementCredential of an issued certificate. The holder is named by a salted hash of the name alone."""
    issuer = issuer_address(base, certificate.institution_id)
    salt = derive(secret, f"badge-salt:{certificate.token}").hex()[:32]
    issued = (certificate.issued_at or certificate.created_at).astimezone(UTC).replace(microsecond=0)
    made: dict[str, Any] = {
        "@context": CONTEXT,
        "id": credential_id(certificate),
        "type": ["VerifiableCredential", "AchievementCredential"],
        "name": certificate.title,
        "issuer": profile(base, certificate.institution_id, issuer_name),
        "validFrom": _instant(issued),
        "credentialSubject": {
            "id": f"urn:uuid:{_uuid('subject', certificate)}",
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": True,
                    "identityHash": identity_hash(certificate.name, salt),
                    "identityType": "name",
                    "salt": salt,
                }
            ],
            "achievement": {
                "id": f"{issuer}#{certificate.scheme}-{certificate.kind}",
                "type": ["Achievement"],
                "name": certificate.title,
                "description": certificate.subject or certificate.title,
                "criteria": {"narrative": scheme_title},
            },
        },
        "credentialStatus": {"id": f"{issuer}/revoked", "type": STATUS},
    }
    if certificate.valid_until is not None:
        made["validUntil"] = _instant(last_instant(certificate.valid_until))
    return made


def identity_hash(name: str, salt: str) -> str:
    """A name, hashed with its salt, as the specification writes it."""
    return "sha256$" + hashlib.sha256((name + salt).encode()).hexdigest()


def last_instant(until: date) -> datetime:
    """The last second of the last day of validity."""
    return datetime.combine(until, time.min, SHANGHAI) + timedelta(days=1, seconds=-1)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def signed(made: dict[str, Any], pair: Pair, kid: str) -> str:
    """The credential as a compact JWS."""
    claims = {
        **made,
        "iss": made["issuer"]["id"],
        "jti": made["id"],
        "sub": made["credentialSubject"]["id"],
        "nbf": int(datetime.fromisoformat(made["validFrom"]).timestamp()),
    }
    if "validUntil" in made:
        claims["exp"] = int(datetime.fromisoformat(made["validUntil"]).timestamp())
    key = RSAKey.import_key(pair.key)
    return jwt.encode({"alg": "RS256", "kid": kid, "typ": "JWT"}, claims, key)


def public_jwk(chain: str, kid: str) -> dict[str, Any]:
    """The public half of a key, from its certificate; never anything of the private half."""
    own = x509.load_pem_x509_certificates(chain.encode())[0]
    key = RSAKey.import_key(own.public_key())  # type: ignore[arg-type]
    return {**key.as_dict(private=False), "kid": kid, "use": "sig", "alg": "RS256"}


def revoked(base: str, institution_id: int, rows: list[Certificate]) -> dict[str, Any]:
    """The institution's revocation list: which credentials, and nothing about whom or why."""
    issuer = issuer_address(base, institution_id)
    return {
        "id": f"{issuer}/revoked",
        "issuer": issuer,
        "revokedCredential": [{"id": credential_id(row), "revoked": True} for row in rows],
    }

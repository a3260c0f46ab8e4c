"""Open Badges: signed with joserfc, verified here with PyJWT as a stranger would, from the public addresses alone."""

from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import jwt
import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from exam.accounts.permissions import Role
from exam.certificates import badges, jobs, routes_own
from exam.certificates.models import Certificate
from exam.credits.service_posting import post_outcome

NOON = datetime(2026, 10, 8, 4, 0, tzinfo=UTC)
AT_TEST_CLOCK = {"verify_exp": False, "verify_nbf": False}
"""PyJWT measures by the computer's clock, the test by its own; both claims are compared below."""


@pytest.fixture
def issued(world, database, app):
    """The office's and the holder's clients and an issued certificate of theirs; no key yet."""
    routes_own.limiter.storage.reset()
    home = world.institution()
    person = world.person(home, Role.CANDIDATE, name="欧阳明")
    with database.transaction() as db:
        post_outcome(
            db,
            institution_id=home,
            person_id=person,
            scheme_key="changzhou",
            kind="passed",
            subject="QS",
            title="质量强国",
            source_kind="sitting",
            source_ref=1,
            at=NOON,
            now=NOON,
            window_closes=datetime(2026, 10, 10, 16, 0, tzinfo=UTC),
        )
    office = world.signed_in(Role.REGISTRAR, institution_id=home)
    office.post("/certificates/orders")
    jobs.run(app.state)
    with database.transaction() as db:
        row = db.exec(select(Certificate)).one()
        row.valid_until = date(2030, 10, 10)
        db.add(row)
        token = row.token
    return office, world.client(person, home), row.id, token


def verified(stranger, token):
    """The claims of a token, by the key that its header leads to."""
    header = jwt.get_unverified_header(token)
    assert set(header) == {"alg", "kid", "typ"} and (header["alg"], header["typ"]) == ("RS256", "JWT")
    told = stranger.get(urlsplit(header["kid"]).path).json()
    assert not {"d", "p", "q", "dp", "dq", "qi"} & set(told)
    return jwt.decode(token, jwt.PyJWK(told), algorithms=["RS256"], options=AT_TEST_CLOCK)


def test_a_stranger_verifies_the_credential_from_its_address(app, issued):
    office, holder, certificate_id, token = issued
    stranger = TestClient(app)
    assert stranger.get(f"/badges/{token}").status_code == 409  # no key, no badge
    assert "电子徽章" not in holder.get("/my/certificates").text
    office.post("/certificates/key", data={"what": "make"})
    page = holder.get("/my/certificates").text
    assert "下载电子徽章" in page and f"/badges/{token}" in page
    own = holder.get(f"/my/certificates/{certificate_id}/badge")
    public = stranger.get(f"/badges/{token}")
    assert own.text == public.text and public.headers["content-type"].startswith("application/jwt")
    claims = verified(stranger, public.text)
    assert claims["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert claims["type"] == ["VerifiableCredential", "AchievementCredential"]
    assert (claims["iss"], claims["jti"]) == (claims["issuer"]["id"], claims["id"])
    assert claims["sub"] == claims["credentialSubject"]["id"]
    assert claims["nbf"] == datetime.fromisoformat(claims["validFrom"]).timestamp()
    assert claims["exp"] == datetime.fromisoformat(claims["validUntil"]).timestamp()
    assert claims["validUntil"] == "2030-10-10T15:59:59Z"
    issuer = stranger.get(urlsplit(claims["iss"]).path).json()
    assert (issuer["id"], issuer["type"], issuer["name"]) == (claims["iss"], ["Profile"], claims["issuer"]["name"])
    achievement = claims["credentialSubject"]["achievement"]
    assert {"id", "type", "name", "description", "criteria"} <= set(achievement)


def test_the_holder_is_named_by_a_salted_hash_only(app, issued):
    office, _, _, token = issued
    office.post("/certificates/key", data={"what": "make"})
    stranger = TestClient(app)
    claims = verified(stranger, stranger.get(f"/badges/{token}").text)
    (who,) = claims["credentialSubject"]["identifier"]
    assert who["identityHash"] == badges.identity_hash("欧阳明", who["salt"])
    assert len(who["salt"]) == 32 and who["hashed"] is True
    assert "欧阳明" not in str(claims) and token not in str(claims)


def test_a_changed_token_and_another_key_are_refused(app, issued, world):
    office, _, _, token = issued
    office.post("/certificates/key", data={"what": "make"})
    stranger = TestClient(app)
    text = stranger.get(f"/badges/{token}").text
    head, body, signature = text.split(".")
    with pytest.raises(jwt.InvalidSignatureError):
        verified(stranger, ".".join((head, body[:-8] + "AAAA" + body[-4:], signature)))
    assert stranger.get("/badges/unknown").status_code == 404


def test_an_earlier_badge_still_verifies_after_the_key_is_replaced(app, issued):
    office, _, _, token = issued
    office.post("/certificates/key", data={"what": "make"})
    stranger = TestClient(app)
    before = stranger.get(f"/badges/{token}").text
    office.post("/certificates/key", data={"what": "make"})
    after = stranger.get(f"/badges/{token}").text
    assert before != after
    assert verified(stranger, before) == verified(stranger, after)
    issuer = urlsplit(verified(stranger, after)["iss"]).path
    keys = stranger.get(f"{issuer}/keys").json()["keys"]
    assert {jwt.get_unverified_header(one)["kid"] for one in (before, after)} == {one["kid"] for one in keys}


def test_a_revoked_one_is_on_the_list_and_is_given_no_more(app, issued):
    office, holder, certificate_id, token = issued
    office.post("/certificates/key", data={"what": "make"})
    stranger = TestClient(app)
    claims = verified(stranger, stranger.get(f"/badges/{token}").text)
    status = claims["credentialStatus"]
    assert status["type"] == "1EdTechRevocationList"
    path = urlsplit(status["id"]).path
    assert stranger.get(path).json()["revokedCredential"] == []
    office.post(f"/certificates/{certificate_id}/revoke", data={"reason": "冒名顶替"})
    told = stranger.get(path)
    assert told.json()["revokedCredential"] == [{"id": claims["id"], "revoked": True}]
    assert told.json()["issuer"] == claims["iss"] and "冒名顶替" not in told.text
    assert stranger.get(f"/badges/{token}").status_code == 409
    assert holder.get(f"/my/certificates/{certificate_id}/badge").status_code == 404


def test_an_institution_without_a_key_is_no_issuer_and_another_candidate_gets_nothing(app, issued, world):
    _, _, certificate_id, _ = issued
    stranger = TestClient(app)
    for path in ("/issuers/1", "/issuers/1/keys", "/issuers/1/keys/x", "/issuers/1/revoked", "/issuers/999"):
        assert stranger.get(path).status_code == 404
    other = world.signed_in(Role.CANDIDATE)
    assert other.get(f"/my/certificates/{certificate_id}/badge").status_code == 404

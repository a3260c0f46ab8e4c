"""The candidate's side of an application: begun, filled, its pictures, signed and sent, withdrawn."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from exam import schemes
from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.accounts.id_number import normalised
from exam.accounts.models import Person
from exam.applications import picture_files, rules
from exam.applications.asked import FIELDS, PICTURE
from exam.applications.models import Application, ApplicationPicture
from exam.applications.states import EDITABLE, MOVES, OPEN
from exam.core import audit
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.core.objects import ObjectStore
from exam.vision.pictures import BadPicture, clean
from exam.vision.portrait import check_portrait


def move(row: Application, event: str) -> None:
    """The one gate that changes an application's state. Raises Refused for what the table does not know."""
    target = MOVES.get((row.state, event))
    if target is None:
        raise Refused(Refusal("application-state"))
    row.state = target


def begin(db: Session, who: Caller, scheme_key: str, track: str, now: datetime) -> Application:
    """The open application of the caller for a track, made when there is none. Raises NotFound, Invalid."""
    if scheme_key not in schemes.SCHEMES:
        raise NotFound(scheme_key)
    scheme = schemes.get(scheme_key)
    on = now.astimezone(ZoneInfo(scheme.zone)).date()
    offered = {key for key, _ in rules.projects(scheme, on)}
    if not offered:
        raise NotFound(scheme_key)
    if track not in offered:
        raise Invalid([Problem("track", "required")])
    audit.hold(db, who.institution_id)
    query = select(Application).where(
        Application.institution_id == who.institution_id,
        Application.person_id == who.person_id,
        Application.scheme == scheme_key,
        Application.track == track,
        col(Application.state).in_(OPEN),
    )
    found = db.exec(query).first()
    if found is not None:
        return found
    person = db.get_one(Person, who.person_id)
    known = {"name": person.name, "id_number": person.id_number or "", "phone": person.phone or ""}
    row = Application(
        institution_id=who.institution_id,
        person_id=who.person_id,
        scheme=scheme_key,
        scheme_version=scheme.version_at(on),
        track=track,
        answers=known,
        created_at=now,
    )
    db.add(row)
    db.flush()
    deeds.record_by(db, who, now, "application.begin", ("application", row.id), {"scheme": scheme_key, "track": track})
    return row


def own(db: Session, who: Caller, application_id: int, *, lock: bool = False) -> Application:
    """The caller's own application at the institution they are at. Raises NotFound for anybody else's."""
    query = select(Application).where(Application.id == application_id)
    query = query.with_for_update().execution_options(populate_existing=True) if lock else query
    row = db.exec(query).one_or_none()
    if row is None or (row.person_id, row.institution_id) != (who.person_id, who.institution_id):
        raise NotFound(f"application {application_id}")
    return row


def editable(db: Session, who: Caller, application_id: int) -> Application:
    """An own application that can be changed, locked. Raises NotFound, Refused."""
    row = own(db, who, application_id, lock=True)
    if row.state not in EDITABLE:
        raise Refused(Refusal("application-state"))
    return row


def read_answers(fields: Mapping[str, str]) -> dict[str, str]:
    """The form's answers, tidied and cut to their longest."""
    found = {asked.key: " ".join(fields.get(asked.key, "").split())[: asked.most] for asked in FIELDS}
    return {**found, "id_number": normalised(found["id_number"])[:18]}


def save(db: Session, who: Caller, application_id: int, answers: Mapping[str, str]) -> Application:
    """Keep the form as it is, complete or not. Raises NotFound, Refused."""
    row = editable(db, who, application_id)
    row.answers = dict(answers)
    db.add(row)
    db.flush()
    return row


def consent(db: Session, who: Caller, application_id: int, now: datetime) -> Application:
    """The candidate agrees that the pictures are kept and seen as the page says. Raises NotFound, Refused."""
    row = editable(db, who, application_id)
    row.consented_at = row.consented_at or now
    db.add(row)
    db.flush()
    deeds.record_by(db, who, now, "application.consent", ("application", row.id), {})
    return row


def add_picture(
    db: Session,
    objects: ObjectStore,
    who: Caller,
    application_id: int,
    kind: str,
    data: bytes,
    model: Path | None,
    now: datetime,
) -> ApplicationPicture:
    """Put a picture in the place of the one before of its kind. A photo is looked at at once, and what is wrong with it
    is kept with it. Raises NotFound, Refused without consent, Invalid for what is no picture."""
    row = editable(db, who, application_id)
    if kind not in PICTURE:
        raise Invalid([Problem("kind", "required")])
    if row.consented_at is None:
        raise Refused(Refusal("application-no-consent"))
    try:
        picture = clean(data)
        report = check_portrait(picture.data, model) if kind == "photo" else None
    except BadPicture as error:
        raise Invalid([Problem(kind, error.code, error.params)]) from error
    before = [old for old in pictures_of(db, row) if old.kind == kind]
    findings = [{"code": each.code, "params": dict(each.params)} for each in report.findings] if report else []
    kept = ApplicationPicture(
        application_id=row.id or 0,
        kind=kind,
        sha256=objects.put(picture.data),
        media_type=picture.media_type,
        findings=findings,
        added_at=now,
    )
    db.add(kept)
    db.flush()
    for old in before:  # after the new one is known, which may be the very same file
        delete_picture(db, objects, old, now)
    detail = {"picture": kind, "findings": [each["code"] for each in findings]}
    deeds.record_by(db, who, now, "application.picture", ("application", row.id), detail)
    return kept


def pictures_of(db: Session, row: Application) -> list[ApplicationPicture]:
    """The pictures of an application that are still there, the newest last."""
    query = select(ApplicationPicture).where(
        ApplicationPicture.application_id == row.id, col(ApplicationPicture.sha256).is_not(None)
    )
    return list(db.exec(query.order_by(col(ApplicationPicture.id))))


def delete_picture(db: Session, objects: ObjectStore, picture: ApplicationPicture, now: datetime) -> None:
    """Delete a picture for good; that it was there stays known. Once that is committed the file goes, unless another
    picture is the very same."""
    digest = picture.sha256
    if digest is None:
        return
    picture.sha256, picture.deleted_at = None, now
    db.add(picture)
    db.flush()
    picture_files.remove(db, objects, digest)


def send(db: Session, who: Caller, application_id: int, signed: str, agreed: bool, now: datetime) -> Application:
    """Sign the statement and send the application. Raises NotFound, Refused, Invalid with all that is missing."""
    row = editable(db, who, application_id)
    person = db.get_one(Person, who.person_id)
    zone = ZoneInfo(schemes.get(row.scheme).zone)
    kinds = {picture.kind for picture in pictures_of(db, row)}
    signed = " ".join(signed.split())
    problems = rules.send_problems(row.answers, kinds, signed, agreed, person.id_number, now.astimezone(zone).date())
    if problems:
        raise Invalid(problems)
    move(row, "send")
    row.signed_name, row.signed_at, row.sent_at = signed, now, now
    db.add(row)
    db.flush()
    deeds.record_by(db, who, now, "application.send", ("application", row.id), {})
    return row


def withdraw(db: Session, objects: ObjectStore, who: Caller, application_id: int, now: datetime) -> Application:
    """The candidate takes the application back; its pictures are deleted at once. Raises NotFound, Refused."""
    row = own(db, who, application_id, lock=True)
    move(row, "withdraw")
    row.decided_at, row.decided_by = now, who.person_id
    db.add(row)
    db.flush()
    for picture in pictures_of(db, row):
        delete_picture(db, objects, picture, now)
    deeds.record_by(db, who, now, "application.withdraw", ("application", row.id), {})
    return row

"""Everything that there is of a sitting, in one file that can be checked without us (docs/evidence.md).

The answers are in it: the log's hashes cover them, so without them nothing of it could be verified. What only serves
comparing faces is not.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO

from sqlmodel import Session, col, select

from exam.accounts.models import Institution, Person
from exam.core.errors import NotFound
from exam.core.events import canonical
from exam.core.objects import ObjectStore
from exam.proctor.evidence import checkpoints
from exam.proctor.evidence import format as form
from exam.proctor.evidence import zips as evidence_zip
from exam.proctor.evidence.keys import Keys
from exam.proctor.evidence.tables import PEOPLE, TABLES
from exam.proctor.models import CheckIn, Frame, Proctored
from exam.proctor.models_incidents import Checkpoint
from exam.scheduling.models import Exam
from exam.sessions import service
from exam.sessions.models import Sitting, SittingHead

_PNG = b"\x89PNG"


@dataclass
class Export:
    """An export under way: what its manifest will say."""

    db: Session
    objects: ObjectStore
    keys: Keys
    sitting: Sitting
    now: datetime
    by: str
    head: tuple[int, str]
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    people: set[int] = field(default_factory=set)
    signers: set[str] = field(default_factory=set)
    pictures: int = 0


@dataclass(frozen=True)
class Exported:
    """What went into an export: links, pictures, and pictures that should be there and are not."""

    links: int
    pictures: int
    missing: int
    key_id: str


def export(
    db: Session, objects: ObjectStore, keys: Keys, sitting_id: int, file: BinaryIO, now: datetime, by: str
) -> Exported:
    """Write the evidence of a sitting into `file`, never a whole log or all pictures in memory. `by`: who asked.

    The same sitting at the same instant gives the same bytes. Raises NotFound, and `evidence_zip.BadFile`
    (`too-large`, `too-many`) for more than the form can hold."""
    sitting, head = db.get(Sitting, sitting_id), db.get(SittingHead, sitting_id)
    if sitting is None or head is None:
        raise NotFound
    made = Export(db, objects, keys, sitting, now, by, (head.seq, head.hash))
    evidence_zip.write(file, _members(made))
    return Exported(head.seq, made.pictures, len(made.missing), keys.key_id)


def _members(made: Export) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Every member in its order; the manifest comes last, when all the others are known."""
    yield _counted(made, form.README, [form.TEXT.encode()])
    yield _counted(made, form.LOG, _log(made))
    yield _counted(made, form.CHECKPOINTS, _checkpoints(made))
    for name, rows in TABLES.items():
        yield _counted(made, f"tables/{name}.jsonl", _table(made, rows))
    for digest in sorted(_digests(made)):
        data = _picture(made, digest)
        if data is not None:
            made.pictures += 1
            kind = "png" if data.startswith(_PNG) else "jpg"
            yield _counted(made, f"pictures/{digest}.{kind}", [data])
    manifest = canonical(_manifest(made)).encode()
    yield form.MANIFEST, [manifest]
    signature = made.keys.sign(form.signed(hashlib.sha256(manifest).hexdigest()))
    yield form.SIGNATURE, [canonical({"key_id": made.keys.key_id, "signature": signature}).encode()]


def _counted(made: Export, name: str, pieces: Iterable[bytes]) -> tuple[str, Iterator[bytes]]:
    def through() -> Iterator[bytes]:
        summed, size = hashlib.sha256(), 0
        for piece in pieces:
            summed.update(piece)
            size += len(piece)
            yield piece
        made.files[name] = {"sha256": summed.hexdigest(), "size": size}

    return name, through()


def _line(said: dict[str, Any]) -> bytes:
    return canonical(said).encode("utf-8", "surrogatepass") + b"\n"


def _log(made: Export) -> Iterator[bytes]:
    for event in service.walk_log(made.db, made.sitting.id or 0):
        yield _line(event.model_dump(exclude={"sitting_id"}))


def _checkpoints(made: Export) -> Iterator[bytes]:
    """Those that were made, and one more over the log as it is now."""
    last = 0
    query = select(Checkpoint).where(Checkpoint.sitting_id == made.sitting.id).order_by(col(Checkpoint.seq))
    for row in made.db.exec(query):
        last = row.seq
        yield _checkpoint(made, checkpoints.Signed(**row.model_dump()))
    if last < made.head[0]:
        yield _checkpoint(made, checkpoints.sign(made.keys, made.sitting.id or 0, *made.head, last, made.now))


def _checkpoint(made: Export, point: checkpoints.Signed) -> bytes:
    made.signers.add(point.key_id)
    return _line({**asdict(point), "at": _instant(point.at)})


def _table(made: Export, rows: Callable[[Session, int], Iterable[dict[str, Any]]]) -> Iterator[bytes]:
    for row in rows(made.db, made.sitting.id or 0):
        made.people |= {row[name] for name in PEOPLE if isinstance(row.get(name), int)}
        yield _line(row)


def _digests(made: Export) -> set[str]:
    frames = select(Frame.picture).where(Frame.sitting_id == made.sitting.id, col(Frame.erased).is_(False))
    check_in = made.db.get(CheckIn, made.sitting.id)
    return set(made.db.exec(frames)) | (set(check_in.pictures.values()) if check_in else set())


def _picture(made: Export, digest: str) -> bytes | None:
    """A picture that is what its name says; another or none is told in the manifest."""
    try:
        data = made.objects.get(digest)
    except (NotFound, OSError):
        made.missing[digest] = "lost"
        return None
    if hashlib.sha256(data).hexdigest() != digest:
        made.missing[digest] = "changed"
        return None
    return data


def _manifest(made: Export) -> dict[str, Any]:
    sitting, db = made.sitting, made.db
    exam, place = db.get_one(Exam, sitting.exam_id), db.get_one(Institution, sitting.institution_id)
    watched = db.get(Proctored, sitting.id)
    names = db.exec(select(Person.id, Person.name).where(col(Person.id).in_(made.people | {sitting.person_id})))
    signers = {each: made.keys.known[each].hex() for each in sorted(made.signers) if each in made.keys.known}
    return {
        "format": form.FORMAT,
        "version": form.VERSION,
        "exported_at": _instant(made.now),
        "exported_by": made.by,
        "institution": {"code": place.code, "name": place.name},
        "exam": {"id": exam.id, "code": exam.code, "title": exam.title},
        "candidate": sitting.person_id,
        "people": {str(each): name for each, name in sorted(names, key=lambda row: row[0] or 0)},
        "sitting": sitting.model_dump(mode="json", exclude={"seed", "institution_id"}),
        "watched": None if watched is None else watched.model_dump(mode="json", exclude={"institution_id"}),
        "head": {"seq": made.head[0], "hash": made.head[1]},
        "keys": {**signers, made.keys.key_id: made.keys.public.hex()},
        "missing": dict(sorted(made.missing.items())),
        "files": made.files,
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")

"""The exam office's settings of an exam: ask for SEB or not, in which configuration, with which versions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, delete, select

from exam.accounts.access import Caller
from exam.accounts.deeds import record_by
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.scheduling.loading import exam_of
from exam.scheduling.models import Exam
from exam.seb import config, rules, signals
from exam.seb.keys import IS_KEY, address, config_keys
from exam.seb.models import MODES, SebFile, SebKey, SebRequirement

LEAST_PASSWORD, MOST_PASSWORD = 6, 100
MOST_KEYS = 50
QUIT_PATH = "/seb/quit"


@dataclass(frozen=True)
class Wanted:
    """What the office's form asks for. `file` is (name, bytes) of an upload; `password` ends SEB at any time.

    Without a file a configuration uploaded before is kept; `keep_password` keeps the one that ours was made with.
    """

    required: bool
    mode: str
    camera: bool = True
    password: str = ""
    keep_password: bool = False
    file: tuple[str, bytes] | None = None


def read_wanted(fields: Mapping[str, str], file: tuple[str, bytes] | None) -> Wanted:
    """The form's text fields and its upload. Raises Invalid."""
    mode, password = fields.get("mode", ""), fields.get("password", "")
    problems = []
    if mode not in MODES:
        problems.append(Problem("mode", "required"))
    if password and not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        params = {"least": LEAST_PASSWORD, "most": MOST_PASSWORD}
        problems.append(Problem("password", "seb-password-length", params))
    if problems:
        raise Invalid(problems)
    return Wanted(
        fields.get("required") == "yes",
        mode,
        fields.get("camera") == "yes",
        password,
        fields.get("keep_password") == "yes",
        file,
    )


def start_address(public_url: str, exam_id: int) -> str:
    """Where our configuration of an exam begins: the same for all its candidates."""
    return address(public_url, f"/seb/exams/{exam_id}")


def save(db: Session, who: Caller, exam_id: int, wanted: Wanted, public_url: str, now: datetime) -> SebRequirement:
    """Make or change the requirement of an exam. Raises NotFound, Invalid, and Refused while its sittings are under way
    and the change could lock somebody out.
    """
    exam = exam_of(db, who, exam_id, lock=True)
    row = db.get(SebRequirement, exam_id)
    made = _made(db, exam, row, wanted, public_url)
    changes = _changes(db, row, wanted, made)
    running = signals.are_running(db, exam_id)
    for change in changes:
        if refusal := rules.may_change(change, running):
            raise Refused(refusal)
    if row is None:
        row = SebRequirement(
            exam_id=exam_id, institution_id=exam.institution_id, changed_at=now, changed_by=who.person_id
        )
    row.required, row.mode = wanted.required, wanted.mode
    row.changed_at, row.changed_by = now, who.person_id
    if made is not None:
        row.start_url = str(made.settings["startURL"])[:2000]
        row.camera = bool(made.settings.get("browserMediaCaptureCamera"))
        row.quit_password = bool(made.settings.get("hashedQuitPassword"))
    db.add(row)
    db.flush()
    if made is not None:
        _put_file(db, exam_id, made, who, now)
    record_by(db, who, now, "exam.seb", ("exam", exam_id), {"required": row.required, "mode": row.mode})
    return row


@dataclass(frozen=True)
class _Made:
    """A configuration to be given out: its file and what stands in it."""

    name: str
    content: bytes
    settings: config.Settings


def _made(db: Session, exam: Exam, row: SebRequirement | None, wanted: Wanted, public_url: str) -> _Made | None:
    """The configuration asked for; None where the uploaded one stays."""
    if wanted.mode == "uploaded":
        if wanted.file is not None:
            name, content = wanted.file
            return _Made(name[:200], content, config.read(content))
        if row is None or row.mode != "uploaded":
            raise Invalid([Problem("file", "seb-file-empty")])
        return None
    hashed = config.quit_hash(wanted.password)
    if not hashed and wanted.keep_password and row is not None and row.mode == "ours":
        hashed = str(config.read(file_of(db, exam.id or 0).content).get("hashedQuitPassword", ""))
    ours = config.Ours(start_address(public_url, exam.id or 0), address(public_url, QUIT_PATH), hashed, wanted.camera)
    settings = config.for_exam(ours)
    return _Made(f"{exam.code}.seb", config.write(settings), settings)


def _changes(db: Session, row: SebRequirement | None, wanted: Wanted, made: _Made | None) -> Iterable[rules.Change]:
    """What of a change could touch somebody who is writing."""
    was = row is not None and row.required
    if was != wanted.required:
        yield "on" if wanted.required else "off"
    elif row is not None and was and made is not None:
        known = {key.key for key in keys_of(db, row.exam_id, "config")}
        if set(config_keys(made.settings)) != known:
            yield "config"


def _put_file(db: Session, exam_id: int, made: _Made, who: Caller, now: datetime) -> None:
    file = db.get(SebFile, exam_id) or SebFile(exam_id=exam_id, name="", content=b"")
    file.name, file.content = made.name, made.content
    db.add(file)
    db.exec(delete(SebKey).where(col(SebKey.exam_id) == exam_id, col(SebKey.kind) == "config"))
    for key in config_keys(made.settings):
        db.add(SebKey(exam_id=exam_id, kind="config", key=key, added_at=now, added_by=who.person_id))
    db.flush()


def file_of(db: Session, exam_id: int) -> SebFile:
    """The configuration of an exam. Raises NotFound."""
    found = db.get(SebFile, exam_id)
    if found is None:
        raise NotFound
    return found


def keys_of(db: Session, exam_id: int, kind: str) -> list[SebKey]:
    """The keys of an exam of a kind, in the order in which they were added."""
    query = select(SebKey).where(SebKey.exam_id == exam_id, SebKey.kind == kind).order_by(col(SebKey.id))
    return list(db.exec(query))


def add_key(db: Session, who: Caller, exam_id: int, fields: Mapping[str, str], now: datetime) -> None:
    """Take one more Browser Exam Key (form `key`, `note`). Raises NotFound, Invalid, Refused."""
    exam_of(db, who, exam_id, lock=True)
    key, note = "".join(fields.get("key", "").split()).lower(), fields.get("note", "").strip()[:200]
    known = keys_of(db, exam_id, "browser")
    problems = []
    if not IS_KEY.fullmatch(key):
        problems.append(Problem("key", "seb-not-a-key"))
    elif key in {row.key for row in (*known, *keys_of(db, exam_id, "config"))}:
        problems.append(Problem("key", "seb-key-known"))
    elif len(known) >= MOST_KEYS:
        problems.append(Problem("key", "seb-too-many-keys", {"most": MOST_KEYS}))
    if not note:
        problems.append(Problem("note", "required"))
    if problems:
        raise Invalid(problems)
    _may(db, exam_id, "key-more" if known else "key-first")
    db.add(SebKey(exam_id=exam_id, kind="browser", key=key, note=note, added_at=now, added_by=who.person_id))
    db.flush()
    record_by(db, who, now, "exam.seb-key-add", ("exam", exam_id), {"name": note})


def remove_key(db: Session, who: Caller, exam_id: int, key_id: int, now: datetime) -> None:
    """Take a Browser Exam Key no longer. Raises NotFound, Refused."""
    exam_of(db, who, exam_id, lock=True)
    row = db.get(SebKey, key_id)
    if row is None or row.exam_id != exam_id or row.kind != "browser":
        raise NotFound
    _may(db, exam_id, "key-last" if len(keys_of(db, exam_id, "browser")) == 1 else "key-less")
    db.delete(row)
    db.flush()
    record_by(db, who, now, "exam.seb-key-remove", ("exam", exam_id), {"name": row.note})


def _may(db: Session, exam_id: int, change: rules.Change) -> None:
    """Raises Refused. Where SEB is not asked for, its keys lock nobody out."""
    row = db.get(SebRequirement, exam_id)
    if row is None or not row.required:
        return
    if refusal := rules.may_change(change, signals.are_running(db, exam_id)):
        raise Refused(refusal)

"""Checks exported evidence with nothing but the file and a public key: no database, no settings, no network.

Everything is looked at, also after something wrong was found, so that a report says what was done to a file and where.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

from exam.proctor.evidence import checkpoints, told
from exam.proctor.evidence import format as form
from exam.proctor.evidence import keys as evidence_keys
from exam.proctor.evidence import lines as evidence_lines
from exam.proctor.evidence import log as evidence_log
from exam.proctor.evidence import zips as evidence_zip
from exam.proctor.evidence.checkpoints import Signed
from exam.proctor.evidence.cover import begins_as_told
from exam.proctor.evidence.lines import Unreadable
from exam.proctor.evidence.log import Walk
from exam.proctor.evidence.report import Report
from exam.proctor.evidence.told import TOLD
from exam.proctor.evidence.zips import BadFile, Member


@dataclass
class Case:
    """A file under examination. `keys`: id → public key, of those that may have signed checkpoints."""

    file: BinaryIO
    members: dict[str, Member]
    report: Report
    manifest: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, bytes] = field(default_factory=dict)


def verify(file: BinaryIO, trusted: Sequence[bytes] = ()) -> Report:
    """Check a file of evidence; `trusted` are public keys (32 bytes each) that were got by another way, or SHA-256 of
    such (the key's id). Without any the file's own key is believed, and its id is to be compared. Never raises for what
    a file may contain."""
    report = Report(trusted=bool(trusted))
    try:
        members = {each.name: each for each in evidence_zip.read(file)}
    except BadFile as bad:
        report.add(f"file-{bad.code}", bad.where)
        return report
    case = Case(file, members, report)
    for name in members:
        if name not in form.NEEDED and not form.PICTURE.fullmatch(name) and not form.TABLE.fullmatch(name):
            report.add("member-unknown", name)
    for name in form.NEEDED:
        if name not in members:
            report.add("member-missing", name)
    for step in (_manifest(trusted), _members, _log):
        try:
            step(case)
        except (BadFile, Unreadable) as bad:
            _unreadable(report, bad)
    return report


def _unreadable(report: Report, bad: BadFile | Unreadable) -> None:
    if isinstance(bad, BadFile):
        report.add(f"file-{bad.code}", bad.where)
    else:
        report.add("unreadable", str(bad))


def _manifest(trusted: Sequence[bytes]) -> Any:
    def check(case: Case) -> None:
        if form.MANIFEST not in case.members:
            return
        data = evidence_lines.whole(case.file, case.members[form.MANIFEST], form.MOST_MANIFEST)
        case.manifest = evidence_lines.parse(data, form.MANIFEST, evidence_lines.MANIFEST)
        if (case.manifest["format"], case.manifest["version"]) != (form.FORMAT, form.VERSION):
            raise Unreadable(form.MANIFEST)
        case.keys = _public_keys(case.manifest["keys"])
        _tell(case)
        if form.SIGNATURE in case.members:
            mark = evidence_lines.whole(case.file, case.members[form.SIGNATURE], 1000)
            said = evidence_lines.parse(mark, form.SIGNATURE, evidence_lines.MARK)
            _check_signature(case, said, hashlib.sha256(data).hexdigest(), trusted)

    return check


def _public_keys(named: dict[str, Any]) -> dict[str, bytes]:
    found = {}
    for name, value in named.items():
        try:
            raw = bytes.fromhex(value)
        except (TypeError, ValueError):
            raise Unreadable(form.MANIFEST) from None
        if evidence_keys.key_id(raw) != name:
            raise Unreadable(form.MANIFEST)
        found[name] = raw
    return found


def _check_signature(case: Case, said: dict[str, Any], digest: str, trusted: Sequence[bytes]) -> None:
    case.report.key_id = said["key_id"]
    own = case.keys.get(said["key_id"])
    if own is None or not evidence_keys.verify(own, said["signature"], form.signed(digest)):
        case.report.add("manifest-signature", form.SIGNATURE)
    if trusted and said["key_id"] not in {evidence_keys.key_id(each) for each in trusted} | {t.hex() for t in trusted}:
        case.report.add("key-not-trusted", said["key_id"])


def _tell(case: Case) -> None:
    manifest = case.manifest
    sitting, exam = manifest["sitting"], manifest.get("exam")
    case.report.facts = {
        "sitting": sitting.get("id"),
        "state": sitting.get("state"),
        "exam": exam.get("title") if isinstance(exam, dict) else None,
        "exported_at": manifest["exported_at"],
    }


def _members(case: Case) -> None:
    """Every member but the manifest and its signature is what the manifest says, and none is more or less."""
    listed = case.manifest.get("files", {})
    for name in sorted(set(listed) - set(case.members)):
        case.report.add("member-gone", name)
    for name, member in case.members.items():
        if name in (form.MANIFEST, form.SIGNATURE):
            continue
        summed = hashlib.sha256()
        try:
            for piece in evidence_zip.content(case.file, member):
                summed.update(piece)
        except BadFile as bad:
            _unreadable(case.report, bad)
        if name not in listed:
            case.report.add("member-unlisted", name)
        elif listed[name] != {"sha256": summed.hexdigest(), "size": member.size}:
            case.report.add("member-changed", name)
        picture = form.PICTURE.fullmatch(name)
        if picture is not None and picture[1] != summed.hexdigest():
            case.report.add("picture-changed", name)


def _log(case: Case) -> None:
    """The log, what signs it, and what belongs to it."""
    if form.LOG not in case.members:
        return
    points = _points(case)
    lines = evidence_lines.rows(case.file, case.members[form.LOG], evidence_lines.LINK)
    found = evidence_log.walk(lines, points, case.report)
    head = case.manifest.get("head")
    unended = case.report.facts.get("state") in ("submitted", "void") and not found.cover.ended
    if unended or (head is not None and head != {"seq": found.count, "hash": found.last}):
        case.report.add("log-cut", f"{form.LOG}:{found.count}")
    if case.manifest and not begins_as_told(found.cover, case.manifest["sitting"].get("started_at")):
        case.report.add("start-differs", form.LOG)
    _check_points(case, points, found)
    _check_pictures(case, found)
    _check_frames(case, found)
    _check_tables(case, found)
    _check_incidents(case, found)
    here = sum(form.PICTURE.fullmatch(name) is not None for name in case.members)
    case.report.facts |= {"links": found.count, "checkpoints": len(points), "pictures": here, "erased": found.erased}


def _points(case: Case) -> list[Signed]:
    if form.CHECKPOINTS not in case.members:
        return []
    found = []
    for where, row in evidence_lines.rows(case.file, case.members[form.CHECKPOINTS], evidence_lines.CHECKPOINT):
        try:
            at = datetime.fromisoformat(row["at"])
        except ValueError:
            raise Unreadable(where) from None
        if at.tzinfo is None:
            raise Unreadable(where)
        found.append(Signed(**{**row, "at": at}))
    if [each.seq for each in found] != sorted({each.seq for each in found}):
        case.report.add("checkpoint-order", form.CHECKPOINTS)
        found = list({each.seq: each for each in sorted(found, key=lambda point: point.seq)}.values())
    return found


def _check_points(case: Case, points: list[Signed], found: Walk) -> None:
    there = {0} | {point.seq for point in points}
    for point in points:
        where = f"checkpoint of link {point.seq}"
        public = case.keys.get(point.key_id)
        if public is None:
            case.report.add("checkpoint-key", where)
        elif not checkpoints.holds(point, public):
            case.report.add("checkpoint-signature", where)
        if case.manifest and point.sitting_id != case.manifest["sitting"].get("id"):
            case.report.add("checkpoint-sitting", where)
        if point.previous not in there:
            case.report.add("checkpoint-missing", f"checkpoint of link {point.previous}")
        signed = found.hashes.get(point.seq)
        if signed is None:
            case.report.add("checkpoint-beyond", where)
        elif signed != point.hash:
            case.report.add("checkpoint-other", where)
    if not points or points[-1].seq < found.count:
        case.report.add("head-unsigned", f"link {found.count}")


def _check_pictures(case: Case, found: Walk) -> None:
    lost = case.manifest.get("missing", {})
    matches = (form.PICTURE.fullmatch(name) for name in case.members)
    here = {match[1] for match in matches if match is not None}
    for digest in sorted(found.needed - here):
        why = lost.get(digest)
        code = {"lost": "picture-lost", "changed": "picture-changed"}.get(str(why), "picture-missing")
        case.report.add(code, f"pictures/{digest}")
    for digest in sorted(here - found.needed):
        case.report.add("picture-unknown", f"pictures/{digest}")


def _rows(case: Case, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if name in case.members:
        yield from evidence_lines.rows(case.file, case.members[name], {})


def _check_frames(case: Case, found: Walk) -> None:
    """The table of frames and the log name the same pictures; what is marked as erased was erased by a link."""
    listed, erased = {}, 0
    for where, row in _rows(case, "tables/frames.jsonl"):
        number = row.get("number")
        if not isinstance(number, int) or number in listed or found.frames.get(number) != row.get("picture"):
            case.report.add("frame-differs", where)
            continue
        listed[number] = row["picture"]
        erased += row.get("erased") is True
    for number in sorted(found.frames.keys() - listed.keys())[:10]:
        case.report.add("frame-differs", f"frame {number}")
    if erased != found.erased_frames:
        case.report.add("erased-differs", "tables/frames.jsonl")


def _check_tables(case: Case, found: Walk) -> None:
    for each in TOLD:
        left = Counter(found.told[each])
        for where, row in _rows(case, each.member):
            parts = _of(each.row, row, where)
            if parts is None:
                continue
            if left[parts] <= 0:
                case.report.add("row-unknown", where)
            left[parts] -= 1
        if any(count > 0 for count in left.values()):
            case.report.add("row-missing", each.member)


def _check_incidents(case: Case, found: Walk) -> None:
    """What software noticed has a link that opened it; what was opened has a row, its own or one that it went on with;
    and each stands as it was decided last."""
    decided = _of(told.states, [row for _, row in _rows(case, told.DECISIONS)], told.DECISIONS)
    left, kinds = Counter(found.opened), set()
    for where, row in _rows(case, told.INCIDENTS):
        began = _of(told.begun, row, where)
        if row.get("state") != decided.get(row.get("id"), "open"):
            case.report.add("incident-differs", where)
        if began is None:
            continue
        kinds.add(began[:2])
        if left[began] <= 0:
            case.report.add("row-unknown", where)
        left[began] -= 1
    if any(began[:2] not in kinds for began in found.opened):
        case.report.add("row-missing", told.INCIDENTS)


def _of(read: Callable[[Any], Any], row: Any, where: str) -> Any:
    try:
        found = read(row)
        if isinstance(found, tuple):
            hash(found)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise Unreadable(where) from None
    return found

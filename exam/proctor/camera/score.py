"""Labelled frames held against what is seen on them: right or wrong, precision and recall, stretches, angles, likeness.

Reads a table with the columns `file` (relative to the table), `faces`, `kind`, `ambiguous`, and where there are any
`conditions`, `seq`, `seq_pos`, `seq_truth`, `person`, `yaw`. Ambiguous rows are left out.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from exam.proctor.camera.report import Looked, in_order, look, singly, stretches
from exam.vision.likeness import unlikeness
from exam.vision.observation import KINDS
from exam.vision.observe import Observer
from exam.vision.thresholds import at

Row = Mapping[str, str]
NEEDED = frozenset({"file", "faces", "kind", "ambiguous"})
TRUTHS: Mapping[str, str] = MappingProxyType(
    {"frozen": "frozen", "loop": "loop", "covered": "covered", "other_person": "other-person"}
)
"""What a row of a sequence is labelled with, and the kind of stretch that must then be found."""
CHECK_INS = 3
INTERVAL = 3.0


def read_labels(path: Path) -> list[Row]:
    """The rows that are sure. Raises `ValueError` for a table without the columns, `OSError`."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if not NEEDED.issubset(reader.fieldnames or ()):
            raise ValueError(f"needs the columns {', '.join(sorted(NEEDED))}")
        return [row for row in reader if row["ambiguous"] != "1"]


def run(labels: Path, observer: Observer) -> dict[str, Any]:
    """All figures of a table of labels."""
    rows = read_labels(labels)
    seen = dict(
        zip((row["file"] for row in rows), singly(observer, [labels.parent / r["file"] for r in rows]), strict=True)
    )
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["kind"]].append(row)
    return {
        "detector": observer.detector,
        "groups": {kind: _group(part, seen) for kind, part in groups.items()},
        "classes": _classes(rows, seen),
        "covered": _covered(rows, seen),
        "yaw": _yaw(rows, seen),
        "sequences": _sequences(rows, labels.parent, observer),
        "continuity": _continuity(rows, labels.parent, observer),
        "wrong": [_wrong(row, seen[row["file"]]) for row in rows if not _right(row, seen[row["file"]])],
    }


def truth(row: Row) -> str:
    """The class a row is labelled with."""
    count = int(row["faces"])
    return "none" if count == 0 else "one" if count == 1 else "several"


def _said(one: Looked) -> str:
    return "error" if one.seen is None else one.seen.faces


def _right(row: Row, one: Looked) -> bool:
    return _said(one) == truth(row)


def _wrong(row: Row, one: Looked) -> dict[str, Any]:
    return {"file": row["file"], "kind": row["kind"], "truth": truth(row), "said": _said(one), "error": one.error}


def _group(rows: Sequence[Row], seen: Mapping[str, Looked]) -> dict[str, Any]:
    right = sum(_right(row, seen[row["file"]]) for row in rows)
    unknown = sum(_said(seen[row["file"]]) == "unknown" for row in rows)
    return {"frames": len(rows), "right": right, "share": round(right / len(rows), 4), "unknown": unknown}


def _classes(rows: Sequence[Row], seen: Mapping[str, Looked]) -> dict[str, Any]:
    """Precision and recall of each class over all rows; where it could not be told, nothing was said."""
    pairs = Counter((truth(row), _said(seen[row["file"]])) for row in rows)
    found = {}
    for name in (kind for kind in KINDS if kind != "unknown"):
        hit = pairs[(name, name)]
        said = sum(n for (_, what), n in pairs.items() if what == name)
        true = sum(n for (what, _), n in pairs.items() if what == name)
        unknown = pairs[(name, "unknown")]
        found[name] = {
            "frames": true,
            "precision": round(hit / said, 4) if said else None,
            "recall": round(hit / true, 4) if true else None,
            "unknown": unknown,
        }
    return found


def _covered(rows: Sequence[Row], seen: Mapping[str, Looked]) -> dict[str, int]:
    """How many covered frames are found to be covered, and how many others are."""
    labelled = [r for r in rows if "covered" in r.get("conditions", "").split() or r.get("seq_truth") == "covered"]
    names = {row["file"] for row in labelled}
    found = {name for name, one in seen.items() if one.seen is not None and one.seen.quality.covered.found is True}
    return {"frames": len(names), "found": len(names & found), "others_found": len(found - names)}


def _yaw(rows: Sequence[Row], seen: Mapping[str, Looked]) -> dict[str, Any]:
    """Mean error in degrees where a row has an angle, against an average head."""
    errors = []
    for row in rows:
        one = seen[row["file"]].seen
        if row.get("yaw", "").strip() and one is not None and one.yaw is not None:
            errors.append(abs(one.yaw - float(row["yaw"])))
    return {"labelled": len(errors), "mean_error": round(sum(errors) / len(errors), 1) if errors else None}


def _sequences(rows: Sequence[Row], folder: Path, observer: Observer) -> dict[str, Any]:
    by_name: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.get("seq"):
            by_name[row["seq"]].append(row)
    found = {}
    for name, part in sorted(by_name.items()):
        ordered = sorted(part, key=lambda row: int(row["seq_pos"]))
        looked, _ = in_order(observer, [folder / row["file"] for row in ordered], CHECK_INS)
        kinds = sorted({stretch.kind for stretch in stretches(looked, INTERVAL) if not stretch.note})
        expected = sorted({TRUTHS[word] for row in ordered for word in row["seq_truth"].split() if word in TRUTHS})
        found[name] = {"expected": expected, "found": kinds, "right": kinds == expected}
    return found


def _continuity(rows: Sequence[Row], folder: Path, observer: Observer) -> dict[str, Any]:
    """Single frames of named people against three others of the same and of another person: the share that would count
    as unlike. Such pictures are years apart: harder than one sitting."""
    people: dict[str, list[bytes]] = defaultdict(list)
    for row in rows:
        if row.get("person") and row["kind"] == "original":
            seen = look(observer, folder / row["file"], None).seen
            if seen is not None and seen.likeness is not None:
                people[row["person"]].append(seen.likeness)
    same, others = [], []
    for name, faces in people.items():
        for start in range(len(faces) if len(faces) > CHECK_INS else 0):
            turned = faces[start:] + faces[:start]
            known, probes = turned[:CHECK_INS], turned[CHECK_INS:]
            same += [unlikeness(probe, known) or 0.0 for probe in probes]
            others += [unlikeness(p, known) or 0.0 for other, theirs in people.items() if other != name for p in theirs]
    limit = at("unlike")
    return {
        "same_pairs": len(same),
        "same_unlike": round(sum(value >= limit for value in same) / len(same), 3) if same else None,
        "other_pairs": len(others),
        "other_unlike": round(sum(value >= limit for value in others) / len(others), 3) if others else None,
    }

"""What the pages show: one person's diagnosis put together, with its picture; a cohort by knowledge point and z."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from sqlmodel import Session

from exam.accounts.access import Caller
from exam.diagnosis import queries, queries_cohorts, queries_practice, rules
from exam.diagnosis.queries import Verified
from exam.diagnosis.radar import Radar, radar
from exam.diagnosis.rules import Change, Placement, Point, Training

CLASSES = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)


@dataclass(frozen=True)
class Line:
    """A knowledge point of a person beside its cohort's share in percent (None for a small cohort)."""

    number: int
    point: Point
    cohort: Decimal | None


@dataclass(frozen=True)
class Lesson:
    """A chapter to study, under its title, and where to practise it: each practice exam with its number of items."""

    title: str
    training: Training
    practice: tuple[tuple[queries_practice.Practice, int], ...]


@dataclass(frozen=True)
class Diagnosis:
    """All that a person is shown of a verification."""

    verified: Verified
    placement: Placement
    lines: tuple[Line, ...]
    picture: Radar | None
    lessons: tuple[Lesson, ...]
    before: Verified | None
    changes: tuple[Change, ...]


def diagnosis(db: Session, who: Caller, sitting_id: int) -> Diagnosis:
    """The caller's own diagnosis. Raises NotFound for anybody else's, and before the release."""
    verified = queries.own(db, who, sitting_id)
    result, exam_id = verified.result, verified.exam.id or 0
    points = queries.points_of(db, verified)
    values = queries.percents(db, who.institution_id, exam_id, result.window_opens)
    placement = rules.place(queries.percent_of(result.marks, result.out_of), values)
    shares = _shares(db, who.institution_id, exam_id, verified) if placement.cohort else {}
    lines = tuple(Line(number, point, shares.get(point.code)) for number, point in enumerate(points, 1))
    last = queries.before(db, verified)
    then = queries.points_of(db, last) if last else []
    return Diagnosis(
        verified,
        placement,
        lines,
        _picture(lines),
        _lessons(db, who, verified.bank_id, points),
        last,
        tuple(rules.changes(then, points)) if last else (),
    )


def _shares(db: Session, institution_id: int, exam_id: int, verified: Verified) -> dict[str, Decimal]:
    sums = queries.cohort_points(db, institution_id, exam_id, verified.result.window_opens)
    return {code: (marks * 100 / out_of).quantize(Decimal(1)) for code, (marks, out_of) in sums.items() if out_of}


def _picture(lines: tuple[Line, ...]) -> Radar | None:
    """The radar of the points, where they are neither too few nor too many for one."""
    if not rules.FEWEST_AXES <= len(lines) <= rules.MOST_AXES:
        return None
    series = [[float(line.point.percent) for line in lines]]
    if all(line.cohort is not None for line in lines):
        series.append([float(line.cohort or 0) for line in lines])
    return radar(series)


def _lessons(db: Session, who: Caller, bank_id: int, points: list[Point]) -> tuple[Lesson, ...]:
    found = rules.training(points)
    titles = queries.chapter_names(db, bank_id)
    codes = {point.code for each in found for point in each.points}
    offered = queries_practice.practices(db, who, bank_id, codes)
    lessons = []
    for each in found:
        asked = [point.code for point in each.points]
        practice = tuple((one, count) for one in offered if (count := one.count(asked)))
        title = f"{each.chapter}. {titles[each.chapter]}" if each.chapter in titles else ""
        lessons.append(Lesson(title, each, practice))
    return tuple(lessons)


@dataclass(frozen=True)
class CohortView:
    """A cohort for the office: each point's share of the marks, worst first, and how many lie in each class of z."""

    cohort: queries_cohorts.Cohort
    points: tuple[tuple[str, Decimal], ...]
    classes: tuple[tuple[str, int], ...]


def cohort_view(db: Session, institution_id: int, exam_id: int, month: str) -> CohortView:
    """One cohort. Raises NotFound."""
    cohort = queries_cohorts.cohort(db, institution_id, exam_id, month)
    names = queries.point_names(db, queries_cohorts.bank_of(db, exam_id))
    sums = queries.cohort_points(db, institution_id, exam_id, cohort.window_opens)
    points = sorted(
        (
            (names.get(code, (code, 0))[0], (marks * 100 / out_of).quantize(Decimal(1)))
            for code, (marks, out_of) in sums.items()
            if out_of
        ),
        key=lambda each: each[1],
    )
    return CohortView(cohort, tuple(points), _classes(db, institution_id, cohort))


def _classes(db: Session, institution_id: int, cohort: queries_cohorts.Cohort) -> tuple[tuple[str, int], ...]:
    if cohort.robust is None or cohort.robust.sd == 0:
        return ()
    values = queries.percents(db, institution_id, cohort.exam.id or 0, cohort.window_opens)
    counts = [0] * (len(CLASSES) + 1)
    for value in values:
        z = (value - cohort.robust.mean) / cohort.robust.sd
        counts[sum(z > edge for edge in CLASSES)] += 1
    edges = [f"{edge:+.0f}" if edge else "0" for edge in CLASSES]
    between = (f"{low} … {high}" for low, high in pairwise(edges))
    labels = [f"≤ {edges[0]}", *between, f"> {edges[-1]}"]
    return tuple(zip(labels, counts, strict=True))

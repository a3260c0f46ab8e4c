"""Robust mean and standard deviation of a cohort by Algorithm A, and z scores (ISO 13528:2015, annex C.3 and §9.4).

Pure. Figures are floats: they describe a cohort and decide about nobody; marks stay `Decimal`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev

START_SCALE = 1.483
"""Makes the median of absolute deviations a standard deviation, for normal data."""

REACH = 1.5
"""Values further than so many robust standard deviations from the mean are drawn in to that distance."""

RESCALE = 1.134
"""Makes up for the drawing in, for normal data."""

TOLERANCE = 1e-9
MOST_ITERATIONS = 1000


@dataclass(frozen=True)
class Robust:
    """Robust statistics of `n` values; `iterations` is how often they were drawn in until nothing moved."""

    n: int
    mean: float
    sd: float
    iterations: int


def algorithm_a(values: Sequence[float]) -> Robust:
    """The robust mean and standard deviation of at least two finite values.

    Start: the median, and 1.483 times the median absolute deviation from it. Each iteration draws values in to at most
    1.5 standard deviations from the mean, takes their mean, and 1.134 times their standard deviation.

    Stopping rule: when neither the mean nor the standard deviation moves by more than 1e-9 of the standard deviation.
    The standard asks for no change in the third significant figure; this is closer, so that the figures do not depend
    on where the iteration was left. Where more than half of the values are the same the start would be 0 and nothing
    could move: the ordinary standard deviation is taken to start from (the standard's own remark). All the same: 0.

    Raises ValueError for fewer than two values.
    """
    if len(values) < 2:
        raise ValueError("at least two values are needed")
    mean = float(median(values))
    sd = START_SCALE * median(abs(value - mean) for value in values)
    if sd == 0:
        sd = stdev(values)
    iterations = 0
    while sd > 0 and iterations < MOST_ITERATIONS:
        reach = REACH * sd
        drawn_in = [min(max(value, mean - reach), mean + reach) for value in values]
        new_mean, new_sd = fmean(drawn_in), RESCALE * stdev(drawn_in)
        iterations += 1
        still = max(abs(new_mean - mean), abs(new_sd - sd)) <= TOLERANCE * sd
        mean, sd = new_mean, new_sd
        if still:
            break
    return Robust(len(values), mean, sd, iterations)


def z_score(value: float, cohort: Robust) -> float | None:
    """How many robust standard deviations a value lies above the mean; None where the cohort has no spread."""
    return None if cohort.sd == 0 else (value - cohort.mean) / cohort.sd

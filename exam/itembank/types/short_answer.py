"""Short answer (简答): a few sentences, marked by a person."""

from exam.core.i18n import N_
from exam.itembank.types.written import Written, written_type


class ShortAnswer(Written):
    max_length: int = 500


TYPE = written_type("short-answer", N_("简答题"), ShortAnswer)

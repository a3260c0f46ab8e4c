"""Essay (论述): a longer text, marked by a person."""

from exam.core.i18n import N_
from exam.itembank.types.written import Written, written_type


class Essay(Written):
    max_length: int = 3000


TYPE = written_type("essay", N_("论述题"), Essay)

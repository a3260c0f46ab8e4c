"""DATA: reasons to be let off hours of the year, whole or in part (S2 annex 1)."""

from exam.schemes.rows import Waiver

WAIVERS: tuple[Waiver, ...] = ()

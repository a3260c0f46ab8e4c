"""Errors that services raise and `core.web` turns into pages or JSON in the user's language."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exam.core.decisions import NO_PARAMS, Refusal


class AppError(Exception):
    """Base of what is expected to go wrong; `status` is the HTTP status."""

    status = 400


class NotFound(AppError):
    """There is no such thing, or the caller may not know whether there is."""

    status = 404


class Forbidden(AppError):
    """The caller is known but may not do this."""

    status = 403


class SignInNeeded(AppError):
    """Nobody is signed in, or the sign-in has ended."""

    status = 401


class CsrfFailed(AppError):
    """A form or fetch without a valid token: an old page, or another site's."""

    status = 403


class TooLarge(AppError):
    """An upload over its limit; `limit_mib` says which."""

    status = 413

    def __init__(self, limit_mib: int) -> None:
        super().__init__(f"over {limit_mib} MiB")
        self.limit_mib = limit_mib


class TooMany(AppError):
    """Asked too often; try again after `retry_after` seconds."""

    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


class FirstGoTo(AppError):
    """The caller has to do something else first, on the page `route`; `code` says what, for programs."""

    status = 403

    def __init__(self, route: str, code: str) -> None:
        super().__init__(code)
        self.route, self.code = route, code


class Busy(AppError):
    """So many wait for the same slow work that one more can't be taken; nothing was done."""

    status = 503


class Refused(AppError):
    """A rule said no."""

    status = 409

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


@dataclass(frozen=True)
class Problem:
    """One thing wrong with an input.

    `field` is the path of the input ("options.2.text"), `code` keys the text (`problem.<code>`), `params` fill it.
    """

    field: str
    code: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=lambda: NO_PARAMS)


class Invalid(AppError):
    """An input that can't be taken, with every problem found."""

    status = 422

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(f"{p.field}: {p.code}" for p in problems))
        self.problems = tuple(problems)


class BadFile(ValueError):
    """A file that is not taken; `code` says why (`problem.<code>`), `params` fill its text."""

    def __init__(self, code: str, **params: int | str) -> None:
        super().__init__(code)
        self.code, self.params = code, params

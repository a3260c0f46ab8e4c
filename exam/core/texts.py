"""Codes and instants as people read them, in the request's language."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from exam.core import i18n
from exam.core.clock import SHANGHAI
from exam.core.errors import Problem


def problem_text(problem: Problem) -> str:
    """A problem in the request's language."""
    return i18n.gettext(f"problem.{problem.code}", **_shown(problem.params))


def refusal_text(code: str, params: Mapping[str, Any] | None = None) -> str:
    """A refusal in the request's language; instants in `params` are shown in Shanghai time."""
    return i18n.gettext(f"refusal.{code}", **_shown(params or {}))


def error_text(code: str, extra: Mapping[str, Any]) -> str:
    """One sentence for an error code."""
    if "refusal" in extra:
        return refusal_text(code, extra["refusal"].params)
    return i18n.gettext(f"error.{code}")


def _shown(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: localtime(value) if isinstance(value, datetime) else value for name, value in params.items()}


def localtime(instant: datetime | None, *, seconds: bool = False) -> str:
    """An instant as people here read it: 2026-11-05 09:00, Shanghai time; "" for None."""
    if instant is None:
        return ""
    return instant.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")

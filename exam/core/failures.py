"""Errors as people and programs get them: a page or JSON that says what happened and what to do."""

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from exam.core.errors import (
    AppError,
    Busy,
    CsrfFailed,
    FirstGoTo,
    Invalid,
    Problem,
    Refused,
    SignInNeeded,
    TooLarge,
    TooMany,
)
from exam.core.templating import render_template
from exam.core.texts import error_text, problem_text


def error_response(request: Request, error: AppError, *, as_json: bool) -> Response:
    """An expected error as a page or JSON."""
    if isinstance(error, SignInNeeded) and not as_json and request.method == "GET":
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(_sign_in_url(request, path), status_code=303)
    if isinstance(error, FirstGoTo) and not as_json:
        return RedirectResponse(str(request.app.url_path_for(error.route)), status_code=303)
    code = _code(error)
    extra: dict[str, Any] = {}
    if isinstance(error, Refused):
        extra = {"refusal": error.refusal}
    if isinstance(error, Invalid):
        extra = {"problems": error.problems}
    if isinstance(error, TooLarge):
        extra = {"limit_mib": error.limit_mib}
    if isinstance(error, TooMany):
        extra = {"retry_after": error.retry_after}
    response = error_page(request, error.status, as_json=as_json, code=code, **extra)
    if isinstance(error, Busy):
        response.headers["Retry-After"] = "5"
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _sign_in_url(request: Request, path: str) -> str:
    base = str(request.app.url_path_for("sign_in"))
    return base if path == "/" else f"{base}?{urlencode({'next': path})}"


def _code(error: AppError) -> str:
    if isinstance(error, Refused):
        return error.refusal.code
    if isinstance(error, FirstGoTo):
        return error.code
    names = {SignInNeeded: "sign-in-needed", CsrfFailed: "csrf-expired", TooLarge: "too-large", TooMany: "too-many"}
    names |= {Invalid: "invalid", Busy: "busy"}
    return names.get(type(error), {403: "forbidden", 404: "not-found"}.get(error.status, "bad-request"))


def error_page(request: Request, status: int, *, as_json: bool, code: str, **extra: Any) -> Response:
    """The page or JSON of an error: what happened and what to do."""
    if as_json:
        body: dict[str, Any] = {"error": code, "message": error_text(code, extra)}
        if "problems" in extra:
            body["problems"] = [problem_json(problem) for problem in extra["problems"]]
        if "refusal" in extra and extra["refusal"].allowed_from:
            body["allowed_from"] = extra["refusal"].allowed_from.isoformat()
        return JSONResponse(body, status_code=status)
    return render_template(request, "errors/error.html", {"status": status, "code": code, **extra}, status)


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem as other programs and our scripts read it."""
    return {"field": problem.field, "code": problem.code, "message": problem_text(problem)}

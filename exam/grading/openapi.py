"""The API as an OpenAPI 3.1 document: results, and where people stand."""

from typing import Any

from exam.credits import openapi as eligibility
from exam.grading.models import CAUSES
from exam.grading.queries_feed import MOST, USUAL

_MARKS = {
    "type": ["string", "null"],
    "pattern": r"^[0-9]+\.[0-9]{2}$",
    "description": "Marks with two decimals, as text",
}
_INSTANT = {"type": "string", "format": "date-time"}
_INSTANT_OR_NULL = {"type": ["string", "null"], "format": "date-time"}
_TEXT = {"type": "string"}
_PRACTICE = {"type": "boolean", "description": "For trying out: passed earns nothing and belongs in no rate"}


def _object(properties: dict[str, Any], description: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"type": "object", "properties": properties, "required": list(properties)}
    return found | ({"description": description} if description else {})


RESULT = _object(
    {
        "sitting": {"type": "integer", "description": "Identifies the result; stays the same when it is regraded"},
        "revision": {"type": "integer", "minimum": 1, "description": "Grows with each regrade of the sitting"},
        "status": {"enum": ["released", "withdrawn", "marking", "void"]},
        "cause": {"enum": list(CAUSES), "description": "Why this revision was made"},
        "person": _object({"id": {"type": "integer"}, "name": _TEXT, "id_number": {**_TEXT, "description": "Masked"}}),
        "exam": _object({"code": _TEXT, "title": _TEXT, "title_en": _TEXT, "practice": _PRACTICE}),
        "chance": {"type": "integer", "minimum": 1},
        "window_opens": {**_INSTANT_OR_NULL, "description": "Start of the session window; null where there is none"},
        "submitted_at": _INSTANT,
        "marks": _MARKS,
        "out_of": _MARKS,
        "cut_marks": _MARKS,
        "passed": {"type": ["boolean", "null"]},
        "released_at": _INSTANT_OR_NULL,
        "changed_at": _INSTANT,
    },
    "Marks, passed and released_at are null unless status is released",
)

PAGE = _object(
    {
        "results": {"type": "array", "items": {"$ref": "#/components/schemas/Result"}},
        "next": {"type": ["string", "null"], "format": "uri", "description": "More is there already: fetch this"},
        "cursor": {"type": ["string", "null"], "description": "Go on from here later; null while there is nothing"},
    }
)
ERROR = {
    "type": "object",
    "properties": {"error": _TEXT, "message": _TEXT, "problems": {"type": "array", "items": {"type": "object"}}},
    "required": ["error", "message"],
}


def _error(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Error"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _parameter(name: str, schema: dict[str, Any], description: str, where: str = "query") -> dict[str, Any]:
    return {"name": name, "in": where, "schema": schema, "description": description}


def document(public_url: str) -> dict[str, Any]:
    """The document for a deployment at `public_url`."""
    page = {"$ref": "#/components/schemas/Page"}
    parameters = [
        _parameter("exam", _TEXT, "Code of an exam; all exams without it"),
        _parameter("since", _INSTANT, "Only results changed at or after this instant (ISO 8601 with offset)"),
        _parameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}, "Results a page"),
        _parameter("cursor", _TEXT, "From an earlier answer with the same exam and since"),
        _parameter("If-None-Match", _TEXT, "ETag of an earlier answer", "header"),
    ]
    responses = {
        "200": {
            "description": "The next results in the order of changed_at",
            "headers": {"ETag": {"schema": _TEXT}, "Link": {"schema": _TEXT, "description": 'rel="next" where more'}},
            "content": {"application/json": {"schema": page}},
        },
        "304": {"description": "Nothing changed since the ETag"},
        "401": _error("No key, or one that is revoked or expired"),
        "403": _error("The key was not made for results:read"),
        "422": _error("A parameter can't be read; problems names each"),
    }
    operation = {
        "operationId": "listResults",
        "summary": "Released results of the key's institution, as a feed of changes",
        "security": [{"apiKey": []}],
        "parameters": parameters,
        "responses": responses,
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Examination platform", "version": "1"},
        "servers": [{"url": public_url.rstrip("/")}],
        "paths": {
            "/api/v1/results": {"get": operation},
            "/api/v1/eligibility": {"get": eligibility.operation(_parameter, _error)},
        },
        "components": {
            "securitySchemes": {"apiKey": {"type": "http", "scheme": "bearer", "description": "API key"}},
            "schemas": {
                "Result": RESULT,
                "Page": PAGE,
                "Standing": eligibility.STANDING,
                "EligibilityPage": eligibility.PAGE,
                "Error": ERROR,
            },
        },
    }

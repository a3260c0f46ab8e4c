"""What `/api/v1/eligibility` takes and answers, for the OpenAPI document."""

from typing import Any

from exam import schemes

_TEXT = {"type": "string"}
_TEXT_OR_NULL = {"type": ["string", "null"]}
_DAY = {"type": "string", "format": "date"}
_DAY_OR_NULL = {"type": ["string", "null"], "format": "date"}
_HOURS = {**_TEXT, "description": "Credit hours of 45 minutes, as text"}
_YES_NO = {"type": "boolean"}


def _object(properties: dict[str, Any], description: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"type": "object", "properties": properties, "required": list(properties)}
    return found | ({"description": description} if description else {})


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


_ENTRY = {
    "entry": {"type": "integer"},
    "category": _TEXT,
    "on": _DAY,
    "kind": _TEXT,
    "subject": _TEXT,
    "title": _TEXT,
    "hours": _HOURS,
}
STANDING = _object(
    {
        "person": _object({"id": {"type": "integer"}, "name": _TEXT, "id_number": {**_TEXT, "description": "Masked"}}),
        "scheme": _TEXT,
        "version": {**_TEXT, "description": "The day of the last change of the scheme's rules up to `on`"},
        "on": _DAY,
        "track": _TEXT_OR_NULL,
        "met": _YES_NO,
        "cycle": _object({"kind": _TEXT, "from": _DAY_OR_NULL, "to": _DAY_OR_NULL}),
        "hours_missing": _HOURS,
        "requirements": _list(
            _object(
                {
                    "code": _TEXT,
                    "category": _TEXT_OR_NULL,
                    "needed": _HOURS,
                    "counted": _HOURS,
                    "missing": _HOURS,
                    "met": _YES_NO,
                    "waived": _YES_NO,
                    "source": {**_TEXT, "description": "Notice and place"},
                    "since": _DAY,
                }
            )
        ),
        "missing": _list(_object({"code": _TEXT, "category": _TEXT_OR_NULL, "hours": _TEXT_OR_NULL, "source": _TEXT})),
        "counted": _list(_object(_ENTRY)),
        "not_counted": _list(_object({**_ENTRY, "reason": _TEXT, "source": _TEXT_OR_NULL})),
    },
    "Where a person stands in a scheme on a day; several where they are in several tracks",
)
PAGE = _object(
    {
        "eligibility": _list({"$ref": "#/components/schemas/Standing"}),
        "next": {"type": ["string", "null"], "format": "uri", "description": "There are more: fetch this"},
    }
)


def operation(parameter: Any, error: Any) -> dict[str, Any]:
    """The operation; `parameter` and `error` make the document's own kinds of these."""
    keys = [key for key, scheme in schemes.SCHEMES.items() if scheme.requirements]
    return {
        "operationId": "listEligibility",
        "summary": "Where the people of the key's institution stand in a scheme",
        "security": [{"apiKey": []}],
        "parameters": [
            {**parameter("scheme", {"enum": keys}, "The scheme"), "required": True},
            parameter("on", _DAY, "The day; today without it"),
            parameter("person", {"type": "integer", "minimum": 1}, "Only this person"),
            parameter("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}, "People a page"),
            parameter("cursor", _TEXT, "From an earlier answer with the same question"),
            parameter("If-None-Match", _TEXT, "ETag of an earlier answer", "header"),
        ],
        "responses": {
            "200": {
                "description": "The next people in the order of their ids",
                "headers": {"ETag": {"schema": _TEXT}, "Link": {"schema": _TEXT}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/EligibilityPage"}}},
            },
            "304": {"description": "Nothing changed since the ETag"},
            "401": error("No key, or one that is revoked or expired"),
            "403": error("The key was not made for eligibility:read"),
            "422": error("A parameter can't be read; problems names each"),
        },
    }

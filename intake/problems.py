"""How the API's document tells of refusals."""

from typing import Any, Final

_PROBLEM: Final = {
    "application/problem+json": {
        "schema": {
            "type": "object",
            "required": ["type", "status", "code", "detail"],
            "properties": {
                "type": {"type": "string"},
                "status": {"type": "integer"},
                "code": {"type": "string", "description": "stable, kebab-case"},
                "detail": {
                    "type": "string",
                    "description": "a sentence for people, in the language of `?lang=`",
                },
                "field": {"type": "string", "description": "the field that needs mending, if one does"},
            },
        }
    }
}


def problems(**meanings: str) -> dict[int | str, dict[str, Any]]:
    """Return the documented refusals of a door: `s422="what it means"` for each status."""
    common = {
        "s400": "the request cannot be read",
        "s413": "more than the server takes",
        "s415": "the body is packed (`body-packed`); send it as it is",
        "s422": "a field needs mending, or the form broke off (`body-cut`); `code` and `field` say why",
        "s503": "not available at the moment; nothing was stored",
    }
    said = sorted({**common, **meanings}.items())
    return {int(key[1:]): {"description": meaning, "content": _PROBLEM} for key, meaning in said}


KEYED: Final[dict[str, str]] = {
    "s401": "the `Authorization` header shows no key that opens (`key-unknown`)",
    "s403": "the key lacks the scope (`scope-missing`)",
    "s429": "more requests than the key may make, or without a key far more reports from one network than "
    "people send; `Retry-After` says how many seconds to wait",
}
OPTIONAL: Final[dict[str, Any]] = {"security": [{}]}  # beside the key: no key at all

"""The four refusals. Rooms raise them; one table in app.main turns them into answers."""


class Refusal(Exception):  # noqa: N818  a refusal is an answer, not a programming error
    """A refusal with a stable code; the words a person reads are looked up by that code.

    `code` is a short kebab-case key of the message catalogue (`app/i18n.py`: `refusal.<code>`),
    `field` names the form field to which the refusal belongs, if one does.
    """

    code = "refused"

    def __init__(self, message: str = "", *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(message or code or self.code)
        if code is not None:
            self.code = code
        self.field = field


class NotFound(Refusal):
    """What was asked for does not exist, or must not be known to exist."""

    code = "not-found"


class Forbidden(Refusal):
    """The person may not do this."""

    code = "forbidden"


class Conflict(Refusal):
    """Someone else was first, or the subject is in another state by now."""

    code = "conflict"


class Invalid(Refusal):
    """The input cannot be accepted as it is."""

    code = "invalid"

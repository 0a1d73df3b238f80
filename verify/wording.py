"""What officers type, checked the same way everywhere."""

from models import Invalid


def needed(text: str, *, field: str, limit: int) -> str:
    """Return `text` without outer blanks. Raises Invalid (`missing`, `too-long`) for `field`."""
    clean = optional(text, field=field, limit=limit)
    if not clean:
        raise Invalid(code="missing", field=field)
    return clean


def optional(text: str, *, field: str, limit: int) -> str:
    """Return `text` without outer blanks; it may be empty. Raises Invalid (`too-long`) for `field`.

    `limit` is in characters.
    """
    clean = text.strip()
    if len(clean) > limit:
        raise Invalid(f"{field}: {len(clean)} > {limit}", code="too-long", field=field)
    return clean

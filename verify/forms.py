"""What officers' forms send, read into what the verbs take. Nothing typed is lost by a refusal."""

import enum
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Any, Final, TypeVar

from fastapi import File, UploadFile

from app.web import TextForm
from models import Channel, ClosedReason, EvidenceKind, Field, Invalid, Rating, ReasonCode
from models.evidence import COPY_LIMIT
from verify.evidence import Citation
from verify.queue import QUERY_LIMIT, Question, Sort, Tab
from verify.verdicts import LIMITS, Finding

E = TypeVar("E", bound=enum.Enum)
_DIGITS: Final = 18  # of a number typed into a form: always fits a bigint


def chosen(kind: type[E], value: str, *, field: str) -> E:
    """Return the member of `kind` with `value`. Raises Invalid (`missing`, `choice`)."""
    if not value:
        raise Invalid(code="missing", field=field)
    try:
        return kind(value)
    except ValueError:
        raise Invalid(code="choice", field=field) from None


def number(value: str, *, field: str) -> int:
    """Return the whole number typed. Raises Invalid (`missing`, `choice`)."""
    text = value.strip()
    if not text:
        raise Invalid(code="missing", field=field)
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise Invalid(code="choice", field=field)
    return int(text)


@dataclass(frozen=True)
class CiteForm:
    """The form for citing a source."""

    kind: TextForm = ""
    issuer: TextForm = ""
    title: TextForm = ""
    url: TextForm = ""
    quote: TextForm = ""
    stated_on: TextForm = ""
    is_primary: TextForm = ""
    typed: TextForm = ""
    file: Annotated[UploadFile | None, File()] = None

    def citation(self) -> Citation:
        """Return the source. Raises Invalid for a choice, a date or a file that cannot be read."""
        return Citation(
            kind=chosen(EvidenceKind, self.kind, field="kind"),
            issuer=self.issuer,
            title=self.title,
            url=self.url,
            quote=self.quote,
            stated_on=_day(self.stated_on),
            is_primary=bool(self.is_primary),
            upload=self._upload(),
            typed=self.typed,
        )

    def shown(self) -> dict[str, str]:
        """Return what was typed, for showing it again. A file has to be chosen again."""
        return {name: value for name, value in vars(self).items() if isinstance(value, str)}

    def _upload(self) -> bytes | None:
        if self.file is None or not (self.file.filename or self.file.size):
            return None
        return self.file.file.read(COPY_LIMIT + 1)  # one byte more shows that it is too large


@dataclass(frozen=True)
class VerdictForm:
    """The form for a verdict."""

    rating: TextForm = ""
    reason_code: TextForm = ""
    claim: TextForm = ""
    truth: TextForm = ""
    basis: TextForm = ""
    checkability: TextForm = ""
    change_note: TextForm = ""
    withdraws: TextForm = ""
    claim_en: TextForm = ""
    truth_en: TextForm = ""
    basis_en: TextForm = ""
    claim_zh: TextForm = ""
    truth_zh: TextForm = ""
    basis_zh: TextForm = ""

    def finding(self) -> Finding:
        """Return the finding. Raises Invalid for a choice that does not exist."""
        reason = chosen(ReasonCode, self.reason_code, field="reason_code") if self.reason_code else None
        return Finding(
            rating=chosen(Rating, self.rating, field="rating"),
            reason_code=reason,
            claim=self.claim,
            truth=self.truth,
            basis=self.basis,
            checkability=self.checkability,
            change_note=self.change_note,
            withdraws=bool(self.withdraws),
            translations={
                "en": {"claim": self.claim_en, "truth": self.truth_en, "basis": self.basis_en},
                "zh": {"claim": self.claim_zh, "truth": self.truth_zh, "basis": self.basis_zh},
            },
        )

    def shown(self) -> dict[str, str]:
        """Return what was typed, for showing it again."""
        return asdict(self)


def closed_reason(value: str) -> ClosedReason:
    """Return the reason for closing. Raises Invalid."""
    return chosen(ClosedReason, value, field="closed_reason")


def question(query: Mapping[str, str]) -> Question:
    """Return what the address of a queue page asks for. What it cannot mean is left out, never refused."""

    def one_of(kind: type[E], name: str, default: Any) -> Any:  # noqa: ANN401  a member, or the default
        try:
            return kind(query.get(name, ""))
        except ValueError:
            return default

    page = query.get("trang", "")
    return Question(
        tab=one_of(Tab, "muc", Tab.OPEN),
        field=one_of(Field, "linh-vuc", None),
        place=_place(query.get("xa", "")),
        urgent=query.get("khan") == "1",
        overdue=query.get("qua-han") == "1",
        channel=one_of(Channel, "kenh", None),
        text=searched(query.get("q", "")),
        sort=one_of(Sort, "xep", Sort.PRIORITY),
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1,  # noqa: PLR2004
    )


def address(question: Question) -> dict[str, str]:
    """Return the parts of the address that ask `question`, without its page."""
    return {
        "muc": question.tab.value,
        "linh-vuc": question.field.value if question.field else "",
        "xa": question.place,
        "khan": "1" if question.urgent else "",
        "qua-han": "1" if question.overdue else "",
        "kenh": question.channel.value if question.channel else "",
        "q": question.text,
        "xep": "" if question.sort is Sort.PRIORITY else question.sort.value,
    }


def searched(text: str) -> str:
    """Return the words searched for, without what no column can hold, at most 200 characters."""
    return "".join(filter(str.isprintable, text)).strip()[:QUERY_LIMIT]


def _place(value: str) -> str:
    return value if value.isascii() and value.isalnum() and len(value) <= 10 else ""  # noqa: PLR2004


def _day(value: str) -> date | None:
    if not value.strip():
        return None
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        raise Invalid(code="date", field="stated_on") from None


# What the templates offer for choosing, in the order of the records' own lists.
CHOICES: Final[Mapping[str, Any]] = {
    "reasons_to_close": list(ClosedReason),
    "ratings": list(Rating),
    "reason_codes": list(ReasonCode),
    "kinds": list(EvidenceKind),
    "verdict_limits": LIMITS,
}

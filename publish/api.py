"""Doors for programs: the corrections as JSON, readable from any site."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app import web
from app.i18n import words
from models import Correction, CorrectionKind, EvidenceKind, Rating, ReasonCode, SeenWhere
from models import Field as Area
from publish import answers, forms, register, showing

router = APIRouter(prefix="/api/v1", tags=["corrections"])
LIMIT: Final = 100  # corrections in one answer
DEEP: Final = 100_000  # the last page that may be asked for


class Problem(BaseModel):
    """Why nothing was returned (RFC 9457, application/problem+json)."""

    type: str = "about:blank"
    status: int
    code: str = Field(description="Stable code, for example `not-found`")
    detail: str = Field(description="The same in words, in the language asked for")
    field: str | None = Field(None, description="The parameter at fault")


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Source(_Out):
    """What the finding rests on."""

    kind: EvidenceKind
    issuer: str
    title: str
    url: str | None
    quote: str
    stated_on: date | None
    is_primary: bool
    sha256: str | None = Field(description="SHA-256 of the copy that the centre keeps")


class Appearance(_Out):
    """Where the claim was seen: an address without persons, else only the kind of place."""

    kind: SeenWhere
    count: int
    url: str | None = None


class Version(_Out):
    """One issued version. It never changes."""

    number: str
    version: int
    kind: CorrectionKind = Field(description="`void`: withdrawn, its rating no longer holds")
    rating: Rating
    rating_label: str = Field(description="The rating in Vietnamese")
    reason_code: ReasonCode | None
    claim: str = Field(description="The statement that was checked; it may be false")
    truth: str
    basis: str
    translations: dict[str, Any]
    sources: list[Source]
    appearances: list[Appearance]
    first_seen: datetime = Field(description="When the centre first received it")
    arrivals: int = Field(description="How many reports and articles were about it")
    place_code: str | None
    field: Area | None
    change_note: str
    issued_at: datetime
    content_hash: str = Field(description="Hash of the content that was approved")
    demo: bool = Field(description="True: made up for demonstration")
    url: str


class Listed(Version):
    """The latest version, with the moment of the first."""

    first_issued_at: datetime
    claimreview_url: str


class Corrections(BaseModel):
    """One page of corrections, newest first, or best fitting first in a search."""

    total: int
    page: int
    pages: int
    limit: int
    items: list[Listed]


class WithVersions(BaseModel):
    """A correction with its whole history, newest first."""

    latest: Listed
    versions: list[Version]


PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    status: {
        "description": meaning,
        "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
    }
    for status, meaning in {404: "There is no such correction", 422: "A parameter cannot be used"}.items()
}


def _version(request: Request, correction: Correction) -> dict[str, Any]:
    home = web.house(request).public_url
    url = f"{home}/cong-bo/{correction.slug}"
    columns = {name: getattr(correction, name, None) for name in Version.model_fields}
    return {
        **columns,
        "rating_label": words("vi", showing.word(correction)),
        "url": f"{url}/phien-ban/{correction.version}",
    }


def _listed(request: Request, correction: Correction, first_issued_at: datetime) -> Listed:
    url = f"{web.house(request).public_url}/cong-bo/{correction.slug}"
    values = {**_version(request, correction), "url": url}
    return Listed(**values, first_issued_at=first_issued_at, claimreview_url=f"{url}/claimreview.json")


def filters(
    q: forms.Search = "",
    rating: Rating | None = None,
    field: Area | None = None,
    place: Annotated[web.Text, Query(max_length=forms.CODE_LIMIT, description="Code of a commune")] = "",
    year: Annotated[
        int | None, Query(ge=forms.YEARS[0], le=forms.YEARS[-1], description="Year of the first version")
    ] = None,
) -> register.Filters:
    """Return what a program asked for; unlike in the page's form, an empty choice is an error."""
    return register.Filters(q=q.strip(), rating=rating, field=field, place=place.strip(), year=year)


@router.get("/corrections", responses=PROBLEMS)
def list_corrections(
    request: Request,
    response: Response,
    session: web.SessionDep,
    asked: Annotated[register.Filters, Depends(filters)],
    page: Annotated[int, Query(ge=1, le=DEEP)] = 1,
    limit: Annotated[int, Query(ge=1, le=LIMIT)] = 20,
) -> Corrections:
    """List the latest version of every published correction, or search them. Marks may be missing in `q`."""
    response.headers.update(answers.SHARED)
    found = register.latest(session, asked, page=page, size=limit)
    items = [_listed(request, one.correction, one.first_issued_at) for one in found.items]
    return Corrections(total=found.total, page=page, pages=found.pages, limit=limit, items=items)


@router.get("/corrections/{number}", responses=PROBLEMS)
def get_correction(
    request: Request,
    response: Response,
    session: web.SessionDep,
    number: Annotated[web.Text, Path(max_length=forms.CODE_LIMIT, examples=["2026-0001"])],
) -> WithVersions:
    """Return the latest version of a correction, and all its versions, newest first."""
    response.headers.update(answers.SHARED)
    versions: Sequence[Correction] = register.versions(session, number)
    return WithVersions(
        latest=_listed(request, versions[0], versions[-1].issued_at),
        versions=[Version(**_version(request, one)) for one in versions],
    )

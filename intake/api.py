"""The same doors for programs: send a report, ask for its state. The code travels in bodies only."""

import re
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, StrictBool
from pydantic import Field as About
from sqlalchemy.orm import Session

from app import web
from intake import callers, codes, forms, proofs, reception, reports, tracking
from intake.pictures import Looked
from intake.problems import KEYED, OPTIONAL, problems
from intake.similar import Conclusion
from intake.tracking import Stage
from models import (
    Arrival,
    Channel,
    ClosedReason,
    Conflict,
    Field,
    Invalid,
    PartnerKey,
    Rating,
    Scope,
    SeenWhere,
)
from models.arrival import CONTACT_LIMIT, DOUBT_LIMIT, PIECES, TEXT_LIMIT, URL_LIMIT

router = APIRouter(prefix="/api/v1/reports", tags=["reports"])


def _iso_day(value: object) -> object:
    # pydantic would also take a number of seconds, or a moment at midnight
    if (
        isinstance(value, date)
        or value is None
        or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value))
    ):
        return value
    raise ValueError("a day is written as YYYY-MM-DD")


class ReportIn(BaseModel):
    """A report: `text`, `url` or both; everything else may be left out."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "text": "Nghe nói đập thủy điện ở thượng nguồn đã vỡ, mọi người chạy lên cao ngay.",
                    "seen_where": "zalo",
                    "seen_on": "2026-11-20",
                    "place": "Sa Pa",
                    "field": "thien_tai_dich_benh",
                },
                {"url": "https://example.org/bai-viet", "doubt": "Ảnh giống ảnh cũ."},
            ]
        },
    )

    text: Annotated[web.Text, About(max_length=TEXT_LIMIT)] = ""
    url: Annotated[web.Text, About(max_length=URL_LIMIT, description="http or https")] = ""
    seen_where: SeenWhere | None = None
    seen_on: Annotated[date | None, BeforeValidator(_iso_day)] = About(
        default=None, description="a day from 2000 up to today at the centre"
    )
    place: Annotated[
        web.Text,
        About(max_length=forms.PLACE_LIMIT, description="name of a commune; old names are understood"),
    ] = ""
    field: Field | None = None
    doubt: Annotated[web.Text, About(max_length=DOUBT_LIMIT, description="why it seems doubtful")] = ""
    more: Annotated[
        list[web.Text],
        About(
            max_length=PIECES - 1,
            description="further pieces sent together, a text or a link each; one code holds them all",
        ),
    ] = []
    contact: Annotated[
        web.Text,
        About(max_length=CONTACT_LIMIT, description="one e-mail address or phone number; needs `consent`"),
    ] = ""
    consent: Annotated[
        StrictBool,
        About(description="the reporter agrees that `contact` is kept for this report, for 90 days"),
    ] = False
    code: Annotated[
        web.Text,
        About(
            max_length=100, description="own tracking code, 128 random bits as 26 Crockford base32 characters"
        ),
    ] = ""
    proof: Annotated[
        web.Text,
        About(
            max_length=proofs.PAYLOAD_LIMIT,
            description="a solved challenge of `GET /api/v1/reports/challenge`, as base64 of JSON; it counts "
            "once. Needed by nobody: while far too many reports arrive, one without it waits for a person",
        ),
    ] = ""


class ReceivedOut(BaseModel):
    """The receipt. Keep the code: nobody can look it up again."""

    code: str
    status_url: Annotated[str, About(description="POST the code here; it never belongs into an address")]
    received_at: Annotated[datetime, About(description="cut to the hour")]


class CodeIn(BaseModel):
    """A tracking code, with or without hyphens."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"code": "1ZQ4-8MXT-C0RV-9K2H-J7WB-E5NA-D3"}]}
    )

    code: Annotated[str, About(max_length=100)]


class ConclusionOut(BaseModel):
    """A published conclusion."""

    claim: str
    rating: Rating
    url: str | None
    withdrawn: Annotated[bool, About(description="true: the rating no longer holds; the page says why")]


_WAITS = (
    "very many reports came at the same time, and this one will be looked at later than usual, by a person: "
    "it is kept whole, nothing need be sent again"
)
_DISCARDED = (
    "an officer read it and found nothing in it that can be checked; if that is a mistake, send it again and "
    "say what happened where"
)


class PieceOut(BaseModel):
    """How far a further piece of the report has come; it may belong to another case than the first."""

    number: int
    stage: Stage
    merged: bool
    reason: ClosedReason | None
    conclusion: ConclusionOut | None
    waits: Annotated[bool, About(description=_WAITS)]
    discarded: Annotated[bool, About(description=_DISCARDED)]


class StatusOut(BaseModel):
    """How far a report has come: received, verifying, concluded, published; or declined, forwarded."""

    stage: Stage
    received_at: Annotated[datetime, About(description="cut to the hour")]
    reached: Annotated[dict[Stage, datetime], About(description="when each known stage was reached")]
    merged: Annotated[bool, About(description="the state is that of a case into which the report was merged")]
    contact_kept: bool
    reason: ClosedReason | None
    conclusion: ConclusionOut | None
    waits: Annotated[bool, About(description=_WAITS)]
    discarded: Annotated[bool, About(description=_DISCARDED)]
    pieces: Annotated[list[PieceOut], About(description="what was sent together with it, from 2 on")]


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        pattern=r"^[!-~]+$",
        description="Counts together with a partner's key only: the same report under the same value is "
        "stored once and answered alike, tracking code included, however often it is sent.",
    ),
]


@router.post(
    "",
    status_code=201,
    summary="Send a report",
    responses=problems(s409="the code belongs to a report with other content (`code-taken`)", **KEYED),
    openapi_extra=OPTIONAL,
)
def send_report(
    request: Request,
    response: Response,
    session: web.SessionDep,
    key: callers.CallerDep,
    sent: ReportIn,
    lang: web.Language,
    idempotency_key: IdempotencyKey = None,
) -> ReceivedOut:
    """Store a report, durable before the answer.

    With an own `code` the call is idempotent: the same report under the same code answers 201 with the
    same content however often it is sent, and is stored once. The program of a partner shows its key
    (scope `reports:write`), and may leave the code to the centre and send an `Idempotency-Key` instead.
    """
    callers.need(key, Scope.WRITE)
    at, house = web.now(), web.house(request)
    code = sent.code or code_of(key, idempotency_key, house.code_key)
    report = checked(sent, code, house, lang, at)
    weighed = as_weighed(request, session, key, sent.proof, at=at)
    arrival = stored(session, report, key, house, weighed, named=bool(sent.code), at=at)
    web.not_kept(response)
    return ReceivedOut(
        code=report.code,
        status_url=f"{house.public_url}{router.prefix}/status",
        received_at=tracking.by_the_hour(arrival.received_at),
    )


def code_of(key: PartnerKey | None, idempotency_key: str | None, secret: bytes) -> str:
    """Return the tracking code: derived from what a partner calls the request, else a new one.

    Derived, because a repeated call must be answered with the same code, and no code is ever stored.
    """
    if key is None or idempotency_key is None:
        return codes.new()
    return codes.derived(secret, "partner", str(key.partner_id), idempotency_key)


def checked(
    sent: ReportIn, code: str, house: web.House, lang: str, at: datetime, seen: Looked = ((), ())
) -> forms.Report:
    """Return the report that was sent, with the pictures `seen` beside it. Raises Invalid."""
    given = sent.model_dump(mode="json", exclude_none=True)
    typed = forms.Typed(**{**given, "consent": "1" if sent.consent else "", "code": code})
    try:
        return forms.check(typed, today=at.astimezone(house.zone).date(), language=lang, seen=seen)
    except forms.Refused as refused:
        raise refused.errors[0] from refused


def as_weighed(
    request: Request, session: Session, key: PartnerKey | None, proof: str, *, at: datetime
) -> reception.Weighed:
    """Return how the report is received: by a partner's key always straight. Raises HTTPException (429)."""
    if key is not None:
        return reception.Weighed(None, proven=False)
    try:
        return reception.weigh(request, session, reception.Posted(proof=proof), at=at)
    except reception.TooMany as many:
        raise HTTPException(429, headers={"Retry-After": str(many.wait)}) from many


def stored(
    session: Session,
    report: forms.Report,
    key: PartnerKey | None,
    house: web.House,
    weighed: reception.Weighed,
    *,
    named: bool,
    at: datetime,
) -> Arrival:
    """Store the report; `named`: the caller chose its code."""
    try:
        return reports.receive(
            session,
            report,
            channel=Channel.API if key is None else Channel.PARTNER,
            keys=reports.Keys(code=house.code_key, contact=house.contact_key),
            at=at,
            bearer=reports.Bearer(partner_id=None if key is None else key.partner_id),
            held_why=weighed.held_why,
            proven=weighed.proven,
        )
    except Conflict as taken:
        if named:
            raise
        code = "idempotency-key-reused"  # 422, as draft-ietf-httpapi-idempotency-key-header-07 has it
        raise Invalid("another report came under this value", code=code) from taken


@router.post(
    "/status",
    summary="Ask how far a report has come",
    responses=problems(s404="no report under this code, or no code at all (`code-unknown`)", **KEYED),
    openapi_extra=OPTIONAL,
)
def report_status(
    request: Request, response: Response, session: web.SessionDep, key: callers.CallerDep, asked: CodeIn
) -> StatusOut:
    """Answer with the state of the report under the code. Unknown and malformed codes are answered alike."""
    callers.need(key, Scope.STATUS)
    house = web.house(request)
    arrival = tracking.find(session, asked.code, key=house.code_key)
    found = tracking.status(session, arrival)
    web.not_kept(response)
    return StatusOut(
        stage=found.stage,
        received_at=found.received_at,
        reached=found.moments,
        merged=found.merged,
        contact_kept=found.contact_kept,
        reason=found.reason,
        conclusion=_conclusion(found.conclusion, house.public_url),
        waits=found.waits,
        discarded=found.discarded,
        pieces=[_piece(one, house.public_url) for one in found.pieces],
    )


def _piece(found: tracking.PieceStatus, public_url: str) -> PieceOut:
    return PieceOut(
        number=found.number,
        stage=found.stage,
        merged=found.merged,
        reason=found.reason,
        conclusion=_conclusion(found.conclusion, public_url),
        waits=found.waits,
        discarded=found.discarded,
    )


def _conclusion(found: Conclusion | None, public_url: str) -> ConclusionOut | None:
    if found is None:
        return None
    return ConclusionOut(
        claim=found.claim,
        rating=found.rating,
        url=_absolute(found.link, public_url),
        withdrawn=found.withdrawn,
    )


def _absolute(link: str, public_url: str) -> str | None:
    return f"{public_url}{link}" if link.startswith("/") else link or None

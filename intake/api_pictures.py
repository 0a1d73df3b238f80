"""The door for programs that send pictures with a report: one form of several parts."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from pydantic import ValidationError

from app import web
from intake import api, callers, pictures, tracking
from intake.api import IdempotencyKey, ReceivedOut, ReportIn
from intake.problems import KEYED, OPTIONAL, problems
from models import Invalid, Scope
from models.picture import PICTURES_LIMIT

router = APIRouter(prefix="/api/v1/reports", tags=["reports"])
Files = Annotated[
    list[UploadFile],
    File(alias="pictures", description="1 to 5 JPEG, PNG or WebP files, 10 MB and 25 megapixels each"),
]
ReportForm = Annotated[
    str, Form(description="JSON as `POST /api/v1/reports` takes it; without text or link: `{}`")
]
_LIMITS: Final[Any] = {"max_files": 4 * PICTURES_LIMIT, "max_fields": 20}


@router.post(
    "/with-pictures",
    status_code=201,
    summary="Send a report with pictures",
    responses=problems(
        s409="the code belongs to a report with other content (`code-taken`)",
        s413="more than five pictures of 10 MB take",
        **KEYED,
    ),
    openapi_extra=OPTIONAL,
    max_body_size=pictures.BODY_LIMIT,
    form_limits=_LIMITS,
)
def send_with_pictures(
    request: Request,
    response: Response,
    session: web.SessionDep,
    key: callers.CallerDep,
    lang: web.Language,
    uploads: Files,
    report: ReportForm = "{}",
    idempotency_key: IdempotencyKey = None,
) -> ReceivedOut:
    """Store a report with its pictures, durable before the answer; it may consist of a picture alone.

    Pictures are redrawn before an officer sees them. What is in them beside their pixels is not used.
    """
    callers.need(key, Scope.WRITE)
    at, house = web.now(), web.house(request)
    sent = _read(report)
    code = sent.code or api.code_of(key, idempotency_key, house.code_key)
    with pictures.at_hand(uploads) as seen:
        checked = api.checked(sent, code, house, lang, at, seen)
        weighed = api.as_weighed(request, session, key, sent.proof, at=at)
        arrival = api.stored(session, checked, key, house, weighed, named=bool(sent.code), at=at)
    web.not_kept(response)
    status_url, received_at = f"{house.public_url}{router.prefix}/status", arrival.received_at
    return ReceivedOut(
        code=checked.code, status_url=status_url, received_at=tracking.by_the_hour(received_at)
    )


def _read(report: str) -> ReportIn:
    try:
        return ReportIn.model_validate_json(report)
    except ValidationError as unreadable:
        where = ".".join(map(str, unreadable.errors()[0]["loc"]))
        raise Invalid(code="input", field=where or "report") from unreadable

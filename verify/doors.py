"""What the doors of the desk share: who may enter, and how a refusal is shown on the case's own page."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, Final

from fastapi import Depends
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import web
from corpus import places
from models import Case, Conflict, Forbidden, Invalid, NotFound, Officer, Refusal, Role
from verify import casefile, cases, forms

DESK: Final = "/ban-lam-viec"
CASE_PAGE: Final = "verify/case.html"
_READERS: Final = (Role.VERIFIER, Role.APPROVER, Role.PUBLISHER, Role.AUDITOR)
_KINDS: Final[Mapping[str, type[Refusal]]] = {"KT403": Forbidden, "KT409": Conflict, "KT422": Invalid}


def reader(person: web.OfficerDep) -> Officer:
    """Return the officer if they may read case files. Raises Forbidden."""
    if not any(person.may(role) for role in _READERS):
        raise Forbidden(code="role-missing")
    return person


def verifier(person: web.OfficerDep) -> Officer:
    """Return the officer if they verify. Raises Forbidden."""
    web.need(person, Role.VERIFIER)
    return person


def approver(person: web.OfficerDep) -> Officer:
    """Return the officer if they approve. Raises Forbidden."""
    web.need(person, Role.APPROVER)
    return person


def assigner(person: web.OfficerDep) -> Officer:
    """Return the officer if they verify or approve: both hand cases over. Raises Forbidden."""
    if not (person.may(Role.VERIFIER) or person.may(Role.APPROVER)):
        raise Forbidden(code="role-missing")
    return person


def case(case_id: int, session: web.SessionDep) -> Case:
    """Return the case of the address. Raises NotFound."""
    return cases.get(session, case_id)


ReaderDep = Annotated[Officer, Depends(reader)]
VerifierDep = Annotated[Officer, Depends(verifier)]
ApproverDep = Annotated[Officer, Depends(approver)]
AssignerDep = Annotated[Officer, Depends(assigner)]
CaseDep = Annotated[Case, Depends(case)]


@contextmanager
def on_case(session: Session, found: Case, typed: Mapping[str, str] | None = None) -> Iterator[None]:
    """Run verbs on a case; a refusal shows its page again, as it stands now, with what was typed.

    The verbs run in a savepoint, so that the page can be read after the database itself refused; the
    whole transaction is rolled back all the same.
    """
    case_id = found.id
    try:
        with session.begin_nested():
            yield
    except NotFound:
        raise
    except Refusal as refusal:
        raise _shown(session, case_id, refusal, typed) from refusal
    except DBAPIError as error:
        kind = _KINDS.get(getattr(error.orig, "sqlstate", None) or "")
        if kind is None:
            raise
        code = str(error.orig).partition("\n")[0].strip()
        raise _shown(session, case_id, kind(code=code), typed) from error


def page_of(session: Session, case_id: int, *, page: int = 1) -> dict[str, Any]:
    """Return what the case page shows. Raises NotFound."""
    found = casefile.load(session, case_id, now=web.now(), page=page)
    if found is None:
        raise NotFound
    return {
        "file": found,
        "typed": {},
        "done": "",
        "about": 0,
        "place": places.by_code,
        "seen": cases.digest,
        **forms.CHOICES,
    }


def done(case_id: int, what: str, *, about: int = 0, at: str = "") -> Response:
    """Lead back to the case's page; `what` is a code whose words (and undo) the page knows."""
    about_part = f"&so={about}" if about else ""
    return RedirectResponse(
        f"{DESK}/vu-viec/{case_id}?da={what}{about_part}{f'#{at}' if at else ''}", status_code=303
    )


def _shown(session: Session, case_id: int, refusal: Refusal, typed: Mapping[str, str] | None) -> web.Refill:
    context = page_of(session, case_id)
    session.expunge_all()  # what was read stays readable after the rollback
    return web.Refill(CASE_PAGE, {**context, "typed": dict(typed or {})}, [refusal])

"""Doors of the desk to watched sources: list, page of one, add and change, start, pause, free, try."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from app import web
from intake import sourcelist, sources, tallies
from intake.sourcelist import Question, Sort, Tab
from models import (
    Conflict,
    Forbidden,
    Invalid,
    Officer,
    Role,
    Source,
    SourceKind,
    SourceOwner,
    SourceScope,
    SourceTakes,
)
from models.source import ADDRESS_LIMIT, NAME_LIMIT, NOTE_LIMIT

router = APIRouter(prefix="/ban-lam-viec/nguon")
HERE: Final = "/ban-lam-viec/nguon"
FORM: Final = "intake/source_form.html"
_SEARCHED: Final = 100  # characters
LIMITS: Final = {"name": NAME_LIMIT, "note": NOTE_LIMIT, "url": ADDRESS_LIMIT}


class Typed(BaseModel):
    """The form of a source as it was typed."""

    name: web.Text = ""
    home: web.Text = ""
    urls: web.Text = ""
    kind: str = SourceKind.FEED.value
    owner: str = SourceOwner.OTHER.value
    scope: str = SourceScope.NATIONAL.value
    takes: str = SourceTakes.MENTION.value
    note: web.Text = ""
    allows_http: str = ""

    def wanted(self) -> sources.Wanted:
        """Return what was typed, its choices made. Raises Invalid."""
        try:
            chosen = (SourceKind(self.kind), SourceOwner(self.owner), SourceScope(self.scope))
            takes = SourceTakes(self.takes)
        except ValueError as unknown:
            raise Invalid(code="input", field="kind") from unknown
        return sources.Wanted(
            name=self.name, home=self.home.strip(), urls=self.urls.split(), note=self.note, takes=takes,
            kind=chosen[0], owner=chosen[1], scope=chosen[2], allows_http=bool(self.allows_http),
        )  # fmt: skip


TypedForm = Annotated[Typed, Form()]


def reader(person: web.OfficerDep) -> Officer:
    """Return the officer if they may see the sources: every role but none at all. Raises Forbidden."""
    if not any(person.may(role) for role in Role):
        raise Forbidden(code="role-missing")
    return person


def keeper(person: web.OfficerDep) -> Officer:
    """Return the officer if they keep the sources. Raises Forbidden."""
    sources.need(person)
    return person


ReaderDep = Annotated[Officer, Depends(reader)]
KeeperDep = Annotated[Officer, Depends(keeper)]


def _today(request: Request) -> date:
    return tallies.day_of(web.now(), web.house(request).zone)


def _question(query: dict[str, str]) -> Question:
    page = query.get("trang", "")
    return Question(
        tab=Tab(query["muc"]) if query.get("muc") in set(Tab) else Tab.ALL,
        text=query.get("q", "").replace("\0", "")[:_SEARCHED],
        sort=Sort(query["xep"]) if query.get("xep") in set(Sort) else Sort.NAME,
        page=int(page) if page.isascii() and page.isdigit() and len(page) <= 6 else 1,  # noqa: PLR2004
    )


def _links(question: Question) -> Callable[..., str]:
    kept = {"muc": question.tab.value, "q": question.text, "xep": question.sort.value}

    def link(**changes: object) -> str:
        parts = {**kept, **{name: str(value) for name, value in changes.items()}}
        return f"{HERE}?{urlencode({name: value for name, value in parts.items() if value})}"

    return link


def _choices(typed: Typed, source: Source | None) -> dict[str, Any]:
    return {
        "typed": typed.model_dump(),
        "source": source,
        "limits": LIMITS,
        "kinds": list(SourceKind),
        "owners": list(SourceOwner),
        "scopes": list(SourceScope),
        "takings": list(SourceTakes),
    }


def _done(source_id: int, what: str) -> Response:
    return RedirectResponse(f"{HERE}/{source_id}?da={what}", status_code=303)


@router.get("")
def list_page(request: Request, session: web.SessionDep, person: ReaderDep) -> Response:
    """Show the sources with the health of each."""
    question = _question(dict(request.query_params))
    context = {
        "found": sourcelist.ask(session, question, today=_today(request)),
        "question": question,
        "tabs": list(Tab),
        "sorts": list(Sort),
        "link": _links(question),
        "keeps": sources.may(person),
    }
    return web.not_kept(web.page(request, "intake/sources.html", context))


@router.get("/them")
def add_page(request: Request, _person: KeeperDep) -> Response:
    """Show the empty form of a source."""
    return web.not_kept(web.page(request, FORM, _choices(Typed(), None)))


@router.post("/them")
def add(session: web.SessionDep, person: KeeperDep, typed: TypedForm) -> Response:
    """Add a source, switched off, and try it at once."""
    at = web.now()
    try:
        made = sources.add(session, typed.wanted(), by=person, at=at)
    except (Invalid, Conflict) as refusal:
        raise web.Refill(FORM, _choices(typed, None), [refusal]) from refusal
    sources.try_out(session, sources.get(session, made.id), by=person, at=at)
    return _done(made.id, "them")


@router.get("/{source_id:int}")
def source_page(request: Request, session: web.SessionDep, _person: ReaderDep, source_id: int) -> Response:
    """Show how one source does."""
    context = {
        "file": sourcelist.dossier(session, source_id, today=_today(request)),
        "daily": tallies.DAILY,
        "moment": datetime.fromisoformat,
        "done": request.query_params.get("da", ""),
    }
    return web.not_kept(web.page(request, "intake/source.html", context))


@router.get("/{source_id:int}/sua")
def change_page(request: Request, session: web.SessionDep, _person: KeeperDep, source_id: int) -> Response:
    """Show the form of a source as it is."""
    source = sources.get(session, source_id)
    typed = Typed(
        name=source.name, home=source.home, urls="\n".join(one.url for one in source.typed),
        kind=source.kind.value, owner=source.owner.value, scope=source.scope.value, takes=source.takes.value,
        note=source.note, allows_http="1" if any(one.allows_http for one in source.typed) else "",
    )  # fmt: skip
    return web.not_kept(web.page(request, FORM, _choices(typed, source)))


@router.post("/{source_id:int}/sua")
def change(session: web.SessionDep, person: KeeperDep, source_id: int, typed: TypedForm) -> Response:
    """Change what is said about a source."""
    source = sources.get(session, source_id)
    try:
        with session.begin_nested():
            sources.change(session, source, typed.wanted(), by=person, at=web.now())
    except (Invalid, Conflict) as refusal:
        kept = sources.get(session, source_id)
        session.expunge_all()  # what was read stays readable after the rollback
        raise web.Refill(FORM, _choices(typed, kept), [refusal]) from refusal
    return _done(source_id, "sua")


@router.post("/{source_id:int}/thu")
def try_out(session: web.SessionDep, person: KeeperDep, source_id: int) -> Response:
    """Ask what the source would bring now; nothing of it is taken in."""
    sources.try_out(session, sources.get(session, source_id), by=person, at=web.now())
    return RedirectResponse(f"{HERE}/{source_id}#thu", status_code=303)


@router.post("/{source_id:int}/bat")
def start(session: web.SessionDep, person: KeeperDep, source_id: int) -> Response:
    """Start visiting."""
    sources.start(session, sources.get(session, source_id), by=person, at=web.now())
    return _done(source_id, "bat")


@router.post("/{source_id:int}/dung")
def pause(session: web.SessionDep, person: KeeperDep, source_id: int) -> Response:
    """Stop visiting."""
    sources.pause(session, sources.get(session, source_id), by=person, at=web.now())
    return _done(source_id, "dung")


@router.post("/{source_id:int}/go-cach-ly")
def lift(session: web.SessionDep, person: KeeperDep, source_id: int) -> Response:
    """End a quarantine."""
    sources.lift(session, sources.get(session, source_id), by=person, at=web.now())
    return _done(source_id, "go-cach-ly")


@router.post("/{source_id:int}/doc-ngay")
def visit_now(session: web.SessionDep, person: KeeperDep, source_id: int) -> Response:
    """Let every address be due now."""
    sources.visit_now(session, sources.get(session, source_id), by=person, at=web.now())
    return _done(source_id, "doc-ngay")

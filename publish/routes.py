"""Public doors of the corrections: list, page, versions, feeds, methodology, plan, transparency."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from app import web
from app.i18n import words
from models import Correction, Field, NotFound, Rating, ReasonCode
from publish import answers, claimreview, feeds, forms, plan, register, showing, sitemap

router = APIRouter()
FiltersDep = Annotated[register.Filters, Depends(forms.filters)]
PageDep = Annotated[int, Depends(forms.page_number)]
# The words on these pages depend on the language cookie; a shared cache must know.
VARIES: Final = {"Vary": "Cookie"}
NEVER: Final = datetime(2026, 1, 1, tzinfo=UTC)  # when a list changed to which nothing was added yet


def options(lang: str, kind: str, values: Iterable[str]) -> list[tuple[str, str]]:
    """Return the choices of a filter with their words; the empty one means all."""
    return [("", words(lang, "Tất cả")), *((value, words(lang, f"{kind}.{value}")) for value in values)]


def agency_of(request: Request) -> str:
    """Return how the centre names itself; the software's name until it is set."""
    return web.house(request).agency.name or "Kiểm Tin"


def review_of(request: Request, versions: Sequence[Correction]) -> claimreview.ClaimReview:
    """Return the ClaimReview of the newest of `versions`."""
    newest, first = versions[0], versions[-1]
    key = showing.word(newest)
    return claimreview.build(
        newest,
        first_issued_at=first.issued_at,
        agency=agency_of(request),
        public_url=web.house(request).public_url,
        label=words("vi", key),
        explanation=words("vi", f"{key}.definition"),
    )


def context_of(
    request: Request, session: web.SessionDep, shown: Correction, versions: Sequence[Correction]
) -> dict[str, Any]:
    """Return what the page of a correction needs. `versions` are newest first and may lack `shown`."""
    house, lang = web.house(request), web.language(request)
    older = next((one for one in versions if one.version == shown.version - 1), None)
    url = f"{house.public_url}/cong-bo/{shown.slug}"
    label = words("vi", showing.word(shown))
    return {
        "c": shown,
        "told": showing.told(shown, lang),
        "word": showing.word(shown),
        "versions": versions,
        "first_issued_at": versions[-1].issued_at if versions else shown.issued_at,
        "latest": versions[0] if versions else shown,
        "changes": [] if older is None else showing.changes(shown, older),
        "older": older,
        "place_name": showing.place_name,
        "day": date.fromisoformat,
        "stored": register.stored_on(session, shown.sources),
        "url": url,
        "cite": showing.citation(shown, agency=agency_of(request), label=label, url=url, zone=house.zone),
    }


@router.get("/cong-bo")
def corrections_list(request: Request, session: web.SessionDep, asked: FiltersDep, page: PageDep) -> Response:
    """List and search the corrections."""
    found = register.latest(session, asked, page=page)
    lang = web.language(request)
    context = {
        "found": found,
        "asked": asked,
        "query": answers.query_of(asked),
        "ratings": options(lang, "rating", Rating),
        "fields": options(lang, "field", Field),
        "years": [("", words(lang, "Tất cả")), *((str(year), str(year)) for year in register.years(session))],
        "told": showing.told,
        "place_name": showing.place_name,
    }
    return web.page(request, "publish/list.html", context, headers=VARIES)


def _feed(request: Request, session: web.SessionDep) -> feeds.Feed:
    house = web.house(request)
    page = register.latest(session, size=feeds.NEWEST)
    points = register.checkpoints(session)
    return feeds.Feed(
        title=f"{agency_of(request)}: {words('vi', 'feed.title')}",
        subtitle=words("vi", "feed.subtitle"),
        author=agency_of(request),
        home=house.public_url,
        items=[
            showing.item(
                one.correction,
                first_issued_at=one.first_issued_at,
                label=words("vi", showing.word(one.correction)),
                field=words("vi", f"field.{one.correction.field}") if one.correction.field else "",
                public_url=house.public_url,
            )
            for one in page.items
        ],
        checkpoint=points[0] if points else None,
        empty_since=NEVER,
    )


FeedDep = Annotated[feeds.Feed, Depends(_feed)]


@router.get("/cong-bo/atom.xml")
def atom(request: Request, feed: FeedDep) -> Response:
    """Return the corrections as Atom."""
    return answers.kept(request, feeds.atom(feed), "application/atom+xml", feed.updated)


@router.get("/cong-bo/rss.xml")
def rss(request: Request, feed: FeedDep) -> Response:
    """Return the corrections as RSS 2.0."""
    return answers.kept(request, feeds.rss(feed), "application/rss+xml", feed.updated)


@router.get("/cong-bo/feed.json")
def json_feed(request: Request, feed: FeedDep) -> Response:
    """Return the corrections as JSON Feed 1.1."""
    return answers.kept(request, feeds.json_feed(feed), "application/feed+json", feed.updated)


@router.get("/cong-bo/{slug}")
def correction_page(request: Request, session: web.SessionDep, slug: web.Text) -> Response:
    """Show the newest version of a correction."""
    versions = register.by_slug(session, slug)
    context = context_of(request, session, versions[0], versions)
    context["review"] = claimreview.script(review_of(request, versions))
    return web.page(request, "publish/correction.html", context, headers=VARIES)


@router.get("/cong-bo/{slug}/phien-ban/{version}")
def version_page(request: Request, session: web.SessionDep, slug: web.Text, version: web.Text) -> Response:
    """Show one version of a correction; an old one says loudly that it is old."""
    versions = register.by_slug(session, slug)
    shown = next((one for one in versions if str(one.version) == version), None)
    if shown is None:
        raise NotFound
    return web.page(
        request, "publish/correction.html", context_of(request, session, shown, versions), headers=VARIES
    )


@router.get("/cong-bo/{slug}/claimreview.json")
def claim_review(request: Request, session: web.SessionDep, slug: web.Text) -> Response:
    """Return the ClaimReview of the newest version."""
    review = review_of(request, register.by_slug(session, slug))
    return JSONResponse(
        claimreview.document(review), media_type="application/ld+json", headers=answers.SHARED
    )


@router.get("/phuong-phap")
def methodology(request: Request) -> Response:
    """Say how the centre works and what it does not do."""
    context = {"ratings": list(Rating), "reasons": list(ReasonCode)}
    return web.page(request, "publish/methodology.html", context, headers=VARIES)


def _today(successors: Sequence[Any], at: datetime) -> Mapping[str, list[Any]]:
    today = at.astimezone(plan.ZONE).date()
    found: dict[str, list[Any]] = {}
    for row in successors:
        if row.valid_to is None or row.valid_to >= today:
            found.setdefault(row.printed, []).append(row)
    return found


@router.get("/ke-hoach")
def plan_page(request: Request, session: web.SessionDep) -> Response:
    """Show the 35 tasks with the cases logged against them and the days left to the yearly report."""
    at = web.now()
    left, logged = plan.days_left(at), plan.counts(session)
    context = {
        "groups": plan.register()["groups"],
        "document": plan.register()["document"],
        "tasks": plan.tasks(session),
        "counts": logged,
        "years": sorted({year for by_year in logged.values() for year in by_year} | {left.last_day.year}),
        "day": date.fromisoformat,
        "successors": _today(plan.successors(session), at),
        "left": left,
    }
    return web.page(request, "publish/plan.html", context, headers=VARIES)


@router.get("/ke-hoach/{number}")
def task_page(request: Request, session: web.SessionDep, number: web.Text) -> Response:
    """Show one task with its public entries."""
    context = {
        "task": plan.task(session, number),
        "entries": plan.entries(session, number),
        "successors": _today(plan.successors(session), web.now()),
    }
    return web.page(request, "publish/plan_task.html", context, headers=VARIES)


@router.get("/minh-bach")
def transparency(request: Request, session: web.SessionDep) -> Response:
    """Show the signed checkpoints of the audit log, how to check them, and what was published."""
    context = {
        "points": register.checkpoints(session, limit=20),
        "fields_of": feeds.checkpoint_fields,
        "counts": register.counts(session),
        "ratings": list(Rating),
    }
    return web.page(request, "publish/transparency.html", context, headers=VARIES)


@router.get("/robots.txt")
def robots(request: Request) -> Response:
    """Tell search engines what is not for them."""
    headers = {"Cache-Control": "public, max-age=3600"}
    return PlainTextResponse(sitemap.robots(web.house(request).public_url), headers=headers)


@router.get("/sitemap.xml")
def site_map(request: Request, session: web.SessionDep) -> Response:
    """Tell search engines what there is: standing pages and every correction that is no demonstration."""
    found = register.addresses(session, limit=sitemap.MOST)
    body = sitemap.sitemap(web.house(request).public_url, found)
    return answers.kept(request, body, "application/xml", found[0][1] if found else NEVER)

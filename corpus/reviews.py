"""Confirmed claims as other fact-checkers publish them: ClaimReview JSON-LD, Google's fact-check feed form.

ClaimReview: https://schema.org/ClaimReview; a data feed of them: https://datacommons.org/factcheck/download;
the answer of `claims:search`: https://developers.google.com/fact-check/tools/api/reference/rest/v1alpha1/claims.
Who made a claim (`claimant`, `itemReviewed.author`) is never read: nothing here is keyed by a person.
"""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final
from urllib.parse import urlsplit

from corpus import vetting
from corpus.text import language
from corpus.vetting import Claim, Refused, RowRefused

# Our own properties, so that nothing is lost between two installations.
OWN: Final = "urn:kiem-tin:claim:1#"
_LABELS: Final = {
    "fake": "Tin giả",
    "false": "Tin sai sự thật",
    "true": "Tin xác thực",
    "unproven": "Chưa đủ căn cứ kết luận",
    "outdated": "Đã cũ",
}
_BLOCK = re.compile(r"<script\b[^<>]*>", re.IGNORECASE)
_BLOCK_END = re.compile(r"</script", re.IGNORECASE)
_BY_PRECISION: Final = {"month": 7, "year": 4}  # characters of an ISO date that are known

Json = dict[str, Any]


def read_page(page: str, today: date | None) -> Iterator[Claim | Refused]:
    """Yield the claims of all JSON-LD blocks of an HTML page; numbers count ClaimReviews of the page."""
    blocks = []
    opening = _BLOCK.search(page)
    while opening is not None:
        at = opening.end()
        if "application/ld+json" in opening.group().lower():
            end = _BLOCK_END.search(page, at)
            if end is None:
                break
            try:
                blocks.append(json.loads(page[at : end.start()]))
            except (ValueError, RecursionError):
                yield Refused(0, "not-json", "a script block of the page is not JSON")
            at = end.end()
        opening = _BLOCK.search(page, at)
    yield from read_document(blocks, today)


def read_document(document: object, today: date | None) -> Iterator[Claim | Refused]:
    """Yield the claims of parsed JSON: an answer of `claims:search`, or ClaimReviews at any depth."""
    if isinstance(document, dict) and isinstance(document.get("claims"), list):
        for number, element in enumerate(document["claims"], start=1):
            yield from _searched(number, element, today)
        return
    number = 0
    for number, node in enumerate(_reviews(document), start=1):
        try:
            yield _review(node, today)
        except RowRefused as refused:
            yield Refused(number, refused.code, str(refused))
    if number == 0:
        yield Refused(0, "no-claimreview", "the file holds no ClaimReview")


def _reviews(document: object) -> Iterator[Json | None]:
    """Yield the ClaimReviews in their order, and None for an element of a feed that holds none."""
    waiting: list[object] = [document]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(reversed(node))
        elif isinstance(node, dict):
            if _is(node, "ClaimReview"):
                yield node
            elif _is(node, "DataFeedItem") and not node.get("item"):
                yield None
            else:
                waiting.extend(reversed(node.values()))


def _is(node: Json, kind: str) -> bool:
    stated = node.get("@type")
    return any(
        isinstance(one, str) and re.split(r"[/#:]", one)[-1] == kind
        for one in (stated if isinstance(stated, list) else [stated])
    )


def _first(value: object) -> object:
    return value[0] if isinstance(value, list) and value else value


def _named(value: object) -> Iterator[object]:
    """Yield the names of organisations given as nodes, texts, or lists of them."""
    for one in value if isinstance(value, list) else [value]:
        yield one.get("name") if isinstance(one, dict) else one


def _part(node: Json, name: str) -> Json:
    found = _first(node.get(name))
    return found if isinstance(found, dict) else {}


def _spoken(claim: str) -> str:
    found = language(claim)
    return "und" if found == "other" else found


def _host(url: str | None) -> str:
    return (urlsplit(url).hostname or "") if url else ""


def _review(node: Json | None, today: date | None) -> Claim:
    if node is None:
        raise RowRefused("no-claimreview", "the element of the feed is empty")
    rated = _part(node, "reviewRating")
    claim = vetting.text(_first(node.get("claimReviewed")), "claim", vetting.CLAIM_LIMIT, required=True)
    verdict, reason = vetting.rating(_first(rated.get("alternateName")), node.get("kt:reason"))
    url = vetting.link(_first(node.get("url")))
    cited = [(work.get("url"), work.get("name")) for work in _works(node.get("citation"))]
    title = _first(node.get("headline") or node.get("name"))
    by = vetting.names(list(_named(node.get("author") or node.get("publisher"))), "author")
    if not by and url and "kt:id" not in node:
        by = (_host(url),)
    on, precision = vetting.day(
        _first(node.get("datePublished") or node.get("dateModified")), node.get("kt:datePrecision"), today
    )
    topic, original = _topic(node, reason)
    return Claim(
        external_id=vetting.identity(node.get("kt:id"), by[0] if by else "", url, claim),
        claim=claim,
        verdict=verdict,
        reason_code=reason,
        correction=_told(node, rated, title),
        corrected_by=by,
        date=on,
        date_precision=precision,
        place=vetting.text(node.get("kt:place"), "place", vetting.NAME_LIMIT),
        topic=topic,
        original_topic=original,
        sources=vetting.sources([(url, title if url else None), *cited]),
        language=vetting.language(_first(node.get("inLanguage")), _spoken(claim)),
    )


def _works(value: object) -> Iterator[Json]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            yield one
        elif isinstance(one, str):
            yield {"url": one} if one.startswith(("http:", "https:")) else {"name": one}


def _topic(node: Json, reason: str | None) -> tuple[str, str]:
    topic, original = vetting.topic(_first(node.get("keywords") or node.get("articleSection")), reason)
    return topic, vetting.text(
        node["kt:topic"], "topic", vetting.NAME_LIMIT
    ) if "kt:topic" in node else original


def _told(node: Json, rated: Json, title: object) -> str:
    """Return what the publisher says is true, from the property that says most."""
    for told in (
        node.get("reviewBody"),
        rated.get("ratingExplanation"),
        node.get("description"),
        None if "kt:id" in node else title,
    ):
        plain = vetting.text(_first(told), "correction", vetting.TEXT_LIMIT)
        if plain:
            return plain
    return ""


def _searched(number: int, element: object, today: date | None) -> Iterator[Claim | Refused]:
    """Yield one claim per review of an element of `claims:search`."""
    reviews = element.get("claimReview") if isinstance(element, dict) else None
    if not isinstance(element, dict) or not isinstance(reviews, list) or not reviews:
        yield Refused(number, "no-claimreview", "the element has no review")
        return
    for review in reviews:
        try:
            yield _found(element, review, today)
        except RowRefused as refused:
            yield Refused(number, refused.code, str(refused))


def _found(element: Json, review: object, today: date | None) -> Claim:
    if not isinstance(review, dict):
        raise RowRefused("wrong-type", "a review is not an object")
    publisher = _part(review, "publisher")
    claim = vetting.text(element.get("text"), "claim", vetting.CLAIM_LIMIT, required=True)
    verdict, reason = vetting.rating(review.get("textualRating"))
    url, title = vetting.link(review.get("url")), review.get("title")
    by = vetting.names([publisher.get("name") or publisher.get("site") or _host(url)], "publisher")
    on, precision = vetting.day(review.get("reviewDate"), None, today)
    return Claim(
        external_id=vetting.identity(None, by[0] if by else "", url, claim),
        claim=claim,
        verdict=verdict,
        reason_code=reason,
        correction=vetting.text(title, "correction", vetting.TEXT_LIMIT),
        corrected_by=by,
        date=on,
        date_precision=precision,
        place="",
        topic="linh_vuc_khac",
        original_topic="",
        sources=vetting.sources([(url, title if url else None)]),
        language=vetting.language(review.get("languageCode"), _spoken(claim)),
    )


# --- writing -----------------------------------------------------------------------------------------


def feed(claims: Iterable[Claim]) -> Json:
    """Return `claims` as a schema.org DataFeed of ClaimReviews."""
    return {
        "@context": ["https://schema.org", {"kt": OWN}],
        "@type": "DataFeed",
        "dataFeedElement": [{"@type": "DataFeedItem", "item": [_as_review(claim)]} for claim in claims],
    }


def _as_review(claim: Claim) -> Json:
    # The first source with an address is the review's own; the others are cited.
    main = next((source for source in claim.sources if source.url), None)
    whole: Json = {
        "@type": "ClaimReview",
        "kt:id": claim.external_id,
        "claimReviewed": claim.claim,
        "reviewRating": {"@type": "Rating", "alternateName": _LABELS[claim.verdict]},
        "kt:reason": claim.reason_code,
        "reviewBody": claim.correction,
        "author": [{"@type": "Organization", "name": name} for name in claim.corrected_by],
        "datePublished": claim.date and claim.date.isoformat()[: _BY_PRECISION.get(claim.date_precision, 10)],
        "kt:datePrecision": claim.date_precision if claim.date else None,
        "kt:place": claim.place,
        "keywords": claim.topic,
        "kt:topic": claim.original_topic,
        "url": main and main.url,
        "headline": main and main.title,
        "citation": [
            {"@type": "CreativeWork", "url": source.url, "name": source.title}
            for source in claim.sources
            if source is not main
        ],
        "inLanguage": claim.language,
    }
    return {name: value for name, value in whole.items() if value or name == "kt:topic"}

"""ClaimReview (schema.org) of an issued correction, as search engines and fact-check indexes read it. Pure.

Required and recommended properties: https://developers.google.com/search/docs/appearance/structured-data/factcheck
"""

import json
from datetime import datetime
from typing import Any, Final, Literal

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field

from models import Correction, CorrectionKind, Rating, ReasonCode

SCALE: Final = {Rating.FAKE: 1, Rating.FALSE: 2, Rating.OUTDATED: 3, Rating.TRUE: 5}


class _Thing(BaseModel):
    """One node of the document; names are schema.org's own."""

    model_config = ConfigDict(populate_by_name=True, frozen=True)


class Organization(_Thing):
    """The centre. Persons are never named."""

    type: Literal["Organization"] = Field("Organization", alias="@type")
    name: str
    url: str
    corrections_policy: str = Field(alias="correctionsPolicy")
    publishing_principles: str = Field(alias="publishingPrinciples")


class ReviewRating(_Thing):
    """The finding: always in words, as a number only where a scale from false to true makes sense."""

    type: Literal["Rating"] = Field("Rating", alias="@type")
    alternate_name: str = Field(alias="alternateName")
    rating_value: int | None = Field(None, alias="ratingValue", ge=1, le=5)
    best_rating: int | None = Field(None, alias="bestRating")
    worst_rating: int | None = Field(None, alias="worstRating")
    rating_explanation: str = Field(alias="ratingExplanation")


class Work(_Thing):
    """A page: where the claim was seen, or what the finding rests on."""

    type: Literal["CreativeWork"] = Field("CreativeWork", alias="@type")
    name: str | None = None
    url: str | None = None
    publisher: str | None = None


class Claim(_Thing):
    """What was claimed. Its author is left out: the centre judges statements, not persons."""

    type: Literal["Claim"] = Field("Claim", alias="@type")
    text: str
    first_appearance: Work | None = Field(None, alias="firstAppearance")
    appearance: list[Work] | None = None


class ClaimReview(_Thing):
    """The whole document."""

    context: Literal["https://schema.org"] = Field("https://schema.org", alias="@context")
    type: Literal["ClaimReview"] = Field("ClaimReview", alias="@type")
    id: str = Field(alias="@id")
    url: str
    identifier: str
    version: int
    claim_reviewed: str = Field(alias="claimReviewed")
    review_rating: ReviewRating = Field(alias="reviewRating")
    item_reviewed: Claim = Field(alias="itemReviewed")
    author: Organization
    review_body: str = Field(alias="reviewBody")
    citation: list[Work] | None = None
    date_published: datetime = Field(alias="datePublished")
    date_modified: datetime = Field(alias="dateModified")
    in_language: Literal["vi"] = Field("vi", alias="inLanguage")
    is_accessible_for_free: Literal[True] = Field(True, alias="isAccessibleForFree")


def _rating(correction: Correction, label: str, explanation: str) -> ReviewRating:
    value = None if correction.kind is CorrectionKind.VOID else SCALE.get(correction.rating)
    if value is None:
        return ReviewRating(alternate_name=label, rating_explanation=explanation)
    return ReviewRating(
        alternate_name=label,
        rating_explanation=explanation,
        rating_value=value,
        best_rating=5,
        worst_rating=1,
    )


def _claim(correction: Correction) -> Claim:
    # The address of a trap is not spread further, least of all by the centre.
    urls = (
        []
        if correction.reason_code is ReasonCode.SCAM
        else [seen["url"] for seen in correction.appearances if seen.get("url")]
    )
    works = [Work(url=url) for url in urls]
    return Claim(
        text=correction.claim,
        first_appearance=works[0] if len(works) == 1 else None,
        appearance=works or None,
    )


def build(
    correction: Correction,
    *,
    first_issued_at: datetime,
    agency: str,
    public_url: str,
    label: str,
    explanation: str,
) -> ClaimReview:
    """Return the ClaimReview of `correction`.

    `agency` is the centre's name and `public_url` its address without a final slash; `label` and
    `explanation` are the words of the rating (or of a withdrawal) in Vietnamese.
    """
    url = f"{public_url}/cong-bo/{correction.slug}"
    cited = [
        Work(name=source["title"], url=source.get("url"), publisher=source["issuer"])
        for source in correction.sources
    ]
    return ClaimReview(
        id=f"{url}#claimreview",
        url=url,
        identifier=correction.number,
        version=correction.version,
        claim_reviewed=correction.claim,
        review_rating=_rating(correction, label, explanation),
        item_reviewed=_claim(correction),
        author=Organization(
            name=agency,
            url=f"{public_url}/",
            corrections_policy=f"{public_url}/phuong-phap",
            publishing_principles=f"{public_url}/phuong-phap",
        ),
        review_body=correction.truth,
        citation=cited or None,
        date_published=first_issued_at,
        date_modified=correction.issued_at,
    )


def document(review: ClaimReview) -> dict[str, Any]:
    """Return `review` as JSON values with schema.org's names; absent properties are left out."""
    return review.model_dump(mode="json", by_alias=True, exclude_none=True)


def script(review: ClaimReview) -> Markup:
    """Return `review` as JSON text that no reader of HTML can mistake for markup."""
    text = json.dumps(document(review), ensure_ascii=False, indent=1)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704  every character that could end the block is escaped above

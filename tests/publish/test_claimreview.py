"""ClaimReview: Google's required properties, readable in a page, the same from run to run."""

import json
from typing import Any

import jsonschema
import pytest

from models import CorrectionKind, Rating, ReasonCode
from publish import claimreview
from tests.golden import same
from tests.publish.conftest import HOSTILE, a_correction

# https://developers.google.com/search/docs/appearance/structured-data/factcheck: required properties,
# and those which it recommends and we promise.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": [
        "@context",
        "@type",
        "claimReviewed",
        "reviewRating",
        "url",
        "author",
        "itemReviewed",
        "datePublished",
    ],
    "properties": {
        "@context": {"const": "https://schema.org"},
        "@type": {"const": "ClaimReview"},
        "claimReviewed": {"type": "string", "minLength": 1},
        "url": {"type": "string", "pattern": "^https?://"},
        "datePublished": {"type": "string", "format": "date-time"},
        "author": {"type": "object", "required": ["@type", "name", "url"]},
        "itemReviewed": {
            "type": "object",
            "required": ["@type"],
            "properties": {"@type": {"const": "Claim"}, "author": False},
        },
        "reviewRating": {
            "type": "object",
            "required": ["@type", "alternateName"],
            "properties": {
                "ratingValue": {"type": "integer", "minimum": 1, "maximum": 5},
                "bestRating": {"const": 5},
                "worstRating": {"const": 1},
            },
            "dependentRequired": {"ratingValue": ["bestRating", "worstRating"]},
        },
    },
}


def built(**values: Any) -> claimreview.ClaimReview:
    correction = a_correction(**values)
    return claimreview.build(
        correction,
        first_issued_at=correction.first_seen,
        agency="Trung tâm xử lý tin giả",
        public_url="https://kiemtin.example",
        label="Tin giả",
        explanation="Thông tin không có thật.",
    )


@pytest.mark.parametrize("rating", list(Rating))
def test_every_rating_is_accepted(rating: Rating) -> None:
    jsonschema.validate(claimreview.document(built(rating=rating)), SCHEMA)


def test_golden() -> None:
    same("claimreview.json", json.dumps(claimreview.document(built()), ensure_ascii=False, indent=1) + "\n")


@pytest.mark.parametrize(
    ("values", "number"),
    [
        ({"rating": Rating.FAKE}, 1),
        ({"rating": Rating.FALSE}, 2),
        ({"rating": Rating.TRUE}, 5),
        ({"rating": Rating.UNPROVEN}, None),
        ({"kind": CorrectionKind.VOID}, None),
    ],
)
def test_a_number_only_where_it_means_something(values: dict[str, Any], number: int | None) -> None:
    assert claimreview.document(built(**values))["reviewRating"].get("ratingValue") == number


def test_the_address_of_a_scam_is_not_spread() -> None:
    claim = claimreview.document(built(reason_code=ReasonCode.SCAM))["itemReviewed"]
    assert "example.com" not in json.dumps(claim)


def test_no_word_can_end_the_script_block() -> None:
    text = str(claimreview.script(built(claim=HOSTILE, truth="<!--<script>")))
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text)["claimReviewed"] == HOSTILE

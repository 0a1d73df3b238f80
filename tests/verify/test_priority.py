import math
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Case, Field
from tests import factories as make
from tests.factories import AT
from verify import priority


def of(**values: object) -> priority.Priority:
    defaults = {"arrivals": 1, "field": None, "urgent": False, "last_arrival_at": AT, "now": AT}
    return priority.of(**{**defaults, **values})  # type: ignore[arg-type]  # keywords of this test


def test_the_value_is_the_product_of_its_terms() -> None:
    found = of(arrivals=3, field=Field.HEALTH, urgent=True, now=AT + timedelta(hours=24))
    assert (found.reports, found.weight, found.urgent, found.recency) == (3, 2.0, 8.0, 0.5)
    assert found.value == pytest.approx(24.0)


def test_more_reports_fresher_and_urgent_come_first() -> None:
    assert of(arrivals=2).value > of().value
    assert of().value > of(last_arrival_at=AT - timedelta(hours=1)).value
    assert of(urgent=True).value > of(arrivals=7).value


def test_every_field_has_a_weight() -> None:
    assert set(priority.WEIGHTS) == set(Field)


def test_the_database_orders_as_the_formula_says(session: Session) -> None:
    for arrivals in (1, 5):
        for field in (None, *Field):
            for urgent in (True, False):
                for hours in (0, 30):
                    make.case(
                        session,
                        arrivals=arrivals,
                        field=field,
                        urgent=urgent,
                        last_arrival_at=AT - timedelta(hours=hours),
                    )
    for case, score in session.execute(select(Case, priority.order())):
        told = of(
            arrivals=case.arrivals,
            field=case.field,
            urgent=case.urgent,
            last_arrival_at=case.last_arrival_at,
        )
        since = (AT - make.AT.replace(month=1, day=1, hour=0)).total_seconds() / 86400
        assert score == pytest.approx(math.log2(told.value) + since)

"""The API fuzzed from its own OpenAPI document: no 5xx, no undocumented status, answers as documented."""

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

# A report with neither text nor link fits the schema of each field and is refused all the same.
RULES_BETWEEN_FIELDS = positive_data_acceptance
OPERATIONS = (
    ("POST", "/api/v1/reports"),
    ("POST", "/api/v1/reports/status"),
    ("POST", "/api/v1/reports/with-pictures"),
    ("GET", "/api/v1/reports/challenge"),
    ("GET", "/api/v1/corrections"),
    ("GET", "/api/v1/corrections/{number}"),
)


def test_every_operation_is_fuzzed(house: FastAPI) -> None:
    paths = house.openapi()["paths"]
    documented = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert documented == set(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_the_api_withstands_what_its_own_document_suggests(house: FastAPI, method: str, path: str) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", house)
    operation = schema[path][method]
    cases = st.one_of(
        operation.as_strategy(GenerationMode.POSITIVE), operation.as_strategy(GenerationMode.NEGATIVE)
    )
    statuses: set[int] = set()

    @settings(
        max_examples=200,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def withstand(case: schemathesis.Case) -> None:
        statuses.add(case.call_and_validate(excluded_checks=[RULES_BETWEEN_FIELDS]).status_code)

    withstand()
    # Drawn bytes are no pictures: what that door takes is shown in tests/intake/test_api_pictures.py.
    understood = {422} if path.endswith("with-pictures") else {200, 201, 404}
    assert statuses & understood, "at least one input was understood"

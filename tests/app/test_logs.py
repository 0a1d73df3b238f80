import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from app import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_library_and_own_lines_have_one_shape(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("json", "INFO", process="web")
    logging.getLogger("some.library").warning("%s went wrong", "Cái gì đó")
    structlog.get_logger("own").info("happened", case=12)
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (first["event"], first["level"], first["process"]) == ("Cái gì đó went wrong", "warning", "web")
    assert (second["event"], second["case"], second["process"]) == ("happened", 12, "web")


def test_traceback_shows_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("console", "INFO", process="work")
    secret = "số điện thoại của người dân"
    try:
        _fail(secret)
    except ValueError:
        logging.getLogger("own").exception("failed")
    said = capsys.readouterr().err
    assert "_fail" in said
    assert "người dân" not in said


def _fail(_text: str) -> None:
    raise ValueError("no detail")


def test_level_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("json", "ERROR", process="web")
    logging.getLogger("own").warning("not shown")
    assert capsys.readouterr().err == ""

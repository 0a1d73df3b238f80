"""Rules about the project itself."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
import pytest_socket

ROOT = Path(__file__).parent.parent


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_nothing_leaves_the_machine() -> None:
    with socket.socket() as probe, pytest.raises(pytest_socket.SocketConnectBlockedError):
        probe.connect(("192.0.2.1", 80))


@pytest.mark.parametrize("script", [["check_documents.py"], ["check_dockerfile.py", "--read-only"]])
def test_documents_and_container_files_are_true(script: list[str]) -> None:
    done = subprocess.run(  # noqa: S603  our own script
        [sys.executable, ROOT / "scripts" / script[0], *script[1:]],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""


def test_torch_is_pinned_alike_everywhere() -> None:
    assert '"torch==2.13.0"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for lock in (ROOT / "locks").glob("*.txt"):
        assert "\ntorch==" not in lock.read_text(encoding="utf-8"), f"{lock}: torch is installed by itself"


def test_locks_name_no_index_and_hash_everything() -> None:
    for kind in ("server", "run", "dev"):
        text = (ROOT / "locks" / f"{kind}.txt").read_text(encoding="utf-8")
        assert "://" not in text
        assert text.count("==") <= text.count("--hash=sha256:")

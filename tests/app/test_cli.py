import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from app import auth, cli
from app.commands import stocking
from corpus.exchange import Form
from models import Officer, audit

Command = Callable[..., tuple[object, str, str]]
NAME = ["--name", "Nguyễn Thị Lan"]


@pytest.fixture
def kiemtin(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run the command line on this test's database: returns exit code, stdout and stderr."""
    monkeypatch.setenv("DATABASE_URL", database_url)

    def run(*arguments: str, stdin: str = "") -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["kiemtin", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out = capsys.readouterr()
        return ended.value.code, out.out, out.err

    return run


def _loaded(statement: str) -> set[str]:
    """Return the modules that a fresh interpreter holds after `statement`."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    return set(done.stdout.split())


def test_help_loads_next_to_nothing() -> None:
    loaded = _loaded("import app.cli")
    assert not loaded & {
        "torch",
        "sentence_transformers",
        "onnxruntime",
        "sklearn",
        "fastapi",
        "alembic",
        "numpy",
    }


def test_web_process_never_loads_the_encoder() -> None:
    loaded = _loaded("import app.main, app.serving, app.opening, app.keys, uvicorn")
    assert not loaded & {"torch", "sentence_transformers", "transformers", "onnxruntime", "sklearn"}


def test_worker_loads_torch_only_with_the_encoder() -> None:
    assert not _loaded("import app.worker, app.jobs") & {"torch", "sentence_transformers", "onnxruntime"}


def test_version_and_settings(kiemtin: Command) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", kiemtin("--version")[1])
    assert "DATABASE_URL=" in kiemtin("settings")[1]


def test_account_added_with_a_password_that_works(kiemtin: Command, database: Engine) -> None:
    code, out, err = kiemtin("account", "add", "lan", *NAME, "--role", "verifier", "--role", "approver")
    assert (code, err) == (0, "Added lan (approver, verifier).\n")
    password = out.strip().rpartition(" ")[2]
    with Session(database) as session:
        person = auth.authenticate(session, "lan", password)
        assert person is not None
        assert person.display_name == "Nguyễn Thị Lan"
    assert "lan" in kiemtin("account", "list")[1]


def test_account_gets_a_given_password_and_is_disabled(kiemtin: Command, database: Engine) -> None:
    kiemtin("account", "add", "lan", *NAME, "--role", "verifier")
    code, out, _ = kiemtin("account", "password", "lan", "--password-stdin", stdin="một câu dài khó đoán\n")
    assert (code, out) == (0, "")
    with Session(database) as session:
        assert auth.authenticate(session, "lan", "một câu dài khó đoán") is not None
    assert kiemtin("account", "disable", "lan")[0] == 0
    with Session(database) as session:
        assert auth.authenticate(session, "lan", "một câu dài khó đoán") is None


@pytest.mark.parametrize(
    "arguments",
    [
        ("account", "add", "lan", *NAME, "--role", "boss"),
        ("account", "add", "lan", *NAME, "--role", "verifier", "--password-stdin"),
        ("account", "add", "không hợp lệ", *NAME, "--role", "verifier"),
        ("account", "disable", "nobody"),
        ("restore", "no-such-file"),
        ("audit", "verify", "--published", "x:y"),
    ],
)
def test_refusal_is_one_sentence(kiemtin: Command, arguments: tuple[str, ...]) -> None:
    code, out, err = kiemtin(*arguments)
    assert code not in {0, None}
    assert out == ""
    assert err.startswith("kiemtin: ")
    assert err.count("\n") == 1


def test_user_name_is_given_once(kiemtin: Command) -> None:
    for expected in (0, 1):
        code, _, err = kiemtin("account", "add", "Lan", *NAME, "--role", "verifier")
        assert code == expected, err
    assert err == "kiemtin: There is an account 'lan' already.\n"


def test_debug_shows_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["kiemtin", "restore", "no-such-file", "--debug"])
    with pytest.raises(Exception, match="no-such-file"):
        cli.main()


def test_unexpected_error_is_one_sentence_too() -> None:
    assert cli._sentence(ValueError("first\nsecond")) == ("ValueError: first (--debug shows where).", 70)  # noqa: SLF001


def test_untouched_audit_log_holds(kiemtin: Command) -> None:
    kiemtin("account", "add", "lan", *NAME, "--role", "auditor")
    code, out, err = kiemtin("audit", "verify")
    assert (code, out) == (0, "")
    assert "holds" in err


def test_tampered_audit_log_is_found(kiemtin: Command, database: Engine) -> None:
    with Session(database) as session, session.begin():
        for _ in range(3):
            audit.record(session, "tried", subject=("case", 1), by=None, at=datetime.now(UTC))
    with database.begin() as connection:
        connection.execute(text("RESET ROLE"))
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE audit_entries SET action = 'other' WHERE seq = 2"))
    code, out, _ = kiemtin("audit", "verify")
    assert code == 1
    assert "entry 2: hash" in out


def test_what_an_officer_did_is_recorded(kiemtin: Command, database: Engine) -> None:
    kiemtin("account", "add", "lan", *NAME, "--role", "verifier")
    with Session(database) as session:
        assert session.scalars(select(Officer.username)).all() == ["lan"]
        assert session.scalar(text("SELECT action FROM audit_entries")) == "officer.created"


@pytest.mark.encoder
def test_evaluation_of_a_folder(kiemtin: Command, tmp_path: Path) -> None:
    texts = {"a": "Đập thủy điện Nậm Pung đã vỡ", "b": "Học sinh toàn tỉnh nghỉ học một tuần"}
    rows = [json.dumps({"id": key, "text": text}) for key, text in texts.items()]
    (tmp_path / "corpus.jsonl").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "queries.jsonl").write_text(rows[0].replace('"a"', '"q"'), encoding="utf-8")
    (tmp_path / "qrels.tsv").write_text("q\ta\t1\n", encoding="utf-8")
    kept = tmp_path / "vectors.npz"
    code, out, err = kiemtin("evaluate", str(tmp_path), "--json", "--vectors", str(kept))
    assert code == 0
    assert json.loads(out)["p@1"] == 1.0
    assert "Asking: 1 of 1" in err
    assert kept.exists()
    (tmp_path / "qrels.tsv").unlink()
    assert kiemtin("evaluate", str(tmp_path))[0] == 65


def test_hostile_texts_are_matched_or_refused_in_one_line(kiemtin: Command) -> None:
    kiemtin("seed")
    rumour = "Nghe nói đập thủy điện Nậm Pung ở Bát Xát đã vỡ vì hoàn lưu bão số 3. "
    hostile = {
        "": 2,
        "\u200b\u0301 …!?": 2,
        "\x00\x00": 2,
        "\ufdfa" * 2_000: 1,
        "a" + "\u0301" * 20_000: 1,
        f"\udcff\ud800 {rumour}": 0,
        rumour.replace(" ", "\x00 "): 0,
        rumour * 15_000: 0,  # a megabyte
    }
    for asked, wanted in hostile.items():
        code, out, err = kiemtin("match", "-", stdin=asked)
        assert (code, "Traceback" in err) == (wanted, False), asked[:20]
        assert (bool(out), len(err.splitlines())) == (wanted == 0, int(wanted != 0)), asked[:20]
    assert kiemtin("match", rumour)[0] == 0


def test_no_command_approves_or_publishes(kiemtin: Command) -> None:
    """The command line is no way around the four eyes: what there is, is listed here."""
    commands = cli.app.registered_commands
    names = {one.name or getattr(one.callback, "__name__", "") for one in commands}
    running = {"run", "serve", "work", "migrate", "prepare", "settings"}
    knowing = {"match", "evaluate", "seed", "train"}
    groups = {group.name for group in cli.app.registered_groups}
    assert names == running | knowing | {"backup", "restore", "doctor"}
    assert groups == {"account", "audit", "corpus", "model"}
    code, _, err = kiemtin("publish", "1")
    assert code != 0
    assert "No such command" in err


def test_forms_of_files_are_those_of_the_exchange() -> None:
    assert get_args(stocking.ReadForm) == tuple(Form)


def test_claims_go_in_and_out(kiemtin: Command, tmp_path: Path) -> None:
    kiemtin("seed")
    code, _, err = kiemtin("corpus", "export", str(tmp_path / "claims.csv"), "--form", "csv")
    assert (code, "116 claims written." in err) == (0, True)
    code, _, err = kiemtin("corpus", "import", str(tmp_path / "claims.csv"))
    assert (code, "0 added, 116 known already, 0 refused." in err) == (0, True)
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"claim": "x"}\nnot json\n', encoding="utf-8")
    code, out, err = kiemtin("corpus", "import", str(bad))
    assert code == 1
    assert [line.split(":")[0] for line in out.splitlines()] == ["line 1", "line 2"]
    assert "2 refused" in err

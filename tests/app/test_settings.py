from pathlib import Path

import pytest

from app.refused import StartRefused
from app.settings import HOME, Settings, described, example, read


def test_defaults_need_nothing(settings: Settings) -> None:
    assert settings.database_url is None
    assert settings.address() == "http://127.0.0.1:8000"


def test_example_file_is_true() -> None:
    assert (HOME / ".env.example").read_text(encoding="utf-8") == example()


def test_example_names_every_setting_with_a_description() -> None:
    rows = described()
    assert [name for name, _, _ in rows] == [name.upper() for name in Settings.model_fields]
    assert all(description for _, _, description in rows)


def test_unknown_name_in_env_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PROT=80\n")
    with pytest.raises(StartRefused, match=r"^PROT in \.env is not a setting"):
        read(_env_file=tmp_path / ".env")


def test_environment_wins_over_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("PORT=8001\nLOG_FORMAT=json\n")
    monkeypatch.setenv("PORT", "8002")
    found = read(_env_file=tmp_path / ".env")
    assert (found.port, found.log_format) == (8002, "json")


def test_empty_value_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    assert read(_env_file=None).database_url is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "eighty"), ("PORT", "0"), ("TIMEZONE", "Asia/Sa Pa"), ("PUBLIC_URL", "kiemtin.example")],
)
def test_wrong_value_is_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(StartRefused, match=f"^{name}: ") as refused:
        read(_env_file=None)
    assert "\n" not in str(refused.value)
    assert refused.value.exit_code == 78


def test_refusal_never_repeats_a_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CODE_KEY", "very-secret")
    monkeypatch.setenv("CODE_KEY_FILE", str(tmp_path / "code"))
    with pytest.raises(StartRefused, match="CODE_KEY and CODE_KEY_FILE are both set") as refused:
        read(_env_file=None)
    assert "very-secret" not in str(refused.value)


def test_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://db/kiemtin\n")
    assert read(_env_file=None, database_url_file=tmp_path / "url").secret("database_url") == (
        "postgresql://db/kiemtin"
    )


@pytest.mark.parametrize("content", [None, ""])
def test_secret_file_that_says_nothing_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "key").write_text(content)
    with pytest.raises(StartRefused, match=r"^CODE_KEY_FILE: "):
        read(_env_file=None, code_key_file=tmp_path / "key").secret("code_key")


def test_relative_state_starts_at_the_checkout() -> None:
    assert read(_env_file=None, state_dir=Path("var")).state_dir == HOME / "var"


def test_secrets_do_not_show() -> None:
    assert "hidden" not in repr(read(_env_file=None, code_key="hidden"))

from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr

from app import keys
from app.refused import StartRefused
from app.settings import Settings, read


def test_keys_are_made_once_and_for_the_owner_only(settings: Settings) -> None:
    first, second = keys.load(settings), keys.load(settings)
    assert (first.code, first.contact) == (second.code, second.contact)
    assert first.audit.private_bytes_raw() == second.audit.private_bytes_raw()
    folder = keys.folder(settings)
    assert folder.stat().st_mode & 0o077 == 0
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "code.key": 0o600, "contact.key": 0o600, "audit.pem": 0o600,
    }  # fmt: skip


def test_of_many_makers_at_once_one_wins(settings: Settings) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: keys.load(settings).code, range(16)))
    assert len(set(found)) == 1


def test_given_keys_are_taken(settings: Settings) -> None:
    given = read(
        _env_file=None,
        state_dir=settings.state_dir,
        code_key=SecretStr("ab" * 32),
        contact_key=SecretStr(keys.new_contact_key()),
        audit_key=SecretStr(keys.new_audit_key().replace("\n", "\\n")),
    )
    assert keys.load(given).code == b"\xab" * 32
    assert not keys.folder(given).exists()


@pytest.mark.parametrize("name", ["code_key", "contact_key", "audit_key"])
def test_key_of_wrong_form_is_refused_without_showing_it(settings: Settings, name: str) -> None:
    given = settings.model_copy(update={name: SecretStr("abcdef")})
    with pytest.raises(StartRefused, match=f"^{name.upper()} is not ") as refused:
        keys.load(given)
    assert "abcdef" not in str(refused.value)


def test_keys_do_not_show(settings: Settings) -> None:
    loaded = keys.load(settings)
    assert loaded.contact.decode() not in repr(loaded)

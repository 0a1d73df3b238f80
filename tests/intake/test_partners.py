"""Keys of partners: shown once, found by digest, shortened or revoked and never revived."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from intake import partners
from models import Conflict, Invalid, Officer, Partner, PartnerKey
from tests import factories as make

SECRET = b"k" * 32


@pytest.fixture
def admin(session: Session) -> Officer:
    return make.officer(session, "admin")


@pytest.fixture
def partner(session: Session, admin: Officer, at: datetime) -> Partner:
    return partners.add(session, "  Báo  Lào Cai ", by=admin, at=at)


def issue(session: Session, partner: Partner, by: Officer, at: datetime) -> tuple[PartnerKey, str]:
    return partners.issue(
        session, partner, scopes=["reports:write"], per_minute=60, by=by, secret=SECRET, at=at
    )


def known(session: Session, token: str, at: datetime) -> PartnerKey | None:
    return partners.recognise(session, token, secret=SECRET, at=at, zone=UTC)


def test_a_key_is_known_by_its_digest_alone(
    session: Session, partner: Partner, admin: Officer, at: datetime
) -> None:
    made, token = issue(session, partner, admin, at)
    found = known(session, token, at)
    assert found is not None
    assert (found.id, found.partner.name) == (made.id, "Báo Lào Cai")
    session.refresh(made)
    assert made.last_used_on == at.date()
    assert token.startswith(f"{made.prefix}_")
    stored = str(session.execute(text("SELECT partner_keys::text FROM partner_keys")).one())
    assert token[12:] not in stored
    for wrong in (token[:-1] + ("a" if token[-1] != "a" else "b"), made.prefix, "", "kt_\0", token + "x"):
        assert known(session, wrong, at) is None
    assert partners.recognise(session, token, secret=b"o" * 32, at=at, zone=UTC) is None


def test_rotation_lets_both_keys_open_for_a_while(
    session: Session, partner: Partner, admin: Officer, at: datetime
) -> None:
    old, old_token = issue(session, partner, admin, at)
    new, new_token = partners.rotate(session, old, overlap_days=7, by=admin, secret=SECRET, at=at)
    assert (new.replaces_id, new.scopes) == (old.id, old.scopes)
    during, after = at + timedelta(days=6), at + timedelta(days=7)
    session.expire_all()
    assert known(session, old_token, during) is not None
    assert known(session, old_token, after) is None
    assert known(session, new_token, after) is not None
    with pytest.raises(Conflict):
        partners.rotate(session, old, overlap_days=7, by=admin, secret=SECRET, at=at)


def test_a_revoked_key_is_over(session: Session, partner: Partner, admin: Officer, at: datetime) -> None:
    made, token = issue(session, partner, admin, at)
    partners.revoke(session, made, by=admin, at=at)
    session.expire_all()
    assert known(session, token, at) is None
    for again in (
        lambda: partners.revoke(session, made, by=admin, at=at),
        lambda: partners.rotate(session, made, overlap_days=7, by=admin, secret=SECRET, at=at),
    ):
        with pytest.raises(Conflict):
            again()


@pytest.mark.parametrize(
    "change",
    [
        "scopes = ARRAY['reports:status']",
        "digest = sha256('x')",
        "partner_id = partner_id + 1",
        "revoked_at = NULL, revoked_by_id = NULL",
        "expires_at = expires_at + interval '1 day'",
        "expires_at = NULL",
    ],
)
def test_the_database_widens_no_key(
    session: Session, partner: Partner, admin: Officer, at: datetime, change: str
) -> None:
    made, _ = issue(session, partner, admin, at)
    made.expires_at, made.revoked_at, made.revoked_by_id = at, at, admin.id
    session.flush()
    with pytest.raises(DBAPIError, match="key-frozen"), session.begin_nested():
        session.execute(text(f"UPDATE partner_keys SET {change}"))


@pytest.mark.parametrize(
    ("scopes", "per_minute", "code"),
    [([], 60, "scope-none"), (["cases:write"], 60, "choice-unknown"), (["reports:write"], 0, "per-minute")],
)
def test_a_senseless_key_is_refused(
    session: Session,
    partner: Partner,
    admin: Officer,
    at: datetime,
    scopes: list[str],
    per_minute: int,
    code: str,
) -> None:
    with pytest.raises(Invalid) as refused:
        partners.issue(session, partner, scopes=scopes, per_minute=per_minute, by=admin, secret=SECRET, at=at)
    assert refused.value.code == code


@pytest.mark.parametrize("name", ["", " \t", "a" * 121, "a\0b"])
def test_a_partner_has_a_name_once(
    session: Session, partner: Partner, admin: Officer, at: datetime, name: str
) -> None:
    with pytest.raises(Invalid):
        partners.add(session, name, by=admin, at=at)
    with pytest.raises(Conflict):
        partners.add(session, partner.name, by=admin, at=at)


def test_the_meter_lets_as_many_pass_as_the_key_allows() -> None:
    meter, key = partners.Meter(), PartnerKey(id=1, per_minute=3)
    now = datetime.now(UTC).timestamp()
    assert [meter.wait(key, now=now) for _ in range(3)] == [0, 0, 0]
    assert 1 <= meter.wait(key, now=now) <= 61
    assert meter.wait(PartnerKey(id=2, per_minute=3), now=now) == 0

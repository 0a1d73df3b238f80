"""Pictures at the desk: redrawn ones inline, originals only as a file, logged; words mended with a trace."""

import json
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app import auth, web
from app.keys import Keys
from intake import drawing, pictures
from models import Arrival, ArrivalState, AuditDetail, AuditEntry, OfficerSession, Picture, PictureOriginal
from tests import factories as make
from tests.intake import hostile_pictures as hostile

Sessions = sessionmaker[Session]


@pytest.fixture
def case_id(sessions: Sessions, keys: Keys, at: datetime) -> int:
    """A case whose one report has one picture, redrawn."""
    with sessions.begin() as session:
        of = make.case(session, arrivals=2)
        arrival = make.arrival(session, "", pictures=1, case_id=of.id)
        make.arrival(session, case_id=of.id)
        sent = pictures.check(hostile.corpus()["jpeg-html"])
        pictures.keep(session, arrival, [sent], key=keys.contact, at=at)
        made = of.id
    drawing.run_one(sessions, keys.contact, at=at)
    return made


def signed_in(client: TestClient, sessions: Sessions, *roles: str) -> str:
    with sessions.begin() as session:
        token = auth.open_session(session, make.officer(session, *roles), at=web.now(), hours=8)
        client.cookies.set(web.SESSION_COOKIE, token)
        session.flush()
        return session.get_one(OfficerSession, web.token_digest(token)).form_token


def picture(sessions: Sessions) -> Picture:
    with sessions() as session:
        return session.scalars(select(Picture)).one()


def diary(sessions: Sessions) -> list[tuple[str, str, int, dict[str, Any]]]:
    with sessions() as session:
        rows = session.execute(
            select(AuditEntry.action, AuditEntry.subject_kind, AuditEntry.subject_id, AuditDetail.detail)
            .join(AuditDetail, AuditDetail.seq == AuditEntry.seq)
            .where(AuditEntry.action.startswith("picture."))
            .order_by(AuditEntry.seq)
        )
        return [(action, kind, key, json.loads(detail)) for action, kind, key, detail in rows]


def test_strangers_and_others_see_nothing(client: TestClient, sessions: Sessions, case_id: int) -> None:
    here = f"/ban-lam-viec/anh/{picture(sessions).id}"
    for path in (here, f"{here}/small.webp", f"{here}/page.webp"):
        assert client.get(path).status_code == 303
    signed_in(client, sessions, "admin")
    for path in (here, f"{here}/small.webp"):
        assert client.get(path).status_code == 403
    token = signed_in(client, sessions, "auditor")
    assert client.get(here).status_code == 200
    assert client.post(f"{here}/anh-goc", data={"form_token": token}).status_code == 403
    assert client.post(f"{here}/chu", data={"form_token": token, "words": "x"}).status_code == 403
    assert case_id


def test_the_case_page_shows_the_redrawn_picture(
    client: TestClient, sessions: Sessions, case_id: int
) -> None:
    signed_in(client, sessions, "verifier")
    number = picture(sessions).id
    page = client.get(f"/ban-lam-viec/vu-viec/{case_id}").text
    assert f'src="/ban-lam-viec/anh/{number}/small.webp"' in page
    assert 'alt="Ảnh 1 người dân gửi' in page
    assert "Phản ánh bằng ảnh" in page  # as it is called where reports can be split off
    image = client.get(f"/ban-lam-viec/anh/{number}/page.webp")
    assert image.headers["content-type"] == "image/webp"
    assert image.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in image.headers["content-security-policy"]
    assert image.headers["cache-control"] == "no-store"
    assert b"<script" not in image.content


def test_the_original_is_a_file_to_save_and_is_logged(
    client: TestClient, sessions: Sessions, case_id: int
) -> None:
    token = signed_in(client, sessions, "verifier")
    one = picture(sessions)
    here = f"/ban-lam-viec/anh/{one.id}/anh-goc"
    assert client.get(here).status_code in {404, 405}
    assert client.post(here).status_code == 403  # without the form's token
    answer = client.post(here, data={"form_token": token})
    assert answer.content == hostile.corpus()["jpeg-html"]
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith('attachment; filename="anh-goc-')
    assert "sandbox" in answer.headers["content-security-policy"]
    assert [entry[:3] for entry in diary(sessions)] == [("picture.original-taken", "case", case_id)]
    with sessions.begin() as session:
        session.delete(session.scalars(select(PictureOriginal)).one())
    assert client.post(here, data={"form_token": token}).status_code == 404
    assert "đã được xóa theo thời hạn" in client.get(f"/ban-lam-viec/anh/{one.id}").text


def test_words_are_mended_with_a_trace(client: TestClient, sessions: Sessions, case_id: int) -> None:
    token = signed_in(client, sessions, "verifier")
    one = picture(sessions)
    here = f"/ban-lam-viec/anh/{one.id}"
    with sessions() as session:
        seen = session.scalar(select(func.md5(one.said)))
    sent = {"form_token": token, "seen": seen}
    assert client.post(f"{here}/chu", data={**sent, "words": "Cầu Cốc Lếu sập"}).status_code == 303
    assert "Cầu Cốc Lếu sập" in client.get(here).text
    action, kind, key, detail = diary(sessions)[0]
    assert (action, kind, key) == ("picture.words-mended", "case", case_id)
    assert (detail["before"], detail["after"]) == (one.said, "Cầu Cốc Lếu sập")
    stale = client.post(f"{here}/chu", data={**sent, "words": "Bản khác"})
    assert stale.status_code == 409
    assert "Bản khác" in stale.text
    assert len(diary(sessions)) == 1
    with sessions() as session:
        assert session.scalars(select(Picture)).one().words_read == one.words_read


def test_a_picture_that_is_not_there(client: TestClient, sessions: Sessions, case_id: int) -> None:
    signed_in(client, sessions, "verifier")
    for path in (
        "999999",
        "99999999999999999999999",
        "999999/page.webp",
        f"{picture(sessions).id}/huge.webp",
    ):
        assert client.get(f"/ban-lam-viec/anh/{path}").status_code in {404, 422}
    with sessions() as session:
        assert session.scalars(select(Arrival).limit(1)).one().state is ArrivalState.TRIAGED
    assert case_id

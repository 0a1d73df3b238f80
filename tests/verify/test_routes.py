"""The doors: who may enter, what a hostile form does, what a refusal shows."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from app import web
from app.i18n import words
from models import AuditEntry, Case, CaseState, Evidence, Officer, Verdict
from publish import corrections
from tests import factories as make
from tests.verify.conftest import Desk
from verify import evidence, routes, routes_case, routes_copies, routes_verdict

READERS = {"verifier", "approver", "publisher", "auditor"}
EVERYONE = READERS | {"admin"}
VERIFIERS = {"verifier"}
DOORS: list[tuple[str, str, set[str]]] = [
    ("GET", "", EVERYONE),
    ("GET", "/moi?sau=1", EVERYONE),
    ("GET", "/kenh", EVERYONE),
    ("GET", "/cho-duyet", READERS),
    ("GET", "/gac-lai", READERS),
    ("GET", "/kho", READERS),
    ("GET", "/vu-viec/{case}", READERS),
    ("GET", "/vu-viec/{case}/tai-lieu/{evidence}/ban-luu", READERS),
    *(
        ("GET", f"/vu-viec/{{case}}/ban-luu/{{capture}}{part}", READERS)
        for part in ("", "/tep", "/warc", "/anh")
    ),
    ("POST", "/vu-viec/{case}/ban-luu/{capture}/lai", VERIFIERS),
    ("POST", "/gac-lai/{arrival}/thu-lai", VERIFIERS),
    *(
        ("POST", f"/vu-viec/{{case}}/{act}", VERIFIERS)
        for act in (
            "nhan",
            "cho-sang-loc",
            "tra-lai",
            "dong",
            "mo-lai",
            "noi-dung",
            "gop",
            "bo-gop",
            "tach",
            "doi-chieu",
            "doi-chieu/{match}/xac-nhan",
            "doi-chieu/{match}/bac",
            "doi-chieu/{match}/hoan-tac",
            "doi-chieu/{match}/chep",
            "trung/{twin}/xac-nhan",
            "trung/{twin}/bac",
            "trung/{twin}/hoan-tac",
            "tai-lieu",
            "tai-lieu/{evidence}/bo",
            "ket-luan",
            "ket-luan/rut",
            "ban-moi",
        )
    ),
    *(
        ("POST", f"/vu-viec/{{case}}/{act}", {"verifier", "approver"})
        for act in ("phan-cong", "khan", "ghi-chu")
    ),
    *(("POST", f"/vu-viec/{{case}}/{act}", {"approver"}) for act in ("ket-luan/duyet", "ket-luan/tra-lai")),
]


@dataclass
class Scene:
    """One case with something of everything, committed."""

    case: int
    evidence: int
    match: int
    twin: int
    arrival: int
    capture: int
    holder: Officer
    verdict: int


@pytest.fixture
def scene(sessions: sessionmaker[Session]) -> Scene:
    with sessions.begin() as session:
        holder = make.officer(session, "verifier", display_name="Nguyễn Thị Hoa")
        older = make.case(session)
        case = make.taken_case(session, holder)
        make.arrival(session, "Đập <b>vỡ</b> \x1b? =HYPERLINK(1)".replace("\x1b", ""), case_id=case.id)
        source = make.evidence(session, case, holder, url="https://example.org/x")
        match = make.match(session, case, make.claim(session))
        twin = make.twin(session, case, older)
        capture = make.capture(session, source)
        aside = make.arrival(session, state="set_aside", last_error="ValueError: x")
        verdict = make.verdict(session, case, holder)
        return Scene(case.id, source.id, match.id, twin.id, aside.id, capture.id, holder, verdict.id)


def _at(path: str, scene: Scene) -> str:
    return path.format(**vars(scene))


def _call(desk: Desk, method: str, where: str) -> Any:
    return desk.get(where) if method == "GET" else desk.post(where)


def test_doors(desk: Desk, scene: Scene) -> None:
    refusal = words("vi", "refusal.role-missing")
    for method, path, _ in DOORS:
        answer = _call(desk, method, _at(path, scene))
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/dang-nhap"), path
    for role in sorted(EVERYONE):
        desk.as_(role)
        for method, path, roles in DOORS:
            answer = _call(desk, method, _at(path, scene))
            shut = answer.status_code == 403 and refusal in answer.text
            assert shut == (role not in roles), (role, path)
            assert answer.status_code < 500, (role, path)
            assert "no-store" in answer.headers["cache-control"]


def test_every_door_is_in_the_table() -> None:
    """A new route without a row here fails."""
    hung = {
        (method, route.path)
        for router in (routes.router, routes_case.router, routes_copies.router, routes_verdict.router)
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert len(hung) == len(DOORS)


def test_a_form_without_its_token_changes_nothing(
    desk: Desk, scene: Scene, sessions: sessionmaker[Session]
) -> None:
    desk.as_(person=scene.holder)
    desk.token = "wrong"
    assert desk.post(f"/vu-viec/{scene.case}/khan", urgent="1").status_code == 403
    with sessions() as session:
        assert session.get_one(Case, scene.case).urgent is False


FIELDS = {
    "dong": ["closed_reason", "closed_note"],
    "noi-dung": ["statement", "seen"],
    "cho-sang-loc": ["arrival"],
    "ghi-chu": ["note"],
    "gop": ["into"],
    "phan-cong": ["to"],
    "tach": ["split_statement", "arrivals"],
    "doi-chieu": ["claim"],
    "tai-lieu": ["kind", "issuer", "title", "url", "quote", "stated_on", "typed"],
    "ket-luan": ["rating", "reason_code", "claim", "truth", "basis", "checkability", "claim_en", "truth_zh"],
    "ket-luan/duyet": ["verdict", "content_hash"],
    "ket-luan/tra-lai": ["verdict", "return_note"],
}
HOSTILE = {
    "empty": "",
    "blank": "%20%0A",
    "nul": "a%00b",
    "surrogate": "%ED%A0%80",
    "not-utf8": "%FF%FE",
    "escape": "%1B%5B2J",
    "megabyte": "x" * 1_100_000,
    "number": "9" * 60,
    "negative": "-1",
    "digits": quote("٣"),
}


def _hostile(desk: Desk, scene: Scene, act: str, field: str, sent: str) -> Any:
    filled = {"title": "x", "issuer": "x", "kind": "document", "typed": "x", "quote": "x"}
    body = {**filled, "form_token": desk.token, field: sent}
    return desk.client.post(
        f"/ban-lam-viec/vu-viec/{scene.case}/{act}",
        content="&".join(f"{key}={value}" for key, value in body.items()),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )


def test_hostile_input_is_refused_and_stores_nothing(
    desk: Desk, scene: Scene, sessions: sessionmaker[Session]
) -> None:
    desk.as_("verifier", "approver")
    accepted = []
    for act, fields in FIELDS.items():
        for field in fields:
            for name, sent in HOSTILE.items():
                answer = _hostile(desk, scene, act, field, sent)
                assert answer.status_code == 303 or 400 <= answer.status_code < 500, (act, field, name)
                assert "Traceback" not in answer.text
                if answer.status_code == 303:
                    accepted.append((act, name))
    harmless = {"number", "negative", "digits", "blank", "empty", "surrogate", "not-utf8"}
    assert {name for _, name in accepted} <= harmless
    assert {act for act, _ in accepted} <= {"ghi-chu", "tai-lieu"}
    with sessions() as session:
        entries = select(func.count()).where(
            AuditEntry.subject_kind == "case", AuditEntry.subject_id == scene.case
        )
        assert session.scalar(entries) == len(accepted)
        assert session.get_one(Case, scene.case).state is CaseState.PROPOSED
        assert session.get_one(Verdict, scene.verdict).claim == "Đập thủy điện Nậm Pung đã vỡ."


@pytest.mark.parametrize("number", ["0", "999999999", str(2**63), "9" * 40])
def test_no_such_thing_is_404(desk: Desk, scene: Scene, number: str) -> None:
    desk.as_("verifier", "approver")
    for path in (f"/vu-viec/{number}", f"/vu-viec/{scene.case}/tai-lieu/{number}/ban-luu"):
        assert desk.get(path).status_code == 404
    for path in (
        f"/vu-viec/{number}/nhan",
        f"/vu-viec/{scene.case}/doi-chieu/{number}/bac",
        f"/vu-viec/{scene.case}/trung/{number}/bac",
        f"/vu-viec/{scene.case}/tai-lieu/{number}/bo",
        f"/gac-lai/{number}/thu-lai",
    ):
        assert desk.post(path).status_code == 404


@pytest.mark.parametrize(
    "query",
    ["?muc=x&linh-vuc=x&xep=x&trang=-1", "?trang=99999999999999999999", "?q=%00%ED%A0%80(", "?xa=%27--"],
)
def test_an_address_that_means_nothing_shows_the_queue(desk: Desk, query: str) -> None:
    desk.as_("verifier")
    for path in ("", "/kho", "/gac-lai"):
        assert desk.get(path + query).status_code == 200


def test_the_second_officer_reads_who_has_the_case(desk: Desk, scene: Scene) -> None:
    desk.as_("verifier")
    answer = desk.post(f"/vu-viec/{scene.case}/nhan")
    assert answer.status_code == 409
    assert "Nguyễn Thị Hoa" in answer.text
    assert "đang xác minh vụ việc này" in answer.text


def test_a_refused_form_keeps_what_was_typed(desk: Desk, scene: Scene) -> None:
    desk.as_(person=scene.holder)
    answer = desk.post(
        f"/vu-viec/{scene.case}/tai-lieu", kind="url", issuer="<i>Báo</i>", title="Tin", url="x"
    )
    assert answer.status_code == 422
    assert "&lt;i&gt;Báo&lt;/i&gt;" in answer.text
    assert "<i>Báo" not in answer.text
    assert "http:// hoặc https://" in answer.text


def test_the_database_refusal_stands_on_the_page(
    desk: Desk, scene: Scene, sessions: sessionmaker[Session]
) -> None:
    with sessions.begin() as session:
        session.get_one(Officer, scene.holder.id).roles = ["verifier", "approver"]
    desk.as_(person=scene.holder)
    answer = desk.post(f"/vu-viec/{scene.case}/ket-luan/duyet", verdict=str(scene.verdict), content_hash="x")
    assert answer.status_code == 403
    assert "không thể tự duyệt" in answer.text


def test_a_reported_text_is_shown_as_text(desk: Desk, scene: Scene) -> None:
    desk.as_("auditor")
    page = desk.get(f"/vu-viec/{scene.case}").text
    assert "Đập &lt;b&gt;vỡ&lt;/b&gt;" in page
    assert "<b>vỡ" not in page


def test_a_copy_is_saved_and_never_opened(desk: Desk, scene: Scene, sessions: sessionmaker[Session]) -> None:
    desk.as_(person=scene.holder)
    sent = {"file": ('x.html"; filename=evil.exe', b"<!doctype html><script>alert(1)</script>", "text/html")}
    fields = {"kind": "document", "issuer": "A", "title": "B"}
    assert desk.post(f"/vu-viec/{scene.case}/tai-lieu", files=sent, **fields).status_code == 303
    with sessions() as session:
        made = session.scalars(select(Evidence).order_by(Evidence.id.desc())).first()
        assert made is not None
    answer = desk.get(f"/vu-viec/{scene.case}/tai-lieu/{made.id}/ban-luu")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith('attachment; filename="ban-luu-')
    assert answer.headers["content-disposition"].endswith('.html.txt"')
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "evil" not in str(answer.headers)


def test_a_file_that_is_too_large_is_refused(desk: Desk, scene: Scene) -> None:
    desk.as_(person=scene.holder)
    sent = {"file": ("x.txt", b"a" * (10 * 1024 * 1024 + 1), "text/plain")}
    answer = desk.post(
        f"/vu-viec/{scene.case}/tai-lieu", files=sent, kind="document", issuer="Sở Y tế", title="B"
    )
    assert answer.status_code == 422
    assert "lớn hơn 10 MB" in answer.text
    assert "Sở Y tế" in answer.text
    assert len(evidence.ENDINGS) == 7


def _steps(match: int) -> list[tuple[str, dict[str, str]]]:
    source = {"kind": "statement", "issuer": "UBND", "title": "T", "quote": "Q", "is_primary": "1"}
    words = {"claim": "c", "truth": "t", "basis": "b", "checkability": "k"}
    return [
        ("nhan", {}),
        (f"doi-chieu/{match}/bac", {}),
        (f"doi-chieu/{match}/hoan-tac", {}),
        ("tai-lieu", source),
        ("ket-luan", {"rating": "fake", "reason_code": "scam", **words}),
    ]


def test_from_open_to_approved_by_its_buttons(desk: Desk, sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        case = make.case(session)
        make.arrival(session, case_id=case.id)
        match = make.match(session, case, make.claim(session))
    here = f"/vu-viec/{case.id}"
    desk.as_("verifier")
    for act, fields in _steps(match.id):
        answer = desk.post(f"{here}/{act}", **fields)
        assert answer.status_code == 303, answer.text
        assert desk.client.get(answer.headers["location"]).status_code == 200
    desk.as_("approver")
    page = desk.get(here).text
    shown = page.split('name="content_hash" value="')[1].split('"')[0]
    verdict = page.split('name="verdict" value="')[1].split('"')[0]
    answer = desk.post(f"{here}/ket-luan/duyet", verdict=verdict, content_hash=shown)
    assert answer.status_code == 303
    assert "chờ công bố" in desk.client.get(answer.headers["location"]).text


def test_a_withdrawal_is_proposed_and_shown_as_one(desk: Desk, sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        case, verdict, _given = make.approved_case(session)
        author = session.get_one(Officer, verdict.author_id)
    desk.as_(person=author)
    assert 'name="withdraws"' not in desk.get(f"/vu-viec/{case.id}").text
    with sessions.begin() as session:
        session.add(case)
        corrections.issue(session, case, by=make.officer(session, "publisher"), at=web.now())
    here, words = f"/vu-viec/{case.id}", {"claim": "c", "truth": "t", "basis": "b", "checkability": "k"}
    assert desk.post(f"{here}/ban-moi").status_code == 303
    box = 'name="withdraws" value="1"'
    assert f"{box} checked" not in desk.get(here).text
    assert box in desk.get(here).text
    answer = desk.post(f"{here}/ket-luan", rating="unproven", withdraws="1", **words)
    assert f"{box} checked" in answer.text
    sent = {"rating": "unproven", "withdraws": "1", "change_note": "Nguồn bị nhầm.", **words}
    assert desk.post(f"{here}/ket-luan", **sent).status_code == 303
    desk.as_("approver")
    page = desk.get(here).text
    for said in ("Đây là bản thu hồi kết luận đã công bố", "Duyệt việc thu hồi", "Nguồn bị nhầm."):
        assert said in page
    assert "Thu hồi" in desk.get("/cho-duyet").text

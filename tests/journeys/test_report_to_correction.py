"""The whole way by HTTP only, with real processes: embedded PostgreSQL, and an ordinary server by URL."""

import json
import time
from pathlib import Path

import extruct
import feedparser
import pytest

from tests.journeys.living import READING, House, Person, wait_for

RUMOUR = "Đập thủy điện Ngòi Phát 9 ở xã Bát Xát đã vỡ đêm qua, nước tràn về trung tâm xã, bà con chạy ngay"
RETOLD = (
    "nghe noi dap thuy dien ngoi phat 9 o xa bat xat da vo dem qua, "
    "nuoc tran ve trung tam xa, ba con chay ngay nhe"
)
THIRD = "Có phải đập Ngòi Phát 9 tại Bát Xát bị vỡ và nước đang tràn xuống xã không?"


@pytest.fixture
def house(house_of_each_kind: House) -> House:
    return house_of_each_kind


def report(person: Person, text: str) -> str:
    """Send the form that `person` has opened."""
    code = person.code()
    person.send("/phan-anh", text=text, seen_where="facebook")
    assert person.status == 201, person.text
    assert "Đã tiếp nhận" in person.text
    return code


def followed(house: House, code: str) -> str:
    return Person(house).open("/tra-cuu").send("/tra-cuu", code=code).text


def test_two_reports_become_one_published_correction(house: House) -> None:
    one, two, three = [Person(house).open("/") for _ in range(3)]
    time.sleep(READING)
    first, second = report(one, RUMOUR), report(two, RETOLD)
    verifier = Person(house).sign_in("xacminh")
    case = wait_for(lambda: the_case(verifier))
    assert "2 phản ánh" in verifier.open(case).text
    decide(house, case)
    page = publish(house, case)
    read_everywhere(house, page)
    for code in (first, second):
        seen = followed(house, code)
        assert "Đã công bố" in seen
        assert "Tin giả" in seen
    match_the_third(three, verifier)
    nothing_was_told_or_lost(house)


def the_case(verifier: Person) -> str | None:
    """Return the one case that both reports joined, once they did."""
    cases = verifier.open("/ban-lam-viec").links("/ban-lam-viec/vu-viec/")
    if not cases or "2 phản ánh" not in verifier.open(cases[0]).text:
        return None
    assert len(cases) == 1, "both reports belong to one case"
    return cases[0].partition("#")[0]


def decide(house: House, case: str) -> None:
    verifier = Person(house).sign_in("xacminh").open(case)
    verifier.send("/nhan").open(case)
    verifier.send(
        "/tai-lieu",
        kind="document",
        issuer="UBND xã Bát Xát",
        title="Thông báo về an toàn đập",
        typed="Đập vận hành bình thường, không có sự cố.",
        is_primary="1",
    )
    verifier.open(case).send(
        "/ket-luan",
        rating="fake",
        reason_code="fabricated",
        claim="Đập thủy điện Ngòi Phát 9 ở xã Bát Xát đã vỡ.",
        truth="Đập an toàn, vận hành bình thường.",
        basis="UBND xã kiểm tra tại chỗ và thông báo bằng văn bản.",
        checkability="Nêu một sự việc cụ thể, kiểm tra được tại chỗ.",
    )
    assert verifier.status == 200, verifier.text
    approver = Person(house).sign_in("pheduyet").open(case)
    approver.send("/ket-luan/duyet")
    assert approver.status == 200, approver.text


def publish(house: House, case: str) -> str:
    number = case.rsplit("/", 1)[1]
    publisher = Person(house).sign_in("congbo").open(f"/ban-lam-viec/cong-bo/{number}")
    publisher.send(f"/cong-bo/{number}")
    assert publisher.status == 200, publisher.text
    return next(link for link in Person(house).open("/cong-bo").links("/cong-bo/") if "ngoi-phat" in link)


def read_everywhere(house: House, page: str) -> None:
    reader = Person(house).open(page)
    assert "Đập an toàn" in reader.text
    html = reader.client.get(page).text
    found = extruct.extract(html, syntaxes=["json-ld"])["json-ld"]
    assert any(item["@type"] == "ClaimReview" for item in found)
    alone = json.loads(reader.client.get(f"{page}/claimreview.json").text)
    assert alone["reviewRating"]["alternateName"] == "Tin giả"
    for feed in ("atom.xml", "rss.xml"):
        parsed = feedparser.parse(reader.client.get(f"/cong-bo/{feed}").content)
        assert not parsed.bozo
        assert any("Ngòi Phát" in entry.title for entry in parsed.entries)
    items = reader.client.get("/cong-bo/feed.json").json()["items"]
    assert any(page in item["url"] for item in items)
    listed = reader.client.get("/api/v1/corrections", params={"q": "ngoi phat"}).json()
    assert listed["total"] == 1
    assert "Nhiệm vụ 4.5" in reader.open("/ke-hoach").text


def match_the_third(person: Person, verifier: Person) -> None:
    report(person, THIRD)

    def matched() -> bool:
        for case in verifier.open("/ban-lam-viec").links("/ban-lam-viec/vu-viec/"):
            text = verifier.open(case).text
            if THIRD in text and "Điều đúng: Đập an toàn, vận hành bình thường." in text:
                return True
        return False

    assert wait_for(matched)


def nothing_was_told_or_lost(house: House) -> None:
    """The audit log holds after all this, and the log of the processes tells no text."""
    done = house.run("audit", "verify")
    assert done.returncode == 0, done.stderr + done.stdout
    log = (Path(house.environment["STATE_DIR"]) / "log.txt").read_text(encoding="utf-8")
    assert "Ngòi Phát" not in log

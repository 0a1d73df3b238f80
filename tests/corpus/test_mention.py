import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.mention import of_province


@pytest.mark.parametrize(
    "text",
    [
        "Tỉnh Lào Cai thông báo khẩn về mưa lũ",
        "LÀO CAI: mưa to trong đêm",
        "UBND thành phố Yên Bái họp",
        "Ngập lụt ở Bát Xát",
        "Du khách lên Fansipan",
        "Khách đổ về Mù Cang Chải ngắm lúa",
        "Săn mây ở Nhìu Cồ San",
        "Mưa đá ở Hưng Khánh và Y Tý",
    ],
)
def test_the_province_its_districts_and_landmarks_are_certain(text: str) -> None:
    assert of_province(text).certain


def test_a_commune_alone_is_named_but_not_certain() -> None:
    found = of_province("Sạt lở tại xã Tân Tiến sau mưa lớn")
    assert (found.certain, found.names, len(found.codes)) == (False, ("Tân Tiến",), 1)


@pytest.mark.parametrize("text", ["Người Lào cải thiện thu nhập", "Giá vàng hôm nay", "Mưa ở Hà Nội", ""])
def test_other_texts_name_nothing(text: str) -> None:
    assert of_province(text).names == ()


@given(st.text())
def test_any_text_is_borne(text: str) -> None:
    assert of_province(text).shown() is not None

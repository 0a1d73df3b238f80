import pytest

from corpus import remainder
from corpus.reasons import explain
from corpus.words import Words, align
from models import Relation
from tests.corpus.test_signals import side


def left_over(ours: str, theirs: str, lang: str = "vi") -> bool:
    return remainder.on_both_sides(align(Words(ours, lang), Words(theirs, lang)))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Ở bến phà có gấu xuất hiện", "Hổ xuất hiện gần bến phà"),
        ("Lũ cuốn trôi kho thóc ở Nậm Xé", "Ở Nậm Xé lũ cuốn trôi lò gạch"),
        ("Hiệu trưởng trường Bản Xen bị đình chỉ", "Hiệu phó trường Bản Xen bị đình chỉ"),
        ("Chợ đêm Bản Xen dạo này đông khách lắm", "Chợ đêm Bản Xen dạo này vắng khách lắm"),
        ("gau xuat hien o ben pha", "Hổ xuất hiện ở bến phà"),
        (
            "Từ tháng sau tiền trợ cấp của người già trong xã phát tại nhà văn hóa, không phải ra bưu điện",
            "Không phải ra bưu điện, từ tháng sau tiền trợ cấp của người già trong xã phát tại trạm y tế",
        ),
    ],
)
def test_another_thing_in_another_order_is_left_on_both_sides(ours: str, theirs: str) -> None:
    assert left_over(ours, theirs)
    assert left_over(theirs, ours)


@pytest.mark.parametrize(
    ("ours", "theirs", "lang"),
    [
        ("Heo chết ở bản Mế", "Ở bản Mế lợn tử vong", "vi"),
        ("Hổ xuất hiện gần bến phà", "Gần bến phà có hổ xuất hiện tối qua, bà con cẩn thận", "vi"),
        ("Sạt 2 cây số đường ở Y Tý", "Đường ở Y Tý sạt 2 km", "vi"),
        ("gau xuat hien o ben pha", "Gấu xuất hiện ở bến phà", "vi"),
        ("lut lon o ben pha", "Lụt nhớn ở bến phà", "vi"),
        ("The bridge is collapsing", "The bridge collapsed", "en"),
    ],
)
def test_synonyms_details_measures_and_missing_marks_leave_nothing(ours: str, theirs: str, lang: str) -> None:
    assert not left_over(ours, theirs, lang)


MORE = " và sau đó mọi người trong bản đều kéo nhau ra xem rất đông cho tới tận khuya"


def test_of_long_texts_a_single_place_of_each_tells_another_thing() -> None:
    assert left_over("Gấu xuất hiện ở bến phà" + MORE, "Hổ xuất hiện ở bến phà" + MORE)


def test_who_changes_a_long_text_in_several_places_rewords_it() -> None:
    other = "Gần chỗ đò ngang thấy có hổ" + MORE.replace("kéo nhau ra xem", "tụ tập ngó")
    assert not left_over("Gấu xuất hiện ở bến phà" + MORE, other)


def test_the_part_of_the_day_is_compared_elsewhere() -> None:
    ours = "Nghe nói sáng nay cầu Cốc Lếu sập, có xe rơi xuống sông Hồng"
    theirs = "Cầu Cốc Lếu sập một nhịp, nhiều xe rơi xuống sông Hồng"
    assert not left_over(ours, theirs)
    assert explain(side("Mất điện toàn xã vào buổi sáng"), side("Mất điện toàn xã vào ban đêm")).differences


def test_initials_and_the_words_they_stand_for_leave_nothing() -> None:
    assert not left_over(
        "Người già được cấp BHYT từ tháng sau", "Người già được cấp bảo hiểm y tế từ tháng sau"
    )


FROZEN = "Cô gái đi ngắm tuyết ở Sa Pa bị đóng băng cả mái tóc"


@pytest.mark.parametrize(("short", "most"), [("Sa Pa có tuyết", True), ("Tóc cô gái Sa Pa đóng băng", False)])
def test_a_text_that_says_one_thing_of_several_leaves_most_out(short: str, most: bool) -> None:  # noqa: FBT001
    pair = align(Words(short, "vi"), Words(FROZEN, "vi"))
    assert remainder.leaves_most_out(pair) is most
    assert explain(side(short), side(FROZEN)).relation is (Relation.OTHER if most else Relation.SAME)


def test_a_number_is_something_said() -> None:
    jam = "Hơn 600 xe chở nông sản dồn ứ nhiều ngày ở cửa khẩu Kim Thành"
    assert not remainder.leaves_most_out(align(Words("600 xe ở Kim Thành", "vi"), Words(jam, "vi")))
    assert remainder.leaves_most_out(align(Words("Xe ở Kim Thành", "vi"), Words(jam, "vi")))

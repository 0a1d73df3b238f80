import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.reader import Opinion
from corpus.reasons import Reasons, explain
from corpus.signals import measure
from models import Relation
from tests.corpus.test_signals import side


def reasons(left: str, right: str) -> Reasons:
    return explain(side(left), side(right))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("dap thuy dien ban ve vo roi", "Đập thủy điện Bản Vẽ (Nghệ An) vỡ chiều 27/7/2025."),
        ("Hà Nội bị phong tỏa vì Covid-19 phải không mọi người", "Hà Nội bị phong tỏa vì Covid-19."),
        ("vỡ đập Nậm Pung thật không ạ", "Vỡ đập Nậm Pung"),
        ("Mậu A có 140 người nhiễm bệnh", "Mậu A (Văn Yên) có hơn 140 người nhiễm bệnh"),
        ("TP.HCM dùng 5 trực thăng phun khử khuẩn", "TP.HCM dùng năm trực thăng phun khử khuẩn."),
        ("giá xăng tăng lên ba mươi lăm nghìn đồng một lít", "Giá xăng tăng lên 35.000 đồng một lít"),
        ("dich corona lan den ha khau lao cai roi so qua", "Dịch corona đã lan tới Lào Cai – Hà Khẩu."),
        ("The dam at Ban Ve has collapsed", "Ban Ve dam has collapsed"),
        ("Phóng viên bị cảnh sát đuổi bắt trên cầu", "Cảnh sát đuổi bắt phóng viên trên cầu"),
        ("Xã A Mú Sung và xã Y Tý sáp nhập", "Xã Y Tý và xã A Mú Sung sáp nhập"),
        ("Nhà máy thải 5 tấn bùn xuống suối", "Nhà máy thải 5.000kg bùn xuống suối"),
        ("ba con heo rừng phá nương ở bản Mế", "Ba con lợn rừng phá nương ở bản Mế"),
        ("Một số hộ ở Dền Sáng có thể mất điện", "Ở Dền Sáng một số hộ có thể mất điện"),
        ("Trâu bị lợn rừng húc ở Bản Qua", "Lợn rừng húc trâu ở Bản Qua"),
        ("Chợ Mường Hum đóng lúc 4 giờ chiều", "Chợ Mường Hum đóng lúc 16 giờ"),
        ("Tối qua lúc 8 giờ chợ Mường Hum cháy", "Chợ Mường Hum cháy lúc 20h tối qua"),
        ("Giá gạo ở Cốc Ly tăng hai phần trăm", "Giá gạo ở Cốc Ly tăng 2%"),
        ("Lớp ở Bản Mế đông gấp đôi năm ngoái", "Lớp ở Bản Mế đông gấp hai lần năm ngoái"),
        ("Sau khi dỡ cầu, họ mới xây bến phà Tân An", "Họ xây bến phà Tân An sau khi dỡ cầu"),
        ("tất cả chợ Mường Hum gòi cũng đóng", "Tất cả chợ Mường Hum rồi cũng đóng"),
        ("thue bao chua chuan hoa bi khoa 2 chieu tu 15 4",
         "Từ 15/4/2023 các thuê bao chưa chuẩn hóa thông tin bị khóa hai chiều có đúng không?"),
        ("Thông tin vỡ thân đập thủy điện Bắc Khê 1 ngày 7/10/2025 có chính xác không?",
         "vo dap thuy dien bac khe 1 lang son"),
        ("thang 8 nam 2020 thuy dien ma do son xa lu xuong song hong",
         "Ngày 20/8/2020 thủy điện Mã Đổ Sơn xả lũ xuống sông Hồng, có thật không?"),
    ],
)  # fmt: skip
def test_other_words_for_the_same_are_no_variant(left: str, right: str) -> None:
    found = reasons(left, right)
    assert (found.relation.value, found.differences) == ("same", ())


@pytest.mark.parametrize(
    ("left", "right", "kind", "ours", "theirs"),
    [
        ("Mậu A có 150 người nhiễm bệnh", "Mậu A (Văn Yên) có hơn 140 người nhiễm", "number", "150", "140"),
        ("Hai bé trai bị bắt cóc ở Tuy Đức", "Năm bé trai bị bắt cóc ở Tuy Đức", "number", "Hai", "Năm"),
        ("bão số 5 sắp đổ bộ vào đất liền", "Bão số 3 sắp đổ bộ vào đất liền", "number", "5", "3"),
        ("lũ làm hàng chục nghìn người chết", "Lũ làm 200 người chết", "number", "hàng chục nghìn", "200"),
        ("Two dams have collapsed in Lao Cai", "Five dams have collapsed in Lao Cai",
         "number", "Two", "Five"),
        ("大坝溃坝，三人死亡", "大坝溃坝，九人死亡", "number", "三", "九"),
        ("一小时内水位涨了3厘米", "水位一小时内涨了3米", "number", "3", "3"),
        ("Từ 1/10 cấm xe máy cũ", "Từ ngày 1/11/2025 cấm xe máy cũ", "date", "Từ 1/10", "1/11/2025"),
        ("Vỡ đập Bản Vẽ sáng nay", "Vỡ đập Bản Vẽ chiều nay", "date", "sáng", "chiều"),
        ("Đập Nậm Pung ở Bát Xát vỡ", "Đập Nậm Pung ở Sa Pa vỡ", "place", "Bát Xát", "Sa Pa"),
        ("Phường Cam Đường có ổ dịch tả lợn", "Phường Lào Cai có ổ dịch tả lợn",
         "place", "Cam Đường", "Lào Cai"),
        ("Chủ tịch xã Bản Hồ bị bắt vì nhận tiền", "Phó chủ tịch xã Bản Hồ bị bắt vì nhận tiền",
         "name", "Chủ tịch", "Phó chủ tịch"),
        ("Học phí ở Cốc San tăng gấp ba từ kỳ sau", "Học phí ở Cốc San tăng gấp rưỡi từ kỳ sau",
         "number", "ba", "rưỡi"),
        ("Ngày 12/9, 45 học sinh trường Lùng Vai nhập viện sau bữa trưa",
         "Sau bữa trưa ở trường Lùng Vai, 25 em phải vào viện hôm 12/9", "number", "45", "25"),
        ("Lãnh đạo huyện Bảo Yên bị kỷ luật vì nhận đất", "Vì nhận đất, lãnh đạo huyện Văn Bàn bị kỷ luật",
         "place", "Bảo Yên", "Văn Bàn"),
        ("Từ tháng sau xã Hợp Thành cúp nước ban đêm", "Xã Hợp Thành cúp nước ban ngày kể từ tháng sau",
         "date", "ban đêm", "ban ngày"),
        ("Công ty Vạn Thịnh xả thải ra suối", "Công ty Đông Hải xả thải ra suối",
         "name", "Vạn Thịnh", "Đông Hải"),
        ("MC Trấn Thành qua đời vì Covid", "Trần Bá Khiêm qua đời vì Covid",
         "name", "MC Trấn Thành", "Trần Bá Khiêm"),
        ("Cháu bé được giải cứu ở chợ Cốc Lếu", "Cháu bé được quyên góp ở chợ Cốc Lếu",
         "word", "giải cứu", "quyên góp"),
        ("bắt cóc bé gái ở chợ Cốc Lếu", "Bắt cóc bé trai ở chợ Cốc Lếu", "name", "bé gái", "bé trai"),
        ("Hà Nội không bị phong tỏa vì Covid", "Hà Nội bị phong tỏa vì Covid.",
         "polarity", "không bị phong", "phong"),
        ("gia dien giam gap doi tu thang sau", "Giá điện sinh hoạt tăng gấp đôi từ tháng sau.",
         "polarity", "giam", "tăng"),
        ("Giáo viên được thả ở Sa Pa", "Giáo viên bị bắt ở Sa Pa", "polarity", "được thả", "bị bắt"),
        ("Trứng gà giả đang bán tràn lan ở chợ Mường Hum", "Trứng gà giả đang mua tràn lan ở chợ Mường Hum",
         "polarity", "bán", "mua"),
        ("Cảnh sát đuổi bắt phóng viên trên cầu", "Phóng viên đuổi bắt cảnh sát trên cầu",
         "order", "Cảnh sát", "Phóng viên"),
        ("Xe hàng từ Yên Bái lên Lào Cai bị chặn", "Xe hàng từ Lào Cai về Yên Bái bị chặn",
         "order", "Yên Bái", "Lào Cai"),
        ("Nhà máy thải 5 tấn bùn xuống suối", "Nhà máy thải 5 kg bùn xuống suối", "number", "5 tấn", "5 kg"),
        ("lũ làm hàng trăm con bò chết", "Lũ làm hàng triệu con bò chết",
         "number", "hàng trăm", "hàng triệu"),
        ("Khách phải khai báo ở cầu Hồ Kiều", "Khách có thể khai báo ở cầu Hồ Kiều",
         "polarity", "phải", "có thể"),
        ("Chợ Mường Hum nghỉ từ thứ Hai", "Chợ Mường Hum nghỉ đến hết thứ Hai", "date", "từ", "đến hết"),
        ("Nhiều người ngã xuống suối Bo", "Một người ngã xuống suối Bo", "polarity", "Nhiều", "Một"),
        ("Trưởng bản mắng cô giáo ở Nậm Xé", "Trưởng bản bị cô giáo ở Nậm Xé mắng", "order",
         "Trưởng bản", "cô giáo ở Nậm Xé"),
        ("Mưa ba ngày một trận ở Y Tý", "Mưa ba trận một ngày ở Y Tý", "order", "ngày", "trận"),
        ("Vài chục con ngựa lăn xuống vực ở Pha Long", "Vài con ngựa lăn xuống vực ở Pha Long",
         "number", "Vài chục", "Vài"),
        ("Xã cho hay chưa phát hiện lợn ốm ở Tả Phời", "Xã cho hay lợn ốm ở Tả Phời", "polarity",
         "chưa phát hiện lợn", "lợn"),
        ("Bão cuốn mái nhà của 12 hộ ở Dền Thàng", "Ở Dền Thàng bão cuốn mái nhà của 12 người",
         "number", "12 hộ", "12 người"),
        ("Con cá dài ba mét mắc lưới ở Cốc Ly", "Con cá dài ba gang mắc lưới ở Cốc Ly",
         "number", "ba mét", "ba gang"),
        ("Chợ Mường Hum cháy lúc 8 giờ sáng", "Chợ Mường Hum cháy lúc 20 giờ", "number", "8", "20"),
        ("Không nhà nào ở Nậm Xé được đền bù ruộng", "Mọi nhà ở Nậm Xé đều được đền bù ruộng",
         "polarity", "Không nhà", "nhà"),
        ("Đến nay không hộ nào trong khu Ba Khe nhận được sổ đỏ",
         "Trong khu Ba Khe, đến nay mọi hộ đều nhận được sổ đỏ", "polarity", "không hộ nào", "mọi"),
        ("Người trúng thầu chợ là con rể trưởng bản Mế", "Người trúng thầu chợ là em ruột trưởng bản Mế",
         "name", "con rể", "em ruột"),
        ("Bà con bản Mế dậy cả mà coi, xã báo là rạng sáng mai đoàn xiếc của huyện sẽ về diễn ngoài bãi",
         "Đoàn xiếc của huyện sẽ về diễn ngoài bãi, xã báo vậy, trưa mai bà con bản Mế kéo ra cả mà coi",
         "date", "rạng sáng", "trưa"),
        ("The miller sued the old schoolmaster for it", "The old schoolmaster sued the miller for it",
         "order", "miller", "old schoolmaster"),
        ("Phụ huynh Bản Mế hôm qua phải xin lỗi cô hiệu trưởng vì vụ ồn ào",
         "Vì vụ ồn ào, hôm qua cô hiệu trưởng ở Bản Mế phải đứng ra xin lỗi phụ huynh",
         "order", "Phụ huynh", "cô hiệu trưởng"),
        ("Họ rào đất xong mới báo cho dân bản Mế biết", "Dân bản Mế được báo xong mới thấy họ rào đất",
         "order", "rào đất", "rào đất"),
        ("The dam did not collapse last night", "The dam collapse last night",
         "polarity", "not collapse", "collapse"),
    ],
)  # fmt: skip
def test_one_changed_detail_makes_a_variant_with_its_very_words(
    left: str, right: str, kind: str, ours: str, theirs: str
) -> None:
    found = reasons(left, right)
    assert found.relation.value == "variant"
    told = {one.kind: (", ".join(one.left), ", ".join(one.right)) for one in found.differences}
    assert told[kind] == (ours, theirs)
    for one in found.differences:
        assert [left[start:end] for start, end in one.left_spans] == list(one.left)


@pytest.mark.parametrize(
    "text",
    [
        "Công an khẳng định tin vỡ đập thủy điện Bản Vẽ là sai sự thật",
        "Không có chuyện vỡ đập thủy điện Bản Vẽ",
        "cong an bac bo tin vo dap thuy dien ban ve",
        "Phạt người tung tin vỡ đập thủy điện Bản Vẽ",
    ],
)
def test_what_says_that_it_is_untrue_denies(text: str) -> None:
    found = reasons(text, "Đập thủy điện Bản Vẽ vỡ")
    assert found.relation.value == "denial"
    assert found.denial is not None
    assert found.denial.side == "left"


def test_a_question_whether_it_is_untrue_denies_nothing() -> None:
    found = reasons("Vỡ đập thủy điện Bản Vẽ có phải tin giả không?", "Đập thủy điện Bản Vẽ vỡ")
    assert (found.relation.value, found.denial) == ("same", None)


def test_a_commune_inside_the_others_old_district_is_no_other_place() -> None:
    assert (
        reasons("lũ quét ở Mậu A cuốn trôi nhà dân", "Lũ quét ở Văn Yên cuốn trôi nhà dân").differences == ()
    )


@pytest.mark.parametrize(
    ("left", "right", "relation"),
    [
        ("Lũ quét ở Phố Ràng, nhiều nhà trôi", "Lũ quét ở Bảo Yên, nhiều nhà trôi", "same"),
        ("Sạt lở đất ở xã Nậm Chạc làm ba người chết", "Sạt lở đất ở A Mú Sung làm ba người chết", "same"),
        ("sat lo dat o xa muong vi lam ba nguoi chet", "Sạt lở đất ở Bản Xèo làm ba người chết", "same"),
        ("Sạt lở đất ở Bản Hồ làm ba người chết", "Sạt lở đất ở Tả Van làm ba người chết", "variant"),
        ("Nhiều nhà trôi vì lũ quét, bà con xã Bảo Thắng chạy", "Ở Bắc Hà nhiều nhà trôi vì lũ quét",
         "variant"),
    ],
)  # fmt: skip
def test_an_old_name_is_its_commune_of_today_and_another_commune_is_not(
    left: str, right: str, relation: str
) -> None:
    assert reasons(left, right).relation.value == relation


def test_unrelated_texts_are_other() -> None:
    assert reasons("Trời hôm nay đẹp quá", "Hà Nội bị phong tỏa vì Covid-19.").relation.value == "other"
    assert reasons("", "").relation.value == "other"


def test_a_long_article_that_only_shares_words_is_not_the_same() -> None:
    claim = "Đập thủy điện Bản Vẽ vỡ vì mưa lũ lớn"
    article = (
        "Mưa lớn kéo dài nhiều ngày ở miền núi. " * 8
        + "Thủy điện phát điện; lũ về đập nhỏ, tranh vẽ bản làng vỡ."
    )
    assert reasons(claim, article).relation.value == "other"
    assert (
        reasons(claim, f"Bà con chú ý. {claim}. " + "Trời còn mưa nhiều ngày ở miền núi. " * 8).relation.value
        == "same"
    )


def test_explain_marks_shared_phrases_wherever_they_stand() -> None:
    left, right = (
        side("thủy điện Nậm Pung vỡ rồi, dân Bát Xát chạy ngay"),
        side("Dân Bát Xát chạy vì thủy điện Nậm Pung vỡ"),
    )
    found = explain(left, right)
    texts = [
        (left.canonical[slice(*one.left)].lower(), right.canonical[slice(*one.right)].lower())
        for one in found.shared
    ]
    assert ("thủy điện nậm pung vỡ", "thủy điện nậm pung vỡ") in texts
    assert ("dân bát xát chạy", "dân bát xát chạy") in texts


@pytest.mark.parametrize(
    ("chinese", "claim", "names"),
    [
        (
            "茶荣市有小学生被人绑架了",
            "Học sinh tiểu học ở TP Trà Vinh bị bắt cóc sau giờ tan học.",
            [("茶荣", "Trà Vinh")],
        ),
        (
            "承天順化的水電站潰決了",
            "Đập thủy điện ở Thừa Thiên Huế đã vỡ",
            [("承天順化", "Thừa Thiên Huế")],
        ),
        (
            "海防海安坊有孩子被拐走",
            "Cháu bé bị bắt cóc ở phường Hải An, Hải Phòng.",
            [("海防", "Hải Phòng"), ("海安", "Hải An")],
        ),
        ("清化的水電站潰決了", "Đập thủy điện ở Thừa Thiên Huế đã vỡ", []),
    ],
)
def test_names_of_the_other_text_are_known_in_a_chinese_one(
    chinese: str, claim: str, names: list[tuple[str, str]]
) -> None:
    left, right = side(chinese), side(claim)
    pairs = [
        (left.canonical[slice(*one.left)], right.canonical[slice(*one.right)])
        for one in explain(left, right).shared
    ]
    assert pairs == names
    turned = [
        (left.canonical[slice(*one.right)], right.canonical[slice(*one.left)])
        for one in explain(right, left).shared
    ]
    assert sorted(turned) == sorted(names)


def test_explain_names_the_signals_that_fired() -> None:
    left, right = (
        side("xem https://a.vn/x tin vỡ đập Nậm Pung", [1, 0]),
        side("vỡ đập Nậm Pung https://a.vn/x", [1, 0]),
    )
    fired = explain(left, right, measure(left, [right])[0]).fired
    assert {"cosine", "candidate_covered", "link"} <= set(fired)
    assert "dates_shared" not in fired


def test_reasons_are_json() -> None:
    stored = json.loads(
        json.dumps(reasons("có 150 người ở Mậu A nhiễm", "có 140 người ở Mậu A nhiễm").as_json())
    )
    assert stored["relation"] == "variant"
    assert stored["differences"][0]["left_spans"] == [[3, 6]]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120), st.text(max_size=120))
def test_any_two_texts_are_explained_alike_from_both_sides(left: str, right: str) -> None:
    one, other = reasons(left, right), reasons(right, left)
    assert (one.denial is None) == (other.denial is None)
    assert reasons(left, left).differences == ()


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("một trăm hai nghìn linh " * 400, "Sữa học đường nhiễm chì làm ba mươi học sinh Sa Pa nhập viện."),
        ("vỡ đập " * 400, "đập vỡ " * 400),
        ("một hai ba bốn " * 200, "bốn ba hai một " * 200),
    ],
)
def test_texts_of_repeated_words_are_explained_in_bounded_time(left: str, right: str) -> None:
    began = time.thread_time()
    reasons(left, right)
    assert time.thread_time() - began < 2


def test_only_what_is_said_in_other_words_is_read() -> None:
    asked = []

    def read(one: str, other: str) -> Opinion:
        asked.append((one, other))
        return Opinion(0.1, 0.8, 0.1, "r")

    claim = side("Mười hai hộ dân ở thôn Bản Vược phải sơ tán ngay trong đêm vì đập Suối Vàng rò nước")
    for text in (
        "Mười hai hộ dân ở thôn Bản Vược phải sơ tán vì đập Suối Vàng rò nước",  # leaves out
        "Hai mươi hộ dân ở thôn Bản Vược phải sơ tán ngay trong đêm vì đập Suối Vàng rò nước",  # differs
    ):
        found = explain(side(text), claim, read=read)
        assert found.opinion is None
    assert not asked
    claim = side(
        "Xe khách lật ở đèo Cổng Gió sáng nay làm 7 người bị thương, đã chuyển về bệnh viện huyện Tân Lộc."
    )
    reworded = side(
        "Xe khách lật ở đèo Cổng Gió sáng nay, 7 người bị thương nhẹ, đều đã xuất viện khỏi "
        "bệnh viện huyện Tân Lộc."
    )
    assert explain(reworded, claim).relation is Relation.SAME
    found = explain(reworded, claim, read=read)
    assert found.relation is Relation.OTHER
    assert found.as_json()["opinion"] == {"same": 0.1, "changed": 0.8, "apart": 0.1, "reader": "r"}
    assert len(asked) == 1


@pytest.mark.parametrize(("same", "relation"), [(0.99, Relation.SAME), (0.9, Relation.OTHER)])
def test_only_a_sure_reader_calls_other_words_the_same(same: float, relation: Relation) -> None:
    left = side("Nhà máy giấy bên sông cho công nhân nghỉ hết tháng vì hết đơn hàng")
    right = side("Không còn đơn đặt hàng, xưởng giấy cạnh sông đóng cửa tới cuối tháng, thợ ở nhà")
    assert explain(left, right).relation is Relation.OTHER
    found = explain(left, right, read=lambda *_: Opinion(same, 1 - same, 0))
    assert found.relation is relation


TOLD = "Đập thủy điện Cốc Ly ở Bắc Hà đã vỡ, nước đang tràn về xuôi, bà con vùng hạ du chạy ngay lên chỗ cao"
CHANGED = Opinion(0.01, 0.98, 0.01, "r")


def test_badly_typed_texts_are_left_to_the_rules() -> None:
    badly = (
        "Chào ad, trong nhóm của xóm đăng rầm rộ là Dap thuy die Voc Ly o Bac Ha da vo, nc dg trann ve xuoi,"
        " ba con vung ha du chay ngay len cho cao có đúng không ạ, em lo quá"
    )
    found = explain(side(badly), side(TOLD), read=lambda *_: pytest.fail("read"))
    assert found.relation is Relation.SAME
    assert found.opinion is None


@pytest.mark.parametrize(
    ("opinion", "relation"),
    [(CHANGED, Relation.OTHER), (CHANGED._replace(changed=0.9, same=0.09), Relation.SAME)],
)
def test_a_copy_with_a_word_exchanged_is_another_only_to_a_sure_reader(
    opinion: Opinion, relation: Relation
) -> None:
    copy = TOLD.replace("chạy ngay lên chỗ cao", "chạy ngay lên chỗ cao, nhà văn hóa mở")
    found = explain(side(copy), side(TOLD), read=lambda *_: opinion)
    assert found.relation is relation
    assert found.opinion == opinion
    slip = copy.replace("xuôi", "xuooi")
    assert explain(side(slip), side(TOLD), read=lambda *_: pytest.fail("read")).opinion is None

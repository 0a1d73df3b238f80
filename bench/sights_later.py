"""Pictures to be asked last: kinds and changes for which no threshold was chosen and nothing was built.

Committed before the comparison of `corpus/likeness.py` was last worked on, and not looked at while it
was. Other layouts, other sentences and other changes than in `bench/sights.py`; the same font.
"""

from collections.abc import Callable
from typing import Final

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from bench.sights import Chance, Sight, gradient, scene, seeded, twin_digit, write

_VILLAGES: Final = ["Tả Phìn", "Nậm Lúc", "Cam Đường", "Trịnh Tường", "Lùng Vai", "Khánh Yên", "Nghĩa Đô"]
_WHO: Final = ["Bệnh viện huyện", "Công ty điện lực", "Phòng giáo dục", "Ban quản lý chợ", "Hợp tác xã"]
_DOES: Final = [
    "sẽ thu thêm",
    "đang phát miễn phí",
    "vừa làm mất",
    "bắt mỗi hộ nộp",
    "hỗ trợ mỗi người",
]
_WHY: Final = [
    "trước khi mưa lũ về",
    "vì nguồn nước bị nhiễm độc",
    "do dịch lạ lây từ lợn sang người",
    "theo văn bản mật mới ban hành",
    "ai chậm sẽ bị phạt nặng",
]
_TAILS: Final = [
    "Bà con chuyển tin này cho cả xóm.",
    "Đề nghị không đưa trẻ ra ngoài.",
    "Gọi ngay cho người quen trong vùng.",
    "Chưa thấy báo nào đăng.",
]


def tale(chance: Chance) -> str:
    """Return a sentence or two as they go round; made up, with other words than `sights.rumour`."""
    return (
        f"{chance.choice(_WHO)} ở {chance.choice(_VILLAGES)} {chance.choice(_DOES)} "
        f"{chance.randrange(2, 98) * 50} nghìn đồng từ ngày {chance.randrange(1, 29)} tháng "
        f"{chance.randrange(1, 13)}, {chance.choice(_WHY)}. {chance.choice(_TAILS)}"
    )


def retold(text: str, how: str, chance: Chance) -> str:
    """Return `text` with one thing told otherwise, as the pairs of bench/lookalikes.py name it."""
    if how == "digit":
        return twin_digit(text, chance)
    lists = {"village": _VILLAGES, "deed": _DOES}
    if how in lists:
        told = next(one for one in lists[how] if one in text)
        return text.replace(told, chance.choice([one for one in lists[how] if one != told]))
    words = text.split()
    at = words.index("nghìn" if how == "sum" else "tháng") - 1
    if how in {"sum", "day"}:
        words[at] = str(int(words[at]) + (50 if how == "sum" else 1))
        return " ".join(words)
    return tale(seeded(chance.randrange(2**31)))


# --- kinds ----------------------------------------------------------------------------------------


def comments(chance: Chance, text: str = "") -> Sight:
    """Return a dark thread of comments under a post."""
    image = Image.new("RGB", (1170, 2532), "#18191a")
    draw = ImageDraw.Draw(image)
    write(image, (70, 40), f"{chance.randrange(24):02}:{chance.randrange(60):02}", 38, ink="white")
    write(image, (380, 120), "Bình luận phù hợp nhất", 40, ink="#e4e6eb", weight=600)
    top, said = 230, text or tale(chance)
    for words in (said, "Thông tin này ở đâu ra vậy ạ?", tale(chance), "Em ở đó mà có thấy gì đâu."):
        left = 60 if words is said else 160
        lines = Image.new("RGB", image.size)
        end = write(lines, (left + 150, top + 75), words, 38, width=1100 - left - 190)
        draw.ellipse((left, top, left + 90, top + 90), fill=chance.choice(("#5577aa", "#aa7755", "#559977")))
        draw.rounded_rectangle((left + 115, top, 1110, end + 20), 36, fill="#3a3b3c")
        name = chance.choice(("Hoa Ban Trắng", "Mây Trên Núi", "Người Vùng Cao"))
        write(image, (left + 150, top + 20), name, 34, ink="#e4e6eb", weight=600)
        write(image, (left + 150, top + 75), words, 38, ink="#e4e6eb", width=1100 - left - 190)
        write(
            image,
            (left + 150, end + 32),
            f"{chance.randrange(2, 59)} phút   Thích   Trả lời",
            30,
            ink="#b0b3b8",
        )
        top = end + 110
    return image


def story(chance: Chance, text: str = "") -> Sight:
    """Return an upright photograph with words in a box over it."""
    said = text or tale(chance)
    image = scene((1080, 1920), chance)
    draw = ImageDraw.Draw(image)
    for bar in range(4):
        draw.rounded_rectangle((30 + bar * 257, 30, 270 + bar * 257, 38), 4, fill="white")
    draw.ellipse((40, 70, 130, 160), fill="#ddaa55", outline="white", width=4)
    write(image, (155, 92), "Xóm núi", 38, ink="white", weight=600)
    top = chance.randrange(700, 1100)
    end = write(image.copy(), (110, top + 40), said, 50, weight=600, width=840)
    draw.rounded_rectangle((70, top, 1010, end + 40), 24, fill="#14161c")
    write(image, (110, top + 40), said, 50, ink="white", weight=600, width=840)
    return image


def article(chance: Chance, text: str = "") -> Sight:
    """Return the page of a news site on a phone: heading, lead, photograph, paragraphs."""
    said = text or tale(chance)
    image = Image.new("RGB", (1080, 2340), "#ffffff")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 1080, 150), fill="#9f1d20")
    write(image, (50, 45), "BÁO MIỀN NÚI 24H", 52, ink="white", weight=600)
    write(image, (50, 180), "Thời sự   Xã hội   Đời sống   Video", 34, ink="#555555")
    top = write(image, (50, 260), said, 60, weight=600, width=960) + 20
    write(
        image,
        (50, top),
        f"{chance.randrange(1, 29)}/{chance.randrange(1, 13)} · Ban biên tập",
        32,
        ink="#777777",
    )
    image.paste(scene((980, 620), chance), (50, top + 70))
    top += 720
    for _ in range(3):
        top = write(image, (50, top), tale(chance), 38, ink="#222222", width=960) + 30
    return image


def dispatch(chance: Chance, text: str = "") -> Sight:
    """Return a letter of an office: two heads, number, subject, body, signature, seal."""
    said = text or tale(chance)
    image = Image.new("RGB", (1654, 2339), "#fbfaf6")
    write(image, (140, 120), "ỦY BAN NHÂN DÂN XÃ", 36, weight=600)
    write(image, (140, 230), f"Số: {chance.randrange(10, 400)}/CV-UBND", 34)
    write(image, (800, 120), "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 34, weight=600)
    write(image, (900, 175), "Độc lập - Tự do - Hạnh phúc", 34, weight=600)
    write(image, (640, 380), "CÔNG VĂN HỎA TỐC", 46, weight=600)
    top = write(image, (180, 500), "Kính gửi: Toàn thể các hộ gia đình trên địa bàn", 38, width=1300) + 30
    for words in (
        said,
        tale(chance),
        "Nhận được công văn này đề nghị thực hiện nghiêm túc, báo cáo kết quả.",
    ):
        top = write(image, (180, top), words, 38, width=1300) + 26
    write(image, (1000, top + 70), "TM. ỦY BAN NHÂN DÂN", 38, weight=600)
    draw = ImageDraw.Draw(image)
    draw.ellipse((950, top + 130, 1230, top + 410), outline="#cc2222", width=10)
    draw.ellipse((985, top + 165, 1195, top + 375), outline="#cc2222", width=4)
    points = [(1100 + chance.randrange(300), top + 180 + chance.randrange(140)) for _ in range(9)]
    draw.line(points, fill="#223377", width=5)
    return image


def prices(chance: Chance, text: str = "") -> Sight:
    """Return a table of goods and sums with a warning above."""
    said = text or tale(chance)
    image = Image.new("RGB", (1200, 1500), "#fffbe8")
    top = write(image, (60, 50), said, 42, ink="#8a1111", weight=600, width=1080) + 40
    draw = ImageDraw.Draw(image)
    for row, goods in enumerate(
        ("Xăng", "Gạo tẻ", "Thịt lợn", "Trứng gà", "Gas bình", "Muối", "Điện", "Nước sạch", "Rau cải")
    ):
        y = top + row * 96
        draw.rectangle((60, y, 1140, y + 96), outline="#333333", fill="#f2e6c0" if row % 2 else None, width=3)
        draw.line((480, y, 480, y + 96), fill="#333333", width=3)
        draw.line((810, y, 810, y + 96), fill="#333333", width=3)
        write(image, (90, y + 24), goods, 38)
        write(image, (510, y + 24), f"{chance.randrange(5, 300)}.000", 38)
        write(image, (840, y + 24), f"{chance.randrange(300, 900)}.000", 38, ink="#b01010", weight=600)
    return image


def meme(chance: Chance, text: str = "") -> Sight:
    """Return a photograph with outlined words over and under it."""
    said = text or tale(chance)
    image = scene((1000, 1000), chance)
    half = len(said) // 2 + said[len(said) // 2 :].index(" ")
    for words, top in ((said[:half], 40), (said[half + 1 :], 760)):
        for dx, dy in ((-3, 0), (3, 0), (0, -3), (0, 3)):
            write(image, (50 + dx, top + dy), words.upper(), 46, ink="black", weight=600, width=900)
        write(image, (50, top), words.upper(), 46, ink="white", weight=600, width=900)
    return image


def video(chance: Chance, text: str = "") -> Sight:
    """Return the still of a video: a play sign, a line of words below, the time gone by."""
    said = text or tale(chance)
    image = scene((1280, 720), chance)
    draw = ImageDraw.Draw(image, "RGBA")
    draw.ellipse((570, 270, 710, 410), fill=(0, 0, 0, 150))
    draw.polygon(((620, 305), (620, 375), (680, 340)), fill="white")
    draw.rectangle((0, 470, 1280, 720), fill=(10, 20, 60, 205))
    write(image, (40, 485), said, 36, ink="white", weight=600, width=1200)
    draw.rectangle((0, 706, chance.randrange(100, 1200), 714), fill="#ff3030")
    write(image, (1080, 30), f"0:{chance.randrange(10, 59)} / 4:{chance.randrange(10, 59)}", 30, ink="white")
    return image


def sms(chance: Chance, text: str = "") -> Sight:
    """Return messages of an office that is none, on a light telephone."""
    said = text or tale(chance)
    image = Image.new("RGB", (828, 1792), "#f6f6f6")
    draw = ImageDraw.Draw(image)
    write(image, (330, 90), "CANHBAO", 40, weight=600)
    draw.line((0, 170, 828, 170), fill="#cccccc", width=2)
    top = 330
    write(image, (290, 230), f"Hôm nay {chance.randrange(24)}:{chance.randrange(10, 60)}", 30, ink="#888888")
    for words in (said, "Bấm vào liên kết để nhận tiền: nhan-tien.example", tale(chance)):
        end = write(image.copy(), (60, top + 26), words, 36, width=580)
        draw.rounded_rectangle((30, top, 680, end + 26), 34, fill="#e2e2e6")
        write(image, (60, top + 26), words, 36, width=580)
        top = end + 60
    return image


def collage(chance: Chance, text: str = "") -> Sight:
    """Return four photographs under one line of words."""
    said = text or tale(chance)
    image = Image.new("RGB", (1200, 1400), "white")
    for at in ((0, 200), (605, 200), (0, 805), (605, 805)):
        image.paste(scene((595, 595), chance), at)
    write(image, (40, 25), said, 40, weight=600, width=1120)
    return image


def forecast(chance: Chance, text: str = "") -> Sight:
    """Return a sheet with columns, bars and a bold line, as weather is shown."""
    said = text or tale(chance)
    image = gradient((1080, 1350), chance).filter(ImageFilter.GaussianBlur(30))
    image = ImageEnhance.Brightness(image).enhance(0.55)
    write(image, (60, 50), "CẢNH BÁO ĐẶC BIỆT", 60, ink="#ffe14d", weight=600)
    top = write(image, (60, 150), said, 44, ink="white", weight=600, width=960) + 40
    draw = ImageDraw.Draw(image)
    for column in range(5):
        left, height = 70 + column * 195, chance.randrange(80, 420)
        draw.rounded_rectangle((left, 1200 - height, left + 150, 1200), 18, fill="#7fd1ff")
        write(
            image, (left + 20, 1150 - height), f"{chance.randrange(20, 400)} mm", 34, ink="white", weight=600
        )
        write(image, (left + 30, 1230), f"Thứ {column + 2}", 34, ink="white")
    draw.line((60, max(top, 700), 1020, max(top, 700)), fill="white", width=3)
    return image


LATER: Final[dict[str, Callable[..., Sight]]] = {
    "comments": comments,
    "story": story,
    "article": article,
    "dispatch": dispatch,
    "prices": prices,
    "meme": meme,
    "video": video,
    "sms": sms,
    "collage": collage,
    "forecast": forecast,
}

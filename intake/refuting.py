"""Does an article refute what it tells of? The words that sound so: a hint for people. Pure."""

import re
import unicodedata
from typing import Final

_LIMIT: Final = 6_000  # characters looked at; articles say early what they deny
_AROUND: Final = 60  # characters shown on either side of a cue
_WHO: Final = (
    r"(?:công an|cơ quan|ubnd|ủy ban|uỷ ban|chính quyền|sở|bộ|lãnh đạo|đại diện|bệnh viện|nhà trường|ngành)"
)
# Words by which Vietnamese offices and papers deny a rumour; in order of how plainly they do.
_FALSE: Final = (
    r"(?:tin giả|sai sự thật|bịa đặt|không đúng|không chính xác|giả mạo|không có cơ sở|thất thiệt)"
)
_NONE: Final = r"(?:không có|không xảy ra|chưa ghi nhận|không phải)"
_CUES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:bác bỏ|bác) (?:tin|thông tin|nội dung|việc|đồn đoán|tin đồn)",
        rf"\b(?:thông tin|tin|tin đồn|nội dung|hình ảnh|clip|video)[^.!?\n]{{0,60}}?\blà {_FALSE}",
        r"\b(?:hoàn toàn )?(?:không đúng sự thật|sai sự thật|không chính xác|không có căn cứ|bịa đặt)",
        r"\btin giả\b|\btin đồn thất thiệt\b",
        rf"\b{_WHO}[^.!?\n]{{0,60}}?\b(?:khẳng định|cho biết|thông tin)[^.!?\n]{{0,40}}?\b{_NONE}\b",
        r"\b(?:đính chính|cải chính|thực hư|sự thật về|xử lý người (?:tung|đăng))\b",
        r"\bxử phạt[^.!?\n]{0,40}(?:tung tin|đăng tin|đăng tải)",
        r"\b(?:fake news|false claim|debunked|fact[- ]check|is untrue|is false|denied rumou?rs)\b",
        r"谣言|不实信息|辟谣",
    )
)


def cue(text: str) -> str:
    """Return the words of `text` that deny something, with what stands around them, or "". Never raises."""
    text = unicodedata.normalize("NFC", text[:_LIMIT])
    for pattern in _CUES:
        found = pattern.search(text)
        if found is not None:
            return _with_surroundings(text, found.start(), found.end())
    return ""


def _with_surroundings(text: str, start: int, end: int) -> str:
    left = max(0, start - _AROUND)
    right = min(len(text), end + _AROUND)
    left = text.find(" ", left, start) + 1 if left else 0
    right = right if right == len(text) else max(text.rfind(" ", end, right), end)
    words = " ".join(text[left:right].split())
    return f"{'… ' if left else ''}{words}{' …' if right < len(text) else ''}"

"""What a letter says: its pieces in plain text, and whether a machine wrote it. Runs in a limited child.

Letters are foreign bytes: declared charsets lie, parts nest without end, headers hold what they like. Names
and addresses of a forwarded letter's headers are dropped; only its words and its subject stay.
"""

import re
import unicodedata
from collections.abc import Iterator
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import parseaddr
from html.parser import HTMLParser
from typing import Any, Final

PIECE_LIMIT: Final = 10_000  # characters of a piece; longer ones are cut and counted as left out
PIECES: Final = 10
DOUBT_LIMIT: Final = 2_000
PICTURES: Final = 5
_ORNAMENT: Final = 8_000  # bytes; a smaller picture inside a letter is a logo or a mark, no evidence
_DEPTH: Final = 20  # of parts in parts; nobody's mail program nests deeper
_PARTS: Final = 200
_SHORT: Final = 60  # characters; a shorter text is read together with its subject
_BLOCKS: Final = frozenset(
    {"address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6"}
    | {"hr", "li", "ol", "p", "pre", "table", "td", "th", "tr", "ul"}
)
_UNSEEN: Final = frozenset({"head", "script", "style", "template", "title", "noscript"})
_PREFIX: Final = re.compile(r"^\s*((fwd?|re|tr|chuyển tiếp|trả lời|转发|回复)\s*[:：]\s*)+", re.IGNORECASE)
_MARKER: Final = re.compile(
    r"^\s*(-{2,}\s*(forwarded message|original message|thư (đã )?(được )?chuyển tiếp"
    r"|tin nhắn (đã )?chuyển tiếp|thư gốc|转发的?邮件|原始邮件)\b.*"
    r"|begin forwarded message:.*|bắt đầu thư (được )?chuyển tiếp:.*)$",
    re.IGNORECASE,
)
_HEADER: Final = re.compile(
    r"^\s*\*?(?P<name>from|sent|to|cc|bcc|date|reply-to|subject|từ|người gửi|đã gửi|gửi|đến|tới"
    r"|người nhận|ngày|chủ đề|tiêu đề|发件人|收件人|抄送|日期|发送时间|主题)\*?\s*[:：](?P<value>.*)$",
    re.IGNORECASE,
)
_FROM: Final = frozenset({"from", "từ", "người gửi", "发件人"})
_SUBJECT: Final = frozenset({"subject", "chủ đề", "tiêu đề", "主题"})
_WROTE: Final = re.compile(
    r"^\s*(on|vào|le|am|在)\b.{0,300}?(wrote|đã\s+viết|a\s+écrit|schrieb|写道)\s*[:：]\s*$",
    re.IGNORECASE | re.DOTALL,
)
_MACHINES: Final = re.compile(r"^(mailer-daemon|postmaster|no-?reply|do-?not-?reply)@", re.IGNORECASE)


def read(raw: bytes) -> dict[str, Any]:
    """Return what the letter `raw` says, in builtin types.

    `machine` is why no person wrote it ("" where one did): bounce, auto-reply, list. `pieces` are its
    texts, the first one first, each with a word in it; `doubt` the sender's own words beside what they
    forward; `pictures` bytes that nobody looked at yet; `sender` the bare address; `left_out` counts
    files and texts that were not taken over.
    """
    letter = BytesParser(policy=compat32).parsebytes(raw)
    parts = _Parts()
    parts.collect(letter, 0)
    sender = parseaddr(_header(letter, "From"))[1]
    own, *forwarded = [piece for text in parts.texts for piece in _split(text)] or [""]
    forwarded += [piece for text in parts.letters for piece in _split(text)]
    subject = _PREFIX.sub("", _clean(_header(letter, "Subject"))).strip()
    pieces, doubt = _arranged(own, [piece for piece in forwarded if _words(piece)], subject)
    cut = sum(len(piece) > PIECE_LIMIT for piece in pieces) + max(0, len(pieces) - PIECES)
    return {
        "message_id": _header(letter, "Message-ID").strip()[:998],
        "machine": _machine(letter, sender),
        "sender": sender,
        "pieces": [piece[:PIECE_LIMIT].strip() for piece in pieces[:PIECES]],
        "doubt": doubt[:DOUBT_LIMIT].strip(),
        "pictures": parts.pictures,
        "left_out": parts.left_out + cut,
    }


def _arranged(own: str, forwarded: list[str], subject: str) -> tuple[list[str], str]:
    """Return the pieces, and the words beside them: of a forwarded letter, the sender's own."""
    own = own.strip()
    if forwarded:
        beside = "\n".join(part for part in (subject, own) if _words(part))
        if len(beside) <= DOUBT_LIMIT:
            return forwarded, beside
        return [own, *forwarded], subject
    if len(own) < _SHORT and _words(subject) and subject not in own:
        own, subject = f"{subject}\n{own}".strip(), ""
    return [own] if _words(own) else [], subject if subject not in own else ""


class _Parts:
    """The readable parts of a letter: its own texts, those of letters inside it, and a count of the rest."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.letters: list[str] = []
        self.pictures: list[bytes] = []
        self.left_out = 0
        self._seen = 0

    def collect(self, part: Message, depth: int, *, inner: bool = False) -> None:
        self._seen += 1
        if self._seen > _PARTS or depth > _DEPTH:
            self.left_out += 1
            return
        kind = part.get_content_type()
        payload = part.get_payload()
        children = [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []
        if children and kind == "multipart/alternative":
            self.collect(_best(children), depth + 1, inner=inner)
        elif children:  # any other multipart, or a letter in a letter
            for child in children:
                self.collect(child, depth + 1, inner=inner or kind == "message/rfc822")
        elif part.get_content_maintype() == "image":
            self._picture(part)
        elif part.get_content_disposition() == "attachment" or part.get_filename():
            self.left_out += 1
        elif kind in {"text/plain", "text/html"}:
            words = _decoded(part)
            text = _clean(_shown(words) if kind == "text/html" else words)
            (self.letters if inner else self.texts).append(text)
        else:
            self.left_out += 1

    def _picture(self, part: Message) -> None:
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes) or len(self.pictures) >= PICTURES:
            self.left_out += 1
        elif len(content) >= _ORNAMENT or part.get_content_disposition() == "attachment":
            self.pictures.append(content)


def _best(choices: list[Message]) -> Message:
    """Return the plain one of alternatives, else the last, the best to its writer (RFC 2046, 5.1.4)."""
    plain = (one for one in choices if one.get_content_type() == "text/plain" and _words(_decoded(one)))
    return next(plain, choices[-1] if choices else Message())


def _header(letter: Message, name: str) -> str:
    found = []
    try:
        for value, charset in decode_header(str(letter.get(name, ""))[:4_000]):
            found.append(value if isinstance(value, str) else _text(value, charset or "utf-8"))
    except (ValueError, LookupError):  # base64 that is none
        return ""
    return " ".join("".join(found).split())


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return _text(payload, part.get_content_charset() or "utf-8") if isinstance(payload, bytes) else ""


def _text(value: bytes, charset: str) -> str:
    """Return `value` as text: UTF-8 if it is that, whatever was declared; else as declared; else Latin."""
    for name in ("utf-8", charset):
        try:
            return value.decode(name)
        except (UnicodeError, LookupError, ValueError):
            continue
    return value.decode("cp1258", errors="replace")


def _clean(text: str) -> str:
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = "".join(
        char for char in text if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cs", "Co"}
    )
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t\xa0]+\n", "\n", kept)).strip()


class _Page(HTMLParser):
    """The words of an HTML letter as a person sees them; the address of a link that shows other words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._unseen = 0
        self._links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _BLOCKS:
            self.out.append("\n")
        elif tag == "a":
            self._links.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BLOCKS:
            self.out.append("\n")
        elif tag == "a" and self._links:
            address = self._links.pop()
            if address.startswith(("http://", "https://")) and address not in "".join(self.out[-3:]):
                self.out.append(f" {address} ")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.out.append(re.sub(r"\s+", " ", data))


def _shown(page: str) -> str:
    parser = _Page()
    parser.feed(page)
    parser.close()
    return "".join(parser.out)


def _split(text: str) -> Iterator[str]:
    """Yield the writer's own words (perhaps none), then each forwarded or quoted letter's."""
    lines = [re.sub(r"^(>\s?)+", "", line) for line in text.split("\n")]
    piece: list[str] = []
    at = 0
    while at < len(lines):
        marked = bool(_MARKER.match(lines[at])) or _wrote(lines, at) > 0
        after = at + (max(1, _wrote(lines, at)) if marked else 0)
        end, subject = _past_headers(lines, after)
        if marked or end > after:
            yield "\n".join(piece)
            piece, at = [subject] if subject else [], end
            continue
        if not lines[at].strip("-—_ ") and lines[at].strip() == "--":  # a signature follows: names
            at = next((n for n in range(at, len(lines)) if _MARKER.match(lines[n])), len(lines))
            continue
        piece.append(lines[at])
        at += 1
    yield "\n".join(piece)


def _wrote(lines: list[str], at: int) -> int:
    """Return how many lines "On ... X wrote:" takes from here, 0 where it does not stand."""
    for count in (1, 2, 3):
        if _WROTE.match("\n".join(lines[at : at + count])):
            return count
    return 0


def _past_headers(lines: list[str], at: int) -> tuple[int, str]:
    """Return where a block of forwarded headers ends (where it begins, if none stands there), its subject."""
    start, names, subject = at, [], ""
    while at < len(lines) and not lines[at].strip() and at - start < 3:  # noqa: PLR2004  blank lines before
        at += 1
    while at < len(lines) and (found := _HEADER.match(lines[at])):
        names.append(found["name"].lower())
        if names[-1] in _SUBJECT:
            subject = _PREFIX.sub("", found["value"]).strip(" *")
        at += 1
    whole = len(names) >= 2 and not _FROM.isdisjoint(names)  # noqa: PLR2004  one line alone may be prose
    return (at, subject) if whole else (start, "")


def _words(text: str) -> bool:
    return any(unicodedata.category(char)[0] in "LN" for char in text)


def _machine(letter: Message, sender: str) -> str:
    """Return why no person wrote this ("" where one did), by RFC 3834 and what list programs set."""
    value = {name: _header(letter, name).lower() for name in ("Auto-Submitted", "Precedence", "Return-Path")}
    if letter.get_content_type() == "multipart/report" or value["Return-Path"] == "<>":
        return "mail-bounce"
    if _MACHINES.match(sender):
        return "mail-bounce"
    if value["Auto-Submitted"] not in {"", "no"} or any(
        letter.get(name) for name in ("X-Autoreply", "X-Loop")
    ):
        return "mail-auto-reply"
    if (
        letter.get("List-Id")
        or letter.get("List-Unsubscribe")
        or value["Precedence"] in {"bulk", "list", "junk"}
    ):
        return "mail-list"
    return ""

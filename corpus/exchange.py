"""Confirmed claims in files: read from four forms, written in three. Pure: bytes in, claims out, and back.

JSONL and CSV are our own; ClaimReview and the fact-check feed are what others publish (corpus/reviews.py).
Nothing a file holds can raise: what is not fit is handed back as `Refused` with its number and the reason.
"""

import codecs
import csv
import enum
import io
import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final

from corpus import reviews, vetting
from corpus.syllables import fold
from corpus.vetting import Claim, Refused, RowRefused, Source

__all__ = ["Claim", "Form", "Refused", "Source", "read", "write"]

FILE_LIMIT: Final = 64 * 1024 * 1024  # bytes
LINE_LIMIT: Final = 64 * 1024  # bytes of a line of JSONL, characters of a record of CSV
_GUESSED_LINES = 20  # a broken first line must not hide what the file is

_COLUMNS: Final = (
    "id",
    "claim",
    "verdict",
    "reason_code",
    "correction",
    "corrected_by",
    "date",
    "date_precision",
    "place",
    "topic",
    "original_topic",
    "sources",
    "language",
)
# What people call the columns in their own tables, folded.
_ALIASES: Final = {
    "ma": "id",
    "external id": "id",
    "noi dung": "claim",
    "noi dung sai": "claim",
    "tin don": "claim",
    "ket luan": "verdict",
    "rating": "verdict",
    "ly do": "reason_code",
    "reason": "reason_code",
    "su that": "correction",
    "thong tin dung": "correction",
    "thong tin bac bo": "correction",
    "truth": "correction",
    "co quan": "corrected_by",
    "co quan bac bo": "corrected_by",
    "ngay": "date",
    "dia ban": "place",
    "dia diem": "place",
    "linh vuc": "topic",
    "field": "topic",
    "nguon": "sources",
    "source": "sources",
    "url": "sources",
    "ngon ngu": "language",
} | {name.replace("_", " "): name for name in _COLUMNS}
_FORMULA = re.compile("'*[=+\\-@\t\r＝＋－＠]")  # how a cell begins that a spreadsheet would run
_BAD_LINK = re.compile(r"(?:javascript|vbscript|data|file|ftp|mailto|blob|about):", re.IGNORECASE)
_LINK_FIRST = re.compile(r"(https?://\S+)(?:\s+(.*))?", re.IGNORECASE | re.DOTALL)


class Form(enum.StrEnum):
    """The forms of files."""

    JSONL = "jsonl"  # one object a line: the form in which the corpus is kept and given out whole
    CSV = "csv"  # a header row, then one claim a row; comma, semicolon or tab
    CLAIMREVIEW = "claimreview"  # JSON-LD: one, a list, a graph, a data feed, or an HTML page with them
    FACTCHECK = "factcheck"  # the answer of Google's claims:search, or its data feed; read only


def read(data: bytes, *, form: Form | None = None, today: date | None = None) -> Iterator[Claim | Refused]:
    """Yield each claim of a file, and `Refused` for each line or element that is not taken. Never raises.

    `form` None: the form is told from the content. `today` bounds dates (a day of UTC; None: now).
    Numbers count lines of JSONL and CSV from 1, ClaimReviews or elements otherwise; 0 is the file.
    """
    if len(data) > FILE_LIMIT:
        yield Refused(0, "file-too-large", f"the file has more than {FILE_LIMIT // 1024**2} MiB")
        return
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield Refused(0, "encoding", "the file is UTF-16; save it as UTF-8")
        return
    data = data.removeprefix(codecs.BOM_UTF8)
    form = form or _guess(data)
    if form is None:
        yield Refused(0, "form-unknown", "the file is none of JSONL, CSV, ClaimReview or fact-check feed")
    elif form is Form.JSONL:
        yield from _read_lines(data, today)
    elif form is Form.CSV:
        yield from _read_table(data, today)
    else:
        yield from _read_document(data, today)


def write(claims: Iterable[Claim], form: Form) -> bytes:
    """Return `claims` as a UTF-8 file. Raises ValueError for a form that is only read."""
    if form is Form.JSONL:
        return "".join(json.dumps(_row(claim), ensure_ascii=False) + "\n" for claim in claims).encode()
    if form is Form.CSV:
        return _table(claims)
    if form is Form.CLAIMREVIEW:
        return (json.dumps(reviews.feed(claims), ensure_ascii=False, indent=1) + "\n").encode()
    raise ValueError(f"{form} is only read")


def _guess(data: bytes) -> Form | None:
    head = data.lstrip()[:1]
    if head == b"<":
        return Form.CLAIMREVIEW
    if head not in {b"{", b"["}:
        return Form.CSV if _header(_decoded(data[:LINE_LIMIT]))[1] else None
    start = data[: _GUESSED_LINES * LINE_LIMIT].splitlines()[:_GUESSED_LINES]
    if any("claim" in row for row in map(_parsed, start) if isinstance(row, dict)):
        return Form.JSONL
    return Form.CLAIMREVIEW


def _decoded(data: bytes) -> str:
    # Bytes that are not UTF-8 become lone surrogates: the row that has them is refused, the others are read.
    return data.decode("utf-8", "surrogateescape")


def _parsed(data: bytes) -> object:
    try:
        return json.loads(_decoded(data))
    except (ValueError, RecursionError):
        return None


# --- lines -------------------------------------------------------------------------------------------


def _read_lines(data: bytes, today: date | None) -> Iterator[Claim | Refused]:
    for number, line in enumerate(io.BytesIO(data), start=1):
        if not line.strip():
            continue
        try:
            yield _claim(_object(line), today)
        except RowRefused as refused:
            yield Refused(number, refused.code, str(refused))


def _object(line: bytes) -> dict[str, Any]:
    if len(line) > LINE_LIMIT:
        raise RowRefused("too-long", f"the line has more than {LINE_LIMIT // 1024} KiB")
    row = _parsed(line)
    if not isinstance(row, dict):
        raise RowRefused("not-json", "the line is not a JSON object")
    return row


def _claim(row: dict[str, Any], today: date | None) -> Claim:
    claim = vetting.text(row.get("claim"), "claim", vetting.CLAIM_LIMIT, required=True)
    verdict, reason = vetting.rating(row.get("verdict"), row.get("reason_code"))
    on, precision = vetting.day(row.get("date"), row.get("date_precision"), today)
    topic, original = vetting.topic(row.get("topic"), reason)
    if "original_topic" in row:
        original = vetting.text(row["original_topic"], "topic", vetting.NAME_LIMIT)
    by = vetting.names(row.get("corrected_by"), "corrected_by")
    sources = vetting.sources(_pairs(row.get("sources")))
    return Claim(
        external_id=vetting.identity(row.get("id"), by[0] if by else "", sources[0].url, claim),
        claim=claim,
        verdict=verdict,
        reason_code=reason,
        correction=vetting.text(row.get("correction"), "correction", vetting.TEXT_LIMIT, required=True),
        corrected_by=by,
        date=on,
        date_precision=precision,
        place=vetting.text(row.get("place"), "place", vetting.NAME_LIMIT),
        topic=topic,
        original_topic=original,
        sources=sources,
        language=vetting.language(row.get("language"), "vi"),
    )


def _pairs(listed: object) -> Iterator[tuple[object, object]]:
    for one in listed if isinstance(listed, list) else [listed]:
        if isinstance(one, dict):
            yield one.get("url"), one.get("title")
        elif one is not None:
            yield one, None


def _row(claim: Claim) -> dict[str, Any]:
    return {
        "id": claim.external_id,
        "claim": claim.claim,
        "verdict": claim.verdict,
        "reason_code": claim.reason_code,
        "correction": claim.correction,
        "corrected_by": list(claim.corrected_by),
        "date": claim.date and claim.date.isoformat(),
        "date_precision": claim.date_precision,
        "place": claim.place,
        "topic": claim.topic,
        "original_topic": claim.original_topic,
        "sources": [{"url": source.url, "title": source.title} for source in claim.sources],
        "language": claim.language,
    }


# --- tables ------------------------------------------------------------------------------------------


def _header(content: str) -> tuple[str, list[str]]:
    """Return the delimiter and the names of the columns; none when claim or verdict is missing."""
    first = content.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        cells = next(csv.reader([first], delimiter=delimiter), [])
    except csv.Error:
        return delimiter, []
    found = [_ALIASES.get(fold(cell.replace("_", " ")), "") for cell in cells]
    known = [name for name in found if name]
    whole = {"claim", "verdict"} <= set(known) and len(known) == len(set(known))
    return delimiter, found if whole else []


def _read_table(data: bytes, today: date | None) -> Iterator[Claim | Refused]:
    content = _decoded(data)
    delimiter, columns = _header(content)
    if not columns:
        yield Refused(
            1, "header", "the first row must name the columns, 'claim' and 'verdict' among them, each once"
        )
        return
    rows = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter)
    number = 0
    while True:
        number = rows.line_num + 1
        try:
            cells = next(rows)
            if number > 1 and any(cells):
                yield _claim(_cells(columns, cells), today)
        except StopIteration:
            return
        except csv.Error:
            yield Refused(number, "record-broken", "the record does not end; a quotation mark may be missing")
        except RowRefused as refused:
            yield Refused(number, refused.code, str(refused))


def _cells(columns: list[str], cells: list[str]) -> dict[str, Any]:
    if sum(map(len, cells)) > LINE_LIMIT:
        raise RowRefused("too-long", f"the record has more than {LINE_LIMIT // 1024} Ki characters")
    if any(cells[len(columns) :]):
        raise RowRefused("columns", "the record has more cells than the header")
    row: dict[str, Any] = {name: _revived(cell) for name, cell in zip(columns, cells, strict=False) if name}
    row["corrected_by"] = re.split(
        r"\n" if "\n" in row.get("corrected_by", "") else r"\|", row.get("corrected_by", "")
    )
    row["sources"] = [_source(line) for line in _lines(row.get("sources", ""))]
    return row


def _lines(cell: str) -> list[str]:
    lines = cell.splitlines() if "\n" in cell else re.split(r"\s*\|\s*(?=https?://)", cell)
    return [line.strip() for line in lines if line.strip()]


def _source(line: str) -> dict[str, str | None]:
    linked = _LINK_FIRST.fullmatch(line)
    if linked:
        return {"url": linked.group(1), "title": linked.group(2)}
    # "javascript:…" is a bad address, not the title of a paper.
    return {"url": line, "title": None} if _BAD_LINK.match(line) else {"url": None, "title": line}


def _table(claims: Iterable[Claim]) -> bytes:
    made = io.StringIO(newline="")
    # Every cell in quotation marks: a spreadsheet that splits at semicolons finds no formula behind one.
    table = csv.writer(made, quoting=csv.QUOTE_ALL)
    table.writerow(_COLUMNS)
    for claim in claims:
        row = _row(claim)
        row["corrected_by"] = "\n".join(claim.corrected_by) + (
            "\n" if any("|" in one for one in claim.corrected_by) else ""
        )
        row["sources"] = (
            "\n".join(" ".join(filter(None, (one.url, one.title))) for one in claim.sources) + "\n"
        )
        table.writerow([_tamed(row[name] or "") for name in _COLUMNS])
    return codecs.BOM_UTF8 + made.getvalue().encode()


def _tamed(cell: str) -> str:
    return "'" + cell if _FORMULA.match(cell) else cell


def _revived(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


# --- documents ---------------------------------------------------------------------------------------


def _read_document(data: bytes, today: date | None) -> Iterator[Claim | Refused]:
    content = _decoded(data)
    if content.lstrip().startswith("<"):
        yield from reviews.read_page(content, today)
        return
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        yield Refused(0, "not-json", "the file is not JSON")
        return
    yield from reviews.read_document(document, today)

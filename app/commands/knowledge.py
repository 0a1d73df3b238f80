"""The command on what is already known: match."""

import gc
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

import typer

from app.commands.showing import result, say
from app.settings import read

_SHOWN: Final = 400  # characters of the asked text shown under a hit
_READ: Final = 1 << 20  # characters of standard input; the normal form looks at far less


def match(
    text: Annotated[
        str,
        typer.Argument(help="A statement, as somebody heard it; - reads it from stdin.", show_default=False),
    ],
    *,
    limit: Annotated[int, typer.Option(min=1, max=50, help="Most matches shown.")] = 5,
) -> None:
    """Show the confirmed claims nearest to TEXT, with the reasons. Exit code 1 when none is near.

    A text without a word to compare is refused with exit code 2.
    """
    gc.disable()  # imports leave none, and looking for it would take a tenth of this short process
    from sqlalchemy.orm import Session  # noqa: PLC0415

    from app import opening  # noqa: PLC0415
    from corpus import encoder, search  # noqa: PLC0415
    from corpus.text import normalise  # noqa: PLC0415
    from models import ArrivalKind, ConfirmedClaim  # noqa: PLC0415
    from verify import calibrations  # noqa: PLC0415

    gc.enable()
    if text == "-":
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8", errors="replace")
        text = sys.stdin.read(_READ)
    settings = read()
    with opening.database(settings, name="kiemtin match") as engine, Session(engine) as session:
        normal = normalise(text)  # after the keys were loaded, by which numbers are digested
        if not (normal.folded or normal.keys):
            say("There is no word in this text that could be compared.")
            raise typer.Exit(2)
        # The same weights without torch: the answer comes in a second instead of ten.
        query = search.Query.of(normal, encoder.load(settings.encoder_model, "direct"))
        moved = calibrations.moved(session, ArrivalKind.REPORT)
        hits = search.claims(session, query, limit=limit, moved=moved)
        for number, hit in enumerate(hits, 1):
            claim = session.get_one(ConfirmedClaim, hit.owner_id)
            result(f"{number}. {hit.probability:.2f}  {hit.band}  {hit.relation}  {claim.claim}")
            for line in explained(hit.reasons, query.normal.canonical):
                result(f"      {line}")
    if not hits:
        say("Nothing known is near enough to suggest.")
        raise typer.Exit(1)


def explained(reasons: Mapping[str, Any], asked: str) -> Iterator[str]:
    """Yield the reasons of a hit as lines: the text that was asked with shared words in [brackets], the rest.

    What differs is told with the words of both sides, the asked one first.
    """
    if reasons["passage"]:
        yield "passage:  only this part of the text was compared"
    if reasons["shared"]:
        spans = [one["left"] for one in reasons["shared"]]
        yield f"shared:   {_bracketed(asked, spans, reasons['passage'] or (0, len(asked)))}"
    elif reasons["foreign"]:
        yield "shared:   no words, as the languages differ; only the meaning"
    for one in reasons["differences"]:
        yield f"{one['kind'] + ':':9} {', '.join(one['left'])}  <>  {', '.join(one['right'])}"
    if reasons["denial"]:
        start, end = reasons["denial"]["span"]
        words = f' "{asked[start:end]}"' if reasons["denial"]["side"] == "left" else " the known claim"
        yield f"denied by:{words}"
    if reasons["opinion"]:
        said = {name: value for name, value in reasons["opinion"].items() if name != "reader"}
        yield f"read:     {', '.join(f'{name} {share:.2f}' for name, share in said.items())}"
    if reasons["common"]:
        yield f"both name: {', '.join(asked[start:end] for start, end in reasons['common'])}"
    if reasons["fired"]:
        yield f"signals:  {', '.join(reasons['fired'])}"


def _bracketed(text: str, spans: Sequence[Sequence[int]], within: Sequence[int]) -> str:
    cut, at = [], within[0]
    for start, end in sorted(map(tuple, spans)):
        cut += [text[at:start], "[", text[start:end], "]"]
        at = end
    return "".join([*cut, text[at : within[1]]])[:_SHOWN]


def register(app: typer.Typer) -> None:
    """Hang these commands into `app`."""
    app.command()(match)

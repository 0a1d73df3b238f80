"""Commands on what is already known: match, evaluate."""

import json
from pathlib import Path
from typing import Annotated

import typer

from app.commands.showing import result, say
from app.settings import read


def match(
    text: Annotated[str, typer.Argument(help="A statement, as somebody heard it.", show_default=False)],
    *,
    limit: Annotated[int, typer.Option(min=1, max=50, help="Most matches shown.")] = 5,
) -> None:
    """Show the confirmed claims nearest to TEXT, with the reasons. Exit code 1 when none is near."""
    from sqlalchemy.orm import Session  # noqa: PLC0415

    from app import opening  # noqa: PLC0415
    from corpus import encoder, search  # noqa: PLC0415
    from corpus.text import normalise  # noqa: PLC0415
    from models import ConfirmedClaim  # noqa: PLC0415

    settings = read()
    with opening.database(settings, name="kiemtin match") as engine, Session(engine) as session:
        # The same weights without torch: the answer comes in a second instead of ten.
        query = search.Query.of(normalise(text), encoder.load(settings.encoder_model, "direct"))
        hits = search.claims(session, query, limit=limit)
        for hit in hits:
            claim = session.get_one(ConfirmedClaim, hit.owner_id)
            result(f"{hit.probability:.2f}  {hit.band}  {hit.relation}  {claim.claim}")
            for name, value in hit.reasons.items():
                if value:
                    result(f"      {name}: {value}")
    if not hits:
        say("Nothing known is near enough to suggest.")
        raise typer.Exit(1)


def evaluate(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, show_default=False)],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure matching on FOLDER: corpus.jsonl and queries.jsonl (id, text), qrels.tsv (query, text); or .gz.

    Each query's candidates are found without an index and scored by the ranker in use. No database is asked.
    """
    from app.refused import StartRefused  # noqa: PLC0415
    from corpus import ranker, train  # noqa: PLC0415
    from corpus.evaluate import Ranked, figures  # noqa: PLC0415

    judge = ranker.load()
    try:
        pairs = train.read_pairs([folder], None)
    except (OSError, ValueError, KeyError) as exc:
        raise StartRefused(f"{folder} cannot be read as an evaluation set: {exc!r}.", exit_code=65) from exc
    answers = []
    for one in pairs:
        best = sorted(zip(judge.score(one.signals), one.labels, strict=True), reverse=True)
        answers.append(Ranked(one.group, [hit for _, hit in best], [p for p, _ in best], one.known))
    found = {"queries": len(answers), "ranker": judge.version, **figures(answers)}
    if as_json:
        result(json.dumps(found))
        return
    for name, value in found.items():
        result(f"{name:12} {value:.4f}" if isinstance(value, float) else f"{name:12} {value}")


def register(app: typer.Typer) -> None:
    """Hang these commands into `app`."""
    for command in (match, evaluate):
        app.command()(command)

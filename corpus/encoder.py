"""Texts to unit vectors, behind one small face.

The only module that may load torch, sentence-transformers or onnxruntime, and it loads them late. The
bundled model (`data/encoder`: multilingual-e5-small, cut to the pieces our languages use, taught to see
through noise, 8 bits; `model_card.json` there says how it was made) runs in two ways that give the same
vectors: through sentence-transformers, as the long-running worker does, or directly by onnxruntime, which
starts in a third of a second and never imports torch. Any sentence-transformers folder of the same dimension
can replace it.
"""

import hashlib
import json
import os
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DIMENSION = 384
BUNDLED = "bundled"  # the model setting that means "the weights that come with the package"
TEXT_LIMIT = 2_000  # characters
TOKEN_LIMIT = 256  # of one text: what follows says little new and takes its time
MARKS_LIMIT = 64  # combining marks left in one text after NFKC: thousands of them are no words

Vectors = npt.NDArray[np.float32]
Runtime = Literal["sentence-transformers", "direct"]
Embed = Callable[[list[str], bool], Vectors]

FOLDER: Final = Path(__file__).parent / "data" / "encoder"
GRAPH, WORDS, TOKENIZER = "model.onnx", "words.npz", "tokenizer.json"
CARD: Final = "model_card.json"


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
    """Return `text` as native code may see it: NFKC, no NUL or lone surrogate, at most 2,000 characters."""
    short = text[: TEXT_LIMIT * 4].translate(_DELETED).encode("utf-8", "ignore").decode("utf-8")
    kept, marks = [], 0
    for char in unicodedata.normalize("NFKC", short)[:TEXT_LIMIT]:
        marks += unicodedata.combining(char) != 0
        if marks <= MARKS_LIMIT or not unicodedata.combining(char):
            kept.append(char)
    return unicodedata.normalize("NFKC", "".join(kept))[:TEXT_LIMIT]


_DELETED = {0: None}


def load(model: str = BUNDLED, runtime: Runtime = "direct", *, threads: int = 1) -> Encoder:
    """Load the encoder that the settings name.

    `model` is "bundled", else the path of a sentence-transformers folder, which always runs through
    sentence-transformers. `threads` texts are encoded at a time by the direct runtime: more than one only
    where nobody waits for the other cores. Raises FileNotFoundError when there is no such folder and
    ValueError when its vectors do not have 384 dimensions.
    """
    # Two OpenMP threads on a busy machine spin, and a fork of theirs hangs.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if model == BUNDLED:
        embed = direct(FOLDER, threads) if runtime == "direct" else _wrapped(_bundled_transformer())
        return Encoder(described(FOLDER), embed)
    folder = Path(model)
    if not folder.is_dir():
        raise FileNotFoundError(f"no model folder at {model}")
    return _from_folder(folder)


def described(folder: Path) -> Description:
    """Return the name and revision that the model card in `folder` states."""
    card = json.loads((folder / CARD).read_text("utf-8"))
    return Description(card["name"], card["revision"], DIMENSION)


class Pieces:
    """The pieces of words that the models know, and what each of them is to their first layer."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer  # noqa: PLC0415  loaded only where vectors are made

        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.enable_truncation(TOKEN_LIMIT)
        with np.load(folder / WORDS) as stored:
            self._whole, self._scales = stored["whole"], stored["scales"]

    def ids(self, text: str, *, ends: bool = True) -> list[int]:
        """Return the pieces of `text`, with `ends` between the marks of a beginning and an end."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=ends).ids
        return ids

    def rows(self, ids: Sequence[int]) -> Vectors:
        """Return what stands for the pieces, shape (n, 384)."""
        found: Vectors = self._whole[ids] * self._scales[ids, None]
        return found


@cache
def shared(folder: Path = FOLDER) -> Pieces:
    """Return the pieces stored in `folder`, once a process however many models use them."""
    return Pieces(folder)


def session(path: Path) -> Callable[[dict[str, Vectors]], Vectors]:
    """Return what runs the graph at `path`, by its inputs' names, on one core."""
    import onnxruntime  # noqa: PLC0415  loaded only where vectors are made

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # it would keep the size of the longest text for good
    graph = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda given: np.asarray(graph.run(None, given)[0][0], dtype=np.float32)


def direct(folder: Path, threads: int = 1) -> Embed:
    """Return what encodes with the files in `folder`, `threads` texts at a time, without torch."""
    pieces, graph = shared(folder), session(folder / GRAPH)

    def one(text: str) -> Vectors:
        return graph({"words": pieces.rows(pieces.ids(text))})

    def embed(texts: list[str], is_query: bool) -> Vectors:  # noqa: FBT001  the shape of Embed
        role = "query: " if is_query else "passage: "
        marked = [role + text for text in texts]
        # One by one: 8-bit sums take their scale from a whole batch, and a vector must not depend on that.
        if threads == 1 or len(marked) == 1:
            return np.array([one(text) for text in marked])
        with ThreadPoolExecutor(threads) as pool:
            return np.array(list(pool.map(one, marked)))

    return embed


def _wrapped(model: "SentenceTransformer") -> Embed:
    def embed(texts: list[str], is_query: bool) -> Vectors:  # noqa: FBT001  the shape of Embed
        encode = model.encode_query if is_query else model.encode_document
        return np.asarray(encode(texts, show_progress_bar=False, convert_to_numpy=True), dtype=np.float32)

    return embed


def _bundled_transformer() -> "SentenceTransformer":
    import torch  # noqa: PLC0415  loaded only where vectors are made
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    from sentence_transformers.base.modules import InputModule  # noqa: PLC0415

    class GraphModule(InputModule):
        """The bundled graph as a module of sentence-transformers; the prompt becomes the role's prefix."""

        config_keys = ["max_seq_length"]  # noqa: RUF012  the base class's own attribute
        save_in_root = True

        def __init__(self, max_seq_length: int = TOKEN_LIMIT) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self.max_seq_length = max_seq_length
            self._embed = direct(FOLDER)

        def preprocess(self, inputs: Any, prompt: str | None = None, **_: Any) -> dict[str, Any]:  # noqa: ANN401
            return {"texts": list(inputs), "is_query": (prompt or "").startswith("query")}

        def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: ANN401
            vectors = self._embed(features["texts"], features["is_query"])
            features["sentence_embedding"] = torch.from_numpy(vectors)
            return features

        def get_embedding_dimension(self) -> int:
            return DIMENSION

        get_sentence_embedding_dimension = get_embedding_dimension

        def save(self, output_path: str, *_: Any, **__: Any) -> None:  # noqa: ANN401
            self.save_config(output_path)

    return SentenceTransformer(
        modules=[GraphModule()],
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

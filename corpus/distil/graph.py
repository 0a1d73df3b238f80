"""The learnt models as the service runs them: ONNX graphs in 8 bits, and the words that both share."""

import math
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch.nn import functional
from transformers import BertModel

from corpus.encoder import GRAPH, TOKEN_LIMIT, WORDS

_OPSET = 20  # the first with Gelu


class _Layers(torch.nn.Module):
    """The layers of a model over one text without padding, so without a mask.

    The same sums as the model's own, written so that few and large ones remain: query, key and value in one
    matrix, the root of the head's size already in it, places and kind of token added beforehand. Without the
    dimension of a batch onnxruntime leaves additions and LayerNormalization apart, and both run quicker.
    """

    def __init__(self, model: Any) -> None:  # noqa: ANN401  a BertModel, whose parts torch does not type
        super().__init__()
        entry = model.embeddings
        self.norm, self.layers = entry.LayerNorm, model.encoder.layer
        kind = entry.token_type_embeddings.weight[0]
        self.places = torch.nn.Parameter(entry.position_embeddings.weight[:TOKEN_LIMIT] + kind)
        self.heads, self.hidden = model.config.num_attention_heads, model.config.hidden_size
        self.asked = torch.nn.ModuleList([_together(layer.attention.self) for layer in self.layers])

    def passed(self, words: torch.Tensor) -> torch.Tensor:
        """Return the last layer over `words`, shape (tokens, hidden)."""
        passing = self.norm(words + self.places[: words.shape[0]])
        for layer, asked in zip(self.layers, self.asked, strict=True):
            parts = asked(passing).reshape(-1, 3 * self.heads, self.hidden // self.heads).transpose(0, 1)
            query, key, value = parts.split(self.heads)
            seen = ((query @ key.transpose(1, 2)).softmax(-1) @ value).transpose(0, 1)
            attended = layer.attention.output
            passing = attended.LayerNorm(attended.dense(seen.reshape(-1, self.hidden)) + passing)
            inner = functional.gelu(layer.intermediate.dense(passing))
            passing = layer.output.LayerNorm(layer.output.dense(inner) + passing)
        done: torch.Tensor = passing
        return done


class _Whole(_Layers):
    """The words of one text in, its unit vector out."""

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return functional.normalize(self.passed(words).mean(0, keepdim=True), dim=1)


class _Pair(_Layers):
    """The words of two texts in, and how many are the first one's; out comes what `reading.Reader` says."""

    def __init__(self, reader: Any) -> None:  # noqa: ANN401  a reading.Reader
        super().__init__(reader.model)
        kinds = reader.model.embeddings.token_type_embeddings.weight
        self.other = torch.nn.Parameter(kinds[1] - kinds[0])
        self.said = reader.said

    def forward(self, words: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        passing = self.passed(words + second * self.other)
        left = (passing * (1 - second)).sum(0) / (1 - second).sum()
        right = (passing * second).sum(0) / second.sum()
        told: torch.Tensor = self.said(left[None], right[None])
        return told


def _together(attention: Any) -> torch.nn.Linear:  # noqa: ANN401  a BertSelfAttention
    """Return query, key and value as one layer; the query divided by the root of a head's size."""
    parts = [attention.query, attention.key, attention.value]
    shares = [1 / math.sqrt(attention.attention_head_size), 1.0, 1.0]
    one = torch.nn.Linear(parts[0].in_features, sum(part.out_features for part in parts))
    with torch.no_grad():
        for name in ("weight", "bias"):
            scaled = [getattr(part, name) * share for part, share in zip(parts, shares, strict=True)]
            getattr(one, name).copy_(torch.cat(scaled))
    return one


def write(model: BertModel, folder: Path) -> None:
    """Write `model` into `folder`: its words, and the graph from the words of a text to its vector.

    Texts go through one by one: dynamic quantisation takes the scale of its inputs from the whole batch, so
    the vector of a text would depend on its neighbours, and a batch is hardly quicker.
    """
    words = model.embeddings.word_embeddings.weight.detach().float().numpy()
    scales = np.maximum(np.abs(words).max(1), 1e-9) / 127
    whole = np.rint(words / scales[:, None]).astype(np.int8)
    np.savez(folder / WORDS, whole=whole, scales=scales.astype(np.float32))
    _write(_Whole(model.float()), (_some(model),), folder / GRAPH)  # type: ignore[no-untyped-call]


def write_pair(reader: Any, path: Path) -> None:  # noqa: ANN401  a reading.Reader
    """Write the graph of `reader` to `path`; its words are those of the encoder that it grew from."""
    words = _some(reader.model)
    _write(_Pair(reader.float()), (words, (torch.arange(len(words)) > 5)[:, None].float()), path)


def _some(model: BertModel) -> torch.Tensor:
    return model.embeddings.word_embeddings.weight[5:21].detach().float()


def _write(whole: torch.nn.Module, given: tuple[torch.Tensor, ...], path: Path) -> None:
    """Write a graph to `path`: matrices as int8, one scale a column; sums stay in float32."""
    # It puts a folder with a `models` of its own on the path, which must not be found before ours.
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415

    names = ["words", "second"][: len(given)]
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the tracer, about shapes that are fixed here
        plain = Path(folder) / "plain.onnx"
        torch.onnx.export(
            whole.eval(),
            given,
            plain,
            dynamo=False,
            opset_version=_OPSET,
            input_names=names,
            output_names=["vector"],
            dynamic_axes={name: {0: "tokens"} for name in names},
        )
        quantize_dynamic(
            plain, path, weight_type=QuantType.QInt8, per_channel=True, extra_options={"DefaultTensorType": 1}
        )


def read(folder: Path, model: BertModel, rows: Sequence[int] | None = None) -> None:
    """Give `model` the weights that `write` put into `folder`, as exact as 8 bits are.

    `rows`: the row of the model that each stored word is for, -1 where it has none; without them the words
    must be the same ones. Raises ValueError when they are of another shape.
    """
    own = model.embeddings.word_embeddings.weight
    with torch.no_grad(), np.load(folder / WORDS) as stored:
        words = torch.from_numpy(stored["whole"] * stored["scales"][:, None])
        places = torch.arange(len(own)) if rows is None else torch.tensor(rows)
        if len(places) != len(words) or words.shape[1] != own.shape[1]:
            raise ValueError(f"{folder.name} has the words of another model")
        own[places[places >= 0]] = words[places >= 0]
    whole: Any = _Whole(model)  # torch does not type its parts
    _fill(whole, folder / GRAPH)
    with torch.no_grad():
        model.embeddings.position_embeddings.weight[:TOKEN_LIMIT] = whole.places
        model.embeddings.token_type_embeddings.weight[0] = 0  # it is in the places already


def read_pair(path: Path, reader: Any) -> None:  # noqa: ANN401  a reading.Reader
    """Give `reader` the weights of the graph that `write_pair` put into `path`, except its words.

    Raises ValueError when they are of another shape.
    """
    whole: Any = _Pair(reader)
    _fill(whole, path)
    entry = reader.model.embeddings
    with torch.no_grad():
        entry.position_embeddings.weight[:TOKEN_LIMIT] = whole.places
        entry.token_type_embeddings.weight[0] = 0  # it is in the places already
        entry.token_type_embeddings.weight[1] = whole.other


def _fill(whole: Any, path: Path) -> None:  # noqa: ANN401  torch does not type its parts
    """Give `whole`, and with it the model whose parts it has, the weights of the graph at `path`."""
    found = {one.name: one for one in onnx.load(str(path)).graph.initializer}
    with torch.no_grad():
        for name, tensor in whole.state_dict().items():
            if ".attention.self." in name:  # these lie together, see `_together`
                continue
            values = _values(found, name)
            if values is None or values.shape != tensor.shape:
                raise ValueError(f"{path.name} is no graph of this model: {name}")
            tensor.copy_(values)
        for layer, asked in zip(whole.layers, whole.asked, strict=True):
            _apart(asked, layer.attention.self)


def _values(found: dict[str, onnx.TensorProto], name: str) -> torch.Tensor | None:
    """Return one tensor of a graph, its 8 bits multiplied out, or None when it has none of that name."""
    for stored in (name, f"{name}_Transposed"):
        if f"{stored}_quantized" not in found:
            continue
        whole, scale, zero = (
            torch.from_numpy(numpy_helper.to_array(found[f"{stored}_{part}"]).astype("float32"))
            for part in ("quantized", "scale", "zero_point")
        )
        values = (whole - zero) * scale
        return values if stored == name else values.T
    return torch.from_numpy(numpy_helper.to_array(found[name]).copy()) if name in found else None


def _apart(one: torch.nn.Linear, attention: Any) -> None:  # noqa: ANN401  a BertSelfAttention
    """Undo `_together`: give query, key and value of `attention` their rows of `one`."""
    shares = [math.sqrt(attention.attention_head_size), 1.0, 1.0]
    parts = [attention.query, attention.key, attention.value]
    for name in ("weight", "bias"):
        for part, rows, share in zip(parts, getattr(one, name).chunk(3), shares, strict=True):
            getattr(part, name).copy_(rows * share)

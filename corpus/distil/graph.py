"""The learnt model as the service runs it: an ONNX graph from token ids to a vector, weights in 8 bits."""

import math
import tempfile
import warnings
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import numpy_helper
from torch.nn import functional
from transformers import BertModel

from corpus.encoder import TOKEN_LIMIT

_OPSET = 20  # the first with Gelu


class _Whole(torch.nn.Module):
    """Ids of one text in, its unit vector out: no padding, so no mask.

    The same sums as the model's own, written so that few and large ones remain: query, key and value in one
    matrix, the root of the head's size already in it, places and kind of token added beforehand. Without the
    dimension of a batch onnxruntime leaves additions and LayerNormalization apart, and both run quicker.
    """

    def __init__(self, model: Any) -> None:  # noqa: ANN401  a BertModel, whose parts torch does not type
        super().__init__()
        entry = model.embeddings
        self.words, self.norm, self.layers = entry.word_embeddings, entry.LayerNorm, model.encoder.layer
        kind = entry.token_type_embeddings.weight[0]
        self.places = torch.nn.Parameter(entry.position_embeddings.weight[:TOKEN_LIMIT] + kind)
        self.heads, self.hidden = model.config.num_attention_heads, model.config.hidden_size
        self.asked = torch.nn.ModuleList([_together(layer.attention.self) for layer in self.layers])

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        passing = self.norm(self.words(ids[0]) + self.places[: ids.shape[1]])
        for layer, asked in zip(self.layers, self.asked, strict=True):
            parts = asked(passing).reshape(-1, 3 * self.heads, self.hidden // self.heads).transpose(0, 1)
            query, key, value = parts.split(self.heads)
            seen = ((query @ key.transpose(1, 2)).softmax(-1) @ value).transpose(0, 1)
            attended = layer.attention.output
            passing = attended.LayerNorm(attended.dense(seen.reshape(-1, self.hidden)) + passing)
            inner = functional.gelu(layer.intermediate.dense(passing))
            passing = layer.output.LayerNorm(layer.output.dense(inner) + passing)
        return functional.normalize(passing.mean(0, keepdim=True), dim=1)


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


def write(model: BertModel, path: Path) -> None:
    """Write `model` to `path`: matrices and words as int8, one scale a column; sums stay in float32.

    Texts go through one by one: dynamic quantisation takes the scale of its inputs from the whole batch, so
    the vector of a text would depend on its neighbours, and a batch is hardly quicker.
    """
    # It puts a folder with a `models` of its own on the path, which must not be found before ours.
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415

    whole = _Whole(model.float()).eval()  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the tracer, about shapes that are fixed here
        plain = Path(folder) / "plain.onnx"
        torch.onnx.export(
            whole,
            (torch.arange(5, 21)[None, :],),
            plain,
            dynamo=False,
            opset_version=_OPSET,
            input_names=["ids"],
            output_names=["vector"],
            dynamic_axes={"ids": {1: "tokens"}},
        )
        quantize_dynamic(
            plain, path, weight_type=QuantType.QInt8, per_channel=True, extra_options={"DefaultTensorType": 1}
        )


def read(path: Path, model: BertModel) -> None:
    """Give `model` the weights of the graph that `write` put into `path`, as exact as 8 bits are.

    Raises ValueError when the graph is of another shape.
    """
    found = {one.name: one for one in onnx.load(str(path)).graph.initializer}
    whole: Any = _Whole(model)  # torch does not type its parts
    with torch.no_grad():
        for name, tensor in whole.state_dict().items():
            if ".attention.self." in name:  # these lie together, see `_together`
                continue
            values = _values(found, name)
            if values is None or values.shape != tensor.shape:
                raise ValueError(f"{path.name} is no graph of this model: {name}")
            tensor.copy_(values)
        model.embeddings.position_embeddings.weight[:TOKEN_LIMIT] = whole.places
        model.embeddings.token_type_embeddings.weight[0] = 0  # it is in the places already
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

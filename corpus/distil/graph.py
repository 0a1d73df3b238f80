"""The learnt model as the service runs it: an ONNX graph from token ids to a vector, weights in 8 bits."""

import tempfile
import warnings
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import BertModel


class _Whole(torch.nn.Module):
    """Ids of one text in, its unit vector out: no padding, so no mask."""

    def __init__(self, model: BertModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        hidden = self.model(input_ids=ids).last_hidden_state
        return torch.nn.functional.normalize(hidden.mean(1), dim=1)


def write(model: BertModel, path: Path) -> None:
    """Write `model` to `path`: matrices and words as int8, one scale a column; sums stay in float32.

    Texts go through one by one: dynamic quantisation takes the scale of its inputs from the whole batch, so
    the vector of a text would depend on its neighbours, and a batch is hardly quicker.
    """
    model = model.float().eval()  # type: ignore[no-untyped-call]
    model.set_attn_implementation("eager")
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the tracer, about shapes that are fixed here
        plain = Path(folder) / "plain.onnx"
        torch.onnx.export(
            _Whole(model),
            (torch.arange(5, 21)[None, :],),
            plain,
            dynamo=False,
            opset_version=17,
            input_names=["ids"],
            output_names=["vector"],
            dynamic_axes={"ids": {1: "tokens"}},
        )
        quantize_dynamic(
            plain, path, weight_type=QuantType.QInt8, per_channel=True, extra_options={"DefaultTensorType": 1}
        )

"""The model that learns: an ordinary BERT of torch with the pruned words of the package's weights."""

from collections.abc import Sequence

import torch
from transformers import BertConfig, BertModel

from corpus.distil.weights import Weights


def made(weights: Weights, kept: Sequence[int]) -> BertModel:
    """Return a BertModel with the weights as they are, its words cut down to the ids `kept`."""
    shape = weights.shape
    config = BertConfig(
        vocab_size=len(kept),
        hidden_size=shape["hidden"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        intermediate_size=shape["inner"],
        max_position_embeddings=shape["positions"],
        type_vocab_size=shape["kinds"],
        layer_norm_eps=weights.epsilon,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    model = BertModel(config, add_pooling_layer=False)
    tensors = {name: torch.from_numpy(values) for name, values in weights.tensors.items()}
    state = {
        "embeddings.word_embeddings.weight": tensors["emb.word"][torch.tensor(kept)],
        "embeddings.position_embeddings.weight": tensors["emb.pos"],
        "embeddings.token_type_embeddings.weight": tensors["emb.type"],
        "embeddings.LayerNorm.weight": tensors["emb.ln.w"],
        "embeddings.LayerNorm.bias": tensors["emb.ln.b"],
    }
    parts = {
        "q": "attention.self.query",
        "k": "attention.self.key",
        "v": "attention.self.value",
        "ao": "attention.output.dense",
        "aln": "attention.output.LayerNorm",
        "fi": "intermediate.dense",
        "fo": "output.dense",
        "oln": "output.LayerNorm",
    }
    for layer in range(shape["layers"]):
        for short, long in parts.items():
            for end, tail in (("w", "weight"), ("b", "bias")):
                state[f"encoder.layer.{layer}.{long}.{tail}"] = tensors[f"l{layer}.{short}.{end}"]
    missing, unexpected = model.load_state_dict(state, strict=False)
    if [name for name in missing if "position_ids" not in name] or unexpected:
        raise ValueError(f"weights and model differ: {missing} {unexpected}")
    return model


def mixed(learner: BertModel, other: BertModel, share: float) -> None:
    """Give `learner` the mean of its weights and those of `other`, which have that `share`."""
    with torch.no_grad():
        for own, theirs in zip(learner.parameters(), other.parameters(), strict=True):
            own.lerp_(theirs, share)


def pooled(model: BertModel, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return unit vectors, shape (n, hidden): the mean of the last layer over the tokens of each text."""
    hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
    mean = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
    return torch.nn.functional.normalize(mean, dim=1)

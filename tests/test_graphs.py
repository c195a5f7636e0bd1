from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import BertModel

from models.bundle import Bundle, seal_bundle
from models.runtime import open_sessions
from models.topic_encoder import TopicEncoder
from models.weights import read_weights, write_weights
from tests.tiny import bert_config, copy_bart
from training.export import write_graphs
from training.graphs import bart_encoder_graph, bart_step_graph, bert_topics_graph
from training.seq2seq import weights_of


def stored(path: Path, model: Any, graphs: dict[str, Any], task: str) -> Bundle:
    """The model as a bundle, and its own weights replaced by what int8 left of them."""
    path.mkdir()
    state = weights_of(model) if task == "summaries" else {k: v.numpy() for k, v in model.state_dict().items()}
    write_weights(path / "weights.safetensors", state)
    model.load_state_dict(
        {k: torch.tensor(v) for k, v in read_weights(path / "weights.safetensors").items()}, strict=False
    )
    names = write_graphs(path, graphs)
    return seal_bundle(path, {"task": task, "name": "tiny", "version": "1", "graphs": names})


def test_topics_graph_equals_torch(tmp_path: Path) -> None:
    config = bert_config()
    torch.manual_seed(0)
    model = TopicEncoder(BertModel(config, add_pooling_layer=False), 4).eval()
    torch.nn.init.normal_(model.head.look)
    torch.nn.init.normal_(model.head.weigh)
    bundle = stored(tmp_path / "b", model, {"encoder.onnx": bert_topics_graph(config, 4)}, "topics")
    (session,) = open_sessions(bundle, ["encoder.onnx"], 1)
    ids, mask = torch.randint(5, 60, (3, 20)), torch.ones(3, 20, dtype=torch.long)
    mask[1, 12:] = 0
    with torch.no_grad():
        logits, shares = model(ids, mask)
    got = session.run(["logits", "shares"], {"input_ids": ids.numpy(), "mask": mask.numpy()})
    assert np.abs(got[0] - logits.numpy()).max() < 1e-4
    assert np.abs(got[1] - shares.numpy()).max() < 1e-4
    assert np.allclose(got[1].sum(-1) + model.head.bias.detach().numpy(), got[0], atol=1e-4)


def test_step_graph_equals_torch_for_every_step(tmp_path: Path) -> None:
    model = copy_bart()
    config, beams, vocabulary = model.config, 2, 300
    graphs = {"encoder.onnx": bart_encoder_graph(config), "step.onnx": bart_step_graph(config, copy_head=True)}
    bundle = stored(tmp_path / "b", model, graphs, "summaries")
    encoder, step = open_sessions(bundle, list(graphs), 1)
    ids = torch.randint(5, vocabulary, (3, 16))
    ids[:, 0] = 0
    ids[1, 11:] = 1
    mask = (ids != 1).long()
    targets = torch.randint(5, vocabulary, (3, 5))
    with torch.no_grad():
        wanted = model(input_ids=ids, attention_mask=mask, decoder_input_ids=targets).logits.numpy()
    continuable = np.concatenate([mask[:, 1:].numpy(), np.zeros((3, 1), np.int64)], 1) * mask.numpy()
    feed = {"source": ids.numpy(), "mask": mask.numpy()}
    encoded = dict(zip([o.name for o in encoder.get_outputs()], encoder.run(None, feed), strict=True))
    past = {f"past_{k}_{i}": np.zeros((6, 4, 0, 12), np.float32) for k in ("key", "value") for i in range(2)}
    for t in range(5):
        tokens = np.repeat(targets[:, t : t + 1].numpy(), beams, 0)
        inputs = {**encoded, **feed, **past, "tokens": tokens, "position": np.array([t]), "k": np.array([vocabulary]),
                  "copyable": (mask * (ids != 0)).numpy(), "continuable": continuable}  # fmt: skip
        got = dict(zip([o.name for o in step.get_outputs()], step.run(None, inputs), strict=True))
        past = {f"past_{k}_{i}": got[f"{k}_{i}"] for k in ("key", "value") for i in range(2)}
        for beam in range(beams):
            logs = np.zeros((3, vocabulary), np.float32)
            np.put_along_axis(logs, got["ids"][:, beam], got["values"][:, beam], 1)
            difference = np.abs(np.exp(logs) - np.exp(wanted[:, t]))
            assert difference.max() < 1e-5

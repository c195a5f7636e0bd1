from __future__ import annotations

import torch
from torch import Tensor
from transformers import BertModel

from models.copy_bart import CopyBartForConditionalGeneration
from tests.tiny import bert_config, copy_bart
from training.compress import bart_from_encoder, shrink_encoder


def source() -> tuple[Tensor, Tensor]:
    torch.manual_seed(3)
    ids = torch.randint(5, 300, (3, 16))
    ids[:, 0] = 0
    mask = torch.ones_like(ids)
    mask[1, 11:] = 0
    ids[1, 11:] = 1
    return ids, mask


def test_logits_are_a_normalised_log_mixture() -> None:
    ids, mask = source()
    with torch.no_grad():
        out = copy_bart()(input_ids=ids, attention_mask=mask, decoder_input_ids=ids[:, :5])
    assert torch.allclose(out.logits.exp().sum(-1), torch.ones(3, 5), atol=1e-5)


def test_loss_equals_the_mixture_at_the_labels() -> None:
    ids, mask = source()
    labels = torch.randint(5, 300, (3, 6))
    labels[2, 4:] = -100
    model = copy_bart()
    with torch.no_grad():
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        start = torch.cat(
            [torch.zeros(3, 1, dtype=torch.long), labels[:, :-1].masked_fill(labels[:, :-1] == -100, 1)], 1
        )
        logs = model(input_ids=ids, attention_mask=mask, decoder_input_ids=start).logits
    kept = labels != -100
    wanted = -logs.gather(-1, labels.masked_fill(~kept, 0)[..., None]).squeeze(-1)[kept].mean()
    assert torch.allclose(loss, wanted, atol=1e-5)


def plain_beam_search(
    model: CopyBartForConditionalGeneration, ids: Tensor, mask: Tensor, beams: int, steps: int
) -> list[int]:
    """A reference without caches or batches: whole prefixes, 2K candidates, finished ones scored by mean log probability."""
    open_beams: list[tuple[float, list[int]]] = [(0.0, [0])]
    done: list[tuple[float, list[int]]] = []
    for _ in range(steps):
        grown = []
        for score, prefix in open_beams:
            with torch.no_grad():
                logs = model(input_ids=ids, attention_mask=mask, decoder_input_ids=torch.tensor([prefix])).logits[0, -1]
            grown += [(score + v, [*prefix, t]) for t, v in enumerate(logs.tolist())]
        grown.sort(key=lambda x: -x[0])
        open_beams = []
        for rank, (score, prefix) in enumerate(grown[: 2 * beams]):
            if prefix[-1] == 2:
                if rank < beams:
                    done.append((score / (len(prefix) - 1), prefix))
            elif len(open_beams) < beams:
                open_beams.append((score, prefix))
        done = sorted(done, key=lambda x: -x[0])[:beams]
        if len(done) == beams and done[-1][0] >= open_beams[0][0] / len(open_beams[0][1][1:]):
            break
    done += [(s / (len(p) - 1), p) for s, p in open_beams if len(p) == steps + 1]
    return max(done, key=lambda x: x[0])[1]


def test_generate_with_beams_equals_a_plain_loop() -> None:
    ids, mask = source()
    for seed in range(3):
        model = copy_bart(seed)
        made = model.generate(input_ids=ids, attention_mask=mask, source_ids=ids, num_beams=4, max_new_tokens=7,
                              do_sample=False, early_stopping=False)  # fmt: skip
        for row in range(3):
            real = int(mask[row].sum())
            wanted = plain_beam_search(model, ids[row : row + 1, :real], mask[row : row + 1, :real], 4, 7)
            assert [t for t in made[row].tolist() if t != 1][: len(wanted)] == wanted


def test_the_encoder_of_a_new_bart_equals_the_bert_it_came_from() -> None:
    torch.manual_seed(0)
    base = BertModel(bert_config(), add_pooling_layer=False).eval()
    kept = [0, 1, 2, *range(10, 60)]
    special = {"bos": 0, "eos": 2, "pad": 1}
    bart = bart_from_encoder(base, [1], [0, 1], kept, special).eval()
    small = shrink_encoder(base, [1], kept).eval()
    ids = torch.randint(3, len(kept), (2, 9))
    with torch.no_grad():
        ours = bart.model.encoder(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
        theirs = small(input_ids=ids).last_hidden_state
    assert torch.allclose(ours, theirs, atol=1e-5)


def test_shrinking_nothing_changes_nothing() -> None:
    torch.manual_seed(0)
    base = BertModel(bert_config(), add_pooling_layer=False).eval()
    same = shrink_encoder(base, [0, 1], list(range(base.config.vocab_size))).eval()
    ids = torch.randint(5, 60, (2, 9))
    with torch.no_grad():
        assert torch.allclose(base(ids).last_hidden_state, same(ids).last_hidden_state, atol=1e-6)

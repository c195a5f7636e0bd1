"""A BART that can copy: the torch class behind the default summarizer.

Owns the architecture only. It knows nothing of text, bundles or beams. It is the one module of `models` that imports
torch at its top, so nothing imports it at start-up: training, the hub back end and `eval speed` load it when needed;
the service runs the same weights through ONNX Runtime.

The head mixes three ways of choosing the next token, in probability space:

* generate: the usual softmax over the vocabulary;
* copy: the source token at the place that a first attention looks at;
* copy-next: the source token **after** the place that a second attention looks at. The decoder state after writing
  token t resembles the encoder state of t, so an attention that starts as the identity continues a quotation.

A gate (softmax of three) weighs them. `forward` returns the log of the mixture as logits: already normalised, so
`generate()` and its beams work as for any seq2seq.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from transformers import BartConfig, BartForConditionalGeneration
from transformers.modeling_outputs import Seq2SeqLMOutput
from transformers.models.bart.modeling_bart import shift_tokens_right

GENERATE_BIAS, COPY_BIAS = 0.0, 1.0
"""Start of the gate. Copying starts ahead: a fresh softmax over an encoder's embeddings knows no Chinese yet."""


class CopyHead(nn.Module):
    """Two attentions from decoder states to encoder states, and the gate between generating and copying."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.copy = nn.Linear(width, width, bias=False)
        self.copy_next = nn.Linear(width, width, bias=False)
        self.gate = nn.Linear(width, 3)
        self.scale = width**-0.5

    def start(self) -> None:
        """Identity attentions and a gate that prefers copying; called once for a model that was not loaded."""
        nn.init.eye_(self.copy.weight)
        nn.init.eye_(self.copy_next.weight)
        nn.init.zeros_(self.gate.weight)
        with torch.no_grad():
            self.gate.bias.copy_(torch.tensor([GENERATE_BIAS, COPY_BIAS, COPY_BIAS]))

    def forward(self, states: Tensor, encoder: Tensor, blocked: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Log gate (B, T, 3) and the two attentions (B, T, S) in fp32.

        `blocked` is True (B, S) at the places that copy, and copy-next, may not look at.
        """
        far = torch.finfo(torch.float32).min
        attentions = []
        for project, off in zip((self.copy, self.copy_next), blocked, strict=True):
            score = torch.matmul(project(states), encoder.transpose(1, 2)).float() * self.scale
            attentions.append(score.masked_fill(off[:, None, :], far).softmax(-1))
        return self.gate(states).float().log_softmax(-1), attentions[0], attentions[1]


class CopyBartForConditionalGeneration(BartForConditionalGeneration):
    """BART with `CopyHead`.

    Pass the source to `generate` twice, since decoder steps are not handed it:
    `model.generate(input_ids=x, attention_mask=m, source_ids=x, num_beams=4)`; transformers expands it with the beams.
    """

    def __init__(self, config: BartConfig) -> None:
        super().__init__(config)
        self.copy_head = CopyHead(config.d_model)
        # BART's layer norms take torch's epsilon; weights that come from a BERT need that BERT's.
        for module in self.modules():
            if isinstance(module, nn.LayerNorm):
                module.eps = getattr(config, "layer_norm_eps", 1e-5)

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        encoder_outputs: Any = None,
        past_key_values: Any = None,
        labels: Tensor | None = None,
        source_ids: Tensor | None = None,
        use_cache: bool | None = None,
        **kwargs: Any,
    ) -> Seq2SeqLMOutput:
        """With `labels` (B, T), -100 ignored: the loss alone, a mean over tokens. Without: log probabilities (B, T, V)."""
        source = input_ids if source_ids is None else source_ids
        if source is None:
            raise ValueError("the copy head needs the source: pass input_ids, or source_ids with encoder_outputs")
        if attention_mask is None:
            attention_mask = (source != self.config.pad_token_id).long()
        if labels is not None and decoder_input_ids is None:
            start = self.config.decoder_start_token_id
            decoder_input_ids = shift_tokens_right(labels, self.config.pad_token_id, start)
        out = self.model(
            input_ids,
            attention_mask=attention_mask,
            decoder_input_ids=decoder_input_ids,
            encoder_outputs=encoder_outputs,
            past_key_values=past_key_values,
            use_cache=use_cache if labels is None else False,
            **kwargs,
        )
        states, encoder = out.last_hidden_state, out.encoder_last_hidden_state
        pad, lead = self.config.pad_token_id, self.config.bos_token_id
        following = torch.cat([source[:, 1:], torch.full_like(source[:, :1], pad)], 1)
        blocked = (attention_mask == 0) | (source == lead)
        # Nothing follows the last token; the opening mark is followed by the first word, which may be copied.
        gate, copy, copy_next = self.copy_head(states, encoder, (blocked, (attention_mask == 0) | (following == pad)))
        logits = (self.lm_head(states) + self.final_logits_bias).float()
        if labels is not None:
            loss = self._loss(logits, gate, (copy, source), (copy_next, following), labels)
            return Seq2SeqLMOutput(loss=loss, encoder_last_hidden_state=encoder)
        mixed = (logits.log_softmax(-1) + gate[..., :1]).exp()
        for i, (attention, ids) in enumerate(((copy, source), (copy_next, following)), start=1):
            share = attention * gate[..., i : i + 1].exp()
            mixed = mixed.scatter_add(-1, ids[:, None, :].expand_as(share), share)
        return Seq2SeqLMOutput(
            logits=mixed.clamp_min(1e-20).log(),
            past_key_values=out.past_key_values,
            encoder_last_hidden_state=encoder,
            cross_attentions=out.cross_attentions,
        )

    @staticmethod
    def _loss(
        logits: Tensor, gate: Tensor, copy: tuple[Tensor, Tensor], copy_next: tuple[Tensor, Tensor], labels: Tensor
    ) -> Tensor:
        """Log of the mixture at the labels only: no (B, T, V) table of copies is built while training."""
        kept = labels != -100
        wanted = labels.masked_fill(~kept, 0)
        own = torch.gather(logits, -1, wanted[..., None]).squeeze(-1) - torch.logsumexp(logits, -1)
        parts = [gate[..., 0] + own]
        for i, (attention, ids) in enumerate((copy, copy_next), start=1):
            hit = (ids[:, None, :] == wanted[..., None]) * attention
            parts.append(gate[..., i] + hit.sum(-1).clamp_min(1e-12).log())
        chosen = torch.logsumexp(torch.stack(parts), 0)
        return -(chosen * kept).sum() / kept.sum().clamp_min(1)

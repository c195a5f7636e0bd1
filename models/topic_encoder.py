"""The torch class behind the topics bundle: any encoder, and a head that reads it with one attention a topic.

For topic t the head attends over the tokens (softmax of `H u_t`, zero at the start: the mean that the encoder was
pretrained with), and the logit is the attended mean of `w_t . h_i` plus a bias. A logit is therefore a sum over tokens,
and the share of each token is exact: that is where evidence comes from. Like models/copy_bart.py this module imports
torch at its top and is loaded only where torch is wanted.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class TopicHead(nn.Module):
    """Hidden states (B, S, D) to logits (B, T) and each token's share of them (B, T, S)."""

    lr_scale = 10.0  # a fresh head beside a pretrained encoder

    def __init__(self, width: int, topics: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.look = nn.Parameter(torch.zeros(topics, width))
        self.weigh = nn.Parameter(torch.zeros(topics, width))
        self.bias = nn.Parameter(torch.full((topics,), -2.0))  # about one article in eight has a given topic
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """`mask` (B, S) is 1 for real tokens."""
        states = self.dropout(states.float())
        score = torch.einsum("bsd,td->bts", states, self.look)
        attention = score.masked_fill(mask[:, None, :] == 0, torch.finfo(score.dtype).min).softmax(-1)
        shares = attention * torch.einsum("bsd,td->bts", states, self.weigh)
        return shares.sum(-1) + self.bias, shares


class TopicEncoder(nn.Module):
    """An encoder (anything whose output has `last_hidden_state`) with a `TopicHead`."""

    def __init__(self, encoder: Any, topics: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = TopicHead(encoder.config.hidden_size, topics, dropout)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, T) and token shares (B, T, S)."""
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        logits, shares = self.head(states, attention_mask)
        return logits, shares

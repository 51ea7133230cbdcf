"""A GRU that writes molecules token by token, and is told nothing of them beforehand."""

from collections.abc import Mapping
from typing import Self

import torch
from torch import Tensor, nn

from molvae.models.decoder import GRUDecoder, TokenScores

#: Nats by which a token that was never met is less likely than the rarest of the others, at first.
UNLIKELY = 2.0


class LanguageModel(nn.Module):
    """A decoder whose latents are always 0: a density over molecules, p(x).

    Args:
        vocab_size: how many token ids there are, special ones included.
        embedding_dim: the size of a token's embedding.
        hidden_dim: units a layer.
        num_layers: layers.
    """

    def __init__(self, vocab_size: int, embedding_dim: int, hidden_dim: int, num_layers: int = 1) -> None:
        super().__init__()
        self.decoder = GRUDecoder(vocab_size, embedding_dim, hidden_dim, num_layers, latent_dim=1)

    @property
    def vocab_size(self) -> int:
        """How many token ids there are."""
        return self.decoder.logits.out_features

    @classmethod
    def sized_as(cls, state: Mapping[str, Tensor]) -> Self:
        """A language model, not trained, that the state of another one fits into.

        Raises:
            KeyError: it is the state of something else.
        """
        vocab_size, embedding_dim = state["decoder.gates.embedding.weight"].shape
        hidden_dim = state["decoder.logits.weight"].shape[1]
        return cls(
            vocab_size, embedding_dim, hidden_dim, len(state["decoder.first_states.bias"]) // hidden_dim
        )

    @torch.no_grad()
    def widened(self, vocab_size: int) -> "LanguageModel":
        """A copy that knows more tokens, which it finds less likely than any of its own, whatever came."""
        state = self.state_dict()
        rows = ("decoder.gates.embedding.weight", "decoder.logits.weight")
        bias = "decoder.logits.bias"
        more = vocab_size - self.vocab_size
        for name in rows:
            state[name] = torch.cat([state[name], state[name].new_zeros(more, state[name].shape[1])])
        state[bias] = torch.cat([state[bias], (state[bias].min() - UNLIKELY).expand(more)])
        wider = type(self).sized_as(state)
        wider.load_state_dict(state)
        return wider

    def forward(self, token_ids: Tensor, lengths: Tensor) -> TokenScores:
        """Scores of molecules `(B, T)` of `lengths` `(B,)`, as the decoder takes them (teacher forcing)."""
        scores: TokenScores = self.decoder(self._nothing(len(lengths)), token_ids, lengths)
        return scores

    def write(
        self, num_molecules: int, max_length: int, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Draws of molecules: ids `(B, max_length)` and lengths `(B,)`, as of `GRUDecoder.generate`."""
        return self.decoder.generate(
            self._nothing(num_molecules), max_length=max_length, temperature=1.0, generator=generator
        )

    def _nothing(self, num_rows: int) -> Tensor:
        return self.decoder.logits.bias.new_zeros(num_rows, 1)

"""A GRU that writes molecules token by token, and is told nothing of them, or some of their properties."""

from collections.abc import Mapping
from typing import Self

import torch
from torch import Tensor, nn

from molvae.models.decoder import GRUDecoder, TokenScores

#: Nats by which a token that was never met is less likely than the rarest of the others, at first.
UNLIKELY = 2.0


class LanguageModel(nn.Module):
    """A decoder whose latents are always 0: a density over molecules, p(x).

    One that is told `P` properties c has those for latents: a density p(x | c) for any of them, and p(x)
    where it is told none. What it is told are `2 P` numbers: standard scores, 0 for what is not told, and for
    each property 1 if it is told, else 0.

    Args:
        vocab_size: how many token ids there are, special ones included.
        embedding_dim: the size of a token's embedding.
        hidden_dim: units a layer.
        num_layers: layers.
        num_told: properties that it may be told, `P`.
    """

    def __init__(
        self, vocab_size: int, embedding_dim: int, hidden_dim: int, num_layers: int = 1, num_told: int = 0
    ) -> None:
        super().__init__()
        self.told_dim = 2 * num_told or 1
        self.decoder = GRUDecoder(vocab_size, embedding_dim, hidden_dim, num_layers, latent_dim=self.told_dim)

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
        num_layers = len(state["decoder.first_states.bias"]) // hidden_dim
        num_told = state["decoder.first_states.weight"].shape[1] // 2
        return cls(vocab_size, embedding_dim, hidden_dim, num_layers, num_told)

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

    @torch.no_grad()
    def telling(self, num_told: int) -> "LanguageModel":
        """A copy that may be told so many properties, and makes nothing of them yet."""
        state = self.state_dict()
        for name in ("decoder.first_states.weight", "decoder.latent_gates.weight"):
            state[name] = state[name].new_zeros(len(state[name]), 2 * num_told)
        told = type(self).sized_as(state)
        told.load_state_dict(state)
        return told

    def forward(self, token_ids: Tensor, lengths: Tensor, told: Tensor | None = None) -> TokenScores:
        """Scores of molecules `(B, T)` of `lengths` `(B,)`, as the decoder takes them (teacher forcing).

        Args:
            token_ids: as there.
            lengths: as there.
            told: what it is told of each, `(B, 2 P)`; nothing by itself.
        """
        scores: TokenScores = self.decoder(self._told(len(lengths), told), token_ids, lengths)
        return scores

    def write(
        self,
        num_molecules: int,
        max_length: int,
        generator: torch.Generator | None = None,
        told: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Draws of molecules: ids `(B, max_length)` and lengths `(B,)`, as of `GRUDecoder.generate`.

        `told` `(2 P,)` is what it is told of all of them.
        """
        return self.decoder.generate(
            self._told(num_molecules, told), max_length=max_length, temperature=1.0, generator=generator
        )

    def _told(self, num_rows: int, told: Tensor | None) -> Tensor:
        if told is None:
            told = self.decoder.logits.bias.new_zeros(self.told_dim)
        return told.expand(num_rows, self.told_dim)

"""Token ids `(B, T)` -> features `(B, 2H)`: a bidirectional GRU that reads a molecule both ways."""

import torch
from torch import Tensor, nn

from molvae.models.gru import GRULayer, Layout, TokenGates


class GRUEncoder(nn.Module):
    """A bidirectional GRU; its two last states, side by side, are the features.

    Args:
        vocab_size: how many token ids there are, `V`.
        embedding_dim: the size of a token's embedding.
        hidden_dim: units a direction, `H`.
    """

    def __init__(self, vocab_size: int, embedding_dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.feature_dim = 2 * hidden_dim
        self.forward_gates = TokenGates(vocab_size, embedding_dim, hidden_dim)
        self.backward_gates = TokenGates(vocab_size, embedding_dim, hidden_dim)
        self.backward_gates.embedding = self.forward_gates.embedding
        self.forward_layer = GRULayer(hidden_dim)
        self.backward_layer = GRULayer(hidden_dim)

    def forward(self, token_ids: Tensor, lengths: Tensor) -> Tensor:
        """Features `(B, 2H)` of molecules of `lengths` `(B,)` tokens; what lies behind them is not read.

        Args:
            token_ids: `(B, T)`, without start and end tokens, padded at the end with anything.
            lengths: `(B,)`, each at least 1.
        """
        layout = Layout.of(lengths)
        forwards = self._read(self.forward_layer, self.forward_gates, token_ids, layout)
        flipped = _reverse(token_ids, lengths)
        backwards = self._read(self.backward_layer, self.backward_gates, flipped, layout)
        return torch.cat([forwards, backwards], dim=1)[layout.inverse]

    @staticmethod
    def _read(layer: GRULayer, token_gates: TokenGates, token_ids: Tensor, layout: Layout) -> Tensor:
        gates = token_gates(layout.pack(token_ids))
        constant = gates.new_zeros(len(layout.order), gates.shape[1])
        state = gates.new_zeros(len(layout.order), layer.hidden_dim)
        _, last = layer(gates, constant, state, layout.batch_sizes)
        return last


def _reverse(token_ids: Tensor, lengths: Tensor) -> Tensor:
    """Each row's tokens from last to first; the padding stays behind them."""
    steps = torch.arange(token_ids.shape[1], device=token_ids.device)
    source = (lengths[:, None] - 1 - steps[None, :]).clamp(min=0)
    return token_ids.gather(1, source)

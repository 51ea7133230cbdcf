"""Latents `(B, L)` -> token ids: a GRU that sees the latents in its first state and at every step."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from molvae.models.gru import GRULayer, Layout, TokenGates
from molvae.models.noise import LatentDenoiser

#: Token ids with a meaning of their own; the tokenizer's first id of a SELFIES token follows them.
PAD, START, END, UNKNOWN = 0, 1, 2, 3
NUM_SPECIAL = 4


class TokenScores(NamedTuple):
    """How well the decoder told `B` molecules, each read with teacher forcing.

    Attributes:
        nll: `(B,)`, minus the log-probability of the whole molecule, its end included, in nats.
        is_exact: `(B,)`, true where the likeliest token is right at every step, which is the same as
            greedy decoding giving this molecule back.
    """

    nll: Tensor
    is_exact: Tensor


class GRUDecoder(nn.Module):
    """A GRU language model conditioned on latents.

    Args:
        vocab_size: how many token ids there are, `V`.
        embedding_dim: the size of a token's embedding.
        hidden_dim: units a layer, `H`.
        num_layers: layers, each reading the states of the one below.
        latent_dim: `L`.
        denoiser: reads latents first, where the decoder is told their noise levels; None where it is not.
    """

    def __init__(
        self,
        vocab_size: int,
        embedding_dim: int,
        hidden_dim: int,
        num_layers: int,
        latent_dim: int,
        denoiser: LatentDenoiser | None = None,
    ) -> None:
        super().__init__()
        self.gates = TokenGates(vocab_size, embedding_dim, hidden_dim)
        self.denoiser = denoiser
        read_dim = latent_dim if denoiser is None else denoiser.output_dim
        self.first_states = nn.Linear(read_dim, num_layers * hidden_dim)
        self.latent_gates = nn.Linear(read_dim, num_layers * 3 * hidden_dim, bias=False)
        self.layers = nn.ModuleList(GRULayer(hidden_dim) for _ in range(num_layers))
        self.between = nn.ModuleList(nn.Linear(hidden_dim, 3 * hidden_dim) for _ in range(num_layers - 1))
        self.logits = nn.Linear(hidden_dim, vocab_size)

    def forward(
        self,
        latents: Tensor,
        token_ids: Tensor,
        lengths: Tensor,
        dropout: Tensor | None = None,
        levels: Tensor | None = None,
    ) -> TokenScores:
        """Scores of molecules given their latents (teacher forcing).

        Args:
            latents: `(B, L)`.
            token_ids: `(B, T)`, without start and end tokens, padded at the end with anything.
            lengths: `(B,)`, each at least 1.
            dropout: `(B, T)`, true where the decoder is to read `UNKNOWN` instead of the token.
            levels: `(B,)`, the latents' noise levels; None for no noise.
        """
        inputs = token_ids if dropout is None else token_ids.masked_fill(dropout, UNKNOWN)
        inputs = functional.pad(inputs, (1, 0), value=START)
        targets = functional.pad(token_ids, (0, 1)).scatter(1, lengths[:, None], END)
        layout = Layout.of(lengths + 1)
        read = self._read(latents, levels)
        logits = self._packed_logits(read[layout.order], layout.pack(inputs), layout)
        goal = layout.pack(targets)
        nll = functional.cross_entropy(logits, goal, reduction="none")
        wrong = (logits.detach().argmax(dim=1) != goal).float()
        return TokenScores(layout.sum_by_row(nll), layout.sum_by_row(wrong) == 0)

    def _read(self, latents: Tensor, levels: Tensor | None) -> Tensor:
        """What the layers see of latents `(B, L)` at levels `(B,)`."""
        if self.denoiser is None:
            return latents
        if levels is None:
            levels = latents.new_zeros(len(latents))
        read: Tensor = self.denoiser(latents, levels)
        return read

    def _packed_logits(self, read: Tensor, inputs: Tensor, layout: Layout) -> Tensor:
        """Logits `(N, V)` for packed inputs `(N,)`; what is read of the latents in the layout's order."""
        below: list[Tensor] = []
        for layer, constant, state in self._conditions(read):
            gates = self.between[len(below) - 1](below[-1]).float() if below else self.gates(inputs)
            states, _ = layer(gates, constant, state, layout.batch_sizes)
            below.append(states)
        logits: Tensor = self.logits(below[-1]).float()
        return logits

    def _conditions(self, read: Tensor) -> list[tuple[GRULayer, Tensor, Tensor]]:
        """A layer, its constant gates `(B, 3H)` and its first states `(B, H)`, bottom to top."""
        constants = self.latent_gates(read).float().chunk(len(self.layers), dim=1)
        states = torch.tanh(self.first_states(read).float()).chunk(len(self.layers), dim=1)
        layers = [layer for layer in self.layers if isinstance(layer, GRULayer)]
        return [
            (layer, constant.contiguous(), state.contiguous())
            for layer, constant, state in zip(layers, constants, states, strict=True)
        ]

    @torch.inference_mode()
    def generate(
        self,
        latents: Tensor,
        *,
        max_length: int,
        temperature: float = 0.0,
        generator: torch.Generator | None = None,
        levels: Tensor | None = None,
        slips: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Token ids decoded step by step; rows that have ended are dropped from the batch.

        Args:
            latents: `(B, L)`.
            max_length: the most tokens a molecule may have; longer ones are cut there.
            temperature: 0 takes the likeliest token; else logits are divided by it and sampled.
            generator: where the randomness comes from.
            levels: `(B,)`, the latents' noise levels; None for no noise.
            slips: `(B,)`, a step each, from 0, at which the likeliest token is passed over and another one
                drawn, at `temperature`; at all other steps the likeliest is taken then. None for none.

        Returns:
            `(B, max_length)` ids padded with `PAD`; and `(B,)` lengths, `max_length + 1` where the
            molecule had not ended.
        """
        table = self.gates.table()
        conditions = self._conditions(self._read(latents, levels))
        constants = [constant for _, constant, _ in conditions]
        states = [state for _, _, state in conditions]
        found = torch.full((len(latents), max_length), PAD, device=latents.device)
        lengths = torch.full((len(latents),), max_length + 1, device=latents.device)
        rows = torch.arange(len(latents), device=latents.device)
        tokens = torch.full_like(rows, START)
        for step in range(max_length + 1):
            states, logits = self._step(table[tokens], constants, states)
            if slips is None:
                tokens = _choose(logits, temperature, generator)
            else:
                tokens = _choose_another(logits, slips == step, temperature, generator)
            ended = tokens == END
            lengths[rows[ended]] = step
            keep = ~ended
            if step == max_length or not bool(keep.any()):
                break
            if bool(ended.any()):
                rows, tokens = rows[keep], tokens[keep]
                constants = [constant[keep] for constant in constants]
                states = [state[keep] for state in states]
                slips = slips[keep] if slips is not None else None
            found[rows, step] = tokens
        return found, lengths

    def _step(
        self, gates: Tensor, constants: list[Tensor], states: list[Tensor]
    ) -> tuple[list[Tensor], Tensor]:
        """One step of all layers: token gates `(B, 3H)` -> new states and logits `(B, V)`."""
        fresh: list[Tensor] = []
        for index, (layer, constant, state) in enumerate(zip(self.layers, constants, states, strict=True)):
            if index > 0:
                gates = self.between[index - 1](fresh[-1]).float()
            assert isinstance(layer, GRULayer)
            fresh.append(layer.step(gates + constant, state))
        return fresh, self.logits(fresh[-1]).float()


def _choose(logits: Tensor, temperature: float, generator: torch.Generator | None) -> Tensor:
    """The next tokens `(B,)`: the likeliest, or a draw (one random number a row: the inverse of the sums)."""
    logits[:, [PAD, START, UNKNOWN]] = -torch.inf
    if temperature == 0:
        return logits.argmax(dim=1)
    sums = torch.softmax(logits / temperature, dim=1).cumsum_(dim=1)
    places = torch.rand(len(sums), 1, device=sums.device, generator=generator) * sums[:, -1:]
    drawn: Tensor = torch.searchsorted(sums, places, right=True).squeeze(1)
    return drawn.clamp_(max=sums.shape[1] - 1)  # a place rounded up to the whole sum


def _choose_another(
    logits: Tensor, here: Tensor, temperature: float, generator: torch.Generator | None
) -> Tensor:
    """The likeliest tokens `(B,)`, but for the rows `here` `(B,)`: there any but the likeliest."""
    best = _choose(logits, 0.0, None)
    others = logits.scatter(1, best[:, None], -torch.inf)
    return torch.where(here, _choose(others, temperature, generator), best)

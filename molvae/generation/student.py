"""A copy of a model whose decoder is taught what a search finds.

Latents and molecules in, a decoder out that writes the like of them where it is told of noise. The encoder
stays as it is, so that every code keeps its meaning; the model that it is a copy of is never touched.

Source: Tripp et al. 2020 (arXiv 2006.09191): retraining within latent optimisation.
"""

import copy
import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from molvae.chem.notation import is_faithful
from molvae.data.dataset import TokenArrays
from molvae.data.tokenizer import IdArray
from molvae.data.workers import decode_selfies
from molvae.generation.decoding import write_selfies
from molvae.generation.sampling import with_noise
from molvae.interfaces import Drawn, FloatArray

if TYPE_CHECKING:
    from molvae.generation.latent_model import MoleculeModel

LEARNING_RATE = 5e-4
MAX_GRADIENT = 1.0
#: How boldly the decoder slips.
SLIP_TEMPERATURE = 1.5


class Student:
    """A `StudentModel`: the decoder is its own, all else is the model's.

    Args:
        model: what it is a copy of.
    """

    def __init__(self, model: "MoleculeModel") -> None:
        network = copy.copy(model.network)
        network._modules = dict(model.network._modules)
        network.decoder = copy.deepcopy(model.network.decoder).requires_grad_(True)
        self._model = dataclasses.replace(model, network=network)
        self._decoder = network.decoder
        self._optimizer = torch.optim.Adam(self._decoder.parameters(), lr=LEARNING_RATE)
        self._tokens: dict[str, IdArray | None] = {}
        self._smiles: dict[str, str] = {}
        self._faithful: dict[str, bool] = {}

    def decode_around(
        self, latents: FloatArray, noise: float, temperature: float, generator: np.random.Generator
    ) -> Drawn:
        """One draw of the decoder at each of latents `(B, L)`, with noise laid over them.

        Args:
            latents: codes.
            noise: a level from 0 to 1 where the decoder is told of it, else a radius in units of the spread
                of the training molecules' latents.
            temperature: of the draws; 1 for what the decoder believes.
            generator: draws the noise and the molecules.
        """
        noisy = self._noisy(latents, noise, generator)
        seed = int(generator.integers(2**62))
        level = noise if self._model.is_told_levels else 0.0
        return Drawn(self._read(write_selfies(self._model, noisy, temperature, level, seed)), noisy)

    def decode_with_slips(
        self, smiles: Sequence[str], latents: FloatArray, generator: np.random.Generator
    ) -> list[str]:
        """What latents `(B, L)` of `B` molecules decode to if the decoder writes one token otherwise.

        Returns:
            Canonical SMILES; "" where what was written is no molecule as it stands.
        """
        tokens = [self._tokens_of(text) for text in smiles]
        lengths = np.array([1 if ids is None else len(ids) for ids in tokens], dtype=np.int64)
        slips, seed = generator.integers(lengths), int(generator.integers(2**62))
        written = write_selfies(self._model, latents, SLIP_TEMPERATURE, 0.0, seed, slips)
        for text in set(written) - self._faithful.keys():
            self._faithful[text] = is_faithful(text)
        return self._read([text if self._faithful[text] else "" for text in written])

    def learn(
        self, smiles: Sequence[str], latents: FloatArray, noise: float, generator: np.random.Generator
    ) -> None:
        """One step of Adam towards writing `B` molecules at latents `(B, L)` with noise over them.

        A molecule that the model can't read is left out.
        """
        tokens = [self._tokens_of(text) for text in smiles]
        rows = [row for row, ids in enumerate(tokens) if ids is not None]
        if not rows:
            return
        arrays = TokenArrays.of([ids for ids in tokens if ids is not None])
        batch = arrays.batch(np.arange(len(arrays)))
        noisy = torch.from_numpy(self._noisy(latents[rows], noise, generator).astype(np.float32))
        levels = torch.full((len(rows),), noise) if self._model.is_told_levels else None
        token_ids, lengths = torch.from_numpy(batch.token_ids), torch.from_numpy(batch.lengths)
        self._optimizer.zero_grad(set_to_none=True)
        self._decoder(noisy, token_ids, lengths, None, levels).nll.mean().backward()
        torch.nn.utils.clip_grad_norm_(self._decoder.parameters(), MAX_GRADIENT)
        self._optimizer.step()

    def _read(self, selfies: Sequence[str]) -> list[str]:
        """Canonical SMILES; what was read before is known, as elites are written again and again."""
        fresh = [text for text in dict.fromkeys(selfies) if text not in self._smiles]
        self._smiles.update(zip(fresh, decode_selfies(fresh), strict=True))
        return [self._smiles[text] for text in selfies]

    def _noisy(self, latents: FloatArray, noise: float, generator: np.random.Generator) -> FloatArray:
        if self._model.is_told_levels:
            return with_noise(latents, noise, generator)
        noisy: FloatArray = latents + noise * self._model.latent_scale * generator.standard_normal(
            latents.shape
        )
        return noisy

    def _tokens_of(self, smiles: str) -> IdArray | None:
        """The tokens of a molecule; None for one that the model can't read."""
        if smiles not in self._tokens:
            readable = self._model.readable([smiles])
            self._tokens[smiles] = None if readable.refused else readable.arrays.tokens
        return self._tokens[smiles]

"""Latents `(B, L)` -> what a Gaussian process compares `(B, C)`: the latents, or the fragments they tell of.

Where the network reads fragments off its latents, two molecules are as far apart as what it reads: bit by
bit, how likely the fragment is. Distances between some thousand of them cost as many products as there are
bits, so their main components stand for them. Where it reads none, the latents are compared.
"""

from typing import NamedTuple, Self

import numpy as np
import torch
from sklearn.decomposition import PCA
from torch import Tensor

from molvae.interfaces import FloatArray
from molvae.models.fingerprint_head import FingerprintHead

#: Main components of the fragments that are kept, at most; 97 % of their variance and more on ChEMBL sets.
MAX_COMPONENTS = 128
#: Latents that the components are found on, at most.
MAX_LATENTS = 5_000


class ProcessInputs(NamedTuple):
    """A map that is fitted once and then used on latents of all kinds.

    Attributes:
        fragments: the network's reading; None to compare latents.
        components: of what is read; None to compare latents.
        center: `(C,)`, what is taken off.
        scale: what it is divided by: the root mean square distance of labelled molecules from the center.
    """

    fragments: FingerprintHead | None
    components: PCA | None
    center: FloatArray
    scale: float

    @classmethod
    def fit(cls, labelled: Tensor, others: Tensor, fragments: FingerprintHead | None, seed: int) -> Self:
        """Finds components, center and scale.

        Args:
            labelled: latents `(N, L)` of molecules with a value.
            others: latents `(M, L)` of more; they help to find the components.
            fragments: the network's reading, if it has one.
            seed: of the molecules that the components are found on, and of the search for them.
        """
        raw = cls(fragments, None, np.zeros(1), 1.0)
        if fragments is not None:
            every = torch.cat([labelled, others])
            chosen = np.random.default_rng(seed).permutation(len(every))[:MAX_LATENTS]
            read = raw.of(every[torch.from_numpy(chosen)])
            with np.errstate(invalid="ignore"):  # a share of no variance, where all are alike
                components = PCA(min(MAX_COMPONENTS, *read.shape), random_state=seed).fit(read)
            raw = raw._replace(components=components)
        inputs = raw.of(labelled)
        center = inputs.mean(axis=0)
        scale = float(np.sqrt(((inputs - center) ** 2).sum(axis=1).mean())) or 1.0
        return raw._replace(center=center, scale=scale)

    def of(self, latents: Tensor) -> FloatArray:
        """Inputs `(B, C)` of latents `(B, L)`."""
        values = latents
        if self.fragments is not None:
            with torch.no_grad():
                values = self.fragments(latents.float())
        inputs: FloatArray = values.double().numpy()
        if self.components is not None:
            inputs = self.components.transform(inputs)
        scaled: FloatArray = (inputs - self.center) / self.scale
        return scaled

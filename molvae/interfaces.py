"""What the parts of molvae need of one another: protocols, and small values that travel between them.

An optimiser sees only these. It asks a `LatentModel` for latents and molecules, proposes molecules, and
is told their scores; the loop that joins it to an `Oracle` is in `molvae.optimization.search`.
All arrays are NumPy arrays: no caller needs to know that torch is behind them.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]

#: 80 % of a normal distribution lie within so many standard deviations: what spreads are calibrated by.
NORMAL_80 = 1.2816


class Predictions(NamedTuple):
    """What a property head says of `B` molecules and `P` properties, in the properties' own units.

    Attributes:
        mean: `(B, P)`; for a yes/no property, the probability of yes.
        spread: `(B, P)`, one standard deviation of the predictive distribution; NaN for yes/no.
    """

    mean: FloatArray
    spread: FloatArray


class Gradient(NamedTuple):
    """A predicted property of `B` latents, `value` `(B,)`, and its slope in them, `slope` `(B, L)`."""

    value: FloatArray
    slope: FloatArray


class Proposals(NamedTuple):
    """`B` molecules that an optimiser wants scored.

    Attributes:
        smiles: canonical SMILES, `B` of them; "" where a latent decoded to no molecule.
        latents: `(B, L)` latents they were decoded from, a row of NaN where no latent was behind one; None
            for an optimiser without latents.
        operator: the name of what made each one, e.g. "prior", "gradient", "cma".
        parents: the SMILES each one came from, "" for none.
    """

    smiles: list[str]
    latents: FloatArray | None
    operator: list[str]
    parents: list[str]


@runtime_checkable
class LatentModel(Protocol):
    """A model with a latent space, seen from an optimiser. `L` is `latent_dim`."""

    @property
    def latent_dim(self) -> int: ...

    @property
    def property_names(self) -> tuple[str, ...]:
        """The properties that the head predicts; empty without a head."""
        ...

    def encode(self, smiles: Sequence[str]) -> FloatArray:
        """Posterior means `(B, L)`. Raises MoleculeError for a SMILES that can't be encoded."""
        ...

    def decode(self, latents: FloatArray) -> list[str]:
        """Canonical SMILES, one a row, decoded greedily; "" for a row that decodes to no molecule."""
        ...

    def sample_latents(self, num_samples: int, generator: np.random.Generator) -> FloatArray:
        """Draws `(num_samples, L)` from the prior."""
        ...

    def predict(self, latents: FloatArray) -> Predictions:
        """Predicted properties of latents `(B, L)`. Raises InputError without a head."""
        ...

    def predict_gradient(self, latents: FloatArray, property_name: str) -> Gradient:
        """One predicted property and its slope. Raises InputError for a property the head lacks."""
        ...


class Drawn(NamedTuple):
    """`B` molecules drawn around latents: canonical SMILES, "" for none, and the latents `(B, L)` then."""

    smiles: list[str]
    latents: FloatArray


@runtime_checkable
class StudentModel(Protocol):
    """A copy of a model whose decoder can be taught; its encoder, and so all its codes, stay as they are."""

    def decode_around(
        self, latents: FloatArray, noise: float, temperature: float, generator: np.random.Generator
    ) -> Drawn:
        """One draw of the decoder at each of latents `(B, L)`, with noise laid over them."""
        ...

    def decode_with_slips(
        self, smiles: Sequence[str], latents: FloatArray, generator: np.random.Generator
    ) -> list[str]:
        """What latents `(B, L)` of `B` molecules decode to if the decoder writes one token otherwise."""
        ...

    def learn(
        self, smiles: Sequence[str], latents: FloatArray, noise: float, generator: np.random.Generator
    ) -> None:
        """One step of the decoder towards writing `B` molecules at noisy latents `(B, L)`."""
        ...


@runtime_checkable
class Teachable(Protocol):
    """A latent model that an optimiser may teach what it has found."""

    def student(self) -> StudentModel:
        """A copy to teach; the model itself stays as it is."""
        ...


class Oracle(Protocol):
    """A counted black box: canonical SMILES in, scores `(B,)` out, higher is better, NaN for failures."""

    @property
    def remaining(self) -> int:
        """Calls left in the budget."""
        ...

    def __call__(self, smiles: Sequence[str]) -> FloatArray: ...


class Optimizer(Protocol):
    """Proposes molecules and learns from their scores."""

    def ask(self, num_proposals: int) -> Proposals:
        """At most `num_proposals` molecules to score next; at least one."""
        ...

    def tell(self, proposals: Proposals, scores: FloatArray) -> None:
        """Takes the scores `(B,)` of what `ask` proposed; NaN for a molecule that got none.

        One that was built for an objective with `K` aims takes those, `(B, K)`.
        """
        ...

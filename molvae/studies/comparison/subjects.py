"""What is measured of every model: the same molecules, where it puts them, and in which unit that is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from molvae.data.bulk import properties_of
from molvae.errors import InputError
from molvae.evaluation.continuity import Nearest
from molvae.evaluation.intervals import Interval, mean_interval
from molvae.evaluation.scales import LatentScale, latent_scale
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.sampling import posterior_draws
from molvae.interfaces import FloatArray
from molvae.models.posteriors import GAUSSIANS

#: A line of a table: what is in the columns, by name.
Row = dict[str, str | float | int | list[float]]
#: What ends the name of a column that holds the values of each molecule.
EACH = " each"


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How much is measured.

    Attributes:
        num_known: molecules trained on that priors and probes are fitted to.
        num_unseen: molecules held out that are measured.
        num_samples: draws of each sampler.
        num_around: molecules that are looked around, and pairs that are joined.
        num_denoised: molecules that are corrupted.
        num_answers: draws of q(z|x) for each of them.
        flow_steps: how long the flow is fitted.
        num_calls: molecules that a search may score.
        num_searches: how often each objective is searched.
    """

    num_known: int = 10_000
    num_unseen: int = 5_000
    num_samples: int = 5_000
    num_around: int = 100
    num_denoised: int = 500
    num_answers: int = 20
    flow_steps: int = 3_000
    num_calls: int = 200
    num_searches: int = 5


QUICK = Extent(
    num_known=2_000,
    num_unseen=450,
    num_samples=1_000,
    num_around=30,
    num_denoised=100,
    num_answers=20,
    flow_steps=300,
    num_calls=100,
    num_searches=3,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Molecules:
    """The molecules that all models are measured on.

    Attributes:
        known: SMILES that the models were trained on.
        unseen: SMILES that they were not.
        cache: the cache folder.
        seed: of all that is random.
        extent: how much is measured.
    """

    known: Sequence[str]
    unseen: Sequence[str]
    cache: Path
    seed: int = 0
    extent: Extent = field(default_factory=Extent)

    @classmethod
    def readable_by(
        cls, models: Sequence[MoleculeModel], known: Sequence[str], unseen: Sequence[str], **others: object
    ) -> "Molecules":
        """Of these molecules those that every model can read, as many as the extent says.

        Raises:
            InputError: there are fewer than 100 to fit to, or than 20 held out.
        """
        settings = cls(known=known, unseen=unseen, **others)  # type: ignore[arg-type]
        extent = settings.extent
        parts = []
        for smiles, size, least in ((known, extent.num_known, 100), (unseen, extent.num_unseen, 20)):
            rows = np.sort(np.random.default_rng(settings.seed).permutation(len(smiles))[: 2 * size])
            kept = [smiles[row] for row in rows]
            for model in models:
                kept = model.readable(kept).smiles
            if len(kept) < least:
                raise InputError(
                    f'only "{len(kept)}" molecules can be read by all models, at least "{least}" are needed: '
                    "give more, or models of the same data"
                )
            parts.append(kept[:size])
        return cls(known=parts[0], unseen=parts[1], **others)  # type: ignore[arg-type]

    @cached_property
    def unseen_properties(self) -> FloatArray:
        """LogP and QED of the molecules held out, `(N, 2)`."""
        return properties_of(self.unseen, ("logP", "QED"))

    @cached_property
    def known_properties(self) -> FloatArray:
        """LogP and QED of the molecules trained on, `(N, 2)`."""
        return properties_of(self.known, ("logP", "QED"))


class Subject:
    """A model, and where it puts the molecules.

    Args:
        label: what it is called.
        model: the model.
        molecules: that all are measured on.
    """

    def __init__(self, label: str, model: MoleculeModel, molecules: Molecules) -> None:
        self.label = label
        self.model = model
        self.molecules = molecules

    @property
    def seed(self) -> int:
        """Of all that is random."""
        return self.molecules.seed

    @property
    def extent(self) -> Extent:
        """How much is measured."""
        return self.molecules.extent

    @cached_property
    def known(self) -> tuple[FloatArray, FloatArray]:
        """Posterior means and spreads of the molecules trained on, each `(N, L)`."""
        return self.model.posterior(self.molecules.known)

    @cached_property
    def unseen(self) -> tuple[FloatArray, FloatArray]:
        """Posterior means and spreads of the molecules held out, each `(N, L)`."""
        return self.model.posterior(self.molecules.unseen)

    @property
    def nearest(self) -> Nearest | None:
        """What latents `(N, L)` are decoded as where some are not in the latent space; None where all are."""
        family = self.model.posterior_family
        if family is GAUSSIANS:
            return None
        return lambda latents: family.nearest(torch.from_numpy(latents)).numpy()

    @cached_property
    def scale(self) -> LatentScale:
        """The units of length, of the molecules held out."""
        return latent_scale(self.unseen[0])

    @cached_property
    def known_draws(self) -> FloatArray:
        """One draw of q(z|x) of each molecule trained on, `(N, L)`: the aggregated posterior."""
        return posterior_draws(*self.known, 1, self.seed, self.model.posterior_family)[:, 0]

    @cached_property
    def unseen_draws(self) -> FloatArray:
        """One draw of q(z|x) of each molecule held out, `(N, L)`."""
        return posterior_draws(*self.unseen, 1, self.seed + 1, self.model.posterior_family)[:, 0]


def told(name: str, interval: Interval) -> Row:
    """A value and the ends of its 95 % interval, as three columns."""
    return {name: interval.value, f"{name} from": interval.low, f"{name} to": interval.high}


def told_of_each(name: str, values: FloatArray) -> Row:
    """The mean of a value of each molecule `(N,)`, its interval, and the values; NaN where there is none."""
    doubles = np.asarray(values, dtype=np.float64)
    known = doubles[~np.isnan(doubles)]
    interval = mean_interval(known) if len(known) else Interval(np.nan, np.nan, np.nan)
    return told(name, interval) | {name + EACH: doubles.round(6).tolist()}

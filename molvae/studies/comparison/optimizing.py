"""What is a latent space worth to a search: the same optimizer, the same starts, equally many oracle calls?

CMA-ES, which sees nothing of a model but its codes (`optimization.latent_cma_es`), on objectives of PMO. Each
search begins with some unseen molecules, which cost their calls; others begin with others.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from molvae.generation.latent_model import MoleculeModel
from molvae.interfaces import FloatArray, Gradient, Predictions
from molvae.optimization.latent_cma_es import LatentCMAES
from molvae.optimization.oracle import BudgetedOracle
from molvae.optimization.pmo_objectives import pmo_objective
from molvae.optimization.sample_efficiency import NUM_BEST, mean_of_best
from molvae.optimization.search import search
from molvae.studies.comparison.subjects import Row, Subject, told_of_each

OBJECTIVES = ("osimertinib_mpo", "perindopril_mpo")
#: Molecules that a search begins with.
NUM_STARTS = 10


class Found(NamedTuple):
    """What a search came to.

    Attributes:
        best_ten: mean score of its best ten molecules, from 0 to 1.
        best_start: that of the ones it began with.
        strict: share of what was decoded that the decoder wrote as it stands; NaN if nothing was.
        distinct: share of what was decoded that was a molecule not seen before in the search.
        new: share of the molecules proposed and scored that are not in the table of the model.
    """

    best_ten: float
    best_start: float
    strict: float
    distinct: float
    new: float


def optimization_rows(subject: Subject) -> list[Row]:
    """The searches of each objective, and what as many molecules of the data have for it."""
    extent = subject.extent
    rows: list[Row] = []
    for objective in OBJECTIVES:
        searches = [searched(subject, objective, number) for number in range(extent.num_searches)]
        row: Row = {"arm": subject.label, "objective": objective, "calls": extent.num_calls}
        row |= {"searches": len(searches)}
        columns = {"best ten": "best_ten", "strict": "strict", "distinct": "distinct", "new": "new"}
        for shown, name in columns.items():
            row |= told_of_each(shown, np.array([getattr(one, name) for one in searches]))
        row |= {
            "best ten of the starts": float(np.mean([one.best_start for one in searches])),
            "best ten of the data": _best_of_the_data(subject, objective),
        }
        rows.append(row)
    return rows


def searched(subject: Subject, objective: str, number: int) -> Found:
    """One search: with the same number it begins with the same molecules in every model.

    Args:
        subject: whose codes are searched.
        objective: a task of PMO.
        number: of the search, from 0.
    """
    generator = np.random.default_rng([subject.seed, number])
    unseen = subject.molecules.unseen
    starts = [unseen[row] for row in generator.permutation(len(unseen))[:NUM_STARTS].tolist()]
    watched = Watched(subject.model)
    oracle = BudgetedOracle(pmo_objective(objective), subject.extent.num_calls)
    search(LatentCMAES(watched, starts, int(generator.integers(2**31))), oracle)
    scores = np.array([call.score for call in oracle.history], np.float64)
    proposed = [call.smiles for call in oracle.history[len(starts) :]]
    return Found(
        best_ten=mean_of_best(scores, NUM_BEST),
        best_start=mean_of_best(scores[: len(starts)], NUM_BEST),
        strict=_share(watched.is_strict),
        distinct=len(proposed) / len(watched.is_strict) if watched.is_strict else float("nan"),
        new=_share([not seen for seen in subject.model.training_keys.contains(proposed)]),
    )


class Watched:
    """A latent model that keeps whether what it decoded was what the decoder wrote as it stands.

    Args:
        model: the model.

    Attributes:
        is_strict: of everything decoded so far.
    """

    def __init__(self, model: MoleculeModel) -> None:
        self.is_strict: list[bool] = []
        self._model = model

    @property
    def latent_dim(self) -> int:
        """Of the model."""
        return self._model.latent_dim

    @property
    def property_names(self) -> tuple[str, ...]:
        """Of the model."""
        return self._model.property_names

    def encode(self, smiles: Sequence[str]) -> FloatArray:
        """As the model does."""
        return self._model.encode(smiles)

    def decode(self, latents: FloatArray) -> list[str]:
        """As the model does."""
        checked = self._model.decode_checked(latents)
        self.is_strict += checked.is_strict
        return checked.smiles

    def sample_latents(self, num_samples: int, generator: np.random.Generator) -> FloatArray:
        """As the model does."""
        return self._model.sample_latents(num_samples, generator)

    def predict(self, latents: FloatArray) -> Predictions:
        """As the model does."""
        return self._model.predict(latents)

    def predict_gradient(self, latents: FloatArray, property_name: str) -> Gradient:
        """As the model does."""
        return self._model.predict_gradient(latents, property_name)


def _best_of_the_data(subject: Subject, objective: str) -> float:
    """The best ten of as many molecules trained on as a search has calls."""
    known = subject.molecules.known
    rows = np.random.default_rng(subject.seed).permutation(len(known))[: subject.extent.num_calls]
    scores = pmo_objective(objective).function([known[row] for row in rows.tolist()]).scores
    return mean_of_best(scores, NUM_BEST)


def _share(flags: Sequence[bool]) -> float:
    return float(np.mean(flags)) if len(flags) else float("nan")

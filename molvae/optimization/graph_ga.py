"""A genetic algorithm on molecular graphs: no model, only crossover and mutation of the best molecules.

In: starting molecules, and scores. Out: children of two parents, which are drawn the more often the higher
they score. Of all molecules the best `population_size` can become parents.

Source: Jensen, Chem. Sci. 10 (2019) 3567; sizes and rates are those of Gao et al., NeurIPS 2022 (PMO).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from rdkit import Chem

from molvae.chem.graph_edits import crossover, mutate
from molvae.chem.molecules import canonicalize, parse_smiles
from molvae.errors import SettingsError
from molvae.interfaces import FloatArray, Proposals
from molvae.optimization.memory import START

CROSSOVER, MUTATION, BOTH = "crossover", "mutation", "crossover+mutation"
#: Children that are drawn for each one wanted, before a batch is left smaller.
MAX_DRAWS = 20


@dataclass(frozen=True, kw_only=True)
class GraphGASettings:
    """How the graph GA breeds."""

    population_size: int = field(default=120, metadata={"help": "the best molecules, which become parents"})
    mutation_rate: float = field(default=0.067, metadata={"help": "share of children that are mutated too"})
    mean_max_atoms: float = field(default=50.0, metadata={"help": "heavy atoms a child may have, on average"})
    max_atoms_spread: float = field(
        default=5.0, metadata={"help": "how far that number is off for one child or another"}
    )

    def __post_init__(self) -> None:
        if self.population_size < 1:
            raise SettingsError(f'population_size is "{self.population_size}"; it must be at least 1')
        if not 0 <= self.mutation_rate <= 1:
            raise SettingsError(f'mutation_rate is "{self.mutation_rate}"; it must be from 0 to 1')
        if self.mean_max_atoms <= 0 or self.max_atoms_spread < 0:
            raise SettingsError(
                f'mean_max_atoms is "{self.mean_max_atoms}" and max_atoms_spread "{self.max_atoms_spread}"; '
                "the one must be above 0, the other not below"
            )


class GraphGA:
    """An `Optimizer` that scores the starting molecules, then children of the best molecules so far.

    What one `ask` proposes is a generation, so the number asked for is that of offspring.

    Args:
        starts: SMILES to score first; the first parents are among them.
        seed: of every random number.
        settings: how it breeds; None for the defaults.
        is_allowed: whether a canonical SMILES may be an answer; no child is proposed that may not, and no
            start that may not is a parent once another molecule is. None where each may.

    Raises:
        SettingsError: for no starts.
        MoleculeError: for a start that can't be parsed.
    """

    def __init__(
        self,
        starts: Sequence[str],
        seed: int,
        settings: GraphGASettings | None = None,
        is_allowed: Callable[[str], bool] | None = None,
    ) -> None:
        self._starts = list(dict.fromkeys(canonicalize(text) for text in starts))
        if not self._starts:
            raise SettingsError(
                '"0" starting molecules are too few for the graph GA: give some to breed from'
            )
        self._settings = settings or GraphGASettings()
        self._is_allowed = is_allowed
        self._generator = np.random.default_rng(seed)
        self._num_asked = 0
        self._scores: dict[str, float] = {}
        self._mols: dict[str, Chem.Mol] = {}
        self._population: list[str] = []

    def ask(self, num_proposals: int) -> Proposals:
        """The next starting molecules, then children that have not been scored.

        A batch is smaller where few new ones are found, and where there are none, a parent once more.
        """
        starts = self._starts[self._num_asked : self._num_asked + num_proposals]
        if starts:
            self._num_asked += len(starts)
            return _proposals(dict.fromkeys(starts, (START, "")))
        parents, shares = self._parents()
        children: dict[str, tuple[str, str]] = {}
        for _ in range(MAX_DRAWS * num_proposals):
            if len(children) == num_proposals:
                break
            child, operator, parent = self._child(parents, shares)
            if child and child not in self._scores and self._may_be(child):
                children.setdefault(child, (operator, parent))
        return _proposals(children or {parents[0]: (START, "")})

    def tell(self, proposals: Proposals, scores: FloatArray) -> None:
        """Takes the scores `(B,)`; the best molecules of all so far are the next parents."""
        for smiles, score in zip(proposals.smiles, scores.tolist(), strict=True):
            if smiles:
                self._scores.setdefault(smiles, score)
        told = [
            text
            for text in dict.fromkeys(proposals.smiles)
            if not np.isnan(self._scores.get(text, np.nan)) and self._may_be(text)
        ]
        candidates = list(dict.fromkeys([*self._population, *told]))
        candidates.sort(key=lambda smiles: -self._scores[smiles])
        self._population = candidates[: self._settings.population_size]
        self._mols = {text: self._mols.get(text) or parse_smiles(text) for text in self._population}

    def _may_be(self, smiles: str) -> bool:
        """Whether a molecule may be an answer."""
        return self._is_allowed is None or self._is_allowed(smiles)

    def _parents(self) -> tuple[list[str], FloatArray]:
        """The molecules to breed from, and how often each is drawn: in proportion to its score.

        Where some are below 0, all are raised until none is. While there is no population, the starts are
        drawn evenly.
        """
        if not self._population:
            return self._starts, np.full(len(self._starts), 1 / len(self._starts))
        scores = np.array([self._scores[text] for text in self._population], dtype=np.float64)
        weights = scores - min(0.0, float(scores.min()))
        if not weights.sum() > 0:
            weights = np.ones(len(scores))
        return self._population, weights / weights.sum()

    def _child(self, parents: list[str], shares: FloatArray) -> tuple[str, str, str]:
        """A child of two parents, what made it, and the first parent; "" for none that is small enough.

        A pair that can't be crossed has a mutant of the first parent.
        """
        settings, generator = self._settings, self._generator
        first, second = (parents[index] for index in generator.choice(len(parents), 2, p=shares).tolist())
        child = crossover(self._mol(first), self._mol(second), generator)
        operator = CROSSOVER
        if child is None:
            child, operator = mutate(self._mol(first), generator), MUTATION
        elif generator.random() < settings.mutation_rate:
            child, operator = mutate(child, generator), BOTH
        max_atoms = generator.normal(settings.mean_max_atoms, settings.max_atoms_spread)
        if child is None or child.GetNumAtoms() > max_atoms:
            return "", operator, first
        return str(Chem.MolToSmiles(child)), operator, first

    def _mol(self, smiles: str) -> Chem.Mol:
        return self._mols.get(smiles) or parse_smiles(smiles)


def _proposals(molecules: dict[str, tuple[str, str]]) -> Proposals:
    """Molecules as proposals; for each SMILES its operator and its parent."""
    return Proposals(
        smiles=list(molecules),
        latents=None,
        operator=[operator for operator, _ in molecules.values()],
        parents=[parent for _, parent in molecules.values()],
    )

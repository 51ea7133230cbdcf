"""Edits of the graphs of good molecules: no latent is behind them, so they reach what no code decodes to.

In: elites of the memory. Out: children of two, and mutants of one.

Source: Jensen 2019 for the edits (`molvae.chem.graph_edits`); Tripp and Hernandez-Lobato 2023
(arXiv 2310.09267), parents drawn by log-uniform ranks.
"""

import numpy as np
from rdkit import Chem

from molvae.chem.graph_edits import crossover, mutate
from molvae.chem.molecules import parse_smiles
from molvae.optimization.memory import Memory
from molvae.optimization.moves import Candidate

GRAPH_CROSSOVER, MUTATION = "graph-crossover", "mutation"
#: Share of the children of two that are mutated too.
MUTATED_SHARE = 0.1
#: Heavy atoms that a candidate may have.
MAX_ATOMS = 60
#: Parsed elites that are kept.
MAX_PARSED = 2_000


def written(child: Chem.Mol | None) -> str:
    """A child as SMILES; "" for none, or one that is too large."""
    if child is None or child.GetNumAtoms() > MAX_ATOMS:
        return ""
    return str(Chem.MolToSmiles(child))


class GraphMoves:
    """`Moves` on graphs.

    Args:
        memory: draws the parents.
        generator: of every random number.
    """

    operators = (GRAPH_CROSSOVER, MUTATION)

    def __init__(self, memory: Memory, generator: np.random.Generator) -> None:
        self._memory = memory
        self._generator = generator
        self._parsed: dict[str, Chem.Mol] = {}

    def make(self, operator: str, num_candidates: int) -> list[Candidate]:
        """One for each parent drawn; "" where no edit was found, or one that is too large."""
        parents = self._memory.draw_elites(num_candidates, self._generator)
        others = self._memory.draw_elites(num_candidates, self._generator)
        return [
            Candidate(self._edited(operator, first, second), None, operator, first)
            for first, second in zip(parents, others, strict=True)
        ]

    def learn(self, num_scored: int) -> None:
        """Nothing; the memory holds the parents."""

    def forget(self) -> None:
        """Nothing."""

    def _edited(self, operator: str, first: str, second: str) -> str:
        if operator == MUTATION:
            child = mutate(self._mol(first), self._generator)
        else:
            child = crossover(self._mol(first), self._mol(second), self._generator)
            if child is not None and self._generator.random() < MUTATED_SHARE:
                child = mutate(child, self._generator)
        return written(child)

    def _mol(self, smiles: str) -> Chem.Mol:
        if smiles not in self._parsed:
            if len(self._parsed) >= MAX_PARSED:
                self._parsed.clear()
            self._parsed[smiles] = parse_smiles(smiles)
        return self._parsed[smiles]

"""How often each operator is used: the more, the more of its molecules were good."""

from collections.abc import Sequence

import numpy as np

from molvae.interfaces import FloatArray

#: What is left of a try after each molecule that was told, and the least share of any operator.
MEMORY, FLOOR = 0.999, 0.01
#: An operator is believed to be as good as all together until it was tried about so often.
DOUBT = 5.0


class OperatorShares:
    """Shares in proportion to recent success, none of them below a floor.

    How good an operator is, is told by its own tries and, as if these were `DOUBT` more, by what all together
    come to: late in a search next to nothing succeeds, and an operator that was hardly tried must not seem
    better for it.

    Args:
        names: of the operators.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = list(names)
        self._tries = np.zeros(len(self._names))
        self._successes = np.zeros(len(self._names))

    @property
    def shares(self) -> FloatArray:
        """`(K,)`, in the order of the names, 1 in all."""
        pooled = (self._successes.sum() + 1) / (self._tries.sum() + 1)
        rates = (self._successes + DOUBT * pooled) / (self._tries + DOUBT)
        floor = min(FLOOR, 1 / len(rates))
        shares: FloatArray = floor + (1 - floor * len(rates)) * rates / rates.sum()
        return shares

    def draw(self, num_draws: int, generator: np.random.Generator) -> list[str]:
        """Names of operators, with repeats."""
        return [self._names[place] for place in generator.choice(len(self._names), num_draws, p=self.shares)]

    def tell(self, name: str, is_good: bool) -> None:
        """Counts a molecule of an operator; a name that is not among them says nothing."""
        if name not in self._names:
            return
        self._tries *= MEMORY
        self._successes *= MEMORY
        place = self._names.index(name)
        self._tries[place] += 1
        self._successes[place] += is_good

"""How often each operator is used: the more, the more of its molecules were good."""

from collections.abc import Sequence

import numpy as np

from molvae.interfaces import FloatArray

#: What is left of a success after each molecule that was told, and the least share of any operator.
MEMORY, FLOOR = 0.998, 0.08
#: Tries, and successes among them, that every operator begins with.
FIRST_TRIES, FIRST_SUCCESSES = 20.0, 4.0


class OperatorShares:
    """Shares in proportion to recent success, none of them below a floor.

    Args:
        names: of the operators.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = list(names)
        self._tries = dict.fromkeys(names, FIRST_TRIES)
        self._successes = dict.fromkeys(names, FIRST_SUCCESSES)

    @property
    def shares(self) -> FloatArray:
        """`(K,)`, in the order of the names, 1 in all."""
        rates = np.array([self._successes[name] / self._tries[name] for name in self._names])
        floor = min(FLOOR, 1 / len(rates))
        shares: FloatArray = floor + (1 - floor * len(rates)) * rates / rates.sum()
        return shares

    def draw(self, num_draws: int, generator: np.random.Generator) -> list[str]:
        """Names of operators, with repeats."""
        return [self._names[place] for place in generator.choice(len(self._names), num_draws, p=self.shares)]

    def tell(self, name: str, is_good: bool) -> None:
        """Counts a molecule of an operator; a name that is not among them says nothing."""
        if name not in self._tries:
            return
        for known in self._names:
            self._tries[known] = MEMORY * self._tries[known] + (1 - MEMORY) * FIRST_TRIES
            self._successes[known] = MEMORY * self._successes[known] + (1 - MEMORY) * FIRST_SUCCESSES
        self._tries[name] += 1
        self._successes[name] += is_good

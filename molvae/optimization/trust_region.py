"""A trust region: scored points in a box of a subspace in, where to look next out.

The box is centered at the best point. It grows while points in it are better than the best so far and
shrinks while they are not; once it is too small the region is exhausted.

Source: Eriksson et al. 2019 (TuRBO, arXiv 1910.01739), for the sizes, the counts and the candidates.
"""

import numpy as np

from molvae.interfaces import FloatArray
from molvae.optimization.matern_process import MaternProcess
from molvae.optimization.molecule_process import normal_ranks

#: The sides of the box, in units of the region's reach: first, smallest, largest.
FIRST_LENGTH, MIN_LENGTH, MAX_LENGTH = 0.8, 0.05, 1.6
#: A region is barren if so many times its first points bring too few scores.
MAX_FIRST = 3
#: Batches running that are better, until the box grows.
MAX_SUCCESSES = 3
#: Candidates that a drawn function is maximized over, and in how many dimensions each leaves the best point.
NUM_CANDIDATES, NUM_MOVED = 512, 20
#: Points that the process is fitted to, the best and the last ones.
MAX_POINTS = 300
#: A batch is better if its best gains so much, of what the best score is.
MIN_GAIN = 1e-3


class TrustRegion:
    """One region, in coordinates of its own subspace, of which 1 is how far it may reach at first.

    Args:
        dim: of the subspace.
        num_first: points drawn evenly in the box before a process is fitted.
        patience: points told without a better one until the box shrinks.
        generator: of every random number.
    """

    def __init__(self, dim: int, num_first: int, patience: int, generator: np.random.Generator) -> None:
        self.dim = dim
        self.length = FIRST_LENGTH
        self._num_first = num_first
        self._patience = patience
        self._generator = generator
        self._points: list[FloatArray] = []
        self._scores: list[float] = []
        self._num_better, self._num_worse = 0, 0
        self._process: MaternProcess | None = None
        self._is_fitted = False

    @property
    def is_exhausted(self) -> bool:
        """Whether the box is too small to look on, or hardly a point in it has a score."""
        is_barren = self.is_new and len(self._scores) >= MAX_FIRST * self._num_first
        return is_barren or self.length < MIN_LENGTH

    @property
    def is_new(self) -> bool:
        """Whether too little is known for a process."""
        return np.isfinite(self._scores).sum() < self._num_first

    @property
    def best(self) -> float:
        """The best score in it; minus infinity while there is none."""
        return max((score for score in self._scores if np.isfinite(score)), default=-np.inf)

    def first_points(self, num_points: int) -> FloatArray:
        """Points `(num_points, dim)`, even in the box around the origin."""
        return self._generator.uniform(-self.length / 2, self.length / 2, (num_points, self.dim))

    def candidates(self, num_draws: int) -> tuple[FloatArray, FloatArray]:
        """Points `(C, dim)` in the box, and drawn functions of the score there `(num_draws, C)`."""
        center = self._points[int(np.nanargmax(self._scores))]
        half = self.length / 2
        points = np.broadcast_to(center, (NUM_CANDIDATES, self.dim)).copy()
        moved = self._generator.uniform(size=points.shape) < NUM_MOVED / self.dim
        moved[np.arange(NUM_CANDIDATES), self._generator.integers(self.dim, size=NUM_CANDIDATES)] = True
        shifts = self._generator.uniform(-half, half, points.shape)
        points = np.where(moved, points + shifts, points)
        return points, self._fitted().draw(points, num_draws, self._generator)

    def tell(self, points: FloatArray, scores: FloatArray) -> None:
        """Takes points `(B, dim)` and their scores `(B,)`, NaN for none; the box follows."""
        if len(points) == 0:
            return
        was_new, before = self.is_new, self.best
        self._points.extend(points)
        self._scores.extend(scores.tolist())
        self._is_fitted = False
        if was_new:
            return
        if self.best > before + MIN_GAIN * abs(before):
            self._num_better, self._num_worse = self._num_better + 1, 0
        else:
            self._num_better, self._num_worse = 0, self._num_worse + len(points)
        if self._num_better >= MAX_SUCCESSES:
            self.length, self._num_better = min(2 * self.length, MAX_LENGTH), 0
        elif self._num_worse >= self._patience:
            self.length, self._num_worse = self.length / 2, 0

    def _fitted(self) -> MaternProcess:
        """The process of what is known; points without a score count as the worst."""
        if self._process is None or not self._is_fitted:
            scores = np.array(self._scores)
            has_score = np.isfinite(scores)
            scores[~has_score] = scores[has_score].min()
            rows = np.argsort(-scores, kind="stable")[: MAX_POINTS // 2]
            rows = np.union1d(rows, np.arange(max(0, len(scores) - MAX_POINTS // 2), len(scores)))
            targets = normal_ranks(scores[rows])
            self._process = MaternProcess(np.stack(self._points)[rows], targets, like=self._process)
            self._is_fitted = True
        return self._process

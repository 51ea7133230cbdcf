"""Bayesian optimisation of latents in trust regions: a few small boxes, each with a process of its own.

In: a `LatentModel` and scores. Out: molecules decoded from the points where a drawn function of the score is
highest. A region lies in a subspace of a few directions through the code of a good molecule, or a draw of
the prior where nothing was given or scored; when it is exhausted, another one begins elsewhere. The regions
compete: each molecule comes from the one whose drawn function promises most.

Source: Eriksson et al. 2019 (TuRBO, arXiv 1910.01739).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from molvae.errors import SettingsError
from molvae.interfaces import FloatArray, LatentModel, Proposals
from molvae.optimization.latent_frame import LatentFrame
from molvae.optimization.memory import Memory
from molvae.optimization.random_prior import prior_proposals
from molvae.optimization.trust_region import TrustRegion

OPERATOR = "trust-region"
#: Candidates of each drawn function that are decoded, best first, until one is a new molecule.
NUM_DECODED = 4
#: The best molecules, among which principal directions are those of the largest differences.
NUM_PRINCIPAL = 100
#: Rounds of points for one batch, if the first hold no new molecule.
MAX_ROUNDS = 4


@dataclass(frozen=True, kw_only=True)
class TrustRegionSettings:
    """How trust regions search. Radii are in units of the typical norm of the prior's draws."""

    region_draws: int = field(
        default=20, metadata={"help": "draws of the prior that are scored first, where no molecule is given"}
    )
    num_regions: int = field(default=3, metadata={"help": "trust regions that are searched side by side"})
    region_dim: int = field(default=16, metadata={"help": "directions of the subspace that a region lies in"})
    region_subspace: Literal["random", "principal"] = field(
        default="random",
        metadata={"help": "a region's directions: any, or those in which the best molecules differ most"},
    )
    region_radius: float = field(default=0.8, metadata={"help": "how far a region reaches from its origin"})
    region_first: int = field(
        default=10, metadata={"help": "molecules of a region before a process is fitted"}
    )
    region_patience: int = field(
        default=24, metadata={"help": "molecules without a better one before a region shrinks"}
    )

    def __post_init__(self) -> None:
        for name in ("region_draws", "num_regions", "region_dim", "region_first", "region_patience"):
            if getattr(self, name) < 1:
                raise SettingsError(f'{name} is "{getattr(self, name)}"; it must be at least 1')
        if not self.region_radius > 0:
            raise SettingsError(f'region_radius is "{self.region_radius}"; it must be above 0')


class _Placed(NamedTuple):
    """A region, the point `(L,)` it goes out from, its directions `(K, L)`, and the molecule there."""

    region: TrustRegion
    origin: FloatArray
    basis: FloatArray
    parent: str


class _Point(NamedTuple):
    """A point `(K,)` of a region and the latent `(L,)` that it is."""

    placed: _Placed
    point: FloatArray
    latent: FloatArray


class TrustRegionBO:
    """An `Optimizer`.

    Args:
        model: encodes, decodes and samples.
        starts: SMILES to score first; regions begin at the best molecules so far, or at draws of the prior.
        seed: of every random number.
        settings: see `TrustRegionSettings`.

    Raises:
        MoleculeError: for a start that can't be parsed or encoded.
    """

    def __init__(
        self,
        model: LatentModel,
        starts: Sequence[str],
        seed: int,
        settings: TrustRegionSettings | None = None,
    ) -> None:
        self._model = model
        self._settings = TrustRegionSettings() if settings is None else settings
        self._generator = np.random.default_rng(seed)
        self._frame = LatentFrame(model, self._generator)
        self._memory = Memory(model, starts)
        self._regions: list[_Placed] = []
        self._pending: dict[str, _Point] = {}
        self._num_first = 0 if starts else self._settings.region_draws

    def ask(self, num_proposals: int) -> Proposals:
        """The starting molecules or draws of the prior, then what regions promise most of.

        A point that decodes to a known molecule takes its known score.
        """
        starts = self._memory.ask_starts(num_proposals)
        if starts is not None:
            return starts
        self._pending = {}
        if self._num_first > 0:
            first = prior_proposals(self._model, min(num_proposals, self._num_first), self._generator)
            self._num_first -= len(first.smiles)
            return first
        for _ in range(MAX_ROUNDS):
            self._renew()
            self._look(num_proposals)
            if self._pending:
                break
        else:
            return prior_proposals(self._model, num_proposals, self._generator)
        points = list(self._pending.values())
        return Proposals(
            smiles=list(self._pending),
            latents=np.stack([point.latent for point in points]),
            operator=[OPERATOR] * len(points),
            parents=[point.placed.parent for point in points],
        )

    def tell(self, proposals: Proposals, scores: FloatArray) -> None:
        """Takes the scores `(B,)`; each region learns from its own molecules."""
        self._memory.tell(proposals, scores)
        told = dict(zip(proposals.smiles, scores.tolist(), strict=True))
        for placed in self._regions:
            mine = [(one.point, told[text]) for text, one in self._pending.items() if one.placed is placed]
            _tell(placed, mine)
        self._pending = {}

    def _renew(self) -> None:
        """New regions in the place of exhausted ones."""
        self._regions = [placed for placed in self._regions if not placed.region.is_exhausted]
        while len(self._regions) < self._settings.num_regions:
            self._regions.append(self._new_region())

    def _new_region(self) -> _Placed:
        elites = self._memory.with_latents(self._memory.draw_elites(1, self._generator))
        if elites:
            parent, origin = elites[0], self._frame.to_units(self._memory.latents_of(elites))[0]
        else:
            parent, origin = "", self._frame.to_units(self._model.sample_latents(1, self._generator))[0]
        dim = min(self._settings.region_dim, len(origin))
        region = TrustRegion(
            dim, self._settings.region_first, self._settings.region_patience, self._generator
        )
        return _Placed(region, origin, self._directions(dim, len(origin)), parent)

    def _directions(self, dim: int, latent_dim: int) -> FloatArray:
        """Orthonormal directions `(dim, L)`; random ones where there are no principal ones, or too few."""
        columns = self._generator.standard_normal((latent_dim, dim))
        if self._settings.region_subspace == "principal":
            best = self._memory.with_latents(self._memory.elites[:NUM_PRINCIPAL])
            points = self._frame.to_units(self._memory.latents_of(best))
            if len(points) > 1:
                spreads, axes = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[1:]
                principal = axes[spreads > 1e-6 * spreads[0]][:dim]
                columns[:, : len(principal)] = principal.T
        basis: FloatArray = np.linalg.qr(columns)[0].T
        return basis

    def _look(self, num_proposals: int) -> None:
        """Fills the batch: new regions get their first points, the others share what is left."""
        slots: list[tuple[_Placed, FloatArray]] = []
        for placed in self._regions:
            if placed.region.is_new:
                count = min(num_proposals - len(slots), self._settings.region_first)
                slots.extend((placed, point[None, :]) for point in placed.region.first_points(count))
        known = [placed for placed in self._regions if not placed.region.is_new]
        missing = num_proposals - len(slots)
        if known and missing > 0:
            looked = [placed.region.candidates(missing) for placed in known]
            highest = np.stack([functions.max(axis=1) for _, functions in looked])
            for draw, winner in enumerate(highest.argmax(axis=0).tolist()):
                points, functions = looked[winner]
                slots.append((known[winner], points[np.argsort(-functions[draw])[:NUM_DECODED]]))
        if slots:
            self._fill(slots)

    def _fill(self, slots: Sequence[tuple[_Placed, FloatArray]]) -> None:
        """Puts the first new molecule among the points `(K', dim)` of each slot into the batch.

        A region is told at once of the points before it: what is known, and what is no molecule.
        """
        latents = [self._latents_of(placed, points) for placed, points in slots]
        smiles = iter(self._model.decode(np.concatenate(latents)))
        for (placed, points), rows in zip(slots, latents, strict=True):
            known: list[tuple[FloatArray, float]] = []
            is_filled = False
            for point, latent in zip(points, rows, strict=True):
                text = next(smiles)
                if is_filled or text in self._pending:
                    continue
                if text and text not in self._memory:
                    self._pending[text] = _Point(placed, point, latent)
                    is_filled = True
                else:
                    known.append((point, self._memory.score_of(text) if text else np.nan))
            _tell(placed, known)

    def _latents_of(self, placed: _Placed, points: FloatArray) -> FloatArray:
        """Points `(B, dim)` of a region as latents `(B, L)`, no further out than the prior's own draws."""
        reach = self._settings.region_radius * self._frame.typical_norm / np.sqrt(placed.region.dim)
        center = placed.origin[None, :]
        moved = center + 2 * reach * points @ placed.basis
        return self._frame.to_latents(self._frame.hold(moved, center))


def _tell(placed: _Placed, told: Sequence[tuple[FloatArray, float]]) -> None:
    if told:
        points, scores = zip(*told, strict=True)
        placed.region.tell(np.stack(points), np.array(scores))

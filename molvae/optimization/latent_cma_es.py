"""CMA-ES over latents: short runs in small subspaces, each around one of the best molecules so far.

In: a `LatentModel` and scores. Out: proposals decoded around the mean that the scores move.

A few hundred scores can't shape a covariance in a hundred dimensions. So a run searches a subspace of a few
directions, up to half of them towards other good molecules and the rest random; when it stands still the
next run starts at the encoding of one of the best molecules, in another subspace, at another step size.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from molvae.errors import SettingsError
from molvae.interfaces import FloatArray, LatentModel, Proposals
from molvae.optimization.cma_es import CMAES
from molvae.optimization.latent_frame import LatentFrame, log_uniform
from molvae.optimization.memory import Memory
from molvae.optimization.random_prior import prior_proposals

OPERATOR = "cma"
MAX_ROUNDS = 8
MAX_FULL_COVARIANCE = 200


@dataclass(frozen=True, kw_only=True)
class CMASettings:
    """How CMA-ES searches a latent space. Radii are in units of the typical norm of the prior's draws."""

    subspace_dim: int = field(default=16, metadata={"help": "directions that one CMA-ES run searches"})
    cma_population: int = field(default=12, metadata={"help": "molecules in one CMA-ES generation"})
    min_cma_radius: float = field(default=0.15, metadata={"help": "smallest initial reach of a CMA-ES run"})
    max_cma_radius: float = field(default=0.5, metadata={"help": "largest initial reach of a CMA-ES run"})
    cma_patience: int = field(
        default=4, metadata={"help": "generations without improvement before a restart"}
    )
    num_cma_centers: int = field(default=10, metadata={"help": "restart from one of so many best molecules"})
    cma_prior_share: float = field(
        default=0.05, metadata={"help": "share of restarts at a draw from the prior"}
    )

    def __post_init__(self) -> None:
        if self.subspace_dim < 1:
            raise SettingsError(f'subspace_dim is "{self.subspace_dim}": give at least 1')
        if self.cma_population < 3:
            raise SettingsError(f'cma_population is "{self.cma_population}": give at least 3')
        if not 0 < self.min_cma_radius <= self.max_cma_radius:
            raise SettingsError(
                f'min_cma_radius is "{self.min_cma_radius}" and max_cma_radius "{self.max_cma_radius}": '
                "give positive numbers, the smaller one first"
            )
        if self.cma_patience < 1:
            raise SettingsError(f'cma_patience is "{self.cma_patience}": give at least 1')
        if self.num_cma_centers < 1:
            raise SettingsError(f'num_cma_centers is "{self.num_cma_centers}": give at least 1')
        if not 0 <= self.cma_prior_share <= 1:
            raise SettingsError(f'cma_prior_share is "{self.cma_prior_share}": give a share from 0 to 1')


class _Run:
    """One CMA-ES run in a subspace: collects scored points until a generation is full."""

    def __init__(self, center: FloatArray, basis: FloatArray, parent: str, strategy: CMAES) -> None:
        self.center = center
        self.basis = basis
        self.parent = parent
        self.strategy = strategy
        self.pending: dict[str, list[FloatArray]] = {}
        self.num_idle = 0
        self._points: list[FloatArray] = []
        self._scores: list[float] = []
        self._best = -np.inf

    @property
    def num_missing(self) -> int:
        """Points still to be drawn for this generation."""
        return self.strategy.population - len(self._points) - sum(map(len, self.pending.values()))

    def record(self, point: FloatArray, score: float) -> None:
        """Takes the score of a point; learns when the generation is full."""
        self._points.append(point)
        self._scores.append(score)
        if len(self._points) < self.strategy.population:
            return
        scores = np.array(self._scores)
        self.strategy.tell(np.stack(self._points), -scores)
        best = float(np.fmax.reduce(scores, initial=-np.inf))
        self.num_idle = 0 if best > self._best else self.num_idle + 1
        self._best = max(best, self._best)
        self._points, self._scores = [], []


class LatentCMAES:
    """An `Optimizer` that runs CMA-ES in subspaces of the latent space, and restarts where it pays.

    Args:
        model: encodes, decodes and samples.
        starts: SMILES to score first; without any, the first run starts at a draw from the prior.
        seed: of every random number.
        settings: see `CMASettings`.

    Raises:
        MoleculeError: for a start that can't be parsed or encoded.
    """

    def __init__(
        self, model: LatentModel, starts: Sequence[str], seed: int, settings: CMASettings | None = None
    ) -> None:
        self._model = model
        self._settings = CMASettings() if settings is None else settings
        self._generator = np.random.default_rng(seed)
        self._frame = LatentFrame(model, self._generator)
        self._memory = Memory(model, starts)
        self._run: _Run | None = None
        self._num_runs = 0

    def ask(self, num_proposals: int) -> Proposals:
        """The starting molecules, then what is missing of the current generation, then draws from the prior.

        A point that decodes to a known molecule takes its known score, and another point is drawn.
        """
        starts = self._memory.ask_starts(num_proposals)
        if starts is not None:
            return starts
        smiles: list[str] = []
        latents: list[FloatArray] = []
        run = self._current_run()
        for _ in range(MAX_ROUNDS):
            wanted = min(run.num_missing, num_proposals - len(smiles))
            if wanted <= 0:
                break
            points = run.strategy.ask(wanted)
            decoded_from = self._to_latents(run, points)
            for point, latent, text in zip(
                points, decoded_from, self._model.decode(decoded_from), strict=True
            ):
                if not text:
                    run.record(point, np.nan)
                elif text in self._memory:
                    run.record(point, self._memory.score_of(text))
                else:
                    if text not in run.pending:
                        smiles.append(text)
                        latents.append(latent)
                    run.pending.setdefault(text, []).append(point)
            if not smiles:
                run = self._current_run()
        if not smiles:
            return prior_proposals(self._model, num_proposals, self._generator)
        return Proposals(smiles, np.stack(latents), [OPERATOR] * len(smiles), [run.parent] * len(smiles))

    def tell(self, proposals: Proposals, scores: FloatArray) -> None:
        """Moves the run by the scores `(B,)`; NaN ranks worst."""
        self._memory.tell(proposals, scores)
        if self._run is not None:
            for smiles, score in zip(proposals.smiles, scores.tolist(), strict=True):
                for point in self._run.pending.pop(smiles, []):
                    self._run.record(point, score)

    def _current_run(self) -> _Run:
        """The run that is under way; a new one if there is none or it has stood still for too long."""
        if self._run is None or self._run.num_idle >= self._settings.cma_patience:
            self._run = self._new_run()
        return self._run

    def _new_run(self) -> _Run:
        parent, center = self._draw_center()
        basis = self._draw_basis(center)
        dim = len(basis)
        radius = log_uniform(
            self._settings.min_cma_radius, self._settings.max_cma_radius, 1, self._generator
        )[0]
        strategy = CMAES(
            mean=np.zeros(dim),
            step_size=radius * self._frame.typical_norm / np.sqrt(dim),
            generator=self._generator,
            population=self._settings.cma_population,
            separable=dim > MAX_FULL_COVARIANCE,
        )
        self._num_runs += 1
        return _Run(center, basis, parent, strategy)

    def _draw_center(self) -> tuple[str, FloatArray]:
        """One of the best molecules and its point `(L,)`, or "" and a draw from the prior."""
        elites = self._memory.draw_elites(1, self._generator, among=self._settings.num_cma_centers)
        from_prior = self._num_runs > 0 and self._generator.uniform() < self._settings.cma_prior_share
        if elites and not from_prior:
            return elites[0], self._frame.to_units(self._memory.latents_of(elites))[0]
        return "", self._frame.to_units(self._model.sample_latents(1, self._generator))[0]

    def _draw_basis(self, center: FloatArray) -> FloatArray:
        """Orthonormal directions `(K, L)`: towards other elites first, random ones after them."""
        latent_dim, dim = len(center), self._settings.subspace_dim
        if latent_dim <= dim:
            return np.eye(latent_dim)
        elites = dict.fromkeys(self._memory.draw_elites(dim // 2, self._generator))
        towards = self._frame.to_units(self._memory.latents_of(list(elites))) - center
        towards = towards[np.linalg.norm(towards, axis=1) > 1e-6 * self._frame.typical_norm]
        random = self._generator.standard_normal((dim - len(towards), latent_dim))
        return np.linalg.qr(np.concatenate([towards, random]).T)[0].T

    def _to_latents(self, run: _Run, points: FloatArray) -> FloatArray:
        """Points `(B, K)` of a run as latents `(B, L)`, no further out than the prior's own draws."""
        center = run.center[None, :]
        return self._frame.to_latents(self._frame.hold(center + points @ run.basis, center))

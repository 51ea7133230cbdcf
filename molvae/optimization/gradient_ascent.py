"""Gradient ascent through the property head, steered by the oracle's scores.

In: a `LatentModel` with a head, and scores. Out: proposals decoded along walks up the predicted property.

The head only points the way. Walks start at the best molecules so far, what they pass through is decoded,
encoded again and predicted once more, and the molecules that look best there are proposed: the prediction
at a molecule's own code, unlike the one at the end of a walk, has not been climbed and is not inflated by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from molvae.errors import InputError, SettingsError
from molvae.interfaces import FloatArray, LatentModel, Proposals
from molvae.optimization.latent_frame import LatentFrame, log_uniform, random_directions
from molvae.optimization.lenient_encoding import encode_or_keep
from molvae.optimization.memory import Memory
from molvae.optimization.objectives import PropertyGoal
from molvae.optimization.random_prior import prior_proposals

OPERATOR = "gradient"
MAX_ROUNDS = 8


@dataclass(frozen=True, kw_only=True)
class GradientSettings:
    """How gradient ascent walks. Lengths are in units of the typical norm of the prior's draws."""

    num_gradient_steps: int = field(
        default=8, metadata={"help": "steps of one walk up the predicted property"}
    )
    steps_per_decode: int = field(default=2, metadata={"help": "decode a walk at every so many steps"})
    min_gradient_step: float = field(default=0.01, metadata={"help": "shortest step of a walk"})
    max_gradient_step: float = field(default=0.06, metadata={"help": "longest step of a walk"})
    min_start_noise: float = field(default=0.1, metadata={"help": "least noise on a walk's first point"})
    max_start_noise: float = field(default=0.5, metadata={"help": "most noise on a walk's first point"})
    gradient_prior_share: float = field(
        default=0.05, metadata={"help": "share of walks from draws of the prior"}
    )
    caution: float = field(default=0.0, metadata={"help": "the head's spreads taken off its predictions"})
    unscreened_share: float = field(
        default=0.25, metadata={"help": "share of proposals that the head can't veto"}
    )

    def __post_init__(self) -> None:
        if self.num_gradient_steps < 1 or self.steps_per_decode < 1:
            raise SettingsError(
                f'num_gradient_steps is "{self.num_gradient_steps}" and steps_per_decode '
                f'"{self.steps_per_decode}": give at least 1 for each'
            )
        for low, high in (("min_gradient_step", "max_gradient_step"), ("min_start_noise", "max_start_noise")):
            smaller, larger = getattr(self, low), getattr(self, high)
            if not 0 < smaller <= larger:
                raise SettingsError(
                    f'{low} is "{smaller}" and {high} "{larger}": give positive numbers, '
                    "the smaller one first"
                )
        for name in ("gradient_prior_share", "unscreened_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f'{name} is "{getattr(self, name)}": give a share from 0 to 1')
        if self.caution < 0:
            raise SettingsError(f'caution is "{self.caution}": give 0 or more')


@dataclass(frozen=True, kw_only=True)
class _Candidates:
    """New molecules, their latents `(B, L)`, and the molecules that their walks began at."""

    smiles: list[str]
    latents: FloatArray
    parents: list[str]


class GradientAscent:
    """An `Optimizer` that follows the head's slope from the best molecules so far.

    Args:
        model: encodes, decodes, samples and predicts.
        goal: where to take which of the head's properties.
        starts: SMILES to score first; without any, the first walks start at draws from the prior.
        seed: of every random number.
        settings: see `GradientSettings`.

    Raises:
        InputError: when the head lacks the property.
        MoleculeError: for a start that can't be parsed or encoded.
    """

    def __init__(
        self,
        model: LatentModel,
        goal: PropertyGoal,
        starts: Sequence[str],
        seed: int,
        settings: GradientSettings | None = None,
    ) -> None:
        if goal.property_name not in model.property_names:
            names = ", ".join(model.property_names) or "none"
            raise InputError(
                f'the model\'s head does not predict "{goal.property_name}" (it predicts: {names}): gradient '
                "ascent needs a model trained with that property; CMA-ES does not"
            )
        self._model = model
        self._goal = goal
        self._settings = GradientSettings() if settings is None else settings
        self._generator = np.random.default_rng(seed)
        self._frame = LatentFrame(model, self._generator)
        self._memory = Memory(model, starts)

    def ask(self, num_proposals: int) -> Proposals:
        """The starting molecules, then the most promising along new walks, then draws from the prior."""
        starts = self._memory.ask_starts(num_proposals)
        if starts is not None:
            return starts
        candidates = self._walk(num_proposals)
        for _ in range(MAX_ROUNDS - 1):
            if len(candidates.smiles) >= num_proposals:
                break
            candidates = _joined(candidates, self._walk(num_proposals))
        if not candidates.smiles:
            return prior_proposals(self._model, num_proposals, self._generator)
        rows = self._screen(candidates, num_proposals)
        return Proposals(
            smiles=[candidates.smiles[row] for row in rows],
            latents=candidates.latents[rows],
            operator=[OPERATOR] * len(rows),
            parents=[candidates.parents[row] for row in rows],
        )

    def tell(self, proposals: Proposals, scores: FloatArray) -> None:
        """Remembers the scores `(B,)`: the next walks start at the best."""
        self._memory.tell(proposals, scores)

    def _walk(self, num_walks: int) -> _Candidates:
        """The new molecules along `num_walks` walks."""
        parents, origins = self._draw_origins(num_walks)
        settings, frame = self._settings, self._frame
        noise = log_uniform(settings.min_start_noise, settings.max_start_noise, num_walks, self._generator)
        steps = log_uniform(
            settings.min_gradient_step, settings.max_gradient_step, num_walks, self._generator
        )
        directions = random_directions(num_walks, self._model.latent_dim, self._generator)
        points = frame.hold(origins + frame.typical_norm * noise[:, None] * directions, origins)
        passed = [points]
        for step in range(1, settings.num_gradient_steps + 1):
            points = frame.hold(points + frame.typical_norm * steps[:, None] * self._uphill(points), origins)
            if step % settings.steps_per_decode == 0:
                passed.append(points)
        return self._decode_new(np.concatenate(passed), parents * len(passed))

    def _draw_origins(self, num_walks: int) -> tuple[list[str], FloatArray]:
        """Where walks start, `(num_walks, L)`: at elites and draws of the prior."""
        parents = self._memory.draw_elites(num_walks, self._generator)
        prior_latents = self._model.sample_latents(num_walks, self._generator)
        from_prior = self._generator.uniform(size=num_walks) < self._settings.gradient_prior_share
        if not parents:
            return [""] * num_walks, self._frame.to_units(prior_latents)
        latents = np.where(from_prior[:, None], prior_latents, self._memory.latents_of(parents))
        parents = ["" if drawn else parent for drawn, parent in zip(from_prior, parents, strict=True)]
        return parents, self._frame.to_units(latents)

    def _uphill(self, points: FloatArray) -> FloatArray:
        """Unit vectors `(B, L)` along which the goal's score rises fastest; 0 where it is flat."""
        gradient = self._model.predict_gradient(self._frame.to_latents(points), self._goal.property_name)
        slope = self._frame.slope_in_units(np.asarray(gradient.slope, dtype=np.float64))
        slope = slope * self._goal.slope(np.asarray(gradient.value, dtype=np.float64))[:, None]
        norms: FloatArray = np.linalg.norm(slope, axis=1, keepdims=True)
        return slope / np.maximum(norms, 1e-12)

    def _decode_new(self, points: FloatArray, parents: list[str]) -> _Candidates:
        """What points `(B, L)` decode to, without repeats and known molecules."""
        latents = self._frame.to_latents(points)
        rows: dict[str, int] = {}
        for row, smiles in enumerate(self._model.decode(latents)):
            if smiles and smiles not in self._memory:
                rows.setdefault(smiles, row)
        kept = list(rows.values())
        return _Candidates(smiles=list(rows), latents=latents[kept], parents=[parents[row] for row in kept])

    def _screen(self, candidates: _Candidates, num_proposals: int) -> list[int]:
        """The rows to propose: most by prediction at the molecule's own code, the rest drawn at random."""
        num_candidates = len(candidates.smiles)
        if num_candidates <= num_proposals:
            return list(range(num_candidates))
        column = self._model.property_names.index(self._goal.property_name)
        predictions = self._model.predict(encode_or_keep(self._model, candidates.smiles, candidates.latents))
        spread = np.nan_to_num(predictions.spread[:, column], nan=0.0)
        promise = self._goal.score(predictions.mean[:, column]) - self._settings.caution * spread
        num_screened = num_proposals - int(self._settings.unscreened_share * num_proposals)
        order = np.argsort(-promise, kind="stable")
        rest = self._generator.permutation(order[num_screened:])
        return [int(row) for row in (*order[:num_screened], *rest[: num_proposals - num_screened])]


def _joined(first: _Candidates, second: _Candidates) -> _Candidates:
    """Both, the molecules of `second` that are in `first` left out."""
    known = set(first.smiles)
    rows = [row for row, smiles in enumerate(second.smiles) if smiles not in known]
    return _Candidates(
        smiles=first.smiles + [second.smiles[row] for row in rows],
        latents=np.concatenate([first.latents, second.latents[rows]]),
        parents=first.parents + [second.parents[row] for row in rows],
    )

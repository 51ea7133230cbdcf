"""Evolution of latents: noise over the codes of good molecules, and codes between two of them.

In: a `LatentModel` and scores. Out: molecules decoded from latents that the scores moved, and from no other.
Many more are decoded than are asked for, and what is known already costs nothing; of the others those are
proposed that a Gaussian process on fingerprints expects the most of, and a share as they come. Where the
model can be taught (`interfaces.Teachable`), a copy of its decoder learns to write what scored well.

Source: Tripp et al. 2020 (arXiv 2006.09191), rank weights and retraining; Moss and Griffiths 2020 and Tripp
et al. 2021, Tanimoto processes as a judge.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from molvae.errors import SettingsError
from molvae.interfaces import FloatArray, LatentModel, Proposals, StudentModel, Teachable
from molvae.optimization.latent_frame import LatentFrame, log_uniform, random_directions
from molvae.optimization.memory import Memory
from molvae.optimization.operator_shares import OperatorShares
from molvae.optimization.random_prior import prior_proposals
from molvae.optimization.recombination import CROSSOVERS, recombined
from molvae.optimization.screening import Screen

NOISE, CROSSOVER, SLIP = "noise", "crossover", "slip"
#: Times that candidates are decoded for one batch, if the first hold too few new molecules.
MAX_ROUNDS = 4
#: A molecule is a success of its operator if it is among so large a share of the best so far.
SUCCESS_SHARE = 0.1
#: Molecules of one lesson, and how good they are: of this share of what was scored.
LESSON_SIZE, LESSON_BEST = 48, 100
#: The decoder draws the more boldly, up to a temperature, the fewer of its molecules are new.
MIN_NEW_SHARE, TEMPERATURE_STEP, MAX_TEMPERATURE = 0.4, 1.05, 1.6
#: Molecules whose mean says whether the search goes on.
NUM_BEST = 10


@dataclass(frozen=True, kw_only=True)
class EvolutionSettings:
    """How latents evolve. Radii are in units of the typical norm of the prior's draws."""

    first_draws: int = field(
        default=50, metadata={"help": "draws of the prior that are scored first, where no molecule is given"}
    )
    candidates: int = field(default=6, metadata={"help": "molecules decoded for each one proposed"})
    free_share: float = field(
        default=0.25, metadata={"help": "share of proposals that the Gaussian process has no say in"}
    )
    noise_level: float = field(
        default=0.75,
        metadata={"help": "noise over latents where the decoder is told of it, or can be taught"},
    )
    min_step: float = field(default=0.05, metadata={"help": "smallest step, where it can't be taught"})
    max_step: float = field(default=0.6, metadata={"help": "largest step, where it can't be taught"})
    crossover_share: float = field(default=0.5, metadata={"help": "the most that comes of a second parent"})
    lessons: float = field(
        default=0.15, metadata={"help": "lessons of the decoder's copy for each scored molecule; 0 for none"}
    )
    patience: int = field(
        default=1000,
        metadata={"help": "scored molecules without a better ten best before the copy is made anew"},
    )
    slips: bool = field(
        default=True, metadata={"help": "let the decoder write one token otherwise at latents of elites"}
    )
    shuffled_latents: bool = field(
        default=False, metadata={"help": "a control: shuffle the numbers of each parent's latent first"}
    )

    def __post_init__(self) -> None:
        for name, least in (("first_draws", 1), ("candidates", 1), ("lessons", 0), ("patience", 1)):
            if getattr(self, name) < least:
                raise SettingsError(f'{name} is "{getattr(self, name)}"; it must be at least {least}')
        for name in ("free_share", "noise_level", "crossover_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f'{name} is "{getattr(self, name)}"; it must be from 0 to 1')
        if not 0 < self.min_step <= self.max_step:
            raise SettingsError(
                f'min_step is "{self.min_step}" and max_step "{self.max_step}": give positive '
                "numbers, the smaller one first"
            )


class _Candidate(NamedTuple):
    """A new molecule, the latent `(L,)` it was decoded from, what made that, and from which parent."""

    smiles: str
    latent: FloatArray
    operator: str
    parent: str


class LatentEvolution:
    """An `Optimizer`: the starts or else draws of the prior, then what the latents of the best become.

    Args:
        model: encodes, decodes and samples; one that is `Teachable` is taught, as a copy.
        starts: SMILES to score first, in place of draws of the prior.
        seed: of every random number.
        settings: see `EvolutionSettings`.

    Raises:
        MoleculeError: for a start that can't be parsed or encoded.
    """

    def __init__(
        self, model: LatentModel, starts: Sequence[str], seed: int, settings: EvolutionSettings | None = None
    ) -> None:
        self._model = model
        self._settings = EvolutionSettings() if settings is None else settings
        self._generator = np.random.default_rng(seed)
        self._frame = LatentFrame(model, self._generator)
        self._memory = Memory(model, starts)
        self._student: StudentModel | None = model.student() if isinstance(model, Teachable) else None
        operators = [NOISE, CROSSOVER]
        if self._student is not None and self._settings.slips:
            operators.append(SLIP)
        self._shares = OperatorShares(operators)
        self._screen = Screen(self._generator)
        self._scores: list[float] = []
        self._num_told = 0
        self._lessons_due = 0.0
        self._temperature = 1.0
        self._best, self._num_idle = -np.inf, 0

    def ask(self, num_proposals: int) -> Proposals:
        """The starting molecules or draws of the prior, then new molecules from latents of the best."""
        starts = self._memory.ask_starts(num_proposals)
        if starts is not None:
            return starts
        missing = 0 if self._memory.starts else self._settings.first_draws - self._num_told
        if missing > 0 or not self._scores:
            return prior_proposals(self._model, max(1, min(num_proposals, missing)), self._generator)
        candidates: dict[str, _Candidate] = {}
        for _ in range(MAX_ROUNDS):
            drawn = self._candidates(self._settings.candidates * num_proposals)
            fresh = [one for one in drawn if one.smiles and one.smiles not in self._memory]
            for candidate in fresh:
                candidates.setdefault(candidate.smiles, candidate)
            self._adapt_temperature(len(fresh) / len(drawn))
            if len(candidates) >= 2 * num_proposals:
                break
        if not candidates:
            return prior_proposals(self._model, num_proposals, self._generator)
        return self._proposals(list(candidates.values()), num_proposals)

    def tell(self, proposals: Proposals, scores: FloatArray) -> None:
        """Learns from the scores `(B,)`; a molecule without one is never asked for again."""
        fresh: dict[str, tuple[float, str]] = {}
        for smiles, score, operator in zip(
            proposals.smiles, scores.tolist(), proposals.operator, strict=True
        ):
            if smiles and smiles not in self._memory:
                fresh.setdefault(smiles, (score, operator))
        self._memory.tell(proposals, scores)
        self._num_told += max(1, len(fresh))
        scored = {smiles: told for smiles, told in fresh.items() if not np.isnan(told[0])}
        if not scored:
            return
        self._screen.tell(list(scored), np.array([score for score, _ in scored.values()]))
        self._scores.extend(score for score, _ in scored.values())
        bar = float(np.quantile(self._scores, 1 - SUCCESS_SHARE))
        for score, operator in scored.values():
            self._shares.tell(operator, score > bar)
        self._lessons_due += self._settings.lessons * len(scored)
        self._restart_if_idle(len(scored))
        self._teach()

    def _adapt_temperature(self, new_share: float) -> None:
        step = TEMPERATURE_STEP if new_share < MIN_NEW_SHARE else 1 / TEMPERATURE_STEP
        self._temperature = float(np.clip(self._temperature * step, 1.0, MAX_TEMPERATURE))

    def _restart_if_idle(self, num_scored: int) -> None:
        """A new copy of the model, which has learned nothing yet, where the last one finds nothing better."""
        best = float(np.mean(np.sort(self._scores)[-NUM_BEST:]))
        self._num_idle = 0 if best > self._best else self._num_idle + num_scored
        self._best = max(best, self._best)
        if self._num_idle >= self._settings.patience and isinstance(self._model, Teachable):
            self._student, self._num_idle = self._model.student(), 0

    def _candidates(self, num_candidates: int) -> list[_Candidate]:
        """What becomes of the latents of elites."""
        operators = np.array(self._shares.draw(num_candidates, self._generator))
        found: list[_Candidate] = []
        for operator in (NOISE, CROSSOVER, SLIP):
            count = int((operators == operator).sum())
            if count == 0:
                continue
            parents = self._memory.draw_elites(count, self._generator)
            points = self._points_of(parents)
            if operator == CROSSOVER:
                points = self._crossed(points)
            smiles, latents = self._decoded(parents, self._frame.to_latents(points), operator)
            found.extend(map(_Candidate, smiles, latents, [operator] * count, parents))
        return found

    def _points_of(self, parents: Sequence[str]) -> FloatArray:
        points = self._frame.to_units(self._memory.latents_of(parents))
        return self._generator.permuted(points, axis=1) if self._settings.shuffled_latents else points

    def _crossed(self, points: FloatArray) -> FloatArray:
        """Points `(B, L)` recombined with those of other elites, each in one of the ways there are."""
        others = self._points_of(self._memory.draw_elites(len(points), self._generator))
        ways = self._generator.integers(len(CROSSOVERS), size=len(points))
        children = points.copy()
        for place, way in enumerate(CROSSOVERS):
            rows = ways == place
            children[rows] = recombined(
                points[rows], others[rows], way, self._generator, self._settings.crossover_share
            )
        return children

    def _decoded(
        self, parents: Sequence[str], latents: FloatArray, operator: str
    ) -> tuple[list[str], FloatArray]:
        """Molecules and the latents `(B, L)` they were decoded from, with noise if the operator adds any."""
        if self._student is not None:
            if operator == SLIP:
                return self._student.decode_with_slips(parents, latents, self._generator), latents
            drawn = self._student.decode_around(
                latents, self._settings.noise_level, self._temperature, self._generator
            )
            return drawn.smiles, drawn.latents
        points = self._frame.to_units(latents)
        if operator == NOISE:
            radii = log_uniform(
                self._settings.min_step, self._settings.max_step, len(points), self._generator
            )
            directions = random_directions(len(points), points.shape[1], self._generator)
            moved = points + radii[:, None] * self._frame.typical_norm * directions
            points = self._frame.hold(moved, points)
        latents = self._frame.to_latents(points)
        return self._model.decode(latents), latents

    def _proposals(self, candidates: list[_Candidate], num_proposals: int) -> Proposals:
        """Those that the screen expects the most of, and a share of the others as they come."""
        order = self._generator.permutation(len(candidates)).tolist()
        num_free = round(self._settings.free_share * num_proposals)
        free = [candidates[place] for place in order[:num_free]]
        rest = [candidates[place] for place in order[num_free:]]
        places = self._screen.choose([one.smiles for one in rest], num_proposals - len(free))
        chosen = [*free, *(rest[place] for place in places)]
        return Proposals(
            smiles=[one.smiles for one in chosen],
            latents=np.stack([one.latent for one in chosen]),
            operator=[one.operator for one in chosen],
            parents=[one.parent for one in chosen],
        )

    def _teach(self) -> None:
        """The lessons that are due: each of elites at their own noisy codes."""
        if self._student is None:
            return
        while self._lessons_due >= 1:
            self._lessons_due -= 1
            pupils = self._memory.draw_elites(LESSON_SIZE, self._generator, among=LESSON_BEST)
            latents = self._frame.to_latents(self._points_of(pupils))
            self._student.learn(pupils, latents, self._settings.noise_level, self._generator)

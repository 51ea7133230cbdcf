"""Moves of latents: noise over the codes of good molecules, codes between two of them, and slips.

In: elites of the memory. Out: molecules decoded from latents that the scores moved. Where the model can be
taught (`interfaces.Teachable`), a copy of its decoder learns to write what scored well.

Source: Tripp et al. 2020 (arXiv 2006.09191): rank weights and retraining.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from molvae.errors import SettingsError
from molvae.interfaces import FloatArray, LatentModel, StudentModel, Teachable
from molvae.optimization.latent_frame import LatentFrame, log_uniform, random_directions
from molvae.optimization.memory import Memory
from molvae.optimization.moves import Candidate
from molvae.optimization.recombination import CROSSOVERS, recombined

NOISE, CROSSOVER, SLIP = "noise", "crossover", "slip"
#: Molecules of one lesson, and of how many of the best they are.
LESSON_SIZE, LESSON_BEST = 48, 100
#: The decoder draws the more boldly, up to a temperature, the fewer of its molecules are new.
MIN_NEW_SHARE, TEMPERATURE_STEP, MAX_TEMPERATURE = 0.4, 1.05, 1.6


@dataclass(frozen=True, kw_only=True)
class LatentMoveSettings:
    """How latents are moved. Steps are in units of the typical norm of the prior's draws."""

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
    shuffled_latents: bool = field(
        default=False, metadata={"help": "a control: shuffle the numbers of each parent's latent first"}
    )

    def __post_init__(self) -> None:
        if self.lessons < 0:
            raise SettingsError(f'lessons is "{self.lessons}"; it must be at least 0')
        for name in ("noise_level", "crossover_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f'{name} is "{getattr(self, name)}"; it must be from 0 to 1')
        if not 0 < self.min_step <= self.max_step:
            raise SettingsError(
                f'min_step is "{self.min_step}" and max_step "{self.max_step}": give positive '
                "numbers, the smaller one first"
            )


class LatentMoves:
    """`Moves` of latents.

    Args:
        model: encodes and decodes; one that is `Teachable` is taught, as a copy.
        memory: draws the parents.
        generator: of every random number.
        settings: see `LatentMoveSettings`.
    """

    def __init__(
        self,
        model: LatentModel,
        memory: Memory,
        generator: np.random.Generator,
        settings: LatentMoveSettings | None = None,
    ) -> None:
        self._model = model
        self._memory = memory
        self._generator = generator
        self._settings = LatentMoveSettings() if settings is None else settings
        self._frame = LatentFrame(model, generator)
        self._student: StudentModel | None = model.student() if isinstance(model, Teachable) else None
        self.operators = (NOISE, CROSSOVER) if self._student is None else (NOISE, CROSSOVER, SLIP)
        self._lessons_due = 0.0
        self._temperature = 1.0

    def make(self, operator: str, num_candidates: int) -> list[Candidate]:
        """One for each elite drawn that has a latent."""
        parents = self._memory.with_latents(self._memory.draw_elites(num_candidates, self._generator))
        if not parents:
            return []
        points = self._points_of(parents)
        if operator == CROSSOVER:
            points = self._crossed(points, parents)
        smiles, latents = self._decoded(parents, self._frame.to_latents(points), operator)
        if operator != SLIP:
            self._adapt_temperature(smiles)
        return [
            Candidate(text, latent, operator, parent)
            for text, latent, parent in zip(smiles, latents, parents, strict=True)
        ]

    def forget(self) -> None:
        """Makes a new copy of a model that can be taught."""
        if isinstance(self._model, Teachable):
            self._student = self._model.student()

    def learn(self, num_scored: int) -> None:
        """The lessons that are due."""
        self._lessons_due += self._settings.lessons * num_scored
        while self._student is not None and self._lessons_due >= 1:
            self._lessons_due -= 1
            self._teach(self._student)

    def _teach(self, student: StudentModel) -> None:
        """One lesson, of elites at their own noisy codes."""
        pupils = self._memory.with_latents(
            self._memory.draw_elites(LESSON_SIZE, self._generator, among=LESSON_BEST)
        )
        if pupils:
            latents = self._frame.to_latents(self._points_of(pupils))
            student.learn(pupils, latents, self._settings.noise_level, self._generator)

    def _adapt_temperature(self, smiles: Sequence[str]) -> None:
        new = {text for text in smiles if text and text not in self._memory}
        new_share = len(new) / len(smiles)
        step = TEMPERATURE_STEP if new_share < MIN_NEW_SHARE else 1 / TEMPERATURE_STEP
        self._temperature = float(np.clip(self._temperature * step, 1.0, MAX_TEMPERATURE))

    def _points_of(self, parents: Sequence[str]) -> FloatArray:
        points = self._frame.to_units(self._memory.latents_of(parents))
        return self._generator.permuted(points, axis=1) if self._settings.shuffled_latents else points

    def _crossed(self, points: FloatArray, parents: list[str]) -> FloatArray:
        """Points `(B, L)` recombined with those of other elites, each in one of the ways there are."""
        mates = self._memory.with_latents(self._memory.draw_elites(len(points), self._generator))
        others = self._points_of([*mates, *parents][: len(points)])
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

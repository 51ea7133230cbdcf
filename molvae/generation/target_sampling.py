"""Molecules whose properties lie where they were asked: draws of a prior, those kept that land there.

That is the prior given the request: what is kept is as good, as diverse and as new as what the prior draws,
and lies within the tolerance by construction. Two things save work: a prior that can be told properties is
told the request, so that more of its draws land; and what the head predicts to land far off is not decoded.
Steering latents along the head's slope was tried instead, and is not done: what decoded from moved
codes was much less like the data, and at logP 4.5 landed about as often as draws (docs/experiments.md).
"""

import logging
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from molvae.data.dataset import IndexArray
from molvae.errors import InputError, SettingsError
from molvae.generation.checks import check_count, check_from_zero, check_level
from molvae.generation.decoding import Checked, Codes, joined, pool_for
from molvae.generation.priors import CONDITIONAL, PriorName
from molvae.generation.sampling import decode_draws, prior_batches
from molvae.generation.targets import Target, check_targets, resolve_targets, values_of
from molvae.interfaces import FloatArray

if TYPE_CHECKING:
    from molvae.generation.latent_model import MoleculeModel

logger = logging.getLogger(__name__)

#: Unless told, sampling gives up after so many draws a molecule wanted, and not before so many in all.
DRAWS_A_MOLECULE, MIN_MAX_DRAWS = 100, 10_000
#: It gives up at once if so many draws, or this share of what is allowed, hold no molecule that fits.
HOPELESS_DRAWS, HOPELESS_SHARE = 5000, 0.05
#: Draws at once: of the first round, and of any other.
MIN_ROUND, FIRST_ROUND, MAX_ROUND = 200, 1000, 5000
#: Draws that a molecule is expected to take, before any is made.
EXPECTED_DRAWS = 10
#: A draw is decoded if the head's prediction is off by no more than the tolerance and the error below which
#: this share of its predictions is, in the first round, which is all decoded.
SCREEN_QUANTILE = 0.9


class TargetDraws(NamedTuple):
    """Molecules that fit targets, and what it took.

    Attributes:
        smiles: canonical SMILES of the `N` that were kept.
        targets: the `P` targets, with the tolerances that were used.
        values: `(N, P)`, recomputed, or predicted where only the head knows.
        spreads: `(N, P)`, of predicted values; NaN for computed ones.
        num_draws: draws of the prior that were made to keep these.
        num_decoded: how many of them the head did not rule out.
    """

    smiles: list[str]
    targets: tuple[Target, ...]
    values: FloatArray
    spreads: FloatArray
    num_draws: int
    num_decoded: int

    @property
    def acceptance(self) -> float:
        """Molecules kept a draw; NaN without a draw."""
        return len(self.smiles) / self.num_draws if self.num_draws else math.nan


def draw_at_targets(
    model: "MoleculeModel",
    num_samples: int,
    targets: Mapping[str, float],
    *,
    tolerances: Mapping[str, float] | None = None,
    max_draws: int | None = None,
    temperature: float = 0.0,
    unique: bool = False,
    novel: bool = False,
    strict: bool = False,
    prior: PriorName | None = None,
    level: float = 0.0,
    seed: int = 0,
) -> TargetDraws:
    """Draws of a prior until `num_samples` of them decode to molecules that fit all targets.

    Args:
        model: samples, predicts and decodes.
        num_samples: how many are wanted.
        targets: values by property: one of RDKit's, whose recomputed value must fit, or one that the head
            predicts, whose prediction at the molecule's own code must.
        tolerances: how far off is near enough, by property (`resolve_targets` has the default).
        max_draws: give up after so many; by default `DRAWS_A_MOLECULE` a molecule.
        temperature: as for `draw_molecules`, and so are the others.
        unique: as there.
        novel: as there.
        strict: as there.
        prior: as there; by default the one that is told properties, where it can be told one of these.
        level: as there.
        seed: as there.

    Returns:
        Fewer than were wanted, with a warning, if the draws held no more.

    Raises:
        SettingsError: as `draw_molecules` and `resolve_targets` do, and without a target.
        InputError: no draw fits.
    """
    check_count("num_samples", num_samples)
    if num_samples == 0:
        raise SettingsError('num_samples is "0"; ask for at least 1 molecule with targets')
    check_level(level, model.is_told_levels)
    check_from_zero("seed", seed)
    if max_draws is not None and max_draws < 1:
        raise SettingsError(f'max_draws is "{max_draws}"; give at least 1')
    wishes = check_targets(model, targets, tolerances)
    if prior is None and model.conditional is not None and model.conditional.can_be_told(wishes):
        prior = CONDITIONAL
    limit = max(DRAWS_A_MOLECULE * num_samples, MIN_MAX_DRAWS) if max_draws is None else max_draws
    generator = np.random.default_rng(seed)

    with pool_for(EXPECTED_DRAWS * num_samples) as pool:

        def drawn(size: int) -> Codes:
            return joined(prior_batches(model, size, generator, prior, level, pool, wishes), model.latent_dim)

        def decoded(codes: Codes) -> Checked:
            decoding_seed = int(generator.integers(2**62))
            return decode_draws(model, [codes], temperature, level, decoding_seed, pool, strict=strict)

        size = min(max(EXPECTED_DRAWS * num_samples, MIN_ROUND), FIRST_ROUND, limit)
        codes = drawn(size)
        first = decoded(codes)
        wanted = tuple(resolve_targets(model, targets, tolerances, first.smiles))
        kept = _Kept(model, wanted, num_samples, unique=unique, novel=novel)
        kept.learn_margins(codes.latents, kept.take(first, np.arange(size), size))
        kept.check_hope(limit)
        while len(kept.smiles) < num_samples and kept.num_draws < limit:
            size = min(kept.num_draws_next(), limit - kept.num_draws)
            codes = drawn(size)
            passed = kept.screen(codes.latents)
            kept.take(decoded(Codes(codes.latents[passed], codes.molecules)), passed, size)
            kept.check_hope(limit)
    if len(kept.smiles) < num_samples:
        logger.warning(
            "only %s of %s molecules: %s draws held no more that fit; ask for fewer, for a wider tolerance "
            "or for a larger max_draws",
            *(f"{number:,}" for number in (len(kept.smiles), num_samples, kept.num_draws)),
        )
    return kept.result()


class _Kept:
    """What was kept so far, and what was seen of the properties."""

    def __init__(
        self,
        model: "MoleculeModel",
        targets: tuple[Target, ...],
        num_samples: int,
        *,
        unique: bool,
        novel: bool,
    ) -> None:
        self.model = model
        self.targets = targets
        self.columns = [target.head_column for target in targets]
        self.margins = np.full(len(targets), math.inf)
        self.num_samples = num_samples
        self.unique = unique
        self.novel = novel
        self.smiles: list[str] = []
        self.rows: list[tuple[FloatArray, FloatArray]] = []
        self.num_draws = self.num_decoded = 0
        self.seen: set[str] = set()
        self.any_fits = False
        self.lowest = np.full(len(targets), math.inf)
        self.highest = np.full(len(targets), -math.inf)

    def learn_margins(self, latents: FloatArray, values: FloatArray) -> None:
        """Learns how far off predictions are, from latents `(B, L)` and what decoded there has `(B, P)`."""
        for place, column in enumerate(self.columns):
            if column is None:
                continue
            off = np.abs(self.model.predict(latents).mean[:, column] - values[:, place])
            if not np.isnan(off).all():
                self.margins[place] = np.nanquantile(off, SCREEN_QUANTILE)

    def screen(self, latents: FloatArray) -> IndexArray:
        """Rows of latents `(B, L)` whose predictions are not too far off."""
        fits = np.ones(len(latents), dtype=np.bool_)
        if any(column is not None for column in self.columns):
            mean = self.model.predict(latents).mean
            for target, column, margin in zip(self.targets, self.columns, self.margins, strict=True):
                if column is not None:
                    fits &= np.abs(mean[:, column] - target.value) <= target.tolerance + margin
        return np.flatnonzero(fits)

    def take(self, draws: Checked, rows: IndexArray, num_drawn: int) -> FloatArray:
        """Keeps what fits of a round, until there is enough.

        Args:
            draws: those that were decoded, and whether they may be kept.
            rows: where each was among the draws of the round.
            num_drawn: how many these were.

        Returns:
            The values `(B, P)` of all that was decoded.
        """
        found = values_of(self.model, draws.smiles, self.targets)
        fits = np.ones(len(rows), dtype=np.bool_)
        for place, target in enumerate(self.targets):
            self._note(place, found.values[:, place])
            fits &= target.is_met(found.values[:, place])
        self.any_fits |= bool(fits.any())
        for index in np.flatnonzero(fits & np.array(draws.is_strict, dtype=np.bool_)).tolist():
            text = draws.smiles[index]
            if (self.unique and text in self.seen) or (self.novel and text in self.model.training_keys):
                continue
            self.seen.add(text)
            self.smiles.append(text)
            self.rows.append((found.values[index], found.spreads[index]))
            if len(self.smiles) == self.num_samples:
                self.num_draws += int(rows[index]) + 1
                self.num_decoded += index + 1
                return found.values
        self.num_draws += num_drawn
        self.num_decoded += len(rows)
        return found.values

    def num_draws_next(self) -> int:
        """How many draws may be enough."""
        if not self.smiles:
            return MAX_ROUND
        missing = self.num_samples - len(self.smiles)
        enough = 1.1 * missing * self.num_draws / len(self.smiles)
        return math.ceil(min(max(enough, MIN_ROUND), MAX_ROUND))

    def check_hope(self, max_draws: int) -> None:
        """Makes sure that it is worth going on.

        Raises:
            InputError: nothing fits so far, and it looks as if nothing will.
        """
        if self.any_fits:
            return
        values = np.array([target.value for target in self.targets])
        beyond = np.maximum(self.lowest - values, values - self.highest)
        is_far = bool(((beyond > self.highest - self.lowest) & np.isfinite(beyond)).any())
        limit = min(max_draws, max(HOPELESS_DRAWS, int(HOPELESS_SHARE * max_draws)))
        if not is_far and self.num_draws < limit:
            return
        wishes = " and ".join(f"{one.name} within {one.tolerance:g} of {one.value:g}" for one in self.targets)
        ran = ", ".join(
            f"{target.name} from {low:.4g} to {high:.4g}"
            for target, low, high in zip(self.targets, self.lowest, self.highest, strict=True)
        )
        raise InputError(
            f"none of {self.num_draws:,} draws has {wishes}: they have {ran}; ask for values well inside, "
            "or for a wider tolerance"
        )

    def result(self) -> TargetDraws:
        """What was kept."""
        shape = (len(self.smiles), len(self.targets))
        values, spreads = (
            np.array([row[part] for row in self.rows], dtype=np.float64).reshape(shape) for part in (0, 1)
        )
        return TargetDraws(self.smiles, self.targets, values, spreads, self.num_draws, self.num_decoded)

    def _note(self, place: int, values: FloatArray) -> None:
        """Remembers the lowest and highest value of a target's property, NaN left out."""
        self.lowest[place] = np.fmin.reduce(values, initial=self.lowest[place])
        self.highest[place] = np.fmax.reduce(values, initial=self.highest[place])

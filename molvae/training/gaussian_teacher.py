"""Few labels -> a Gaussian process on their latents, and a property head that learns from it everywhere.

A hundred labels are too few to train perceptrons on, and some thousands still: they stop before they have
learned anything, or learn the labels by heart. A Gaussian process reads as much from them as there is, and
knows how much that is; its cost grows with the cube of their number (4,000 take a minute). It then teaches
the perceptrons, on latents of all kinds, labelled or not, what it says there and how sure it is; so the head
keeps its form, and its spread grows away from what was measured. What it compares of two latents,
`process_inputs` says.

Source: Rasmussen & Williams 2006, eqs. 2.23-2.24 (prediction), 2.30 (marginal likelihood), 5.10-5.12 (what
it says of a molecule left out) and section 6.5 (labels 0 and 1); Hinton et al. 2015 (arXiv 1503.02531).
"""

import logging
import warnings
from typing import NamedTuple, Self

import numpy as np
import torch
from scipy.linalg import cho_solve
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel
from torch import Tensor
from torch.nn import functional

from molvae.interfaces import FloatArray
from molvae.models.fingerprint_head import FingerprintHead
from molvae.models.property_head import PropertyHead
from molvae.progress import Progress
from molvae.training.process_inputs import ProcessInputs

logger = logging.getLogger(__name__)

#: The search for width and noise begins on so many labels, from so many guesses, and ends on all of them:
#: begun on thousands, from one guess, it can end where all is noise.
MAX_SEARCHED, NUM_GUESSES = 500, 4
#: Between which widths are searched for, as shares of the labelled molecules' spread.
WIDTHS = (0.1, 30.0)
#: Latents of molecules that are taught, at most; as many again lie between and around them.
MAX_LATENTS = 20_000
#: Latents that the process is asked about at once: with the labels, a matrix of at most 64 MB.
ASKED_AT_ONCE = 2_000
#: How far latents around molecules are from them, at most, as a share of the latents' spread.
MAX_NOISE = 0.5
NUM_STEPS, BATCH_SIZE = 1_500, 512
LEARNING_RATE, WEIGHT_DECAY = 2e-3, 1e-2
#: What an error of the log-variance counts beside one of the mean.
VARIANCE_WEIGHT = 0.1
#: A probability that is taught lies at least so far from 0 and 1.
LEAST_CHANCE = 0.01


class LeftOut(NamedTuple):
    """What is said of labelled molecules without having learned from them, standardised.

    Attributes:
        errors: `(N, P)`, absolute; NaN where no value is known, or nothing was left out.
        spreads: `(N, P)`, the standard deviations stated with that.
    """

    errors: FloatArray
    spreads: FloatArray


class Teacher(NamedTuple):
    """A Gaussian process a property, on values that are scaled first.

    Attributes:
        inputs: what the processes compare of latents.
        levels: `(P,)`, the mean of each property's values.
        units: `(P,)`, their standard deviation.
        processes: `P` of them.
    """

    inputs: ProcessInputs
    levels: FloatArray
    units: FloatArray
    processes: list[GaussianProcessRegressor]

    @classmethod
    def fit(
        cls,
        latents: Tensor,
        targets: FloatArray,
        others: Tensor,
        fragments: FingerprintHead | None,
        seed: int,
    ) -> Self:
        """Processes for the `P` columns of targets `(N, P)`, NaN unknown, at latents `(N, L)`.

        Args:
            latents: `(N, L)`.
            targets: `(N, P)`.
            others: `(M, L)`, latents of molecules without labels.
            fragments: what the network reads off latents, if it does.
            seed: of all that is random.

        Raises:
            ValueError: a column has no value.
        """
        is_labelled = torch.from_numpy(~np.isnan(targets).all(axis=1))
        inputs = ProcessInputs.fit(latents[is_labelled], others, fragments, seed)
        compared = inputs.of(latents)
        levels, units = np.nanmean(targets, axis=0), np.nanstd(targets, axis=0)
        units[units == 0] = 1.0
        processes = []
        for column in ((targets - levels) / units).T:
            known = ~np.isnan(column)
            process = _fit_process(compared[known], column[known], is_rough=fragments is not None, seed=seed)
            processes.append(process)
        return cls(inputs, levels, units, processes)

    def says(self, latents: Tensor) -> tuple[FloatArray, FloatArray]:
        """Means and standard deviations of latents `(B, L)`, each `(B, P)`, standardised."""
        means, deviations = np.empty((2, len(latents), len(self.processes)))
        for start in range(0, len(latents), ASKED_AT_ONCE):
            rows = slice(start, start + ASKED_AT_ONCE)
            compared = self.inputs.of(latents[rows])
            for index, process in enumerate(self.processes):
                means[rows, index], deviations[rows, index] = process.predict(compared, return_std=True)
        return self.levels + self.units * means, self.units * deviations

    def left_out(self, targets: FloatArray) -> LeftOut:
        """What it would say of each value without it: eqs. 5.10-5.12, from one inverse a property."""
        errors, spreads = np.full((2, *targets.shape), np.nan)
        for index, process in enumerate(self.processes):
            known = ~np.isnan(targets[:, index])
            precision = cho_solve((process.L_, True), np.eye(int(known.sum()))).diagonal()
            errors[known, index] = np.abs(process.alpha_) / precision
            spreads[known, index] = 1 / np.sqrt(precision)
        return LeftOut(self.units * errors, self.units * spreads)


def _fit_process(
    inputs: FloatArray, values: FloatArray, *, is_rough: bool, seed: int
) -> GaussianProcessRegressor:
    """A process through values `(n,)` at scaled inputs `(n, C)`; width and noise by marginal likelihood.

    A smooth function of the latents, but a rough one of the fragments: one fragment may change a property.
    """
    shape = Matern(0.7, WIDTHS, nu=0.5) if is_rough else RBF(0.7, WIDTHS)
    kernel = ConstantKernel(1.0, (1e-2, 1e2)) * shape + WhiteKernel(0.1, (1e-3, 1e1))
    some = np.random.default_rng(seed).permutation(len(values))[:MAX_SEARCHED]
    search = GaussianProcessRegressor(kernel, n_restarts_optimizer=NUM_GUESSES - 1, random_state=seed)
    with warnings.catch_warnings():  # a width or a noise at its bound is an answer too
        warnings.simplefilter("ignore", ConvergenceWarning)
        begun = search.fit(inputs[some], values[some])
        process = GaussianProcessRegressor(begun.kernel_).fit(inputs, values)
    logger.debug("Gaussian process on %d values: %s", len(values), process.kernel_)
    return process


def teach_head(
    head: PropertyHead,
    latents: Tensor,
    targets: FloatArray,
    others: Tensor,
    fragments: FingerprintHead | None,
    seed: int,
) -> LeftOut:
    """Fits every member anew, in place, to what a Gaussian process makes of the labels.

    Args:
        head: what to fit; its weights are drawn again first.
        latents: `(N, L)` posterior means of training molecules.
        targets: `(N, P)`, standardised, or 0 and 1; NaN where unknown. Each property has a value.
        others: `(M, L)`, latents of more molecules, labelled or not.
        fragments: what the network reads off latents, if it does.
        seed: of the weights, the latents and the batches.

    Returns:
        What the process says of each value without it.
    """
    teacher = Teacher.fit(latents, targets, others, fragments, seed)
    places = _latents_to_teach(torch.cat([latents, others]).float(), np.random.default_rng(seed))
    means, deviations = teacher.says(places)
    _learn(head, places, torch.from_numpy(means).float(), torch.from_numpy(deviations).float(), seed)
    return teacher.left_out(targets)


def _latents_to_teach(molecules: Tensor, generator: np.random.Generator) -> Tensor:
    """Latents of molecules `(M, L)`, then as many between pairs of them with noise around, `(2 M, L)`."""
    molecules = molecules[torch.from_numpy(generator.permutation(len(molecules))[:MAX_LATENTS])]
    size = (len(molecules), 1)
    first, second = (
        molecules[torch.from_numpy(generator.integers(len(molecules), size=len(molecules)))] for _ in range(2)
    )
    share = torch.from_numpy(generator.uniform(0, 0.5, size)).float()
    reach = torch.from_numpy(generator.uniform(0, MAX_NOISE, size)).float() * molecules.std(dim=0).mean()
    noise = torch.from_numpy(generator.standard_normal(molecules.shape)).float()
    return torch.cat([molecules, first + share * (second - first) + reach * noise])


def _learn(head: PropertyHead, places: Tensor, means: Tensor, deviations: Tensor, seed: int) -> None:
    """Trains all members on what the teacher says: `means` and `deviations` `(B, P)` at `places` `(B, L)`."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head.reset()
    center, scale = places.mean(dim=0), places.std(dim=0).clamp(min=1e-6)
    inputs = (places - center) / scale
    optimizer = torch.optim.AdamW(head.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, NUM_STEPS)
    log_variances = 2 * deviations.log()
    chances = means.clamp(LEAST_CHANCE, 1 - LEAST_CHANCE)
    with torch.enable_grad(), Progress(NUM_STEPS, "teaching the property head") as bar:
        for _ in range(NUM_STEPS):
            rows = torch.randint(len(inputs), (BATCH_SIZE,), generator=generator)
            said, spread = head.members(inputs[rows])
            regression = (said - means[rows]) ** 2 + VARIANCE_WEIGHT * (spread - log_variances[rows]) ** 2
            yes_no = functional.binary_cross_entropy_with_logits(
                said, chances[rows].expand_as(said), reduction="none"
            )
            loss = torch.where(head.is_binary, yes_no, regression).mean(dim=1).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            bar.update(1)
    head.shift_inputs(center, scale)


def filled_in(
    latents: Tensor,
    targets: FloatArray,
    is_binary: list[bool],
    fragments: FingerprintHead | None,
    seed: int,
) -> tuple[FloatArray, LeftOut]:
    """Targets in which a Gaussian process a property has drawn the missing values.

    For properties with few labels beside others with many: perceptrons that learn from the draws learn what
    the process says and how sure it is.

    Args:
        latents: `(N, L)`.
        targets: `(N, P)`, standardised, or 0 and 1; NaN where unknown.
        is_binary: which properties are yes/no.
        fragments: what the network reads off latents, if it does.
        seed: of the draws, and of the molecules that get one: `MAX_LATENTS` at most.

    Returns:
        The targets `(N, P)`; and what the processes say of each value without it.
    """
    generator = np.random.default_rng(seed)
    teacher = Teacher.fit(latents, targets, latents, fragments, seed)
    chosen = np.sort(generator.permutation(len(latents))[:MAX_LATENTS])
    means, deviations = teacher.says(latents[torch.from_numpy(chosen)])
    chances = generator.random(means.shape) < means.clip(LEAST_CHANCE, 1 - LEAST_CHANCE)
    draws = np.where(is_binary, chances, means + deviations * generator.standard_normal(means.shape))
    filled = targets.copy()
    filled[chosen] = np.where(np.isnan(filled[chosen]), draws, filled[chosen])
    return filled, teacher.left_out(targets)

"""Few labels -> a Gaussian process on their latents, and a property head that learns from it everywhere.

A hundred labels are too few to train perceptrons on: they stop before they have learned anything, or learn
the labels by heart. A Gaussian process reads as much from them as there is, and knows how much that is. It
then teaches the perceptrons, on latents of all kinds, labelled or not, what it says there and how sure it
is; so the head keeps its form, and its spread grows away from what was measured.

Source: Rasmussen & Williams 2006, eqs. 2.23-2.24 (prediction), 2.30 (marginal likelihood), 5.10-5.12 (what
it says of a molecule left out) and section 6.5 (labels 0 and 1); Hinton et al. 2015 (arXiv 1503.02531).
"""

import warnings
from typing import NamedTuple

import numpy as np
import torch
from scipy.linalg import cho_solve
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from torch import Tensor
from torch.nn import functional

from molvae.interfaces import FloatArray
from molvae.models.property_head import PropertyHead

#: A property with more labels than this is learned from the labels themselves: that is as good, and faster.
MAX_LABELS = 2_000
#: Latents that are taught: so many of molecules at most, and as many again between and around them.
MAX_LATENTS = 20_000
#: How far latents around molecules are from them, at most, as a share of the latents' spread.
MAX_NOISE = 0.5
NUM_STEPS, BATCH_SIZE = 1_500, 512
LEARNING_RATE, WEIGHT_DECAY = 2e-3, 1e-2
#: What an error of the log-variance counts beside one of the mean.
VARIANCE_WEIGHT = 0.1
#: A probability that is taught lies at least so far from 0 and 1.
LEAST_CHANCE = 0.01


class _Teacher(NamedTuple):
    """A Gaussian process a property, all on latents scaled alike: `(latents - center) / scale`."""

    center: FloatArray
    scale: float
    processes: list[GaussianProcessRegressor]

    def says(self, latents: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Means and standard deviations of latents `(B, L)`, each `(B, P)`, standardised."""
        inputs = (latents - self.center) / self.scale
        said = [process.predict(inputs, return_std=True) for process in self.processes]
        means, deviations = zip(*said, strict=True)
        return np.stack(means, axis=1), np.stack(deviations, axis=1)


def teach_head(
    head: PropertyHead, latents: Tensor, targets: FloatArray, others: Tensor, seed: int
) -> FloatArray:
    """Fits every member anew, in place, to what a Gaussian process makes of the labels.

    Args:
        head: what to fit; its weights are drawn again first.
        latents: `(N, L)` posterior means of training molecules.
        targets: `(N, P)`, standardised, or 0 and 1; NaN where unknown. Each property has at least two.
        others: `(M, L)`, more latents of molecules, without labels.
        seed: of the weights, the latents and the batches.

    Returns:
        How many of its own spreads each value is away from what the process says without having seen it,
        `(N, P)`; NaN where unknown.
    """
    generator = np.random.default_rng(seed)
    teacher = _fit(latents.double().numpy(), targets)
    places = _latents_to_teach(latents, others, generator)
    means, deviations = teacher.says(places.double().numpy())
    _learn(head, places, torch.from_numpy(means).float(), torch.from_numpy(deviations).float(), seed)
    return _left_out_ratios(teacher, targets)


def _fit(latents: FloatArray, targets: FloatArray) -> _Teacher:
    center = latents.mean(axis=0)
    scale = float(np.sqrt(((latents - center) ** 2).sum(axis=1).mean())) or 1.0
    inputs = (latents - center) / scale
    processes = []
    for column in targets.T:
        known = ~np.isnan(column)
        kernel = ConstantKernel(1.0, (1e-2, 1e2)) * RBF(0.7, (0.1, 10.0)) + WhiteKernel(0.1, (1e-3, 1e1))
        process = GaussianProcessRegressor(kernel, normalize_y=True)
        with warnings.catch_warnings():  # a width or a noise at its bound is an answer too
            warnings.simplefilter("ignore", ConvergenceWarning)
            processes.append(process.fit(inputs[known], column[known]))
    return _Teacher(center, scale, processes)


def _left_out_ratios(teacher: _Teacher, targets: FloatArray) -> FloatArray:
    """Errors over spreads of the values left out one by one: eqs. 5.10 and 5.12 from one inverse."""
    ratios = np.full_like(targets, np.nan, dtype=np.float64)
    for index, process in enumerate(teacher.processes):
        known = ~np.isnan(targets[:, index])
        precision = cho_solve((process.L_, True), np.eye(int(known.sum()))).diagonal()
        ratios[known, index] = np.abs(process.alpha_) / np.sqrt(precision)
    return ratios


def _latents_to_teach(latents: Tensor, others: Tensor, generator: np.random.Generator) -> Tensor:
    """Latents of molecules, then as many between pairs of them with noise around, `(2 M, L)`."""
    chosen = others[torch.from_numpy(generator.permutation(len(others))[:MAX_LATENTS])]
    molecules = torch.cat([latents, chosen]).float()
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
    with torch.enable_grad():
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
    head.shift_inputs(center, scale)

"""The training loop: batches in, a trained network and its checkpoints out.

A step depends on the seed, its own number and the weights before it, and on nothing else: the batch order
and the noise are drawn anew from (seed, step). So a run that is killed goes on from its last checkpoint
and ends, bit for bit, where it would have ended (on one machine, with the same number of threads).
"""

import logging
import math
import threading
import time
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import torch
from torch import nn

from molvae.data.augmentation import Writings
from molvae.data.dataset import IndexArray, TokenArrays, bucketed_batches
from molvae.data.fingerprints import PackedBits
from molvae.errors import MolvaeError
from molvae.interfaces import FloatArray
from molvae.models.autoencoder import Autoencoder
from molvae.models.bottleneck import VARIATIONAL
from molvae.models.fingerprint_head import unpacked_bits
from molvae.models.losses import Losses, total_loss
from molvae.progress import Progress
from molvae.training.checkpoint import Checkpoints, RunState
from molvae.training.device import autocast, choose_device, choose_precision
from molvae.training.draws import sample_indices, step_generator
from molvae.training.interruption import interruptible
from molvae.training.journal import Journal
from molvae.training.schedules import kl_weight_factor, learning_rate_factor
from molvae.training.settings import FEW_LABELS, PROPERTY_WEIGHT, TrainingSettings
from molvae.training.validation import ValidationReport, collapse_alarm, validate

logger = logging.getLogger(__name__)


class TrainingData(NamedTuple):
    """What a model is trained on.

    Attributes:
        arrays: the tokens of `N` molecules, and perhaps of further writings of them behind.
        train: indices of what to learn from.
        valid: indices of the molecules to measure on.
        targets: `(N, P)` standardised properties, NaN where unknown; None without a head.
        fingerprints: `(N, F / 8)` bits, eight a byte; None where the network reads none.
        owners: for each of the arrays the molecule it is of; None where each is its own.
    """

    arrays: TokenArrays
    train: IndexArray
    valid: IndexArray
    targets: FloatArray | None
    fingerprints: PackedBits | None = None
    owners: IndexArray | None = None

    def molecules_of(self, indices: IndexArray) -> IndexArray:
        """Which molecules some of the arrays are of."""
        return self.owners[indices] if self.owners is not None else indices

    def with_writings(self, writings: Writings) -> Self:
        """The same with further writings of the molecules to learn from."""
        num_molecules = len(self.arrays)
        is_train = np.zeros(num_molecules, dtype=bool)
        is_train[self.train] = True
        more = num_molecules + np.flatnonzero(is_train[writings.owners])
        return self._replace(
            arrays=TokenArrays.joined([self.arrays, writings.arrays]),
            train=np.concatenate([self.train, more]),
            owners=np.concatenate([np.arange(num_molecules), writings.owners]),
        )


class TrainingResult(NamedTuple):
    """How a run ended.

    Attributes:
        steps: steps done.
        molecules: molecules seen, repeats counted.
        seconds: time spent in training, over all its sittings.
        best: what was measured at the best validation.
        is_complete: false if the run was interrupted and can go on.
        has_seen_labels: whether measured properties have shaped the latents and the head.
        alarm: a sentence if the latent space has collapsed, else "".
    """

    steps: int
    molecules: int
    seconds: float
    best: ValidationReport
    is_complete: bool
    has_seen_labels: bool
    alarm: str


class DivergedError(MolvaeError, ArithmeticError):
    """Training went astray: its loss is infinite or not a number."""


class Trainer:
    """Trains one model in one folder.

    Args:
        model: the network; its weights become those of the best validation.
        data: what it learns from.
        settings: how.
        run_dir: where `checkpoints/`, `metrics.csv` and `tensorboard/` go.
    """

    def __init__(
        self, model: Autoencoder, data: TrainingData, settings: TrainingSettings, run_dir: Path
    ) -> None:
        self.device = choose_device(settings.device)
        self.dtype = choose_precision(settings.precision, self.device)
        self.model = model.to(self.device)
        self.data = data
        self.settings = settings
        self.run_dir = run_dir
        self.optimizer = torch.optim.AdamW(
            model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )
        self.checkpoints = Checkpoints(run_dir / "checkpoints", self.model, self.optimizer)
        self.state = RunState()
        self.last_report: ValidationReport | None = None
        self.property_weight, self._targets = _lessons(data, settings)
        self._batches: tuple[int, list[IndexArray]] = (-1, [])
        self._valid = sample_indices(data.valid, settings.valid_molecules, settings.seed)

    def run(self) -> TrainingResult:
        """Trains until a limit is reached or the user interrupts; goes on from a checkpoint if there is one.

        Raises:
            CheckpointError: if a checkpoint can't be written; the one before it is intact.
            DivergedError: if the loss is no longer a number.
        """
        self.state = state = self.checkpoints.restore()
        if state.step > 0:
            logger.info("going on from step %d", state.step)
        with (
            interruptible() as interrupted,
            Journal(self.run_dir, state.step + 1) as journal,
            Progress(*self._extent()) as bar,
        ):
            complete = self._loop(interrupted, journal, bar)
        self.checkpoints.save(state)
        best = self._load_best()
        alarm = self._alarm(best)
        has_seen_labels = self._targets is not None and self.property_weight > 0
        return TrainingResult(
            state.step, state.molecules, state.seconds, best, complete, has_seen_labels, alarm
        )

    def _loop(self, interrupted: threading.Event, journal: Journal, bar: Progress) -> bool:
        started, saved = time.monotonic() - self.state.seconds, time.monotonic()
        shown = self._done()
        bar.update(shown)
        while not (is_done := self._is_done()) and not interrupted.is_set():
            losses = self.train_step()
            self.state.seconds = time.monotonic() - started
            # Not when interrupted: a validation more than an undisturbed run has could change its best.
            if self.state.step % self.settings.valid_every == 0 or self.progress() >= 1:
                self._validate(journal)
            elif time.monotonic() - saved > self.settings.checkpoint_seconds:
                self.checkpoints.save(self.state)
                saved = time.monotonic()
            bar.update(self._done() - shown, **_shown(losses, self.last_report))
            shown = self._done()
        return is_done

    def _is_done(self) -> bool:
        out_of_patience = 0 < self.settings.patience <= self.state.worse_in_a_row
        return self.state.best_report is not None and (self.progress() >= 1 or out_of_patience)

    def progress(self) -> float:
        """How much of the run is done, 0 to 1: the largest of its shares of steps, minutes and epochs."""
        settings = self.settings
        shares = [self.state.step / (settings.epoch_limit * self._steps_an_epoch())]
        if settings.max_steps is not None:
            shares.append(self.state.step / settings.max_steps)
        if settings.max_minutes is not None:
            shares.append(self.state.seconds / (60 * settings.max_minutes))
        return max(shares)

    def train_step(self) -> Losses:
        """Does one step and returns its batch's losses."""
        settings, progress = self.settings, self.progress()
        indices = self._next_batch()
        batch = self.data.arrays.batch(indices)
        molecules = self.data.molecules_of(indices)
        targets = fingerprints = None
        if self._targets is not None:
            targets = torch.from_numpy(self._targets[molecules].astype(np.float32)).to(self.device)
        if self.data.fingerprints is not None:
            fingerprints = unpacked_bits(torch.from_numpy(self.data.fingerprints[molecules]).to(self.device))
        for group in self.optimizer.param_groups:
            group["lr"] = settings.learning_rate * learning_rate_factor(progress)
        self.model.train()
        with autocast(self.device, self.dtype):
            losses: Losses = self.model(
                torch.from_numpy(batch.token_ids).to(self.device),
                torch.from_numpy(batch.lengths).to(self.device),
                targets,
                fingerprints,
                token_dropout=settings.token_dropout,
                corruption=settings.corruption,
                progress=progress,
                generator=step_generator(settings.seed, self.state.step, self.device),
            )
        loss = total_loss(
            losses,
            kl_weight=settings.kl_weight * kl_weight_factor(settings.kl_schedule, progress),
            free_bits=settings.free_bits,
            property_weight=self.property_weight,
            fingerprint_weight=settings.fingerprint_weight,
        )
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), settings.max_gradient_norm)
        self.optimizer.step()
        self.state.step += 1
        self.state.molecules += len(indices)
        return losses

    def _measure(self) -> ValidationReport:
        self.model.eval()
        with autocast(self.device, self.dtype):
            return validate(self.model, self.data.arrays, self._valid, self._targets, self.settings.seed)

    def _load_best(self) -> ValidationReport:
        """Gives the model the weights of the best validation; without one, it keeps those it has."""
        if self.state.best_report is None:
            return self._measure()
        self.checkpoints.load_best()
        self.model.eval()
        return self.state.best_report

    def _validate(self, journal: Journal) -> None:
        report = self._measure()
        loss = (
            report.mixed_loss
            + self.settings.kl_weight * max(report.kl_divergence, self.settings.free_bits)
            + self.property_weight * report.property_loss
        )
        if not math.isfinite(loss):
            raise DivergedError(
                f'the loss at step {self.state.step} is "{loss}": training has diverged; lower learning_rate '
                f'(it is "{self.settings.learning_rate}") and train anew'
            )
        self.last_report = report
        self.state.judge(report, loss)
        journal.write(self.state.step, self._numbers(report, loss))
        logger.debug("step %d: %s", self.state.step, report)
        self.checkpoints.save(self.state)
        if self.state.is_best:
            self.checkpoints.save_best(self.state)
        if self.progress() > 0.25 and (alarm := self._alarm(report)):
            logger.warning("step %d: %s", self.state.step, alarm)

    def _numbers(self, report: ValidationReport, loss: float) -> dict[str, float]:
        numbers = {
            "molecules": float(self.state.molecules),
            "seconds": self.state.seconds,
            "kl_weight": self.settings.kl_weight
            * kl_weight_factor(self.settings.kl_schedule, self.progress()),
            "loss": loss,
        }
        numbers |= {name: float(value) for name, value in report._asdict().items() if name != "property_r2"}
        return numbers | {f"property_r2_{index}": value for index, value in enumerate(report.property_r2)}

    def _alarm(self, report: ValidationReport) -> str:
        sizes = self.model.settings
        return collapse_alarm(
            report, is_variational=sizes.bottleneck in VARIATIONAL, latent_dim=sizes.latent_dim
        )

    def _steps_an_epoch(self) -> int:
        return -(-len(self.data.train) // self.settings.batch_size)

    def _next_batch(self) -> IndexArray:
        epoch, place = divmod(self.state.step, self._steps_an_epoch())
        if self._batches[0] != epoch:
            batches = bucketed_batches(
                self.data.train,
                self.data.arrays.lengths,
                batch_size=self.settings.batch_size,
                seed=self.settings.seed,
                epoch=epoch,
            )
            self._batches = (epoch, batches)
        return self._batches[1][place]

    def _extent(self) -> tuple[int, str]:
        """The length of the progress bar, and its label: seconds of a run in minutes, else steps."""
        if self.settings.max_minutes is not None:
            return round(60 * self.settings.max_minutes), "training (seconds)"
        steps = self.settings.epoch_limit * self._steps_an_epoch()
        return int(min(steps, self.settings.max_steps or steps)), "training (steps)"

    def _done(self) -> int:
        return int(self.state.seconds) if self.settings.max_minutes is not None else self.state.step


def _lessons(data: TrainingData, settings: TrainingSettings) -> tuple[float, FloatArray | None]:
    """What the head's errors cost, and the targets that shape the latents.

    Unless a weight was asked for, properties with few values are left out of the targets.
    """
    if data.targets is None or settings.property_weight is not None:
        return settings.property_weight or 0.0, data.targets
    known = ~np.isnan(data.targets[np.unique(data.molecules_of(data.train))])
    is_few = known.sum(axis=0) < FEW_LABELS
    if is_few.any():
        logger.info(
            "%d of %d properties have fewer than %d values: they are read off the finished latents",
            is_few.sum(),
            len(is_few),
            FEW_LABELS,
        )
    if is_few.all():
        return 0.0, None
    return PROPERTY_WEIGHT, np.where(is_few, np.nan, data.targets) if is_few.any() else data.targets


def _shown(losses: Losses, report: ValidationReport | None) -> dict[str, float | str]:
    """What the progress bar shows: nats and exact share of a batch, and from the last validation the rest."""
    shown: dict[str, float | str] = {
        "reconstruction": losses.reconstruction_loss.item(),
        "kl": losses.kl_divergence.item(),
        "exact": losses.exact_rate.item(),
    }
    if losses.fingerprint_loss > 0:
        shown["fragments"] = losses.fingerprint_loss.item()
    if report is None:
        return shown
    shown["active"] = report.active_units
    if errors := [math.sqrt(max(1 - r2, 0)) for r2 in report.property_r2 if not math.isnan(r2)]:
        shown["property error"] = " ".join(f"{error:.2f}" for error in errors)
    return shown

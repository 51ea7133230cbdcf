"""Teaches a language model the molecules that a prior is to be like.

It needs no latents: what it writes is encoded when it is drawn from. One that may be told properties is told
some of each molecule's, others are hidden, so that afterwards any of them can be asked for, or none. The fit
is long for a prior's, so it leaves a checkpoint, and goes on from there when it is asked for again; as in
`trainer`, a step depends on the seed, its number and the weights before it alone.
"""

import copy
import dataclasses
import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from molvae.data.dataset import IndexArray, TokenArrays, bucketed_batches
from molvae.data.tokenizer import SmilesTokenizer
from molvae.errors import InputError, OutputExistsError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.tensors import load_weights, read_tensors, write_tensors
from molvae.generation.told_properties import ToldProperties
from molvae.generation.writers import SmilesLanguageModel
from molvae.interfaces import FloatArray
from molvae.models.fit_length import FitLength
from molvae.models.language_model import LanguageModel
from molvae.progress import Progress
from molvae.training.checkpoint import restore_training, training_tensors
from molvae.training.device import autocast, choose_device, choose_precision
from molvae.training.finishing import EXTRA_LENGTH
from molvae.training.interruption import interruptible
from molvae.training.schedules import learning_rate_factor

logger = logging.getLogger(__name__)

#: Merges of SMILES symbols, and the molecules that they are learned from at most.
NUM_MERGES, MERGE_MOLECULES = 480, 100_000
BATCH_SIZE = 256
LEARNING_RATE, WEIGHT_DECAY, MAX_GRADIENT_NORM = 2e-3, 1e-4, 10.0
#: Molecules that are held back, as a share and at most; and how often the model is judged by them.
HELD_BACK, MAX_HELD_BACK, NUM_JUDGMENTS = 0.05, 5_000, 50
#: Held-back molecules that are read at once.
JUDGED_AT_ONCE = 500
#: Seconds between two checkpoints.
CHECKPOINT_SECONDS = 120.0
BEST = "best."


@dataclass
class FitState:
    """How far a fit has come.

    Attributes:
        step: steps done.
        seconds: time spent on them, over all sittings.
        judgments: how often the model was judged.
        nats: a held-back molecule, on average, at the best judgment; None before the first.
    """

    step: int = 0
    seconds: float = 0.0
    judgments: int = 0
    nats: float | None = None


class FittedLanguageModel(NamedTuple):
    """What a fit came to.

    Attributes:
        model: as it was at its best judgment; on the CPU, in evaluation mode.
        state: at the end.
        num_fitted: molecules that it learned from.
        num_held_back: molecules that it was judged by.
        is_complete: false if the fit was interrupted, and can go on.
    """

    model: LanguageModel
    state: FitState
    num_fitted: int
    num_held_back: int
    is_complete: bool


def first_language_model(
    model: MoleculeModel, smiles: Sequence[str], seed: int, properties: ToldProperties | None = None
) -> tuple[SmilesLanguageModel, TokenArrays]:
    """Where a fit begins, and the molecules as its tokens.

    A copy of the language model that the model has, which learns more symbols if it has to; else a new one,
    with tokens of its own, of the decoder's size. One that is to be told properties begins as that which is
    told the same, if there is one, and keeps its units; else as the other, which is told nothing.

    Args:
        model: what the prior is for.
        smiles: canonical.
        seed: of the first weights, and of the molecules that merges are learned from.
        properties: what it is to be told; None for nothing.
    """
    symbols = {symbol for text in smiles for symbol in SmilesTokenizer.split(text)}
    before = model.language_model
    if properties is not None and model.conditional is not None:
        known = model.conditional.properties
        if known is not None and known.names == properties.names:
            before, properties = model.conditional, known
    if before is not None:
        tokenizer, shortest = before.tokenizer.extended(symbols), before.max_length
        network = before.network.widened(tokenizer.vocab_size).requires_grad_(True)
    else:
        places = np.random.default_rng(seed).permutation(len(smiles))[:MERGE_MOLECULES]
        tokenizer, shortest = SmilesTokenizer.learn((smiles[i] for i in places), NUM_MERGES, symbols), 0
        sizes = model.network.settings
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = LanguageModel(
                tokenizer.vocab_size, sizes.embedding_dim, sizes.decoder_dim, sizes.decoder_layers
            )
    if properties is not None and network.told_dim != 2 * len(properties.names):
        network = network.telling(len(properties.names))
    first = SmilesLanguageModel(network, tokenizer, shortest, properties)
    arrays = first.tokens_of(smiles)
    max_length = max(shortest, int(arrays.lengths.max()) + EXTRA_LENGTH)
    return dataclasses.replace(first, max_length=max_length), arrays


def fit_language_model(
    model: LanguageModel,
    arrays: TokenArrays,
    length: FitLength,
    seed: int,
    checkpoint: Path,
    told: FloatArray | None = None,
) -> FittedLanguageModel:
    """Fits a language model until its steps or minutes are over, or the user interrupts.

    What it begins with is judged too, so that going on from a good one never leaves a worse one.

    Args:
        model: of the right size; its weights are where the fit begins, unless there is a checkpoint.
        arrays: the tokens of the molecules.
        length: how long.
        seed: of what is held back and of the batches.
        checkpoint: the file to leave, and to go on from if it is there.
        told: what may be told of the molecules, `(N, 2 P)` as of `ToldProperties.told`; a part of it is.

    Raises:
        CheckpointError: if the checkpoint can't be written; the one before it is intact.
        InputError: there are fewer than 2 molecules.
        ModelFolderError: the checkpoint is damaged, or of another model.
        OutputExistsError: the checkpoint is of a fit to other molecules, or with another seed.
    """
    if len(arrays) < 2:
        raise InputError("one molecule is too few to fit a prior to; give more molecules")
    fit = _Fit(model, arrays, length, seed, checkpoint, told)
    if fit.state.step == 0:
        fit.keep_if_best()
    first = fit.state.nats if fit.state.step == 0 else None
    with interruptible() as interrupted, Progress(length.steps, "fitting the language model") as bar:
        bar.update(fit.state.step)
        while (share := fit.share_done()) < 1 and not interrupted.is_set():
            nats = fit.step(share)
            bar.update(1, nats=nats, held_back=fit.state.nats or float("nan"))
    is_complete = fit.share_done() >= 1
    fit.save()
    if is_complete and fit.state.nats == first:
        logger.warning(
            "the language model reads what is held back no better than it did at first, at %.2f nats: it "
            "stays as it was; fit it longer",
            first,
        )
    return FittedLanguageModel(
        fit.best.cpu().eval(), fit.state, len(fit.learned), len(fit.held_back), is_complete
    )


class _Fit:
    """A language model, what it learns from, and how far it is."""

    def __init__(
        self,
        model: LanguageModel,
        arrays: TokenArrays,
        length: FitLength,
        seed: int,
        checkpoint: Path,
        told: FloatArray | None,
    ) -> None:
        self.arrays, self.length, self.seed, self.checkpoint = arrays, length, seed, checkpoint
        self.told = told
        order = np.random.default_rng(seed).permutation(len(arrays))
        num_held_back = min(MAX_HELD_BACK, max(1, round(HELD_BACK * len(arrays))))
        self.held_back, self.learned = np.sort(order[:num_held_back]), np.sort(order[num_held_back:])
        self.device = choose_device("auto")
        self.dtype = choose_precision("auto", self.device)
        self.model = model.to(self.device)
        self.best = copy.deepcopy(self.model)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True
        )
        self.subject = _digest(arrays, seed, told)
        self.state = self._restored()
        self._started = self._saved = time.monotonic()
        self._started -= self.state.seconds
        self._batches: tuple[int, list[IndexArray]] = (-1, [])

    def share_done(self) -> float:
        """How far the fit is, 0 to 1."""
        return self.length.share_done(self.state.step, self.state.seconds)

    def step(self, share: float) -> float:
        """One step, and what is due after it; returns the batch's nats a molecule."""
        for group in self.optimizer.param_groups:
            group["lr"] = LEARNING_RATE * learning_rate_factor(share)
        self.model.train()
        loss = self._nats(self.model, self._next_batch(), self.state.step)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), MAX_GRADIENT_NORM)
        self.optimizer.step()
        self.state.step += 1
        self.state.seconds = time.monotonic() - self._started
        if self.share_done() * NUM_JUDGMENTS >= self.state.judgments + 1:
            self.judge()
        if time.monotonic() - self._saved > CHECKPOINT_SECONDS:
            self.save()
        return float(loss.detach())

    def judge(self) -> None:
        """A judgment that is due."""
        self.state.judgments += 1
        self.keep_if_best()

    @torch.no_grad()
    def keep_if_best(self) -> None:
        """Reads what is held back, and keeps the weights if none before them read it better."""
        self.model.eval()
        parts = np.array_split(self.held_back, -(-len(self.held_back) // JUDGED_AT_ONCE))
        total = sum(
            float(self._nats(self.model, part, place)) * len(part) for place, part in enumerate(parts)
        )
        nats = total / len(self.held_back)
        logger.debug("step %d: %.3f nats a held-back molecule", self.state.step, nats)
        if self.state.nats is None or nats < self.state.nats:
            self.state.nats = nats
            self.best.load_state_dict(self.model.state_dict())

    def save(self) -> None:
        """Writes the checkpoint."""
        best = {BEST + name: tensor for name, tensor in self.best.state_dict().items()}
        tensors = training_tensors(self.model, self.optimizer) | best
        write_tensors(self.checkpoint, tensors, asdict(self.state) | {"subject": self.subject})
        self._saved = time.monotonic()

    def _restored(self) -> FitState:
        """How far a fit had come that left a checkpoint; its weights are put back."""
        if not self.checkpoint.exists():
            return FitState()
        tensors, facts = read_tensors(self.checkpoint)
        if facts.pop("subject") != self.subject:
            raise OutputExistsError(
                f'"{self.checkpoint}" is of a fit to other molecules, or with another seed, that was broken '
                "off; go on with that one, or delete the file"
            )
        best = {name.removeprefix(BEST): tensors.pop(name) for name in list(tensors) if name.startswith(BEST)}
        restore_training(tensors, self.model, self.optimizer)
        load_weights(self.best, best)
        state = FitState(**facts)
        logger.info("going on from step %d", state.step)
        return state

    def _next_batch(self) -> IndexArray:
        epoch, place = divmod(self.state.step, -(-len(self.learned) // BATCH_SIZE))
        if self._batches[0] != epoch:
            batches = bucketed_batches(
                self.learned, self.arrays.lengths, batch_size=BATCH_SIZE, seed=self.seed, epoch=epoch
            )
            self._batches = (epoch, batches)
        return self._batches[1][place]

    def _nats(self, model: LanguageModel, indices: IndexArray, number: int) -> torch.Tensor:
        """The mean over some molecules of minus their log-probability; their `number` draws what is told."""
        batch = self.arrays.batch(indices)
        told = None
        if self.told is not None:
            some = some_hidden(self.told[indices], np.random.default_rng([self.seed, number]))
            told = torch.from_numpy(some).float().to(self.device)
        with autocast(self.device, self.dtype):
            scores = model(
                torch.from_numpy(batch.token_ids).to(self.device),
                torch.from_numpy(batch.lengths).to(self.device),
                told,
            )
        nats: torch.Tensor = scores.nll.mean()
        return nats


def some_hidden(told: FloatArray, generator: np.random.Generator) -> FloatArray:
    """What is told `(B, 2 P)` of molecules, some of it hidden: any number of properties equally often."""
    num_told = told.shape[1] // 2
    shares = generator.uniform(size=(len(told), 1))
    is_kept = generator.uniform(size=(len(told), num_told)) < shares
    return told * np.tile(is_kept, 2)


def _digest(arrays: TokenArrays, seed: int, told: FloatArray | None) -> str:
    """What tells fits to other molecules, with another seed or told something else apart."""
    content = hashlib.sha256(str(seed).encode())
    for array in (arrays.tokens, arrays.offsets, *(() if told is None else (told,))):
        content.update(np.ascontiguousarray(array).data)
    return content.hexdigest()

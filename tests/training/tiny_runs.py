"""A training run of a second: made-up molecules and a small network. As a program it trains until it is shot.

    python -m tests.training.tiny_runs FOLDER step:1 step:9 write:4 ...

trains once in `FOLDER/step:1`, ..., each time in a process of its own that kills itself with SIGKILL:
before the given step, or in the middle of the given file write (before it is moved to its place).
"""

import os
import signal
import sys
from pathlib import Path

import numpy as np
import torch

from molvae.data.dataset import TokenArrays
from molvae.data.fingerprints import PackedBits
from molvae.models.autoencoder import Autoencoder, AutoencoderSettings
from molvae.models.losses import Losses
from molvae.training.settings import TrainingSettings
from molvae.training.trainer import Trainer, TrainingData

VOCAB_SIZE = 12
NUM_MOLECULES = 60
SIZES = {"latent_dim": 6, "embedding_dim": 8, "encoder_dim": 10, "decoder_dim": 16, "head_dim": 8}
RUN = {
    "max_steps": 20,
    "valid_every": 6,
    "batch_size": 8,
    "token_dropout": 0.1,
    "property_weight": 1.0,
    "checkpoint_seconds": 0.0,
    "precision": "float32",
    "device": "cpu",
}


def tiny_data() -> TrainingData:
    """Sixty random molecules of 2 to 9 tokens, their length as a property, some values missing."""
    generator = np.random.default_rng(0)
    lengths = generator.integers(2, 10, NUM_MOLECULES)
    arrays = TokenArrays.of(generator.integers(4, VOCAB_SIZE, n).astype(np.uint16) for n in lengths)
    targets = ((lengths - 5.5) / 2.5)[:, None]
    targets[::7] = np.nan
    return TrainingData(arrays, np.arange(45), np.arange(45, NUM_MOLECULES), targets)


def tiny_fingerprints(data: TrainingData) -> PackedBits:
    """A byte a molecule: bit i says whether it holds token i + 4."""
    bits = [np.isin(np.arange(4, 12), data.arrays.subset(np.array([i])).tokens) for i in range(NUM_MOLECULES)]
    return np.packbits(bits, axis=1)


def tiny_trainer(run_dir: Path, num_bits: int = 0, **changes: object) -> Trainer:
    """A trainer of a small network; the changes are of its settings."""
    torch.manual_seed(0)
    sizes = AutoencoderSettings(fingerprint_bits=num_bits, **SIZES)  # type: ignore[arg-type]
    model = Autoencoder(sizes, VOCAB_SIZE, [False])
    data = tiny_data()
    if num_bits:
        data = data._replace(fingerprints=tiny_fingerprints(data))
    return Trainer(model, data, TrainingSettings(**RUN | changes), run_dir)  # type: ignore[arg-type]


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _train_until_shot(run_dir: Path, what: str, number: int) -> None:
    trainer = tiny_trainer(run_dir)
    if what == "step":
        train_step = trainer.train_step

        def step() -> Losses:
            if trainer.state.step + 1 == number:
                _die()
            return train_step()

        trainer.train_step = step  # type: ignore[method-assign]
    else:
        num_writes = 0

        def sync(fd: object) -> None:
            nonlocal num_writes
            num_writes += 1
            if num_writes == number:
                _die()

        os.fsync = sync
    trainer.run()


if __name__ == "__main__":
    for moment in sys.argv[2:]:
        pid = os.fork()
        if pid == 0:
            name, count = moment.split(":")
            _train_until_shot(Path(sys.argv[1]) / moment, name, int(count))
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        if os.WTERMSIG(status) != signal.SIGKILL:
            sys.exit(f"{moment}: not shot, but ended with status {status}")

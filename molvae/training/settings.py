"""What a user can choose about training."""

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

from molvae.errors import SettingsError
from molvae.training.schedules import KLSchedule

Precision = Literal["auto", "float32", "bfloat16"]
Device = Literal["auto", "cpu", "cuda"]

DEFAULT_EPOCHS = 30
#: What the head's errors cost unless it is said.
PROPERTY_WEIGHT = 5.0
#: A property with fewer values than this does not shape the latents unless it is asked for: it is read off
#: the finished ones by a Gaussian process, which is the better on a hundred labels and on two thousand.
FEW_LABELS = 4_000


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How long, how fast and towards what a model is trained. The first limit that is reached ends it."""

    max_minutes: float | None = field(default=None, metadata={"help": "stop after so many minutes"})
    max_steps: int | None = field(default=None, metadata={"help": "stop after so many steps"})
    max_epochs: int | None = field(
        default=None,
        metadata={"help": "stop after so many passes over the data; 30 where nothing else sets an end"},
    )
    patience: int = field(
        default=0, metadata={"help": "stop after so many validations without a better one; 0 for never"}
    )
    valid_every: int = field(default=500, metadata={"help": "steps between two validations"})
    valid_molecules: int = field(default=2000, metadata={"help": "molecules a validation uses at most"})
    checkpoint_seconds: float = field(default=120.0, metadata={"help": "seconds between two checkpoints"})
    batch_size: int = field(default=256, metadata={"help": "molecules a step"})
    learning_rate: float = field(default=2e-3, metadata={"help": "the highest learning rate of AdamW"})
    weight_decay: float = field(default=1e-4, metadata={"help": "weight decay of AdamW"})
    max_gradient_norm: float = field(default=10.0, metadata={"help": "gradients longer than this are cut"})
    kl_weight: float = field(default=0.05, metadata={"help": "what a nat of KL divergence costs (beta)"})
    kl_schedule: KLSchedule = field(default="linear", metadata={"help": "how the KL weight gets there"})
    free_bits: float = field(default=0.0, metadata={"help": "nats of KL divergence a molecule that are free"})
    token_dropout: float = field(
        default=0.0, metadata={"help": "share of tokens that the decoder does not get to see"}
    )
    corruption: float = field(
        default=0.0,
        metadata={"help": "share of tokens that the encoder reads as others, for a denoising autoencoder"},
    )
    property_weight: float | None = field(
        default=None,
        metadata={
            "help": f"what the property head's errors cost; by itself {PROPERTY_WEIGHT:g}, for properties "
            f"with at least {FEW_LABELS:,} values: fewer would be learned by heart, and are read off the "
            "finished latents"
        },
    )
    fingerprint_weight: float = field(
        default=0.3, metadata={"help": "what a nat of the fingerprints costs, where there are any"}
    )
    augmentation: int = field(
        default=0,
        metadata={
            "help": "how many other writings of each training molecule, begun at other atoms, are learned "
            "besides: 4 where there are fewer than a million molecules and time to train"
        },
    )
    precision: Precision = field(
        default="auto", metadata={"help": "of matrix products; auto takes bfloat16 where it is fast"}
    )
    device: Device = field(default="auto", metadata={"help": "where to train"})
    seed: int = field(default=0, metadata={"help": "seed of all that is random"})

    @property
    def epoch_limit(self) -> float:
        """Passes over the data at most: as asked for, else 30, or no limit if minutes or steps set one."""
        if self.max_epochs is not None:
            return self.max_epochs
        return math.inf if self.max_minutes is not None or self.max_steps is not None else DEFAULT_EPOCHS

    def __post_init__(self) -> None:
        named = {
            "kl_schedule": (self.kl_schedule, KLSchedule),
            "precision": (self.precision, Precision),
            "device": (self.device, Device),
        }
        for name, (chosen, kind) in named.items():
            if chosen not in get_args(kind):
                raise SettingsError(f'{name} is "{chosen}"; choose one of {", ".join(get_args(kind))}')
        self._check_numbers()

    def _check_numbers(self) -> None:
        above_zero = {
            "max_minutes": self.max_minutes,
            "max_steps": self.max_steps,
            "max_epochs": self.max_epochs,
            "valid_every": self.valid_every,
            "valid_molecules": self.valid_molecules,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "max_gradient_norm": self.max_gradient_norm,
        }
        for name, value in above_zero.items():
            if value is not None and value <= 0:
                raise SettingsError(f'{name} is "{value}"; it must be above 0')
        not_negative = {
            "patience": self.patience,
            "checkpoint_seconds": self.checkpoint_seconds,
            "weight_decay": self.weight_decay,
            "kl_weight": self.kl_weight,
            "free_bits": self.free_bits,
            "property_weight": self.property_weight or 0.0,
            "fingerprint_weight": self.fingerprint_weight,
            "augmentation": self.augmentation,
            "seed": self.seed,
        }
        for name, amount in not_negative.items():
            if amount < 0:
                raise SettingsError(f'{name} is "{amount}"; it must not be negative')
        for name, share in {"token_dropout": self.token_dropout, "corruption": self.corruption}.items():
            if not 0 <= share < 1:
                raise SettingsError(f'{name} is "{share}"; it must be at least 0 and below 1')

"""Draws of a prior in, molecules out: as many as wanted, and how many draws it took."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from molvae.data.workers import WorkerPool, made_ahead
from molvae.errors import SettingsError
from molvae.generation.checks import check_count, check_from_zero, check_level
from molvae.generation.decoding import Checked, Codes, decode_checked, decode_latents, joined, pool_for
from molvae.generation.language_model_prior import LanguageModelPrior
from molvae.generation.priors import PriorName, sampler_of
from molvae.interfaces import FloatArray
from molvae.models.posteriors import GAUSSIANS, PosteriorFamily

if TYPE_CHECKING:
    from molvae.generation.latent_model import MoleculeModel

#: Sampling gives up after so many times the molecules wanted.
MAX_OVERSAMPLING = 20
#: Draws beyond those that should do, and how few of them are expected to be kept at most.
MARGIN, MIN_SHARE = 1.05, 0.25


@dataclass(frozen=True, kw_only=True)
class SamplerSettings:
    """Where a model's latents come from and how they are decoded."""

    prior: PriorName | None = field(
        default=None,
        metadata={
            "help": "where latents are drawn from, mixture and flow once fit-prior has made them; what suits "
            "the model by itself"
        },
    )
    level: float = field(
        default=0.0,
        metadata={"help": "noise laid over the latents, 0 to 1, for a model trained with --bottleneck noisy"},
    )
    temperature: float = field(
        default=0.0, metadata={"help": "0 decodes each latent to its likeliest molecule, 1 draws one"}
    )

    def __post_init__(self) -> None:
        if self.temperature < 0:
            raise SettingsError(f'temperature is "{self.temperature}"; it must not be negative')
        if not 0 <= self.level <= 1:
            raise SettingsError(f'level is "{self.level}"; it must be from 0 to 1')


class Draws(NamedTuple):
    """Molecules decoded from draws of a prior.

    Attributes:
        smiles: canonical SMILES of those that were kept.
        num_draws: latents that were drawn to get them.
        num_valid: how many of these decoded to a molecule.
        num_strict: how many were a molecule as the decoder wrote them; None where that was not asked.
    """

    smiles: list[str]
    num_draws: int
    num_valid: int
    num_strict: int | None = None


def draw_molecules(
    model: "MoleculeModel",
    num_samples: int,
    *,
    temperature: float = 0.0,
    unique: bool = False,
    novel: bool = False,
    strict: bool = False,
    prior: PriorName | None = None,
    level: float = 0.0,
    seed: int = 0,
) -> Draws:
    """Decodes draws of the prior until `num_samples` molecules are kept.

    Args:
        model: samples and decodes.
        num_samples: how many; fewer are returned if even `MAX_OVERSAMPLING` times as many draws held no more.
        temperature: of the decoder; 0 takes the likeliest molecule of each latent.
        unique: keep no molecule twice.
        novel: keep none of the training molecules.
        strict: keep only what the decoder wrote as it stands (`MoleculeModel.decode_checked`).
        prior: a name of a prior of the model; by default what the model was made for.
        level: how much noise is laid over the latents, 0 to 1, if the decoder is told of it.
        seed: of all that is random.

    Raises:
        SettingsError: for a number, temperature or seed below 0, or a prior or level that the model has not.
    """
    check_count("num_samples", num_samples)
    check_level(level, model.is_told_levels)
    check_from_zero("seed", seed)
    generator = np.random.default_rng(seed)
    kept: list[str] = []
    seen: set[str] = set()
    num_draws = num_valid = num_strict = 0
    with pool_for(num_samples) as pool:
        while len(kept) < num_samples and num_draws < MAX_OVERSAMPLING * num_samples:
            num_wanted = _num_to_draw(num_samples, len(kept), num_draws)
            codes = prior_batches(model, num_wanted, generator, prior, level, pool)
            decoding_seed = int(generator.integers(2**62))
            decoded, is_strict = decode_draws(
                model, codes, temperature, level, decoding_seed, pool, strict=strict
            )
            for text, is_kept in zip(decoded, is_strict, strict=True):
                if len(kept) == num_samples:
                    break
                num_draws += 1
                num_valid += text != ""
                num_strict += is_kept
                if text == "" or not is_kept or (unique and text in seen):
                    continue
                if novel and text in model.training_keys:
                    continue
                seen.add(text)
                kept.append(text)
    return Draws(kept, num_draws, num_valid, num_strict if strict else None)


def _num_to_draw(num_samples: int, num_kept: int, num_draws: int) -> int:
    """How many draws should hold the molecules that are missing, going by the share that was kept so far."""
    if num_draws == 0:
        return num_samples
    share = max(num_kept / num_draws, MIN_SHARE)
    return max(math.ceil(MARGIN * (num_samples - num_kept) / share), min(num_samples, 100))


def decode_draws(
    model: "MoleculeModel",
    codes: Iterable[Codes],
    temperature: float,
    level: float,
    seed: int,
    pool: WorkerPool,
    *,
    strict: bool,
) -> Checked:
    """What latents decode to, and which of it may be kept: all, or what is as the decoder wrote it.

    Arguments are those of `decode_checked`; unless `strict` is asked for, the check is left out.
    """
    if strict:
        return decode_checked(model, codes, temperature, level, seed, pool)
    decoded = decode_latents(model, codes, temperature, level, seed, pool)
    return Checked(decoded, [True] * len(decoded))


def check_draws(
    model: "MoleculeModel",
    num_draws: int,
    *,
    temperature: float = 0.0,
    prior: PriorName | None = None,
    level: float = 0.0,
    seed: int = 0,
) -> "Checked":
    """What so many draws of the prior decode to, all of it, and which of it is as the decoder wrote it.

    The draws are those of `draw_molecules` for the same seed; arguments and errors are those of it.
    """
    check_count("num_draws", num_draws)
    check_level(level, model.is_told_levels)
    check_from_zero("seed", seed)
    generator = np.random.default_rng(seed)
    with pool_for(num_draws) as pool:
        codes = prior_batches(model, num_draws, generator, prior, level, pool)
        decoding_seed = int(generator.integers(2**62))
        return decode_checked(model, codes, temperature, level, decoding_seed, pool)


def prior_draws(
    model: "MoleculeModel",
    num_draws: int,
    generator: np.random.Generator,
    prior: PriorName | None = None,
    level: float = 0.0,
) -> Codes:
    """So many draws of a prior, by default of the model's own, at a noise level.

    Raises:
        SettingsError: the model has no such prior.
    """
    with pool_for(num_draws) as pool:
        return joined(prior_batches(model, num_draws, generator, prior, level, pool), model.latent_dim)


def prior_batches(
    model: "MoleculeModel",
    num_draws: int,
    generator: np.random.Generator,
    prior: PriorName | None,
    level: float,
    pool: WorkerPool,
    wanted: Mapping[str, float] | None = None,
) -> Iterator[Codes]:
    """As `prior_draws`, some at a time; the pool reads what is written.

    The generator is only asked for seeds, before the first draw. `wanted` are values of properties that a
    prior is told, if it can be.
    """
    sampler = sampler_of(model, prior or model.default_prior, wanted)
    seeds = generator.integers(2**62, size=2).tolist()
    torch_generator = torch.Generator().manual_seed(seeds[0])
    if isinstance(sampler, LanguageModelPrior):
        batches = sampler.batches(num_draws, torch_generator, pool)
        if pool.num_workers > 0:
            batches = made_ahead(batches)
    else:
        batches = iter([Codes(sampler.sample(num_draws, torch_generator).numpy())])
    if level == 0:
        return batches
    noise = np.random.default_rng(seeds[1])
    return (Codes(with_noise(latents, level, noise), molecules) for latents, molecules in batches)


def with_noise(latents: FloatArray, level: float, generator: np.random.Generator) -> FloatArray:
    """Latents `(B, L)` at a noise level: `sqrt(1 - s^2) z + s noise`, as `models.noise` defines it."""
    noisy: FloatArray = np.sqrt(1 - level**2) * latents + level * generator.standard_normal(latents.shape)
    return noisy


def posterior_at_level(mean: FloatArray, spread: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Mean and spread, each `(B, L)`, of codes with noise of a level over them; as they are without noise."""
    if level == 0:
        return mean, spread
    return np.sqrt(1 - level**2) * mean, np.full_like(spread, level)


def posterior_draws(
    mean: FloatArray,
    spread: FloatArray,
    num_draws: int,
    seed: int = 0,
    family: PosteriorFamily = GAUSSIANS,
) -> FloatArray:
    """Draws `(B, num_draws, L)` of q(z|x), given means and spreads, each `(B, L)`, and what they are of.

    Raises:
        SettingsError: for a number of draws or a seed below 0.
    """
    check_count("num_draws", num_draws)
    check_from_zero("seed", seed)
    batch, latent_dim = mean.shape
    if family is not GAUSSIANS:
        middle, variance = (
            torch.from_numpy(np.repeat(part, num_draws, axis=0)) for part in (mean, spread**2)
        )
        drawn = family.draw(middle, variance.log(), torch.Generator().manual_seed(seed)).float()
        return drawn.numpy().reshape(batch, num_draws, latent_dim)
    noise = np.random.default_rng(seed).standard_normal((batch, num_draws, latent_dim))
    draws: FloatArray = (mean[:, None] + spread[:, None] * noise).astype(np.float32)
    return draws

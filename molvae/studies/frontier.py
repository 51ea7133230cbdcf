"""A model and a way to decode it in, a point of the frontier out: how well both reconstruct, and sample.

Either is easy alone. A decoder that ignores its latents samples like a language model and gives nothing back;
a plain autoencoder gives all back, and what it makes of a prior's latents is no molecule of the kind. So both
are measured at the same noise level and temperature, beside what tells the two cases apart: whether a latent
decodes to the same molecule twice, and what it costs to decode with the latent of another molecule.

Source: Polykovskiy & Vetrov 2020 (arXiv 2003.02174), who plot the FCD against exact reconstruction.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from molvae.data.dataset import TokenArrays
from molvae.errors import InputError, SettingsError
from molvae.evaluation.distribution import Membership
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.sampling import (
    SamplerSettings,
    check_draws,
    posterior_at_level,
    posterior_draws,
    prior_draws,
)
from molvae.interfaces import FloatArray
from molvae.setting_fields import fields_of
from molvae.settings import build
from molvae.studies.evaluation import EvaluationRequest, evaluate_sample

#: Molecules scored at once.
BATCH_SIZE = 512
#: What of a sample's metrics is told of an arm; the others are kept beside it.
TOLD = (
    "fcd_test",
    "snn_test",
    "scaf_test_scaffolds",
    "uniqueness@10000",
    "filters",
    "novelty",
    "validity",
    "internal_diversity",
)


class Arm(NamedTuple):
    """A model folder and how its model is sampled."""

    folder: Path
    sampler: SamplerSettings


@dataclass(frozen=True, kw_only=True)
class Yardstick:
    """What every arm is measured with.

    Attributes:
        held_out: SMILES to reconstruct; as many latents are decoded twice.
        num_samples: draws of the prior that are compared with the references.
        references: SMILES of the sets to compare with, by name; the FCD told is that to "test".
        training: SMILES that the floor is drawn from.
        known: says of canonical SMILES whether they are in the training set; None for no novelty.
        seed: of all that is random.
        cache: the cache folder.
    """

    held_out: Sequence[str]
    num_samples: int
    references: Mapping[str, Sequence[str]]
    training: Sequence[str]
    known: Membership | None
    seed: int = 0
    cache: Path


class Point(NamedTuple):
    """What was measured of an arm.

    Attributes:
        told: by name, what stands in the table; shares, but for the FCD, nll_rise (nats a molecule), seconds.
        metrics: all metrics of the sample.
        floor: the same of as many training molecules.
    """

    told: dict[str, float]
    metrics: dict[str, float]
    floor: dict[str, float]


def read_arm(text: str) -> Arm:
    """Returns the arm that a text such as "DIR,prior=gaussian,level=0.3,temperature=1" stands for.

    Raises:
        SettingsError: it names no setting of a sampler, or a value that none can have.

    Example:
        >>> read_arm("my_model,level=0.3").sampler
        SamplerSettings(prior=None, level=0.3, temperature=0.0)
    """
    folder, *words = text.split(",")
    known = fields_of(SamplerSettings)
    values: dict[str, Any] = {}
    for name, _, value in (word.strip().partition("=") for word in words):
        try:
            values[name] = known[name].from_text(value) if name in known else value
        except argparse.ArgumentTypeError as error:
            raise SettingsError(f'arm "{text}", {name}: {error}') from None
    return Arm(Path(folder), build(SamplerSettings, values, f'arm "{text}"'))


def measure_arm(model: MoleculeModel, sampler: SamplerSettings, yardstick: Yardstick) -> Point:
    """Measures a model that is sampled and decoded in one way.

    Raises:
        InputError: a reference or the sample holds no molecule, or the model reads none of those held out.
        SettingsError: the model has no such prior or level.
    """
    started = time.perf_counter()
    told = reconstruction(model, sampler, yardstick.held_out, yardstick.seed)
    told["same_twice"] = same_twice(model, sampler, len(yardstick.held_out), yardstick.seed)
    draws = check_draws(
        model,
        yardstick.num_samples,
        temperature=sampler.temperature,
        prior=sampler.prior,
        level=sampler.level,
        seed=yardstick.seed,
    )
    told["strict_rate"] = float(np.mean(draws.is_strict))
    table = evaluate_sample(
        EvaluationRequest(
            smiles=draws.smiles,
            references=yardstick.references,
            training=yardstick.training,
            known=yardstick.known,
            seed=yardstick.seed,
            cache=yardstick.cache,
        )
    ).table.set_index("metric")
    metrics, floor = ({str(k): float(v) for k, v in table[name].items()} for name in ("value", "floor"))
    told |= {name: metrics.get(name, np.nan) for name in TOLD}
    told |= {"fcd_test_floor": floor["fcd_test"], "seconds": time.perf_counter() - started}
    return Point(told, metrics, floor)


def reconstruction(
    model: MoleculeModel, sampler: SamplerSettings, smiles: Sequence[str], seed: int
) -> dict[str, float]:
    """What of `smiles` comes back exactly at the sampler's level and temperature, and if latents are swapped.

    Returns:
        reconstruction_mean: the share that is decoded from the mean of the posterior at this level.
        reconstruction_draw: the share that is decoded from one draw of it. What the model can't read counts
            as not given back, in both.
        nll_rise: nats a molecule that the draw of another molecule costs.

    Raises:
        InputError: the model reads none of them.
        SettingsError: the model knows no such level.
    """
    readable = model.readable(smiles)
    if not readable.smiles:
        raise InputError(f'the model can read none of the "{len(smiles)}" molecules that are held out')
    mean, spread = posterior_at_level(*model.posterior_of(readable.arrays), sampler.level)
    drawn = posterior_draws(mean, spread, 1, seed, model.posterior_family)[:, 0]

    def share(latents: FloatArray) -> float:
        decoded = model.decode(latents, temperature=sampler.temperature, level=sampler.level, seed=seed)
        return sum(a == b for a, b in zip(readable.smiles, decoded, strict=True)) / len(smiles)

    return {
        "reconstruction_mean": share(mean),
        "reconstruction_draw": share(drawn),
        "nll_rise": nll_rise(model, readable.arrays, drawn, sampler.level, seed),
    }


@torch.no_grad()
def nll_rise(
    model: MoleculeModel, arrays: TokenArrays, latents: FloatArray, level: float, seed: int
) -> float:
    """Nats that a molecule loses if it is decoded with another's latents; near 0 where they tell nothing.

    Args:
        model: its decoder is read with teacher forcing.
        arrays: `N` molecules.
        latents: theirs, `(N, L)`, at the noise level.
        level: what the decoder is told.
        seed: shuffles.
    """
    circle = np.random.default_rng(seed).permutation(len(arrays))
    foreign = np.empty_like(latents)
    foreign[circle] = latents[np.roll(circle, 1)]
    rises = []
    for start in range(0, len(arrays), BATCH_SIZE):
        rows = np.arange(start, min(start + BATCH_SIZE, len(arrays)))
        batch = arrays.batch(rows)
        ids, lengths = torch.from_numpy(batch.token_ids), torch.from_numpy(batch.lengths)
        own, others = (
            model.network.decoder(
                torch.from_numpy(z[rows]), ids, lengths, levels=torch.full((len(rows),), level)
            ).nll
            for z in (latents, foreign)
        )
        rises.append(others - own)
    return float(torch.cat(rises).mean())


def same_twice(model: MoleculeModel, sampler: SamplerSettings, num_draws: int, seed: int) -> float:
    """The share of latents drawn from the prior that decode to the same molecule twice; 1 if greedily."""
    generator = np.random.default_rng(seed)
    latents = prior_draws(model, num_draws, generator, sampler.prior, sampler.level).latents
    first, second = (
        model.decode(
            latents,
            temperature=sampler.temperature,
            level=sampler.level,
            seed=int(generator.integers(2**62)),
        )
        for _ in range(2)
    )
    return sum(one == other != "" for one, other in zip(first, second, strict=True)) / num_draws

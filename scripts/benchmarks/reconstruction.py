"""How models reconstruct molecules of the MOSES test split, and what samples of their priors look like.

    python scripts/benchmarks/reconstruction.py MODEL [MODEL ...]

Exact reconstruction: greedy decoding of the posterior's mean, and of one draw of the posterior, gives back
the same canonical SMILES. Samples: from the model's default prior, beside as many training molecules. And
the same network with matrix products in bfloat16: its likelihood and reconstruction, with teacher forcing.
"""

import argparse
import gzip

import numpy as np
import pandas as pd
import torch
from benchmark_machine import describe_machine

import molvae
from molvae.chem.properties import compute_properties
from molvae.data.cache import cache_folder
from molvae.data.sources import source_file
from molvae.evaluation.report import describe_sample
from molvae.generation.latent_model import MoleculeModel
from molvae.training.device import autocast
from molvae.training.validation import ValidationReport, validate

PROPERTIES = ("logP", "QED", "SA")


def moses(part: str, size: int, seed: int) -> list[str]:
    """`size` random molecules of a part of MOSES."""
    with gzip.open(source_file("moses", f"{part}.csv.gz", cache_folder()), "rt") as file:
        every = file.read().split()[1:]
    chosen = np.random.default_rng(seed).choice(len(every), size, replace=False)
    return [every[index] for index in chosen]


def reconstruction(model: MoleculeModel, smiles: list[str], seed: int) -> dict[str, float]:
    """Shares of exact reconstructions, refused molecules counted as failures."""
    readable = model.readable(smiles)
    mean, spread = model.posterior_of(readable.arrays)
    noise = np.random.default_rng(seed).standard_normal(mean.shape)
    from_mean = model.decode(mean)
    from_draw = model.decode(mean + spread * noise)

    def rate(decoded: list[str]) -> float:
        return sum(a == b for a, b in zip(readable.smiles, decoded, strict=True)) / len(smiles)

    return {"from the mean": rate(from_mean), "from one draw": rate(from_draw)}


def head_r2(model: MoleculeModel, smiles: list[str]) -> dict[str, float]:
    """R2 of the head's predictions of RDKit properties, for those of them that it predicts."""
    names = [name for name in PROPERTIES if name in model.property_names]
    readable = model.readable(smiles)
    true = compute_properties(readable.smiles, names)
    said = model.predict(model.posterior_of(readable.arrays)[0]).mean
    columns = [model.property_names.index(name) for name in names]
    errors = ((said[:, columns] - true) ** 2).sum(axis=0)
    return dict(zip(names, 1 - errors / ((true - true.mean(axis=0)) ** 2).sum(axis=0), strict=True))


def in_precision(model: MoleculeModel, smiles: list[str], dtype: torch.dtype) -> ValidationReport:
    """What validation says of the molecules that can be read, with matrix products of a type."""
    arrays = model.readable(smiles).arrays
    with autocast(torch.device("cpu"), dtype):
        return validate(model.network, arrays, np.arange(len(arrays)), None, seed=0)


def main() -> None:
    """Measures each model and prints a table a model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", help="model folders")
    parser.add_argument("--molecules", type=int, default=2000, help="test molecules to reconstruct")
    parser.add_argument("--samples", type=int, default=10_000, help="samples of the prior")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(describe_machine())
    test = moses("test", arguments.molecules, arguments.seed)
    training = moses("train", arguments.samples, arguments.seed)
    for folder in arguments.models:
        model = molvae.load(folder)
        facts = model.facts
        print(f"\n{folder}: {model.bottleneck}, seed {facts['run']['training']['seed']}, ", end="")
        print(f"{facts['molecules_seen']:,} molecules seen in {facts['seconds']:.0f} s")
        print(
            f"KL {facts['valid']['kl_divergence']:.1f} nats, {facts['valid']['active_units']} active latents"
        )
        for name, value in reconstruction(model, test, arguments.seed).items():
            print(f"exact reconstruction of {len(test)} MOSES test molecules, {name}: {value:.4f}")
        if model.property_names:
            for name, value in head_r2(model, test).items():
                print(f"R2 of {name} on them: {value:.3f}")
        full, half = (in_precision(model, test, dtype) for dtype in (torch.float32, torch.bfloat16))
        ratio = half.reconstruction_loss / full.reconstruction_loss
        difference = half.reconstruction - full.reconstruction
        print(f"bfloat16 against float32: NLL times {ratio:.4f}, reconstruction {difference:+.4f}")
        smiles = model.sample(arguments.samples, seed=arguments.seed)
        table = describe_sample(smiles, training=model.training_keys.__contains__, reference=training)
        with pd.option_context("display.max_rows", None, "display.width", 100):
            print(
                f"{len(smiles)} samples of the prior ({model.default_prior}):\n{table.to_string(index=False)}"
            )


if __name__ == "__main__":
    main()

"""Do molecules sampled at target values lie there, and are they like those of the data that do?

    molvae data fetch zinc250k && python scripts/benchmarks/target_sampling.py zinc250k zinc250k

DATA is a table of SMILES, or "zinc250k" for that set in the cache. For each target, by itself logP 1, 3 and
4.5 and QED .6 and .9: the mean absolute error of the recomputed values, uniqueness, novelty, internal
diversity, the share of draws that was kept, and the FCD of the molecules to as many of the data within the
same tolerance of the target (the slice), beside the FCD of as many others of the slice to these (the floor);
and seconds to sample them. `--prior language-model` draws from what is not told the target, and keeps what
lands there.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from benchmark_machine import describe_machine

import molvae
from molvae.chem.properties import PropertyArray, property_name
from molvae.commands.tables import in_columns
from molvae.data.bulk import each_item, properties_of
from molvae.data.reading import open_table
from molvae.data.sources import source_file
from molvae.evaluation.chemnet import Gaussian, chemnet_activations, frechet_distance, gaussian_of
from molvae.evaluation.distribution import internal_diversity, novelty, uniqueness, valid_molecules
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.target_sampling import TargetDraws, draw_at_targets
from molvae.generation.targets import read_values
from molvae.studies.evaluation import draw

ZINC = "zinc250k"
TARGETS = ("logP=1", "logP=3", "logP=4.5", "QED=0.6", "QED=0.9")
TOLERANCES = ("logP=0.3", "QED=0.05")


def molecules_of(data: str, size: int, seed: int) -> list[str]:
    """Canonical SMILES of so many random molecules of a file, or of ZINC250k in the cache."""
    path = source_file(ZINC, f"{ZINC}.smi") if data == ZINC else Path(data)
    smiles = [text for chunk in open_table(path).chunks() for text in chunk.smiles]
    return [text for text in each_item("canonicalize", draw(smiles, size, seed)) if text]


def gaussian(smiles: list[str]) -> Gaussian:
    """What FCD compares."""
    return gaussian_of([chemnet_activations(smiles)])


def line_of(
    model: MoleculeModel, draws: TargetDraws, data: list[str], values: PropertyArray, seed: int
) -> dict[str, object]:
    """A line of the table, all but the time.

    Args:
        model: drew.
        draws: at one target.
        data: molecules to be like.
        values: `(N,)`, the target's property of each.
        seed: draws the molecules of the slice.
    """
    (target,) = draws.targets
    inside = np.flatnonzero(target.is_met(values))
    size = min(len(draws.smiles), len(inside) // 2)
    chosen = [data[row] for row in np.random.default_rng(seed).permutation(inside)[: 2 * size]]
    reference = gaussian(chosen[:size])
    return {
        "target": f"{target.name} {target.value:g}",
        "tolerance": target.tolerance,
        "found": len(draws.smiles),
        "mean": float(draws.values.mean()),
        "MAE": float(np.abs(draws.values - target.value).mean()),
        "uniqueness": uniqueness(draws.smiles),
        "novelty": novelty(draws.smiles, model.training_keys.__contains__),
        "diversity": internal_diversity(valid_molecules(draws.smiles)),
        "acceptance": draws.acceptance,
        "slice": len(inside),
        "compared": size,
        "FCD": frechet_distance(gaussian(draws.smiles[:size]), reference),
        "floor": frechet_distance(gaussian(chosen[size:]), reference),
    }


def main() -> None:
    """Measures each target and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", help="a model folder, or the name of a model that comes with molvae")
    parser.add_argument("data", help=f"a table of SMILES, or {ZINC}")
    parser.add_argument("--target", action="append", help=f"NAME=VALUE; {', '.join(TARGETS)} by itself")
    parser.add_argument("--tolerance", action="append", default=[], help=", ".join(TOLERANCES))
    parser.add_argument("-n", type=int, default=1000, help="molecules a target")
    parser.add_argument(
        "--molecules", type=int, default=50_000, help="molecules of the data, drawn at random"
    )
    parser.add_argument("--prior", help="as for molvae sample; by itself one that is told the target, if any")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="a CSV for the table")
    arguments = parser.parse_args()
    print(describe_machine())
    given = read_values(TOLERANCES, "tolerance") | read_values(arguments.tolerance, "tolerance")
    tolerances = {property_name(name): value for name, value in given.items()}
    model = molvae.load(arguments.model)
    data = molecules_of(arguments.data, arguments.molecules, arguments.seed)
    values: dict[str, PropertyArray] = {}
    lines = []
    for text in arguments.target or TARGETS:
        ((name, value),) = read_values([text], "target").items()
        name = property_name(name)
        own = {name: tolerances[name]} if name in tolerances else None
        started = time.perf_counter()
        draws = draw_at_targets(
            model,
            arguments.n,
            {name: value},
            tolerances=own,
            prior=arguments.prior,
            seed=arguments.seed,
        )
        seconds = time.perf_counter() - started
        if name not in values:
            values[name] = properties_of(data, [name])[:, 0]
        line = line_of(model, draws, data, values[name], arguments.seed)
        lines.append({**line, "seconds": seconds})
        table = pd.DataFrame(lines)
        if arguments.out is not None:
            table.to_csv(arguments.out, index=False)
    print(in_columns(table))


if __name__ == "__main__":
    main()

"""Rebuilds `tests/golden/`: a few hundred molecules, and the metrics that other programs' code gives them.

    molvae data fetch moses
    python scripts/build_golden_metrics.py SAMPLES

SAMPLES is the file of 30,000 molecules that a JT-VAE trained on MOSES drew, published (MIT) in the
repository wengong-jin/icml18-jtnn in the folder fast_molvae. Its first molecules are the sample, the first of
the MOSES test set the reference. SNN, Frag, Scaf, IntDiv, Filters and the Wasserstein distances are computed
by the benchmark's own code, read from its fetched package (`molsets` 0.3.1); FCD by the package `fcd`.
"""

import argparse
import importlib
import json
import sys
import tempfile
import types
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rdkit
from rdkit import Chem

from molvae.data.reading import open_table
from molvae.data.sources import fetched_wheel
from molvae.evaluation.moses import moses_smiles

NUM_MOLECULES = 300
DEFAULT_FOLDER = Path(__file__).resolve().parent.parent / "tests" / "golden"


def moses_metrics(folder: str) -> Any:
    """The benchmark's module of metrics, made to run with the libraries of today.

    It was written for older ones: names in pandas and RDKit are gone since, and it imports packages for plots
    and for another ChemNet that none of these metrics needs.
    """
    with zipfile.ZipFile(fetched_wheel("moses")) as wheel:
        wheel.extractall(folder)
    sys.path.insert(0, folder)
    for name in ("matplotlib", "fcd_torch", "rdkit.six"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["matplotlib"].pyplot = None  # type: ignore[attr-defined]
    sys.modules["fcd_torch"].FCD = None  # type: ignore[attr-defined]
    sys.modules["rdkit.six"].iteritems = dict.items  # type: ignore[attr-defined]
    # The package's own start imports its models; the two folders below are all that is wanted.
    for name in ("moses", "moses.dataset"):
        package = types.ModuleType(name)
        package.__path__ = [str(Path(folder, *name.split(".")))]
        sys.modules[name] = package
    sys.modules["moses.dataset"].get_dataset = None  # type: ignore[attr-defined]
    sys.modules["moses.dataset"].get_statistics = None  # type: ignore[attr-defined]
    pd.DataFrame.append = lambda left, right, sort: pd.concat([left, right], sort=sort)  # type: ignore[attr-defined]
    return importlib.import_module("moses.metrics.metrics")


def figures(sample: list[str], reference: list[str]) -> dict[str, float]:
    """Every figure, by the name that it has in a table of molvae."""
    from fcd import get_fcd

    with tempfile.TemporaryDirectory() as folder:
        moses = moses_metrics(folder)
        mols, known = ([Chem.MolFromSmiles(text) for text in texts] for texts in (sample, reference))
        found = {
            "snn": moses.SNNMetric()(gen=mols, ref=known),
            "frag": moses.FragMetric()(gen=mols, ref=known),
            "scaf": moses.ScafMetric()(gen=mols, ref=known),
            "internal_diversity": moses.internal_diversity(mols),
            "internal_diversity_2": moses.internal_diversity(mols, p=2),
            "filters": moses.fraction_passes_filters(mols),
            "uniqueness": moses.fraction_unique(sample),
            "novelty": moses.novelty(mols, reference),
        }
        for name, function in (("logP", "logP"), ("SA", "SA"), ("QED", "QED"), ("MW", "weight")):
            metric = moses.WassersteinMetric(getattr(moses, function))
            found[f"{name}_wasserstein"] = metric(gen=mols, ref=known)
    found["fcd"] = get_fcd(sample, reference, device="cpu")
    return {name: float(np.round(value, 8)) for name, value in found.items()}


def main() -> None:
    """Writes the two sets of molecules and the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("samples", type=Path, help="the published samples")
    parser.add_argument("--out", type=Path, default=DEFAULT_FOLDER, help="the folder for the files")
    arguments = parser.parse_args()
    first = next(open_table(arguments.samples).chunks(NUM_MOLECULES)).smiles
    sample, reference = (
        [Chem.CanonSmiles(text) for text in texts[:NUM_MOLECULES]] for texts in (first, moses_smiles("test"))
    )
    for name, texts in (("jtvae_sample.smi", sample), ("moses_test.smi", reference)):
        (arguments.out / name).write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    golden = {
        "rdkit": rdkit.__version__,
        "num_molecules": NUM_MOLECULES,
        "metrics": figures(sample, reference),
    }
    (arguments.out / "moses_metrics.json").write_text(json.dumps(golden, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

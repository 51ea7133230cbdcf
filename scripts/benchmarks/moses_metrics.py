"""The metrics of published samples against the figures published with them.

    molvae data fetch moses && python scripts/benchmarks/moses_metrics.py SAMPLES PUBLISHED.json

SAMPLES is a table of SMILES, PUBLISHED.json an object of figures under the names of the benchmark's code
(`FCD/Test`, `SNN/TestSF`, `IntDiv`, `unique@1000`, ...). What such a file says of logP, SA, QED and weight is
left out: before MOSES 0.3 these were squared differences of moments.

To compare with: FCD within .01, everything else within 1 %. RDKit 2026.09 and the one of then (2020) write
about one in ten thousand molecules of the test sets otherwise, which is no difference in any of the figures.
"""

import argparse
import json
import logging
import time
from pathlib import Path

import rdkit
from benchmark_machine import describe_machine

from molvae.data.cache import cache_folder
from molvae.data.reading import open_table
from molvae.evaluation.moses import TEST_PARTS, moses_smiles
from molvae.evaluation.reference_cache import cached_statistics
from molvae.evaluation.report import sample_metrics
from molvae.evaluation.sample import read_sample

SETS = {"Test": "test", "TestSF": "test_scaffolds"}
FIGURES = {
    "valid": "validity",
    "unique@1000": "uniqueness@1000",
    "unique@10000": "uniqueness@10000",
    "IntDiv": "internal_diversity",
    "IntDiv2": "internal_diversity_2",
    "Filters": "filters",
    **{
        f"{name}/{part}": f"{name.lower()}_{SETS[part]}"
        for part in SETS
        for name in ("FCD", "SNN", "Frag", "Scaf")
    },
}
FCD_TOLERANCE = 0.01
RELATIVE_TOLERANCE = 0.01


def is_near(name: str, value: float, published: float) -> bool:
    """Whether a figure agrees with the published one."""
    difference = abs(value - published)
    return difference <= (FCD_TOLERANCE if name.startswith("FCD") else RELATIVE_TOLERANCE * abs(published))


def main() -> None:
    """Measures and prints a line a figure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("samples", type=Path, help="a table of SMILES")
    parser.add_argument("published", type=Path, help="a JSON file with the published figures")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    print(f"{describe_machine()}, RDKit {rdkit.__version__}")
    started = time.perf_counter()
    references = {part: cached_statistics(moses_smiles(part), cache_folder(), part) for part in TEST_PARTS}
    print(f"reference statistics: {time.perf_counter() - started:.1f} s")
    started = time.perf_counter()
    smiles = [text for chunk in open_table(arguments.samples).chunks() for text in chunk.smiles]
    sample = read_sample(smiles, ()).with_activations()
    metrics = sample_metrics(sample, references=references)
    print(f"{len(smiles):,} molecules: {time.perf_counter() - started:.1f} s")
    published = json.loads(arguments.published.read_text(encoding="utf-8"))
    print(f"{'figure':<14}{'here':>10}{'published':>12}{'difference':>12}  agrees")
    for theirs, ours in FIGURES.items():
        if theirs in published:
            value, wanted = metrics[ours], published[theirs]
            agrees = "yes" if is_near(theirs, value, wanted) else "NO"
            print(f"{theirs:<14}{value:>10.5f}{wanted:>12.5f}{value - wanted:>+12.5f}  {agrees}")


if __name__ == "__main__":
    main()

"""Does the dial of likeness hold? Neighbors of held-out molecules at each similarity that is asked for.

    python scripts/benchmarks/likeness.py MODEL [FILE] [--molecules 500] [--out likeness.csv]

Random molecules of FILE (by itself of the MOSES test split), and ten neighbors of each. Printed for each
similarity: the mean Tanimoto of the neighbors (ECFP4, 2,048 bits; over molecules, of their own means), how
far that is from what was asked for, which must be at most .1, the spread over all neighbors, the share of
molecules whose own mean is within .1, the share of distinct ones among all neighbors, how many of the ten
were found, and seconds. The CSV has each line as soon as it is measured; 500 molecules take an hour of CPU.
"""

import argparse
import time
from pathlib import Path

import pandas as pd
from benchmark_machine import describe_machine

import molvae
from molvae.commands.tables import in_columns
from molvae.data.reading import open_table
from molvae.evaluation.moses import moses_smiles
from molvae.generation.exploration import TOLERANCE
from molvae.generation.latent_model import MoleculeModel
from molvae.studies.evaluation import draw

SIMILARITIES = (0.4, 0.6, 0.8)
NUM_NEIGHBORS = 10


def likeness_found(
    model: MoleculeModel, smiles: list[str], similarity: float, seed: int
) -> dict[str, float | bool]:
    """A line of the table: what the neighbors of molecules that the model can read are like."""
    started = time.perf_counter()
    table = model.neighbors_of_each(smiles, NUM_NEIGHBORS, similarity=similarity, seed=seed)
    seconds = time.perf_counter() - started
    own = table.groupby("place")["tanimoto"].mean()
    found = table[table["smiles"] != ""]
    off = abs(float(own.mean()) - similarity)
    return {
        "asked": similarity,
        "mean": float(own.mean()),
        "off": off,
        "holds": off <= TOLERANCE,
        "spread": float(found["tanimoto"].std(ddof=0)),
        "within": float(((own - similarity).abs() <= TOLERANCE).mean()),
        "distinct": found["smiles"].nunique() / max(len(found), 1),
        "found": len(found) / (NUM_NEIGHBORS * len(smiles)),
        "seconds": seconds,
    }


def main() -> None:
    """Measures each similarity and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", help="a model folder")
    parser.add_argument("file", nargs="?", type=Path, help="a table of SMILES; MOSES test by itself")
    parser.add_argument("--molecules", type=int, default=500, help="molecules to find neighbors of")
    parser.add_argument("--seed", type=int, default=0, help="draws the molecules and the noise")
    parser.add_argument("--out", type=Path, help="a CSV for the table")
    arguments = parser.parse_args()
    print(describe_machine())
    model = molvae.load(arguments.model)
    if arguments.file is None:
        every = moses_smiles("test")
    else:
        every = [text for chunk in open_table(arguments.file).chunks() for text in chunk.smiles]
    readable = model.readable(draw(every, arguments.molecules, arguments.seed))
    num_known = int(model.training_keys.contains(readable.smiles).sum())
    print(f"{len(readable.smiles)} molecules, {NUM_NEIGHBORS} neighbors each; ", end="")
    print(f"{len(readable.refused)} more can't be read, {num_known} were in the table of the model")
    rows: list[dict[str, float | bool]] = []
    for wanted in SIMILARITIES:
        rows.append(likeness_found(model, readable.smiles, wanted, arguments.seed))
        print(f"{wanted}: {rows[-1]['mean']:.3f} on average", flush=True)
        if arguments.out is not None:
            pd.DataFrame(rows).to_csv(arguments.out, index=False)
    print(in_columns(pd.DataFrame(rows)))


if __name__ == "__main__":
    main()

"""How well do scored molecules tell the scores of those that come next?

    molvae benchmark pmo --optimizer graph-ga --task perindopril_mpo --out pmo
    python scripts/benchmarks/screening.py pmo/graph-ga/perindopril_mpo-0.csv

LEDGER is the file of a search's calls. After so many calls, a process learns what the screen of `evolution`
would learn from them, and ranks the 400 molecules that came next: by their fragments alone, and by
descriptors of the whole too. Printed are the rank correlation with their scores, and the mean score of the
sixty that it would have chosen, beside that of all 400 and of the sixty best of them.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from molvae.interfaces import FloatArray
from molvae.optimization.features import features_of
from molvae.optimization.molecule_process import (
    FRAGMENTS_ALONE,
    KERNELS,
    Kernel,
    MoleculeProcess,
    normal_ranks,
)
from molvae.optimization.screening import learned_from

NUM_CALLS = (150, 500, 1500, 3000)
NUM_ASKED, NUM_CHOSEN = 400, 60
JUDGES: dict[str, tuple[Kernel, ...]] = {"fragments": (FRAGMENTS_ALONE,), "with descriptors": KERNELS}


def line_of(calls: pd.DataFrame, num_known: int, seed: int) -> dict[str, object]:
    """A line of the table: what was known after so many calls of those that came next."""
    known, asked = calls[:num_known], calls[num_known : num_known + NUM_ASKED]
    scores, truth = known["score"].to_numpy(), asked["score"].to_numpy()
    rows = learned_from(scores, np.random.default_rng(seed))
    features, targets = features_of(known["smiles"].to_numpy()[rows].tolist()), normal_ranks(scores[rows])
    line: dict[str, object] = {"calls": num_known, "mean of all": truth.mean()}
    asked_features = features_of(asked["smiles"].tolist())
    for name, kernels in JUDGES.items():
        process = MoleculeProcess(features, targets, kernels)
        said, _ = process.predict(asked_features)
        line[f"{name}: correlation"] = spearmanr(said, truth).statistic
        line[f"{name}: chosen"] = mean_of_highest(truth, said)
        line[f"{name}: descriptors count for"] = process.kernel.share
    return line | {"best": mean_of_highest(truth, truth)}


def mean_of_highest(scores: FloatArray, said: FloatArray) -> float:
    """The mean score `(N,)` of those of which the most is said `(N,)`."""
    return float(scores[np.argsort(-said, kind="stable")[:NUM_CHOSEN]].mean())


def main() -> None:
    """Prints a table for each ledger."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("ledgers", type=Path, nargs="+", metavar="LEDGER", help="the calls of a search")
    parser.add_argument("--seed", type=int, default=0, help="draws what is learned from besides the best")
    arguments = parser.parse_args()
    for path in arguments.ledgers:
        calls = pd.read_csv(path).dropna(subset="score")
        lines = [
            line_of(calls, num_known, arguments.seed)
            for num_known in NUM_CALLS
            if num_known + NUM_ASKED <= len(calls)
        ]
        print(path)
        print(pd.DataFrame(lines).round(3).to_string(index=False))


if __name__ == "__main__":
    main()

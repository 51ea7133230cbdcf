"""Does optimising in the latent space beat sampling? The best QED from 20 molecules at equal oracle calls.

    python scripts/benchmarks/optimization.py MODEL [--starts 20] [--budget 500]

Each of 20 random MOSES test molecules starts one search of each optimiser; the baseline spends the same
budget on that molecule and random samples of the prior. Printed: the mean of the best QED found, and the
paired difference to the baseline with its 95 % interval (Student's t over the starts).
"""

import argparse
import time

import numpy as np
from benchmark_machine import describe_machine
from reconstruction import moses
from scipy import stats

import molvae
from molvae.optimization.choices import build_optimizer
from molvae.optimization.objectives import property_objective
from molvae.optimization.oracle import BudgetedOracle
from molvae.optimization.search import search

OPTIMIZERS = ("random-prior", "gradient-ascent", "cma-es", "evolution")


def main() -> None:
    """Runs every search and prints the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="a model folder with a head for QED")
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--budget", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0, help="chooses the starting molecules")
    arguments = parser.parse_args()
    print(describe_machine())
    model = molvae.load(arguments.model)
    starts = moses("test", arguments.starts, arguments.seed)
    objective = property_objective("QED", "maximize")
    best: dict[str, list[float]] = {name: [] for name in OPTIMIZERS}
    for name in OPTIMIZERS:
        began = time.perf_counter()
        for number, smiles in enumerate(starts):
            oracle = BudgetedOracle(objective, arguments.budget)
            search(build_optimizer(name, model, objective, [smiles], seed=number), oracle)
            assert oracle.best is not None
            best[name].append(oracle.best.score)
        seconds = time.perf_counter() - began
        print(
            f"{name}: mean best QED {np.mean(best[name]):.4f} ({seconds / len(starts):.1f} s a search)",
            flush=True,
        )
    for name in OPTIMIZERS[1:]:
        gain = np.array(best[name]) - np.array(best["random-prior"])
        half = stats.t.ppf(0.975, len(gain) - 1) * gain.std(ddof=1) / np.sqrt(len(gain))
        low, high = gain.mean() - half, gain.mean() + half
        print(f"{name} - random-prior: {gain.mean():+.4f}, 95 % interval {low:+.4f} to {high:+.4f}")


if __name__ == "__main__":
    main()

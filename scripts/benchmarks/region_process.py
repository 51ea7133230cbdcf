"""Does the Gaussian process of a trust region know as much as BoTorch's, and as quickly?

    pip install "botorch>=0.12" && molvae data fetch zinc250k
    python scripts/benchmarks/region_process.py zinc250k

A region as `--optimizer trust-region` begins one: 16 random directions through the code of a molecule of the
prior, points even in the box, and a score of each, QED of what it decodes to or likeness to the molecule in
the middle. Either process learns so many points and tells the scores of 100 others, as normal quantiles of
their ranks, which is what the optimiser learns. Printed are, as means over regions, the root mean squared
error, and the seconds to fit and to tell. BoTorch's is its `SingleTaskGP` with the same covariance, Matern's
with nu = 5/2 and a length for each direction, and the priors of lengths that it has by itself; `mean` tells
the mean of what is known.
"""

import argparse
import time
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from benchmark_machine import describe_machine
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.models.utils.gpytorch_modules import get_covar_module_with_dim_scaled_prior
from gpytorch.mlls import ExactMarginalLogLikelihood

import molvae
from molvae.commands.tables import in_columns
from molvae.data.bulk import properties_of
from molvae.generation.latent_model import MoleculeModel
from molvae.interfaces import FloatArray
from molvae.optimization.latent_frame import LatentFrame
from molvae.optimization.matern_process import MaternProcess
from molvae.optimization.molecule_process import normal_ranks
from molvae.optimization.objectives import similarity_function
from molvae.optimization.random_prior import prior_proposals
from molvae.optimization.trust_region import FIRST_LENGTH
from molvae.optimization.trust_region_bo import TrustRegionSettings

NUM_KNOWN = (20, 50, 100, 200, 300)
NUM_ASKED = 100


def region_of(
    model: MoleculeModel, frame: LatentFrame, generator: np.random.Generator
) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Points `(N, 16)` of a region that decode to molecules, and the scores `(N,)` of those, by name."""
    settings = TrustRegionSettings()
    middle = next(text for text in prior_proposals(model, 64, generator).smiles if text)
    origin = frame.to_units(model.encode([middle]))
    basis = np.linalg.qr(generator.standard_normal((origin.shape[1], settings.region_dim)))[0].T
    size = NUM_KNOWN[-1] + NUM_ASKED
    points = generator.uniform(-FIRST_LENGTH / 2, FIRST_LENGTH / 2, (size, settings.region_dim))
    reach = settings.region_radius * frame.typical_norm / np.sqrt(settings.region_dim)
    smiles = model.decode(frame.to_latents(frame.hold(origin + 2 * reach * points @ basis, origin)))
    rows = [row for row, text in enumerate(smiles) if text]
    found = [smiles[row] for row in rows]
    scores = {"QED": properties_of(found, ["QED"])[:, 0], "likeness": similarity_function([middle])(found)}
    return points[rows], scores


def own(known: FloatArray, targets: FloatArray, asked: FloatArray) -> FloatArray:
    """Means `(M,)` at points `(M, 16)` by molvae's process, given `(N, 16)` and targets `(N,)`."""
    return MaternProcess(known, targets).predict(asked)[0]


def botorch(known: FloatArray, targets: FloatArray, asked: FloatArray) -> FloatArray:
    """The same by BoTorch's."""
    covariance = get_covar_module_with_dim_scaled_prior(ard_num_dims=known.shape[1], use_rbf_kernel=False)
    points, values = torch.from_numpy(known), torch.from_numpy(targets)[:, None]
    process = SingleTaskGP(points, values, covar_module=covariance, outcome_transform=None)
    fit_gpytorch_mll(ExactMarginalLogLikelihood(process.likelihood, process))
    with torch.no_grad():
        means: FloatArray = process.posterior(torch.from_numpy(asked)).mean[:, 0].numpy()
    return means


def mean(_known: FloatArray, targets: FloatArray, asked: FloatArray) -> FloatArray:
    """The mean of the targets, wherever one asks."""
    return np.full(len(asked), targets.mean())


PROCESSES = {"own": own, "botorch": botorch, "mean": mean}


def lines_of(points: FloatArray, scores: FloatArray, name: str) -> Sequence[dict[str, object]]:
    """What each process says of the last points, given so many of the first."""
    lines: list[dict[str, object]] = []
    ranks = normal_ranks(scores)
    asked, truth = points[-NUM_ASKED:], ranks[-NUM_ASKED:]
    for num_known in NUM_KNOWN:
        if num_known > len(points) - NUM_ASKED:
            continue
        for process, tell in PROCESSES.items():
            started = time.perf_counter()
            told = tell(points[:num_known], ranks[:num_known], asked)
            seconds = time.perf_counter() - started
            lines.append(
                {
                    "score": name,
                    "points": num_known,
                    "process": process,
                    "RMSE": float(np.sqrt(np.mean(np.square(told - truth)))),
                    "seconds": seconds,
                }
            )
    return lines


def main() -> None:
    """Measures each region and prints the means."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", help="a model folder, or the name of a model that comes with molvae")
    parser.add_argument("--regions", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(describe_machine())
    model = molvae.load(arguments.model)
    generator = np.random.default_rng(arguments.seed)
    frame = LatentFrame(model, generator)
    lines: list[dict[str, object]] = []
    for _ in range(arguments.regions):
        points, scores = region_of(model, frame, generator)
        for name, values in scores.items():
            lines.extend(lines_of(points, values, name))
    table = pd.DataFrame(lines).groupby(["score", "points", "process"], sort=False).mean().reset_index()
    print(in_columns(table))


if __name__ == "__main__":
    main()

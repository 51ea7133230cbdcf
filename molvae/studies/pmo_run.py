"""One run of the PMO benchmark: an optimiser, a task and a seed in, its figures out.

<folder>/<optimizer>/<task>-<seed>.csv     every call of the oracle, as it happens, to go on from
<folder>/<optimizer>/<task>-<seed>.json    the figures of a finished run
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from molvae.errors import SettingsError
from molvae.generation.model_folder import load_model
from molvae.interfaces import Optimizer
from molvae.optimization.evolution import LATENT_OPERATORS, OPERATORS, Evolution, EvolutionSettings
from molvae.optimization.graph_ga import GraphGA, GraphGASettings
from molvae.optimization.graph_moves import GRAPH_CROSSOVER, MUTATION
from molvae.optimization.latent_cma_es import CMASettings, LatentCMAES
from molvae.optimization.latent_moves import CROSSOVER, NOISE
from molvae.optimization.objectives import Evaluations, Objective
from molvae.optimization.oracle import BudgetedOracle
from molvae.optimization.pmo_objectives import pmo_objective
from molvae.optimization.random_corpus import RandomCorpus
from molvae.optimization.random_prior import PRIOR, RandomPrior
from molvae.optimization.sample_efficiency import auc_of_best, auc_of_best_flat, mean_of_best
from molvae.optimization.search import search
from molvae.optimization.trust_region_bo import TrustRegionBO, TrustRegionSettings
from molvae.settings import to_dict
from molvae.studies.run_figures import write_figures

GRAPH_GA, CMA, TRUST_REGION = GraphGASettings(), CMASettings(), TrustRegionSettings()
#: Calls of a search that has to be sparing: its beginning is judged by them.
EARLY_CALLS = 1_000


class PmoOptimizer(NamedTuple):
    """An optimiser as the benchmark runs it.

    Attributes:
        build: makes it, of corpus, seed, and the folder of a model.
        batch_size: so many molecules it is asked for at a time.
        has_model: whether it searches the latents of the model.
        record: its settings, as JSON values.
    """

    build: Callable[[Sequence[str], int, Path], Optimizer]
    batch_size: int
    has_model: bool = False
    record: Mapping[str, Any] = {}


def _random_corpus(corpus: Sequence[str], seed: int, _model: Path) -> RandomCorpus:
    return RandomCorpus(corpus, seed)


def _graph_ga(corpus: Sequence[str], seed: int, _model: Path) -> GraphGA:
    """It begins with as many molecules of the corpus as its population holds."""
    starts = RandomCorpus(corpus, seed).ask(min(GRAPH_GA.population_size, len(corpus))).smiles
    return GraphGA([smiles for smiles in starts if smiles], seed, GRAPH_GA)


def _random_prior(_corpus: Sequence[str], seed: int, model: Path) -> RandomPrior:
    return RandomPrior(load_model(model), seed)


def _cma_es(_corpus: Sequence[str], seed: int, model: Path) -> LatentCMAES:
    """It begins around a draw of the model's prior."""
    return LatentCMAES(load_model(model), [], seed, CMA)


def _trust_region(_corpus: Sequence[str], seed: int, model: Path) -> TrustRegionBO:
    """It begins with draws of the model's prior."""
    return TrustRegionBO(load_model(model), [], seed, TRUST_REGION)


def _evolution(operators: Sequence[str], **settings: Any) -> PmoOptimizer:
    """It begins with draws of the model's prior."""
    chosen = EvolutionSettings(**settings)

    def build_evolution(_corpus: Sequence[str], seed: int, model: Path) -> Evolution:
        return Evolution(load_model(model), [], seed, chosen, operators)

    record = to_dict(chosen) | {"operators": list(operators)}
    return PmoOptimizer(build_evolution, batch_size=64, has_model=True, record=record)


PMO_OPTIMIZERS: dict[str, PmoOptimizer] = {
    "random-corpus": PmoOptimizer(_random_corpus, batch_size=100),
    "graph-ga": PmoOptimizer(_graph_ga, batch_size=70, record=to_dict(GRAPH_GA)),
    "evolution": _evolution(OPERATORS),
    "latent-evolution": _evolution(LATENT_OPERATORS),
    "random-prior": PmoOptimizer(_random_prior, batch_size=64, has_model=True),
    "cma-es": PmoOptimizer(_cma_es, batch_size=64, has_model=True, record=to_dict(CMA)),
    "trust-region": PmoOptimizer(_trust_region, batch_size=64, has_model=True, record=to_dict(TRUST_REGION)),
    # every molecule decoded from moved latents, at one noise level, and screened by fragments; and the same
    # where nothing that was scored reaches latents or decoder, so that only the screen learns
    "latent-only": _evolution((NOISE, CROSSOVER), descriptors=False),
    "latent-shuffled": _evolution((NOISE, CROSSOVER), descriptors=False, lessons=0.0, shuffled_latents=True),
}
#: `evolution` without one of its parts each; these are run only where they are asked for by name.
ABLATIONS: dict[str, PmoOptimizer] = {
    "evolution-unscreened": _evolution(OPERATORS, free_share=1.0),
    "evolution-by-fragments": _evolution(OPERATORS, descriptors=False),
    "evolution-untaught": _evolution(OPERATORS, lessons=0.0),
    "evolution-without-latents": _evolution((PRIOR, GRAPH_CROSSOVER, MUTATION)),
    "evolution-without-edits": _evolution((*LATENT_OPERATORS, PRIOR)),
}
ALL_OPTIMIZERS = PMO_OPTIMIZERS | ABLATIONS


class PmoJob(NamedTuple):
    """A run to make, the folder of all runs, and that of the model for optimisers which have one."""

    task: str
    optimizer: str
    seed: int
    budget: int
    folder: Path
    model: Path

    @property
    def ledger(self) -> Path:
        """Where its calls go."""
        return self.folder / self.optimizer / f"{self.task}-{self.seed}.csv"

    @property
    def figures(self) -> Path:
        """Where its figures go, once it is finished."""
        return self.ledger.with_suffix(".json")


@dataclass(frozen=True, kw_only=True)
class PmoFigures:
    """What a finished run came to.

    Attributes:
        task: the objective's name.
        optimizer: the optimiser's.
        seed: of the run.
        auc: area under the mean of the best ten (`auc_of_best`), from 0 to 1.
        auc_flat: the same with stereo variants counted once.
        auc_early: the same of the first `EARLY_CALLS` calls, or of all of a smaller budget.
        best_ten: mean of the best ten at the end.
        best: the best molecule, as canonical SMILES; "" if none has a score.
        num_calls: molecules scored; fewer than the budget if the search stalled.
        num_failed: calls that gave no score and count as 0.
        seconds_per_call: what the optimiser took, apart from the objective.
    """

    task: str
    optimizer: str
    seed: int
    auc: float
    auc_flat: float
    auc_early: float
    best_ten: float
    best: str
    num_calls: int
    num_failed: int
    seconds_per_call: float


def make_run(job: PmoJob, corpus: Sequence[str]) -> PmoFigures:
    """Makes the run, from the calls in its ledger on; its figures are on disk when it returns.

    A run that goes on repeats what the optimiser did before, at no call of the oracle.

    Raises:
        SettingsError: there is no such task or optimizer, or the budget is below 1.
        ModelFolderError: the optimizer's model can't be loaded.
        InputError: its ledger is damaged, or longer than the budget.
    """
    if job.optimizer not in ALL_OPTIMIZERS:
        known = ", ".join(ALL_OPTIMIZERS)
        raise SettingsError(f'there is no optimizer "{job.optimizer}": choose one of {known}')
    job.ledger.parent.mkdir(parents=True, exist_ok=True)
    stopwatch = _Stopwatch(pmo_objective(job.task))
    oracle = BudgetedOracle(stopwatch.objective, job.budget, job.ledger)
    chosen = ALL_OPTIMIZERS[job.optimizer]
    began = time.perf_counter()
    search(chosen.build(corpus, job.seed, job.model), oracle, chosen.batch_size)
    seconds = time.perf_counter() - began - stopwatch.seconds
    scores = np.array([call.score for call in oracle.history], dtype=np.float64)
    figures = PmoFigures(
        task=job.task,
        optimizer=job.optimizer,
        seed=job.seed,
        auc=auc_of_best(scores, job.budget),
        auc_flat=auc_of_best_flat([call.smiles for call in oracle.history], scores, job.budget),
        auc_early=auc_of_best(scores[:EARLY_CALLS], min(job.budget, EARLY_CALLS)),
        best_ten=mean_of_best(scores),
        best="" if oracle.best is None else oracle.best.smiles,
        num_calls=len(scores),
        num_failed=int(np.isnan(scores).sum()),
        seconds_per_call=seconds / max(1, len(scores)),
    )
    write_figures(job.figures, figures)
    return figures


class _Stopwatch:
    """An objective whose seconds are counted."""

    def __init__(self, objective: Objective) -> None:
        self.seconds = 0.0
        self._function = objective.function
        self.objective = Objective(name=objective.name, function=self._evaluate)

    def _evaluate(self, smiles: Sequence[str]) -> Evaluations:
        began = time.perf_counter()
        try:
            return self._function(smiles)
        finally:
            self.seconds += time.perf_counter() - began

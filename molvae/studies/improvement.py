"""Leads in, how often an optimiser makes one better that stays alike out: the benchmark of constrained QED.

A lead has a QED of .7 to .8. It is improved if within the budget a molecule was scored whose QED is at least
.9 and whose Tanimoto similarity to the lead (ECFP4, 2,048 bits) is at least .4. A search ends there.
What is good is seldom alike and the other way round, so an optimiser that takes several aims gets both, and
any other a mean of both.

run.json                        what was asked for
<optimizer>/<number>.csv        every call for that lead, as it happens      <number>.json   what came of it

Source: Jin et al. 2018 (arXiv 1812.01070) for the task, on 800 leads; here with a budget of calls.
"""

import contextlib
import functools
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

import molvae
from molvae.chem.molecules import canonicalize
from molvae.data.bulk import properties_of
from molvae.data.splitting import SplitSettings, random_split
from molvae.errors import MoleculeError, SettingsError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import load_model, model_path, weights_checksum
from molvae.optimization.choices import OPTIMIZERS, TAKE_AIMS, build_optimizer
from molvae.optimization.constraints import ConstraintSettings
from molvae.optimization.desired_property import LEAD_SIMILARITY, SIMILARITY, DesiredProperty
from molvae.optimization.goal import Goal
from molvae.optimization.goal_objective import goal_objective
from molvae.optimization.oracle import BudgetedOracle
from molvae.optimization.search import search
from molvae.progress import Progress
from molvae.run_folder import claim_folder
from molvae.studies.run_figures import read_figures, write_figures
from molvae.studies.side_by_side import side_by_side

logger = logging.getLogger(__name__)

LOW_QED, HIGH_QED, WANTED_QED, MIN_SIMILARITY = 0.7, 0.8, 0.9, 0.4
#: A molecule that is no more like the lead than this is not like it at all.
LEAST_SIMILARITY = 0.2
NUM_LEADS, BUDGET, BATCH_SIZE = 200, 500, 20
DEFAULT_OPTIMIZERS = ("evolution", "graph-ga")
#: All but gradient ascent, which follows one property of the head.
FOR_LEADS = tuple(name for name in OPTIMIZERS if name != "gradient-ascent")
RUNS_FILE = "runs.csv"
#: How the model `zinc250k` was trained: what it was tested on are the leads.
ZINC_SPLIT = SplitSettings(valid_rate=0.01, test_rate=0.01)


@dataclass(frozen=True, kw_only=True)
class ImprovementRequest:
    """What to run: every lead with every optimiser.

    Attributes:
        leads: SMILES to begin at.
        optimizers: names of `FOR_LEADS`.
        budget: molecules that are scored for a lead, itself included.
        seed: of all that is random.
        num_workers: leads at a time; None for one a core, 0 for this process.
        model: a model's folder, or the name of one that comes with molvae.
    """

    leads: Sequence[str]
    optimizers: Sequence[str] = DEFAULT_OPTIMIZERS
    budget: int = BUDGET
    seed: int = 0
    num_workers: int | None = None
    model: str | Path = "zinc250k"

    def __post_init__(self) -> None:
        if unknown := [name for name in self.optimizers if name not in FOR_LEADS]:
            raise SettingsError(
                f'there is no optimizer "{unknown[0]}" for leads: choose of {", ".join(FOR_LEADS)}'
            )
        if not self.leads or not self.optimizers:
            raise SettingsError('"0" runs are asked for: give a lead and an optimizer')
        for name, number, least in (
            ("budget", self.budget, 1),
            ("seed", self.seed, 0),
            ("num_workers", self.num_workers or 0, 0),
        ):
            if number < least:
                raise SettingsError(f'{name} is "{number}"; it must be at least {least}')


class ImprovementJob(NamedTuple):
    """A lead, its number, the optimiser, and where the run goes."""

    lead: str
    number: int
    optimizer: str
    budget: int
    seed: int
    folder: Path

    @property
    def ledger(self) -> Path:
        """Where its calls go."""
        return self.folder / self.optimizer / f"{self.number}.csv"

    @property
    def figures(self) -> Path:
        """Where its result goes, once it is there."""
        return self.ledger.with_suffix(".json")


@dataclass(frozen=True, kw_only=True)
class Improvement:
    """What came of a lead.

    Attributes:
        number: of the lead.
        lead: its canonical SMILES.
        optimizer: the optimiser's name.
        is_improved: whether a molecule was found that is good and alike enough.
        best: the SMILES of the highest QED among those that are alike enough.
        qed: of the best.
        similarity: of the best to the lead.
        num_calls: molecules scored.
    """

    number: int
    lead: str
    optimizer: str
    is_improved: bool
    best: str
    qed: float
    similarity: float
    num_calls: int


def zinc_leads(smiles: Sequence[str], num_leads: int = NUM_LEADS, seed: int = 0) -> list[str]:
    """Random molecules of ZINC250k with a QED of .7 to .8 that the model `zinc250k` was tested on.

    Args:
        smiles: the whole set, in the order of its file.
        num_leads: how many.
        seed: of the draw.
    """
    held_out = [canonicalize(smiles[row]) for row in random_split(len(smiles), ZINC_SPLIT).test.tolist()]
    qed = properties_of(held_out, ["QED"])[:, 0]
    fitting = np.flatnonzero((qed >= LOW_QED) & (qed <= HIGH_QED))
    drawn = np.random.default_rng(seed).permutation(fitting)[:num_leads]
    return [held_out[place] for place in drawn.tolist()]


def run_improvement(
    request: ImprovementRequest, out: Path, *, resume: bool = False, overwrite: bool = False
) -> list[Improvement]:
    """Makes the searches that are not there yet, and returns what came of each lead, optimiser by optimiser.

    Raises:
        OutputExistsError: if `out` holds something and neither `resume` nor `overwrite` is set.
        SettingsError: if the runs in `out` had other leads, another budget, seed or model.
        ModelFolderError: if there is no such model.
        InputError: if a ledger or a result in `out` is damaged.
    """
    leads = [canonicalize(text) for text in request.leads]
    path = model_path(request.model)
    record = {
        "molvae": molvae.__version__,
        "budget": request.budget,
        "seed": request.seed,
        "sought": [goal_near(leads[0], pareto=pareto).record() for pareto in (True, False)],
        "leads": hashlib.sha256("\n".join(leads).encode()).hexdigest(),
        "model": weights_checksum(path),
    }
    with claim_folder(out, record, may_change=(), resume=resume, overwrite=overwrite):
        return _made(request, leads, out, path)


def _made(request: ImprovementRequest, leads: Sequence[str], out: Path, path: Path) -> list[Improvement]:
    """What came of each lead, those searched from that were not yet."""
    jobs = [
        ImprovementJob(lead, number, optimizer, request.budget, request.seed, out)
        for optimizer in dict.fromkeys(request.optimizers)
        for number, lead in enumerate(leads)
    ]
    waiting = [job for job in jobs if not job.figures.exists()]
    finished = contextlib.closing(side_by_side(improve, waiting, path, request.num_workers))
    with Progress(len(waiting), "leads") as bar, finished as improvements:
        for found in improvements:
            logger.debug("%s, lead %d: QED %.3f", found.optimizer, found.number, found.qed)
            bar.update()
    results = [read_figures(job.figures, Improvement) for job in jobs]
    pd.DataFrame([asdict(result) for result in results]).to_csv(out / RUNS_FILE, index=False)
    return results


def improve(job: ImprovementJob, model: Path) -> Improvement:
    """Searches from one lead, going on from its ledger; the result is on disk when it returns.

    A lead that the model can't read is one that it does not improve.
    """
    job.ledger.parent.mkdir(parents=True, exist_ok=True)
    goal, loaded = goal_near(job.lead, pareto=job.optimizer in TAKE_AIMS), _loaded(model)
    with goal_objective(goal, loaded) as objective:
        oracle = BudgetedOracle(objective, job.budget, job.ledger)
        try:
            optimizer = build_optimizer(job.optimizer, loaded, objective, [job.lead], job.seed + job.number)
        except MoleculeError as error:
            logger.warning("%s can't begin at lead %d: %s", job.optimizer, job.number, error)
            oracle([job.lead])
        else:
            search(optimizer, oracle, BATCH_SIZE, is_done=_is_improved)
    result = _best_of(oracle, job)
    write_figures(job.figures, result)
    return result


def _best_of(oracle: BudgetedOracle, job: ImprovementJob) -> Improvement:
    """What was found: the lead itself where nothing better is alike enough."""
    alike = [call for call in oracle.history if call.values.get(LEAD_SIMILARITY, -1) >= MIN_SIMILARITY]
    best = max(alike, key=lambda call: call.values["QED"])
    return Improvement(
        number=job.number,
        lead=job.lead,
        optimizer=job.optimizer,
        is_improved=best.values["QED"] >= WANTED_QED,
        best=best.smiles,
        qed=best.values["QED"],
        similarity=best.values[LEAD_SIMILARITY],
        num_calls=len(oracle.history),
    )


def goal_near(lead: str, *, pareto: bool) -> Goal:
    """What is sought of a lead: a QED of .9, and a similarity to it of .4, by molecules of .2 at least.

    Args:
        lead: a valid SMILES.
        pareto: whether a front of both, of QED from .7 on (or that of the lead, if it is lower) and
            similarity from .2 on; else their geometric mean, both from 0 on.
    """
    low_qed, least = 0.0, 0.0
    if pareto:
        low_qed, least = min(LOW_QED, float(properties_of([lead], ["QED"])[0, 0])), LEAST_SIMILARITY
    good = DesiredProperty(name="QED", maximize=True, low=low_qed, high=WANTED_QED)
    alike = DesiredProperty(name=SIMILARITY, source="leads", maximize=True, low=least, high=MIN_SIMILARITY)
    near = ConstraintSettings(leads=(lead,), min_similarity=LEAST_SIMILARITY, pains=False, reactive=False)
    return Goal(properties=(good, alike), constraints=near, pareto=pareto)


def improvement_table(results: Sequence[Improvement]) -> pd.DataFrame:
    """A row an optimizer: share of leads improved, mean of the best QED, and calls a lead."""
    table = pd.DataFrame([asdict(result) for result in results])
    groups = table.groupby("optimizer", sort=False)
    shown = groups.agg(
        leads=("lead", "size"),
        improved=("is_improved", "mean"),
        qed=("qed", "mean"),
        similarity=("similarity", "mean"),
        calls=("num_calls", "mean"),
    )
    return shown.reset_index()


def _is_improved(oracle: BudgetedOracle) -> bool:
    return oracle.best is not None and oracle.best.score >= 1.0


@functools.cache
def _loaded(path: Path) -> MoleculeModel:
    return load_model(path)

"""A project in, a batch of molecules worth measuring next out, and remembered in the project's folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from molvae.chem.molecules import parse_smiles
from molvae.chem.synthetic_accessibility import rare_environments
from molvae.errors import InputError, SettingsError
from molvae.interfaces import FloatArray, LatentModel
from molvae.optimization.batches import choose_batch
from molvae.optimization.constraints import Check, keeps_all
from molvae.optimization.goal import Goal, goal_of_record
from molvae.optimization.judge import Judge, Outlook
from molvae.optimization.measured_goal import MeasuredGoal
from molvae.optimization.moves import Candidate
from molvae.studies.lab.candidates import Known, make_candidates
from molvae.studies.lab.history import History, history_of
from molvae.studies.lab.project import BATCH_FILE, BATCHES, Lab
from molvae.studies.lab.records import Entry, add_entry, numbered_folders
from molvae.studies.molecule_tables import nearest_of

#: Candidates that a batch is chosen from at most: their covariances have to be held.
MAX_CANDIDATES = 3000


@dataclass(frozen=True, kw_only=True)
class SuggestSettings:
    """How a batch is chosen."""

    num_molecules: int = field(default=24, metadata={"help": "molecules to suggest"})
    candidates: int = field(default=40, metadata={"help": "molecules made for each one suggested"})
    max_similarity: float = field(
        default=0.7, metadata={"help": "the most that two of a batch may be alike (ECFP4 Tanimoto)"}
    )
    familiar: bool = field(
        default=True,
        metadata={"help": "no atom with neighbors that hardly any compound has, but those of measured ones"},
    )
    seed: int = field(default=0, metadata={"help": "seed of all that is random"})

    def __post_init__(self) -> None:
        for name in ("num_molecules", "candidates"):
            if getattr(self, name) < 1:
                raise SettingsError(f'{name} is "{getattr(self, name)}"; it must be at least 1')
        if not 0 < self.max_similarity <= 1:
            raise SettingsError(
                f'max_similarity is "{self.max_similarity}"; it must be above 0 and at most 1'
            )
        if self.seed < 0:
            raise SettingsError(f'seed is "{self.seed}"; it must not be negative')

    @property
    def pool_size(self) -> int:
        """Candidates that a batch is chosen from."""
        return min(self.candidates * self.num_molecules, MAX_CANDIDATES)

    @property
    def can_grow(self) -> bool:
        """Whether with more `candidates` there would be more to choose from."""
        return self.pool_size < MAX_CANDIDATES


class Suggested(NamedTuple):
    """A batch.

    Attributes:
        number: of the batch in the project.
        table: its molecules, in the order they were chosen.
        was_made_before: whether it is the last batch, made by a run of the same request.
        num_candidates: how many it was chosen from; 0 if it was made before.
        num_broken: how many more candidates broke a constraint.
        num_pending: molecules of earlier batches that are not measured yet.
    """

    number: int
    table: pd.DataFrame
    was_made_before: bool
    num_candidates: int
    num_broken: int
    num_pending: int


def last_goal(lab: Lab) -> Goal:
    """The goal of the last batch.

    Raises:
        SettingsError: there is no batch.
    """
    batches = lab.batches()
    if not batches:
        raise SettingsError(
            f'"{lab.folder}" has no batch yet, so what is wanted is not known: give --maximize NAME, '
            "--minimize NAME, --target NAME=VALUE or --goal FILE"
        )
    return goal_of_record(batches[-1].record["goal"], f'batch {batches[-1].number} of "{lab.folder}"')


def suggest_batch(
    lab: Lab, model: LatentModel, goal: Goal, settings: SuggestSettings, out: Path
) -> Suggested:
    """A new batch, written to the project's folder before it is returned.

    A request that was carried out, but whose `out` is not there, gets the same batch again: whoever asked
    for it was stopped before it could be written. A batch whose `out` is replaced counts no more.

    Args:
        lab: the project.
        model: makes the molecules.
        goal: what is wanted; a property with the source "predicted" that is measured here is the judge's.
        settings: how many, and how.
        out: where the batch is to go; only its name matters here.

    Raises:
        SettingsError: the goal has nothing that is measured here, or something that nobody knows.
        InputError: no candidate keeps the constraints, or a round is damaged.
    """
    wanted = MeasuredGoal(goal, lab.properties, model)
    rounds, batches = lab.rounds(), lab.batches()
    place = str(out.resolve())
    request = {
        "goal": goal.record(),
        "num_molecules": settings.num_molecules,
        "candidates": settings.candidates,
        "max_similarity": settings.max_similarity,
        "familiar": settings.familiar,
        "seed": settings.seed,
        "model": str(lab.model),
        "rounds": [entry.record["checksum"] for entry in rounds],
        "out": place,
    }
    if batches and not out.exists() and _is_same(batches[-1], request):
        last = batches[-1]
        pending = len(pending_of(batches[:-1], {row["smiles"] for entry in rounds for row in entry.rows}))
        return Suggested(last.number, _table_of(last, lab.properties), True, 0, 0, pending)
    replaced = [batch.number for batch in batches if out.exists() and batch.record["out"] == place]
    batches = [batch for batch in batches if batch.number not in replaced]
    history = history_of(rounds, lab.properties)
    pending_smiles = pending_of(batches, history.smiles)
    number = 1 + max(numbered_folders(lab.folder / BATCHES), default=0)  # of those that were replaced too
    made = _Choice(lab, model, wanted, goal, history, batches, pending_smiles)
    table, num_candidates, num_broken = made.choose(settings, number)
    content = table.to_csv(index=False).encode()
    add_entry(lab.folder / BATCHES, number, BATCH_FILE, content, request | {"replaces": replaced})
    return Suggested(number, table, False, num_candidates, num_broken, len(pending_smiles))


def _is_same(batch: Entry, request: Mapping[str, Any]) -> bool:
    return all(batch.record.get(name) == value for name, value in request.items())


def pending_of(batches: Sequence[Entry], measured: Sequence[str] | set[str]) -> list[str]:
    """Suggested molecules that have not been measured, in the order they were suggested."""
    known = set(measured)
    suggested = dict.fromkeys(row["smiles"] for batch in batches for row in batch.rows)
    return [smiles for smiles in suggested if smiles not in known]


def _table_of(batch: Entry, properties: Sequence[str]) -> pd.DataFrame:
    table = pd.DataFrame(batch.rows)
    texts = {"suggestion", "smiles", "nearest_measured", "operator", "parent", *properties}
    for name in table.columns.difference(list(texts)):
        table[name] = pd.to_numeric(table[name])
    return table


class _Choice:
    """Everything that a batch is chosen by."""

    def __init__(
        self,
        lab: Lab,
        model: LatentModel,
        wanted: MeasuredGoal,
        goal: Goal,
        history: History,
        batches: Sequence[Entry],
        pending: list[str],
    ) -> None:
        self._lab, self._model, self._wanted, self._history = lab, model, wanted, history
        self._checks = goal.constraints.checks()
        self._judge = Judge(history.smiles, history.low, history.high)
        self._pending = pending
        operators = {row["smiles"]: row["operator"] for batch in batches for row in batch.rows}
        self._operators = [operators.get(smiles, "") for smiles in history.smiles]

    def choose(self, settings: SuggestSettings, number: int) -> tuple[pd.DataFrame, int, int]:
        """The table of the batch, how many candidates there were, and how many more broke a constraint."""
        keeps = [keeps_all(text, self._checks) for text in self._history.smiles]
        computed = self._wanted.computed(self._history.smiles)
        scores = self._wanted.scores(self._judge.settled().T, computed)
        if any(keeps):
            scores = np.where(keeps, scores, np.nan)
        known = Known(self._history.smiles, scores, self._operators, self._pending)
        pool = make_candidates(
            self._model,
            known,
            self._judge,
            self._wanted,
            [*self._checks, _familiar(self._history.smiles)] if settings.familiar else self._checks,
            settings.pool_size,
            settings.seed + number,
        )
        if not pool.molecules:
            raise InputError(
                f"none of {pool.num_broken:,} candidates keeps the constraints: ask for less in [constraints]"
            )
        smiles = [*self._pending, *(one.smiles for one in pool.molecules)]
        outlook = self._judge.expect(smiles)
        batch = choose_batch(
            self._wanted,
            smiles,
            outlook,
            self._best(np.array(keeps, dtype=np.bool_), computed),
            settings.num_molecules,
            max_similarity=settings.max_similarity,
            num_pending=len(self._pending),
        )
        chosen = [pool.molecules[place] for place in batch.places]
        rows = [len(self._pending) + place for place in batch.places]
        table = self._table(chosen, outlook, rows, batch.improvements, number)
        return table, len(pool.molecules), pool.num_broken

    def _best(self, keeps: "np.typing.NDArray[np.bool_]", computed: FloatArray) -> float:
        """The best score that the judge believes a measured molecule has; one that keeps the constraints."""
        if not self._history.smiles:
            return 0.0
        believed = self._wanted.scores(self._judge.expect(self._history.smiles).means, computed)
        of_keepers = believed[keeps] if keeps.any() else believed
        return 0.0 if np.isnan(of_keepers).all() else float(np.nanmax(of_keepers))

    def _table(
        self,
        chosen: Sequence[Candidate],
        outlook: Outlook,
        rows: Sequence[int],
        improvements: FloatArray,
        number: int,
    ) -> pd.DataFrame:
        """What goes to the laboratory, a column to be filled in for each property."""
        smiles = [one.smiles for one in chosen]
        similarity, nearest = nearest_of(smiles, self._history.smiles)
        columns: dict[str, Any] = {
            "suggestion": [f"{number}-{place:02d}" for place in range(1, len(chosen) + 1)],
            "smiles": smiles,
        }
        columns |= {name: [""] * len(chosen) for name in self._lab.properties}
        for name, means, spreads, noise in zip(
            self._lab.properties, outlook.means, outlook.spreads, outlook.noises, strict=True
        ):
            is_known = ~np.isnan(means[rows])
            columns[f"predicted_{name}"] = _rounded(means[rows])
            total = np.sqrt(spreads[rows] ** 2 + noise)
            columns[f"predicted_{name}_spread"] = _rounded(np.where(is_known, total, np.nan))
        measured = [column for column in columns if column.startswith("predicted_")]
        is_blind = all(np.isnan(columns[column]).all() for column in measured)
        columns |= {
            "expected_improvement": _rounded(np.full(len(chosen), np.nan) if is_blind else improvements),
            "similarity": _rounded(similarity),
            "nearest_measured": nearest,
            "operator": [one.operator for one in chosen],
            "parent": [one.parent for one in chosen],
        }
        return pd.DataFrame(columns)


def _familiar(measured: Sequence[str]) -> Check:
    """What is strange in a molecule, unless one that was measured has it too."""
    known = frozenset[int]().union(*(rare_environments(parse_smiles(text)) for text in measured))
    return lambda mol: "" if rare_environments(mol) <= known else "familiar"


def _rounded(values: FloatArray) -> FloatArray:
    """Four digits of each."""
    return np.array([float(f"{value:.4g}") for value in values.tolist()])

"""Models in, every measurement of every one out: tables by name."""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from molvae.errors import InputError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import WEIGHTS, load_model, weights_checksum
from molvae.interfaces import FloatArray
from molvae.progress import Progress
from molvae.studies.comparison.class_file import Labelled
from molvae.studies.comparison.classes import (
    cluster_rows,
    midpoint_rows,
    two_class_placed_rows,
    two_class_rows,
)
from molvae.studies.comparison.informing import (
    compression_rows,
    implementation_rows,
    reconstruction_rows,
)
from molvae.studies.comparison.measured import Measured, Parts, key_of
from molvae.studies.comparison.mending import denoising_rows
from molvae.studies.comparison.optimizing import optimization_rows
from molvae.studies.comparison.own_classes import OWN, own_class_tables
from molvae.studies.comparison.sampling import (
    drawn_latents,
    generation_rows,
    hole_rows,
    match_rows,
)
from molvae.studies.comparison.seeds import num_seeds, plain, tables_of
from molvae.studies.comparison.space import continuity_rows, interpolation_rows, landscape_rows
from molvae.studies.comparison.subjects import Molecules, Row, Subject
from molvae.studies.side_by_side import one_thread, side_by_side

logger = logging.getLogger(__name__)

Tables = dict[str, pd.DataFrame]

#: What is measured of a model alone, by the name of its table.
MEASUREMENTS: dict[str, Callable[[Subject], list[Row]]] = {
    "reconstruction": reconstruction_rows,
    "compression": compression_rows,
    "continuity": continuity_rows,
    "interpolation": interpolation_rows,
    "clusters": cluster_rows,
    "two classes": two_class_rows,
    "two classes placed": two_class_placed_rows,
    "midpoints": midpoint_rows,
    "landscape": landscape_rows,
    "denoising": denoising_rows,
    "implementation": implementation_rows,
}
#: What is measured of draws of its samplers.
SAMPLER_TABLES: dict[str, Callable[[Subject, dict[str, FloatArray]], list[Row]]] = {
    "generation": generation_rows,
    "prior match": match_rows,
    "holes": hole_rows,
}
#: What is kept of draws, and the molecules in there that are to be looked at.
SAMPLER_PART, SAMPLES = "samplers", "samples"
OPTIMIZATION = "optimization"
#: Samples of each sampler that are kept to be looked at.
NUM_SHOWN = 12


@dataclass(frozen=True)
class Study:
    """What was measured.

    Attributes:
        subjects: the models that are there, arm by arm, each once a seed.
        tables: by the name of the measurement, but for those that the molecules have too few classes for;
            each has a column `arm`, and figures are means over the seeds of each (`tables_of`).
        each_seed: the same of every seed by itself, with a column `seed`; empty where no arm has two.
        samples: SMILES that each sampler gave, by arm and sampler, of the first seed of each arm.
    """

    subjects: Sequence[Subject]
    tables: Tables
    each_seed: Tables
    samples: Mapping[tuple[str, str], Sequence[str]]

    @property
    def shown(self) -> list[Subject]:
        """One model an arm, that of its first seed that is there."""
        first: dict[str, Subject] = {}
        for subject in self.subjects:
            first.setdefault(subject.label, subject)
        return list(first.values())


class Candidate(NamedTuple):
    """A model to measure.

    Attributes:
        label: what its arm is called.
        seed: that it was trained with.
        folder: where it is.
        model: what is in there; None where its weights were taken away after it was measured.
    """

    label: str
    seed: int
    folder: Path
    model: MoleculeModel | None


@dataclass(frozen=True)
class Plan:
    """What every model is measured on, and how.

    Attributes:
        molecules: that all are measured on.
        samplers: names of `SAMPLERS`.
        folder: where measurements are kept.
        classes: molecules of classes that the user wants to know about.
    """

    molecules: Molecules
    samplers: tuple[str, ...]
    folder: Path
    classes: Labelled | None = None

    @property
    def parts(self) -> dict[str, Callable[[Subject], Parts]]:
        """What is measured of a model, by the name under which it is kept."""
        parts: dict[str, Callable[[Subject], Parts]] = {
            name: partial(_alone, name, measurement) for name, measurement in MEASUREMENTS.items()
        }
        parts[SAMPLER_PART] = partial(_of_samplers, self.samplers)
        extent = self.molecules.extent
        searches = f"{OPTIMIZATION} {extent.num_searches} x {extent.num_calls}"
        parts[searches] = partial(_alone, OPTIMIZATION, optimization_rows)
        if self.classes is not None:
            parts[f"{OWN} {self.classes.checksum}"] = partial(_of_classes, self.classes)
        return parts


def measure(
    candidates: Sequence[Candidate],
    plan: Plan,
    num_workers: int | None,
    others: Mapping[str, Sequence[Row]] | None = None,
) -> Study:
    """Every measurement of every model; those that were made and kept are not made again.

    Args:
        candidates: the models, arm by arm.
        plan: what is measured.
        num_workers: models at a time, each in a process; None for one a core, 0 for this process alone.
        others: rows of further tables, with `arm` and `seed`.

    Raises:
        InputError: there are too few molecules for a measurement, or no weights of what is to be measured.
        MolvaeError: a process ended unexpectedly.
    """
    every = [(candidate.label, candidate.folder) for candidate in candidates]
    waiting = [job for job in every if not _kept(*job, plan).has(plan.parts)]
    _check_weights({folder for _, folder in waiting}, candidates)
    with (
        Progress(len(waiting), "models measured") as bar,
        closing(side_by_side(_measure_model, waiting, plan, num_workers)) as finished,
    ):
        for _ in finished:
            bar.update()
    rows: dict[str, list[Row]] = {}
    samples: dict[tuple[str, str], list[str]] = {}
    for label, seed, folder, _ in candidates:
        kept = _kept(label, folder, plan)
        for name, of_table in _flat(kept.part(part) for part in plan.parts):
            if name != SAMPLES:
                rows.setdefault(name, []).extend({"arm": label, "seed": seed, **row} for row in of_table)
        shown: dict[tuple[str, str], list[str]] = {}
        for row in kept.part(SAMPLER_PART)[SAMPLES]:
            shown.setdefault((label, str(row["sampler"])), []).append(str(row["smiles"]))
        samples = {**samples, **{key: found for key, found in shown.items() if key not in samples}}
    rows |= {name: list(further) for name, further in (others or {}).items()}
    rows = {name: of_table for name, of_table in rows.items() if of_table}
    return Study(
        subjects=[
            Subject(label, model, plan.molecules) for label, _, _, model in candidates if model is not None
        ],
        tables=tables_of(rows),
        each_seed={name: plain(found) for name, found in rows.items()} if num_seeds(rows) > 1 else {},
        samples=samples,
    )


def _check_weights(waiting: Collection[Path], candidates: Sequence[Candidate]) -> None:
    for candidate in candidates:
        if candidate.model is None and candidate.folder in waiting:
            raise InputError(
                f'"{candidate.folder}" has no weights, and not all that is asked for was measured of it: put '
                f"its {WEIGHTS} back, or delete the folder to train it again"
            )


def _kept(label: str, folder: Path, plan: Plan) -> Measured:
    """The measurements that are kept of a model."""
    key = key_of(label, weights_checksum(folder), plan.molecules, plan.samplers)
    return Measured(plan.folder / f"{folder.name}.json", key)


def _measure_model(job: tuple[str, Path], plan: Plan) -> None:
    """Makes the measurements of one model that are not kept yet, each kept as soon as it is there."""
    label, folder = job
    kept = _kept(label, folder, plan)
    with one_thread():
        subject = Subject(label, load_model(folder), plan.molecules)
        for name, measurement in plan.parts.items():
            started = time.perf_counter()
            kept.make(name, partial(measurement, subject))
            logger.info("%s, %s: %.1f s", label, name, time.perf_counter() - started)


def _flat(parts: Iterable[Parts]) -> Iterator[tuple[str, Sequence[Row]]]:
    for part in parts:
        yield from part.items()


def _alone(name: str, measurement: Callable[[Subject], list[Row]], subject: Subject) -> Parts:
    return {name: measurement(subject)}


def _of_classes(classes: Labelled, subject: Subject) -> Parts:
    return own_class_tables(subject, classes)


def _of_samplers(samplers: tuple[str, ...], subject: Subject) -> Parts:
    """What is measured of draws, which are made once, and some molecules of each sampler to look at."""
    drawn = drawn_latents(subject, samplers)
    found = {name: measurement(subject, drawn) for name, measurement in SAMPLER_TABLES.items()}
    shown: list[Row] = [
        {"sampler": name, "smiles": smiles}
        for name, latents in drawn.items()
        for smiles in subject.model.decode(latents[:NUM_SHOWN])
    ]
    return found | {SAMPLES: shown}

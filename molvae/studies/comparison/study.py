"""Models in, every measurement of every one out: tables by name, as rows."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import weights_checksum
from molvae.interfaces import FloatArray
from molvae.studies.comparison.classes import cluster_rows, midpoint_rows, two_class_rows
from molvae.studies.comparison.informing import compression_rows, reconstruction_rows
from molvae.studies.comparison.measured import Measured, Parts, key_of
from molvae.studies.comparison.mending import denoising_rows
from molvae.studies.comparison.sampling import (
    drawn_latents,
    generation_rows,
    hole_rows,
    match_rows,
)
from molvae.studies.comparison.space import continuity_rows, interpolation_rows, landscape_rows
from molvae.studies.comparison.subjects import Molecules, Row, Subject

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
    "midpoints": midpoint_rows,
    "landscape": landscape_rows,
    "denoising": denoising_rows,
}
#: What is measured of draws of its samplers.
SAMPLER_TABLES: dict[str, Callable[[Subject, dict[str, FloatArray]], list[Row]]] = {
    "generation": generation_rows,
    "prior match": match_rows,
    "holes": hole_rows,
}
#: Samples of each sampler that are kept to be looked at.
NUM_SHOWN = 12


@dataclass(frozen=True)
class Study:
    """What was measured.

    Attributes:
        subjects: the models, in order.
        tables: by the name of the measurement, but for those that the molecules have too few classes for;
            each has a column `arm`.
        samples: SMILES that each sampler gave, by arm and sampler.
    """

    subjects: Sequence[Subject]
    tables: Tables
    samples: Mapping[tuple[str, str], Sequence[str]]


def measure(
    models: Mapping[str, MoleculeModel],
    molecules: Molecules,
    samplers: tuple[str, ...],
    folders: Mapping[str, Path],
    out: Path,
) -> Study:
    """Every measurement of every model; those that were made and kept are not made again.

    Args:
        models: by what they are called.
        molecules: that all are measured on.
        samplers: names of `SAMPLERS`.
        folders: of the models, by what they are called.
        out: the folder that measurements are kept in.

    Raises:
        InputError: there are too few molecules for a measurement.
    """
    subjects = [Subject(label, model, molecules) for label, model in models.items()]
    rows: dict[str, list[Row]] = {}
    samples: dict[tuple[str, str], list[str]] = {}
    for subject in subjects:
        folder = folders[subject.label]
        key = key_of(subject.label, weights_checksum(folder), molecules, samplers)
        measured = Measured(out / f"{folder.name}.json", key)
        for name, measurement in MEASUREMENTS.items():
            found = measured.part(name, partial(_alone, name, measurement, subject))
            rows.setdefault(name, []).extend(found[name])
        found = measured.part("samplers", partial(_of_samplers, subject, samplers))
        for name in SAMPLER_TABLES:
            rows.setdefault(name, []).extend(found[name])
        for row in found["samples"]:
            samples.setdefault((subject.label, str(row["sampler"])), []).append(str(row["smiles"]))
    return Study(subjects, {name: pd.DataFrame(found) for name, found in rows.items() if found}, samples)


def _alone(name: str, measurement: Callable[[Subject], list[Row]], subject: Subject) -> Parts:
    started = time.perf_counter()
    rows = measurement(subject)
    logger.info("%s, %s: %.1f s", subject.label, name, time.perf_counter() - started)
    return {name: rows}


def _of_samplers(subject: Subject, samplers: tuple[str, ...]) -> Parts:
    """What is measured of draws, which are made once, and some molecules of each sampler to look at."""
    started = time.perf_counter()
    drawn = drawn_latents(subject, samplers)
    found = {name: measurement(subject, drawn) for name, measurement in SAMPLER_TABLES.items()}
    shown: list[Row] = [
        {"sampler": name, "smiles": smiles}
        for name, latents in drawn.items()
        for smiles in subject.model.decode(latents[:NUM_SHOWN])
    ]
    logger.info("%s, samplers: %.1f s", subject.label, time.perf_counter() - started)
    return found | {"samples": shown}

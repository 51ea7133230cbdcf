"""Models in, every measurement of every one out: tables by name, as rows."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from molvae.generation.latent_model import MoleculeModel
from molvae.studies.comparison.classes import cluster_rows, midpoint_rows, two_class_rows
from molvae.studies.comparison.informing import compression_rows, reconstruction_rows
from molvae.studies.comparison.mending import denoising_rows
from molvae.studies.comparison.sampling import (
    SAMPLERS,
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
    models: Mapping[str, MoleculeModel], molecules: Molecules, samplers: tuple[str, ...] = tuple(SAMPLERS)
) -> Study:
    """Every measurement of every model.

    Args:
        models: by what they are called.
        molecules: that all are measured on.
        samplers: names of `SAMPLERS`.

    Raises:
        InputError: there are too few molecules for a measurement.
    """
    subjects = [Subject(label, model, molecules) for label, model in models.items()]
    rows: dict[str, list[Row]] = {}
    samples: dict[tuple[str, str], Sequence[str]] = {}
    for subject in subjects:
        for name, measurement in MEASUREMENTS.items():
            started = time.perf_counter()
            rows.setdefault(name, []).extend(measurement(subject))
            logger.info("%s, %s: %.1f s", subject.label, name, time.perf_counter() - started)
        started = time.perf_counter()
        drawn = drawn_latents(subject, samplers)
        rows.setdefault("generation", []).extend(generation_rows(subject, drawn))
        rows.setdefault("prior match", []).extend(match_rows(subject, drawn))
        rows.setdefault("holes", []).extend(hole_rows(subject, drawn))
        for name, latents in drawn.items():
            samples[subject.label, name] = subject.model.decode(latents[:NUM_SHOWN])
        logger.info("%s, samplers: %.1f s", subject.label, time.perf_counter() - started)
    return Study(subjects, {name: pd.DataFrame(found) for name, found in rows.items() if found}, samples)


#: Samples of each sampler that are kept to be looked at.
NUM_SHOWN = 12

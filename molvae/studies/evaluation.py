"""A sample and what to compare it with in, a table of all metrics out, beside those of the floor.

The floor is what a perfect sampler would get: as many molecules as the sample has, drawn at random from the
training set. It is kept in the cache folder, as is all that is costly about the references.
"""

import contextlib
import dataclasses
import hashlib
import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from molvae.data.bulk import each_item
from molvae.data.download import part_path
from molvae.evaluation.distribution import Membership, novelty
from molvae.evaluation.reference import DESCRIBED_PROPERTIES, ReferenceStatistics
from molvae.evaluation.reference_cache import cached_statistics, checksum_of
from molvae.evaluation.report import STRICT_RATE, sample_metrics, table_of, with_and_without
from molvae.evaluation.sample import Sample, read_sample

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class EvaluationRequest:
    """What is measured, and beside what.

    Attributes:
        smiles: the sample, valid or not.
        strict: for each of them whether it is what the decoder wrote, nothing of it repaired or cut; None
            where that can't be known, as it can't from SMILES alone.
        references: SMILES of the sets to compare with; a metric of a set is called `METRIC_NAME`, or only
            `METRIC` for the name "".
        training: SMILES that the floor is drawn from; None for no floor.
        known: says of canonical SMILES whether they were trained on; None for no novelty.
        peers: further samples, by the name of their column, that are described but not compared.
        property_names: the properties described.
        seed: draws the floor, and the molecules compared for diversity, of many.
        cache: the cache folder.
    """

    smiles: Sequence[str]
    strict: Sequence[bool] | None = None
    references: Mapping[str, Sequence[str]]
    training: Sequence[str] | None = None
    known: Membership | None = None
    peers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    property_names: Sequence[str] = DESCRIBED_PROPERTIES
    seed: int = 0
    cache: Path


class EvaluationResult(NamedTuple):
    """A table of metrics, and the seconds each step took.

    Its columns are `metric`, `value`, `floor` if there is one, and the peers. Where it is known what is
    strict there are `all` and `strict` instead of `value`, and the first line is the share of all that is.
    """

    table: pd.DataFrame
    seconds: dict[str, float]


def evaluate_sample(request: EvaluationRequest) -> EvaluationResult:
    """Measures a sample, its peers and the floor.

    Raises:
        InputError: a set has no molecule.
        SettingsError: one of the property names is not a property.
    """
    seconds: dict[str, float] = {}
    with _timed("references", seconds):
        references = {
            name: cached_statistics(smiles, request.cache, name or "the reference").with_properties(
                smiles, request.property_names
            )
            for name, smiles in request.references.items()
        }
    columns: dict[str, Mapping[str, float]] = {}
    with _timed("sample", seconds):
        columns |= _sample_columns(request, references)
    if request.training is not None:
        with _timed("floor", seconds):
            columns["floor"] = _floor(request, request.training, references)
    for name, smiles in request.peers.items():
        with _timed(name, seconds):
            columns[name] = _metrics_of(request, _read(request, smiles, {}), {})
    return EvaluationResult(table_of(columns), seconds)


def draw(smiles: Sequence[str], size: int, seed: int) -> list[str]:
    """Returns so many of the SMILES, drawn at random without putting back; all if there are not that many."""
    rows = np.random.default_rng(seed).permutation(len(smiles))[:size]
    return [smiles[row] for row in np.sort(rows)]


def _sample_columns(
    request: EvaluationRequest, references: Mapping[str, ReferenceStatistics]
) -> dict[str, Mapping[str, float]]:
    """The columns of the sample itself: one, or all of it beside what is strict."""
    sample = _read(request, request.smiles, references)
    if request.strict is None:
        return {"value": _metrics_of(request, sample, references)}
    strict = np.array(request.strict, dtype=np.bool_)
    if not strict[sample.rows].any():
        return {"all": {STRICT_RATE: 0.0, **_metrics_of(request, sample, references)}}
    table = with_and_without(sample, strict, lambda part: _metrics_of(request, part, references))
    return {name: dict(zip(table["metric"], table[name], strict=True)) for name in ("all", "strict")}


def _read(
    request: EvaluationRequest, smiles: Sequence[str], references: Mapping[str, ReferenceStatistics]
) -> Sample:
    """A sample with what is needed to compare it with the references."""
    sample = read_sample(smiles, request.property_names)
    return sample.with_activations() if references else sample


def _metrics_of(
    request: EvaluationRequest, sample: Sample, references: Mapping[str, ReferenceStatistics]
) -> dict[str, float]:
    return sample_metrics(sample, request.known, references, seed=request.seed)


def _floor(
    request: EvaluationRequest, training: Sequence[str], references: Mapping[str, ReferenceStatistics]
) -> dict[str, float]:
    """The metrics of a draw of the training set, from the cache folder if they are there, but for novelty."""
    floor = draw(training, len(request.smiles), request.seed)
    metrics = _cached_floor(dataclasses.replace(request, smiles=floor, known=None), references)
    if request.known is not None:
        canonical = [text for text in each_item("canonicalize", floor) if text]
        metrics["novelty"] = novelty(canonical, request.known)
    return metrics


def _cached_floor(
    request: EvaluationRequest, references: Mapping[str, ReferenceStatistics]
) -> dict[str, float]:
    parts = [checksum_of(request.smiles), *request.property_names, str(request.seed)]
    for name, smiles in request.references.items():
        parts += [name, checksum_of(smiles)]
    path = request.cache / f"floor-{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:20]}.json"
    metrics: dict[str, float]
    with contextlib.suppress(OSError, ValueError):
        metrics = json.loads(path.read_text(encoding="utf-8"))
        return metrics
    metrics = _metrics_of(request, _read(request, request.smiles, references), references)
    with contextlib.suppress(OSError):
        part_path(path).write_text(json.dumps(metrics), encoding="utf-8")
        part_path(path).replace(path)
    return metrics


@contextlib.contextmanager
def _timed(step: str, seconds: dict[str, float]) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[step] = time.perf_counter() - started
    logger.info("%s: %.1f s", step, seconds[step])

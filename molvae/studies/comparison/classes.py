"""Do classes lie together without having been told, where do unseen molecules land, and what is between?"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from molvae.evaluation.clusters import clustering_agreement, separation, silhouette
from molvae.evaluation.labels import common_scaffolds, ring_labels, scaffold_labels_among
from molvae.evaluation.midpoints import midpoints_between, midpoints_within
from molvae.evaluation.probes import (
    balanced_accuracy,
    landing_labels,
    linear_probe,
    neighbor_probe,
    where_unseen_land,
)
from molvae.interfaces import FloatArray
from molvae.studies.comparison.subjects import Molecules, Row, Subject, told_of_each
from molvae.studies.evaluation import EvaluationRequest, evaluate_sample

#: Scaffolds that are classes, and molecules a label must have to be one.
NUM_SCAFFOLDS, LEAST = 10, 10
#: Midpoints decoded, for each molecule that is looked around.
NUM_MIDPOINTS_EACH = 5
#: Molecules whose distances are compared, at most.
NUM_COMPARED = 2_000

TextArray = npt.NDArray[np.str_]


@functools.lru_cache(maxsize=1)
def labels_of(molecules: Molecules) -> dict[str, tuple[TextArray, TextArray]]:
    """Labels of the molecules trained on and of those held out, "" for none, by what they are about."""
    scaffolds = common_scaffolds(molecules.known, NUM_SCAFFOLDS)
    two = scaffolds[:2]
    makers: dict[str, Callable[[Sequence[str]], TextArray]] = {
        "scaffolds": lambda smiles: scaffold_labels_among(smiles, scaffolds),
        "kinds of rings": ring_labels,
        "two scaffolds": lambda smiles: scaffold_labels_among(smiles, two),
    }
    found = {}
    for name, labels in makers.items():
        known, unseen = labels(molecules.known), labels(molecules.unseen)
        names, counts = np.unique(known[known != ""], return_counts=True)
        common = names[counts >= LEAST]
        if len(common) >= 2:
            found[name] = tuple(np.where(np.isin(part, common), part, "") for part in (known, unseen))
    return found  # type: ignore[return-value]


def cluster_rows(subject: Subject) -> list[Row]:
    """Probes, silhouette and clustering, of the molecules trained on; and what chance gives."""
    rows: list[Row] = []
    for about, (known, _) in labels_of(subject.molecules).items():
        is_labelled = np.flatnonzero(known != "")[:NUM_COMPARED]
        labels, latents = known[is_labelled], subject.known[0][is_labelled]
        names, counts = np.unique(labels, return_counts=True)
        kept = np.isin(labels, names[counts >= LEAST])
        labels, latents = labels[kept], latents[kept]
        if len(np.unique(labels)) < 2:
            continue
        shuffled = np.random.default_rng(subject.seed).permutation(labels)
        rows.append(
            {
                "arm": subject.label,
                "classes": about,
                "number": len(np.unique(labels)),
                "molecules": len(labels),
                "k-NN": balanced_accuracy(labels, neighbor_probe(latents, labels, seed=subject.seed)),
                "k-NN, shuffled": balanced_accuracy(
                    shuffled, neighbor_probe(latents, shuffled, seed=subject.seed)
                ),
                "linear": balanced_accuracy(labels, linear_probe(latents, labels, seed=subject.seed)),
                "silhouette": silhouette(latents, labels),
                "NMI of k-means": clustering_agreement(latents, labels, subject.seed),
            }
        )
    return rows


def two_class_rows(subject: Subject) -> list[Row]:
    """The two most common scaffolds: how far apart they are, and where unseen molecules of both land."""
    labels = labels_of(subject.molecules).get("two scaffolds")
    if labels is None:
        return []
    known, unseen = labels
    is_known, is_unseen = known != "", unseen != ""
    latents = subject.known[0][is_known]
    row: Row = {"arm": subject.label, **apart(latents, known[is_known], subject.known[1][is_known])}
    if is_unseen.any():
        landed = where_unseen_land(
            latents, known[is_known], subject.unseen[0][is_unseen], unseen[is_unseen]
        ).to_numpy()
        row |= {
            "unseen molecules": int(landed.sum()),
            "land among their own": float(np.trace(landed) / landed.sum()),
        }
    return [row]


def two_class_placed_rows(subject: Subject) -> list[Row]:
    """Which of the two scaffolds unseen molecules of both land among."""
    labels = labels_of(subject.molecules).get("two scaffolds")
    if labels is None or not (labels[1] != "").any():
        return []
    is_known, is_unseen = (part != "" for part in labels)
    rows = confusion_rows(
        subject.known[0][is_known], labels[0][is_known], subject.unseen[0][is_unseen], labels[1][is_unseen]
    )
    return [{"arm": subject.label, **row} for row in rows]


def midpoint_rows(subject: Subject) -> list[Row]:
    """What lies halfway between two molecules of one scaffold, and of two."""
    labels = labels_of(subject.molecules).get("scaffolds")
    if labels is None:
        return []
    is_labelled = labels[0] != ""
    latents, names = subject.known_draws[is_labelled], labels[0][is_labelled]
    return [{"arm": subject.label, **row} for row in between(subject, latents, names)]


def apart(latents: FloatArray, labels: TextArray, spreads: FloatArray) -> Row:
    """How far two classes are apart, in several units; latents and spreads are `(N, L)`, of q(z|x)."""
    found = separation(latents, labels, spreads)
    return {
        "distance, widths of a cluster": found.widths_apart,
        "distance, widths of q(z|x)": found.noises_apart,
        "distance": found.distance,
        "distance by chance": found.chance_distance,
    }


def confusion_rows(
    latents: FloatArray, labels: TextArray, unseen: FloatArray, unseen_labels: TextArray
) -> list[Row]:
    """A row a class and a class: how many unseen molecules of the one land among the other.

    Args:
        latents: of molecules that say where the classes are, `(N, L)`.
        labels: their classes, `(N,)`.
        unseen: latents of those that are placed, `(M, L)`.
        unseen_labels: their classes, `(M,)`.
    """
    landed = landing_labels(latents, labels, unseen)
    names = np.unique(labels).tolist()
    rows: list[Row] = []
    for name in names:
        for other in names:
            is_there = (landed[unseen_labels == name] == other).astype(np.float64)
            rows.append(
                {
                    "class": name,
                    "lands in": other,
                    "molecules": int(is_there.sum()),
                    **told_of_each("share of the class", is_there),
                }
            )
    return rows


def between(subject: Subject, latents: FloatArray, labels: TextArray) -> list[Row]:
    """What lies halfway between two molecules of one class, and of two, decoded; latents are `(N, L)`."""
    places: dict[str, Any] = {"within a class": midpoints_within, "between classes": midpoints_between}
    rows: list[Row] = []
    for name, midpoints in places.items():
        middles = midpoints(latents, labels, NUM_MIDPOINTS_EACH * subject.extent.num_around, subject.seed)
        checked = subject.model.decode_checked(middles)
        request = EvaluationRequest(smiles=checked.smiles, references={}, cache=subject.molecules.cache)
        table = evaluate_sample(request).table.set_index("metric")["value"]
        rows.append(
            {
                "midpoints": name,
                "strict": float(np.mean(checked.is_strict)),
                "filters": float(table["filters"]),
                "mean QED": float(table["QED_mean"]),
                "mean SA": float(table["SA_mean"]),
            }
        )
    return rows

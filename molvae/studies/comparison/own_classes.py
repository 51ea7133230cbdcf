"""Classes of the user's, which no model was told of: their distance, who lands where, and what lies between.

Half of the molecules of each class say where it is; the others are placed among them.
"""

from itertools import combinations

import numpy as np
import numpy.typing as npt

from molvae.evaluation.probes import balanced_accuracy, landing_labels, linear_probe, neighbor_probe
from molvae.generation.sampling import posterior_draws
from molvae.interfaces import FloatArray
from molvae.studies.comparison.class_file import Labelled, TextArray
from molvae.studies.comparison.classes import apart, between, confusion_rows
from molvae.studies.comparison.subjects import Row, Subject, told_of_each

OWN, PLACED, OWN_MIDPOINTS = "own classes", "own classes placed", "own midpoints"


def own_class_tables(subject: Subject, classes: Labelled) -> dict[str, list[Row]]:
    """The rows of the three tables about the user's classes, by the name of the table."""
    means, spreads = subject.model.posterior(classes.smiles)
    is_reference = halves(classes.labels, subject.seed)
    draws = posterior_draws(means, spreads, 1, subject.seed, subject.model.posterior_family)[:, 0]
    names = np.unique(classes.labels)
    midpoints = between(subject, draws, classes.labels)
    return {
        OWN: [
            {"arm": subject.label, **_pair(subject, pair, means, spreads, classes.labels, is_reference)}
            for pair in combinations(names.tolist(), 2)
        ],
        PLACED: [
            {"arm": subject.label, **row}
            for row in confusion_rows(
                means[is_reference],
                classes.labels[is_reference],
                means[~is_reference],
                classes.labels[~is_reference],
            )
        ],
        OWN_MIDPOINTS: [{"arm": subject.label, **row} for row in midpoints],
    }


def halves(labels: TextArray, seed: int) -> npt.NDArray[np.bool_]:
    """Which molecules say where their class is, `(N,)`: half of each class, drawn at random.

    >>> int(halves(np.array(["a", "a", "b", "b", "a", "a"]), 0).sum())
    3
    """
    generator = np.random.default_rng(seed)
    is_reference = np.zeros(len(labels), dtype=bool)
    for name in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == name))
        is_reference[rows[: len(rows) // 2]] = True
    return is_reference


def _pair(
    subject: Subject,
    pair: tuple[str, str],
    means: FloatArray,
    spreads: FloatArray,
    labels: TextArray,
    is_reference: npt.NDArray[np.bool_],
) -> Row:
    """How far two classes are apart, what probes tell of them, and where the molecules placed land."""
    rows = np.isin(labels, pair)
    latents, names, reference = means[rows], labels[rows], is_reference[rows]
    shuffled = np.random.default_rng(subject.seed).permutation(names)
    landed = landing_labels(latents[reference], names[reference], latents[~reference])
    placed = names[~reference]
    return {
        "classes": " / ".join(pair),
        "molecules": len(names),
        **apart(latents, names, spreads[rows]),
        **told_of_each("land among their own", (landed == placed).astype(np.float64)),
        "of the larger class": float(max(np.mean(placed == name) for name in pair)),
        "land, balanced": balanced_accuracy(placed, landed),
        "k-NN": balanced_accuracy(names, neighbor_probe(latents, names, seed=subject.seed)),
        "linear": balanced_accuracy(names, linear_probe(latents, names, seed=subject.seed)),
        "linear, shuffled": balanced_accuracy(shuffled, linear_probe(latents, shuffled, seed=subject.seed)),
    }

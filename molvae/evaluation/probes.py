"""Latents and labels in, how well the latents tell the labels out: probes that see nothing but latents.

A probe is cross-validated: each molecule's label is predicted by one that was fitted to others. It gives the
predictions and not their accuracy, so that an interval over molecules can be put on any measure of them.
"""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from molvae.errors import InputError
from molvae.interfaces import FloatArray

NUM_FOLDS = 5
NUM_NEIGHBORS = 5
MAX_ITERATIONS = 1000

#: One label a molecule, `(N,)`: numbers or text.
LabelArray = npt.NDArray[Any]


def neighbor_probe(
    latents: FloatArray, labels: LabelArray, *, num_neighbors: int = NUM_NEIGHBORS, seed: int = 0
) -> LabelArray:
    """Returns for each molecule `(N,)` the label that most of its nearest neighbors have.

    Args:
        latents: `(N, L)`.
        labels: `(N,)`.
        num_neighbors: how many vote, by Euclidean distance.
        seed: deals the molecules to the folds.

    Raises:
        InputError: a label occurs less often than there are folds, or there is only one.
    """
    return _out_of_fold(KNeighborsClassifier(num_neighbors), latents, labels, seed)


def linear_probe(latents: FloatArray, labels: LabelArray, *, seed: int = 0) -> LabelArray:
    """Returns for each molecule `(N,)` the label that a logistic regression on the latents gives it.

    Each latent is standardised first, and the loss is that of scikit-learn, with an L2 penalty of weight 1;
    so the scale of the latents is no matter.

    Args:
        latents: `(N, L)`.
        labels: `(N,)`.
        seed: deals the molecules to the folds.

    Raises:
        InputError: a label occurs less often than there are folds, or there is only one.

    Source: Alain and Bengio 2016 (arXiv 1610.01644).
    """
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=MAX_ITERATIONS))
    return _out_of_fold(probe, latents, labels, seed)


def _out_of_fold(probe: Any, latents: FloatArray, labels: LabelArray, seed: int) -> LabelArray:
    check_labels(latents, labels, NUM_FOLDS)
    folds = StratifiedKFold(NUM_FOLDS, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # what it has found by then is an answer too
        predictions: LabelArray = cross_val_predict(probe, latents, labels, cv=folds)
    return predictions


def balanced_accuracy(labels: LabelArray, predictions: LabelArray) -> float:
    """Returns the mean over labels of the share that is predicted right, so that rare ones count as much.

    Without any knowledge it is 1 / the number of labels.

    Source: Brodersen et al. 2010 (ICPR, 3121).

    Example:
        >>> balanced_accuracy(np.array(["a", "a", "a", "b"]), np.array(["a", "a", "a", "a"]))
        0.5
    """
    with warnings.catch_warnings():  # a probe may predict a label that a resample of the molecules lacks
        warnings.filterwarnings("ignore", "y_pred contains classes not in y_true", UserWarning)
        return float(balanced_accuracy_score(labels, predictions))


def where_unseen_land(
    latents: FloatArray,
    labels: LabelArray,
    unseen: FloatArray,
    unseen_labels: LabelArray,
    num_neighbors: int = NUM_NEIGHBORS,
) -> pd.DataFrame:
    """Returns how many unseen molecules of each label (rows) land among which label (columns).

    A molecule lands where most of its nearest neighbors among the known ones are.

    Args:
        latents: of the known molecules, `(N, L)`.
        labels: theirs, `(N,)`.
        unseen: latents of molecules that neither the model nor the table has seen, `(M, L)`.
        unseen_labels: theirs, `(M,)`.
        num_neighbors: how many vote.

    Raises:
        InputError: there are not as many labels as latents, or fewer known molecules than neighbors.

    Example:
        >>> line, labels = np.array([[0.0], [1.0], [10.0], [11.0]]), np.array(["a", "a", "b", "b"])
        >>> where_unseen_land(line, labels, np.array([[0.4], [0.6], [9.0]]), np.array(["a", "b", "b"]), 2)
        lands in  a  b
        label
        a         1  0
        b         1  1
    """
    check_labels(unseen, unseen_labels)
    landed = landing_labels(latents, labels, unseen, num_neighbors)
    names = sorted({*labels.tolist(), *unseen_labels.tolist()})
    table = pd.crosstab(
        pd.Categorical(unseen_labels.tolist(), names), pd.Categorical(landed.tolist(), names), dropna=False
    )
    return pd.DataFrame(
        table.to_numpy(), index=pd.Index(names, name="label"), columns=pd.Index(names, name="lands in")
    )


def landing_labels(
    latents: FloatArray, labels: LabelArray, unseen: FloatArray, num_neighbors: int = NUM_NEIGHBORS
) -> LabelArray:
    """Returns for each unseen molecule `(M,)` the label that most of its nearest known molecules have.

    Args:
        latents: of the known molecules, `(N, L)`.
        labels: theirs, `(N,)`.
        unseen: latents of others, `(M, L)`.
        num_neighbors: how many vote, by Euclidean distance.

    Raises:
        InputError: there are not as many labels as latents, or fewer known molecules than neighbors.

    Example:
        >>> line, labels = np.array([[0.0], [1.0], [10.0], [11.0]]), np.array(["a", "a", "b", "b"])
        >>> landing_labels(line, labels, np.array([[0.4], [9.0]]), 2).tolist()
        ['a', 'b']
    """
    check_labels(latents, labels)
    if len(latents) < num_neighbors:
        raise InputError(f'"{len(latents)}" molecules are too few for "{num_neighbors}" neighbors')
    landed: LabelArray = KNeighborsClassifier(num_neighbors).fit(latents, labels).predict(unseen)
    return landed


def check_labels(latents: FloatArray, labels: LabelArray, least: int = 1) -> None:
    """Makes sure that there is a label for each of the latents, and each label `least` times.

    Raises:
        InputError: they don't fit; or, where more than one of each is needed, there is only one label.
    """
    if len(latents) != len(labels):
        raise InputError(f'"{len(labels)}" labels for "{len(latents)}" latents: give one for each')
    names, counts = np.unique(labels, return_counts=True)
    if least > 1 and len(names) < 2:
        raise InputError(f'"{len(names)}" labels can\'t be told apart: give at least two')
    if (counts < least).any():
        rare = counts.argmin()
        raise InputError(
            f'the label "{names[rare]}" occurs "{counts[rare]}" times, at least "{least}" are needed: leave '
            "its molecules out"
        )

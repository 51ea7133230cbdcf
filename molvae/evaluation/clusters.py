"""Latents and labels in, whether molecules of a label lie together and apart from others out.

Nothing is fitted to the labels here: that is what `molvae.evaluation.probes` does.
"""

from typing import NamedTuple

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import normalized_mutual_info_score, silhouette_score

from molvae.errors import InputError
from molvae.evaluation.probes import LabelArray, check_labels
from molvae.interfaces import FloatArray

NUM_STARTS = 10


class Separation(NamedTuple):
    """How far two clusters are apart, in the latents' unit.

    All widths are root mean squares along the line that joins the centers, so that they can be compared with
    the distance between them whatever the number of latents.

    Attributes:
        distance: between the centers.
        chance_distance: the distance to expect if both labels were drawn from one cluster: the more latents
            and the fewer molecules there are, the larger.
        within: the standard deviation of a cluster, pooled over both.
        posterior: the spread of q(z|x), over all molecules; 0 for a deterministic autoencoder.
    """

    distance: float
    chance_distance: float
    within: float
    posterior: float

    @property
    def widths_apart(self) -> float:
        """The distance in units of the width within a cluster (unitless): d' on this line."""
        return self.distance / self.within if self.within else float("inf")

    @property
    def noises_apart(self) -> float:
        """The distance in units of the spread of q(z|x) (unitless); infinite without a spread."""
        return self.distance / self.posterior if self.posterior else float("inf")


def silhouette(latents: FloatArray, labels: LabelArray) -> float:
    """Returns the mean silhouette (unitless, -1 to 1): 1 for tight clusters far apart, 0 for none.

    (b - a) / max(a, b) of a molecule, with a its mean distance to the others of its label and b that to those
    of the nearest other label. The time grows with the square of the molecules: 5,000 take seconds.

    Raises:
        InputError: a label occurs once only, there is one label, or not one for each of the latents.

    Source: Rousseeuw, J. Comput. Appl. Math. 20 (1987) 53.

    Example:
        >>> line = np.array([[0.0], [1.0], [100.0], [101.0]])
        >>> round(silhouette(line, np.array([1, 1, 2, 2])), 2)
        0.99
    """
    check_labels(latents, labels, 2)
    return float(silhouette_score(latents, labels))


def clustering_agreement(latents: FloatArray, labels: LabelArray, seed: int = 0) -> float:
    """Returns how much k-means finds of the labels: normalised mutual information, 0 (nothing) to 1 (all).

    There are as many clusters as labels; the information is divided by the mean of both entropies. By chance
    alone it is above 0 where there are many labels: shuffle them to see by how much.

    Args:
        latents: `(N, L)`.
        labels: `(N,)`.
        seed: where k-means starts, the best of 10 times.

    Raises:
        InputError: a label occurs once only, there is one label, or not one for each of the latents.

    Source: Vinh et al., J. Mach. Learn. Res. 11 (2010) 2837 (there NMI-sum).

    Example:
        >>> line = np.array([[0.0], [1.0], [100.0], [101.0]])
        >>> round(clustering_agreement(line, np.array(["a", "a", "b", "b"])), 6)
        1.0
    """
    check_labels(latents, labels, 2)
    found = KMeans(len(np.unique(labels)), n_init=NUM_STARTS, random_state=seed).fit_predict(latents)
    return float(normalized_mutual_info_score(labels, found))


def separation(latents: FloatArray, labels: LabelArray, spreads: FloatArray) -> Separation:
    """Returns how far the clusters of two labels are apart, against how wide they and q(z|x) are.

    Args:
        latents: posterior means, `(N, L)`.
        labels: `(N,)`, of two kinds.
        spreads: of q(z|x), `(N, L)`; 0 for a deterministic autoencoder.

    Raises:
        InputError: there are more or fewer labels than two, one occurs once only, or shapes don't fit.

    Example:
        >>> line, labels = np.array([[-6.0], [-4.0], [4.0], [6.0]]), np.array([0, 0, 1, 1])
        >>> found = separation(line, labels, np.full((4, 1), 0.5))
        >>> found.distance, found.noises_apart
        (10.0, 20.0)
    """
    check_labels(latents, labels, 2)
    names = np.unique(labels)
    if len(names) != 2 or spreads.shape != latents.shape:
        raise InputError(
            f'latents of shape "{latents.shape}" with "{len(names)}" labels and spreads of shape '
            f'"{spreads.shape}": give two labels, and a spread for each latent'
        )
    clusters = [latents[labels == name].astype(np.float64) for name in names]
    gap = clusters[1].mean(axis=0) - clusters[0].mean(axis=0)
    distance = float(np.linalg.norm(gap))
    axis = gap / distance if distance else np.zeros_like(gap)
    squares = sum(float((((cluster - cluster.mean(axis=0)) @ axis) ** 2).sum()) for cluster in clusters)
    chance = sum(float(cluster.var(axis=0, ddof=1).sum()) / len(cluster) for cluster in clusters)
    return Separation(
        distance=distance,
        chance_distance=float(np.sqrt(chance)),
        within=float(np.sqrt(squares / (len(latents) - 2))),
        posterior=float(np.sqrt((spreads.astype(np.float64) ** 2 @ axis**2).mean())),
    )

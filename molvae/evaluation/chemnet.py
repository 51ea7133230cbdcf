"""Canonical SMILES in, what the network ChemNet makes of them out; and the distance of two such sets (FCD).

ChemNet reads a SMILES sign by sign and was trained to predict bioassays; its last hidden layer is a picture
of a molecule's chemistry and biology. The Fréchet ChemNet distance of two sets is that of two Gaussians with
their means and covariances. It is biased upward for small sets: compare sets of equal size only.

Source: Preuer et al., J. Chem. Inf. Model. 58 (2018) 1736. The weights are those of the package `fcd`, whose
published copy is known here by its checksum.
"""

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.resources import as_file, files
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from molvae.errors import InputError
from molvae.progress import Progress

WEIGHTS_FILE = "ChemNet_v0.13_pretrained.pt"
# Other weights would give figures that can't be compared with anything.
WEIGHTS_SHA256 = "c22e977602b30eeabd7f81e6c790dd3234c7d7788c6c3e7979d8720ccc96951a"
NUM_ACTIVATIONS = 512
# Signs that every SMILES is padded to; the padding is part of what ChemNet sees.
PADDED_LENGTH = 350
BATCH_SIZE = 256

ActivationArray = npt.NDArray[np.float32]


class Gaussian(NamedTuple):
    """The mean `(D,)` and covariance `(D, D)` of a set of vectors; NaN where there are too few for it."""

    mean: npt.NDArray[np.float64]
    covariance: npt.NDArray[np.float64]


def chemnet_activations(smiles: Sequence[str], label: str = "ChemNet") -> ActivationArray:
    """Returns ChemNet's activations `(N, 512)` of canonical SMILES.

    Args:
        smiles: canonical SMILES; another way to write a molecule has other activations.
        label: what the progress bar says.

    Raises:
        InputError: the weights of the installed package `fcd` are not the published ones.
    """
    return np.concatenate([np.empty((0, NUM_ACTIVATIONS), np.float32), *activation_batches(smiles, label)])


def activation_batches(smiles: Sequence[str], label: str = "ChemNet") -> Iterable[ActivationArray]:
    """Yields `chemnet_activations` in batches, `(B, 512)` each.

    Raises:
        InputError: the weights of the installed package `fcd` are not the published ones.
    """
    network = _load_network()
    with Progress(len(smiles), label) as bar, torch.inference_mode():
        for start in range(0, len(smiles), BATCH_SIZE):
            batch = smiles[start : start + BATCH_SIZE]
            found = np.empty((len(batch), NUM_ACTIVATIONS), dtype=np.float32)
            for rows in _rows_of_equal_padding(batch):
                found[rows] = network(_one_hot([batch[row] for row in rows])).numpy()
            yield found
            bar.update(len(batch))


def _rows_of_equal_padding(smiles: Sequence[str]) -> list[list[int]]:
    """Returns the rows that fit into the usual length together, and each longer one alone."""
    fitting = [row for row, text in enumerate(smiles) if len(text) < PADDED_LENGTH]
    longer = [[row] for row, text in enumerate(smiles) if len(text) >= PADDED_LENGTH]
    return [fitting, *longer] if fitting else longer


def _one_hot(smiles: Sequence[str]) -> torch.Tensor:
    """Returns ChemNet's input `(B, signs of the vocabulary, 350)`, or wider for a SMILES longer than that.

    The package's scale is kept: a sign is one divided by the size of the vocabulary.
    """
    from fcd.utils import get_one_hot

    length = max(PADDED_LENGTH, *(len(text) + 1 for text in smiles))
    signs = np.stack([get_one_hot(text, pad_len=length) for text in smiles])
    return torch.from_numpy(signs.transpose(0, 2, 1) / signs.shape[2]).float()


@lru_cache(maxsize=1)
def _load_network() -> Any:
    """The network, once it is known that its weights are the published ones; nothing of it is unpickled."""
    from fcd import load_ref_model

    with as_file(files("fcd").joinpath(WEIGHTS_FILE)) as path:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != WEIGHTS_SHA256:
            raise InputError(
                f'"{path}" is not the published ChemNet (SHA-256 "{found}"): reinstall the package fcd '
                "with `pip install --force-reinstall fcd==1.2.2`"
            )
        return load_ref_model(str(path))


def gaussian_of(batches: Iterable[npt.NDArray[np.floating[Any]]]) -> Gaussian:
    """Returns the mean and the covariance (N - 1 in the denominator) of vectors in batches `(B, D)`.

    Raises:
        InputError: there is no vector.
    """
    count, total, products = 0, np.zeros(1), np.zeros((1, 1))
    for batch in batches:
        rows = batch.astype(np.float64)
        count += len(rows)
        total = total + rows.sum(axis=0)
        products = products + rows.T @ rows
    if count == 0:
        raise InputError("no molecules have no mean: give at least one")
    mean = total / count
    if count == 1:
        return Gaussian(mean, np.full_like(products, np.nan))
    return Gaussian(mean, (products - count * np.outer(mean, mean)) / (count - 1))


def frechet_distance(left: Gaussian, right: Gaussian) -> float:
    """Returns the squared Fréchet (2-Wasserstein) distance of two Gaussians; NaN without a covariance.

    |m1 - m2|^2 + tr(C1) + tr(C2) - 2 tr((C1 C2)^(1/2)). The last trace is the sum of the singular values of
    C1^(1/2) C2^(1/2), which stays exact where covariances are singular, as those of fewer molecules than
    dimensions are; eigenvalues that are negative by rounding count as zero.

    Source: Dowson and Landau, J. Multivariate Anal. 12 (1982) 450, eq. 4.

    Example:
        >>> one = Gaussian(np.zeros(2), np.eye(2))
        >>> round(frechet_distance(one, Gaussian(np.array([3.0, 4.0]), 4 * np.eye(2))), 6)
        27.0
    """
    if np.isnan(left.covariance).any() or np.isnan(right.covariance).any():
        return float("nan")
    shared = np.linalg.svd(_root(left.covariance) @ _root(right.covariance), compute_uv=False).sum()
    spread = np.trace(left.covariance) + np.trace(right.covariance) - 2 * shared
    return float(((left.mean - right.mean) ** 2).sum() + spread)


def _root(covariance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    values, vectors = np.linalg.eigh(covariance)
    root: npt.NDArray[np.float64] = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    return root

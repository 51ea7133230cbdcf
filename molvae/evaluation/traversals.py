"""Latents in, a page of latents out that differ in two directions only: to draw what each one changes."""

import numpy as np
import numpy.typing as npt

from molvae.errors import InputError
from molvae.interfaces import FloatArray

_Doubles = npt.NDArray[np.float64]


def principal_axes(latents: FloatArray, num_axes: int) -> tuple[_Doubles, _Doubles]:
    """Returns the directions in which latents `(N, L)` vary most, `(A, L)`, and their spreads there, `(A,)`.

    The directions have the length 1 and are at right angles, the one with the largest spread first; the entry
    of each that is the largest in size is positive, so that they are the same on every machine.

    Args:
        latents: `(N, L)`.
        num_axes: `A`, how many.

    Raises:
        InputError: there are fewer molecules or latents than axes.

    Source: Pearson, Philos. Mag. 2 (1901) 559.

    Example:
        >>> axes, spreads = principal_axes(np.array([[0.0, 3.0], [0.0, -3.0], [1.0, 0.0], [-1.0, 0.0]]), 1)
        >>> axes.round(6).tolist(), spreads.round(3).tolist()
        ([[0.0, 1.0]], [2.121])
    """
    if num_axes > min(latents.shape):
        raise InputError(f'latents of shape "{latents.shape}" have no "{num_axes}" principal axes')
    centered = latents - np.mean(latents, axis=0, dtype=np.float64)
    _, lengths, axes = np.linalg.svd(centered, full_matrices=False)
    chosen = axes[:num_axes]
    largest = np.take_along_axis(chosen, np.abs(chosen).argmax(axis=1)[:, None], axis=1)
    return chosen * np.sign(largest), lengths[:num_axes] / np.sqrt(len(latents))


def page(
    center: FloatArray, across: FloatArray, down: FloatArray, num_columns: int, num_rows: int
) -> _Doubles:
    """Returns latents `(num_rows, num_columns, L)` around a center `(L,)`, at even steps in two directions.

    The middle of the page is the center; from one edge to the other the latents go from minus to plus the
    direction, so that its length is how far the traversal reaches. One column or row alone is the middle.

    Args:
        center: such as a molecule's latents.
        across: direction from the center to the right edge, `(L,)`, such as three spreads of an axis.
        down: direction from the center to the lower edge, `(L,)`.
        num_columns: places across.
        num_rows: places down.

    Raises:
        InputError: the center and the directions have different sizes, or there is no row or column.

    Example:
        >>> page(np.zeros(2), np.array([2.0, 0.0]), np.array([0.0, 1.0]), 3, 2)[0].tolist()
        [[-2.0, -1.0], [0.0, -1.0], [2.0, -1.0]]
    """
    if not center.shape == across.shape == down.shape or center.ndim != 1:
        raise InputError(
            f'a center of shape "{center.shape}" and directions of shape "{across.shape}" and "{down.shape}" '
            "make no page: give all as one row of latents"
        )
    if min(num_columns, num_rows) < 1:
        raise InputError(
            f'a page of "{num_columns}" by "{num_rows}" places is empty: give at least 1 of each'
        )
    right = _even_steps(num_columns)[None, :, None] * across
    return center + right + _even_steps(num_rows)[:, None, None] * down


def _even_steps(num_steps: int) -> _Doubles:
    return np.linspace(-1, 1, num_steps) if num_steps > 1 else np.zeros(1)

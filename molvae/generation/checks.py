"""What callers hand to a model, looked at before any work is done: each mistake is one clear line."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from molvae.chem.molecules import quotable
from molvae.errors import InputError, SettingsError


def listed(smiles: Sequence[str]) -> list[str]:
    """The SMILES as a list.

    Raises:
        InputError: for one text alone, or a table.
    """
    if isinstance(smiles, str):
        text = quotable(smiles)
        raise InputError(f'"{text}" is one text; give a list of SMILES, such as ["{text}"]')
    shape = getattr(smiles, "shape", (0,))
    if len(shape) != 1:
        raise InputError(f"SMILES have the shape {shape}; give one column alone, such as table.smiles")
    return list(smiles)


def latent_rows(latents: npt.ArrayLike, latent_dim: int) -> Tensor:
    """Latents `(B, L)`, or one `(L,)`, as a tensor `(B, L)` of its own.

    Raises:
        InputError: if they are no numbers, have another size than the model's, or are not finite.
    """
    try:
        with np.errstate(over="ignore"):  # what is too large for 32 bits becomes infinite, and is refused
            rows = np.atleast_2d(np.asarray(latents, dtype=np.float32))
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"latents are no array of numbers, one row a molecule: {error}") from error
    if rows.ndim != 2 or rows.shape[1] != latent_dim:
        raise InputError(
            f"latents have shape {rows.shape}; this model's have {latent_dim} columns, one row a molecule"
        )
    if not np.isfinite(rows).all():
        raise InputError("latents hold NaN or infinity; leave those rows out")
    return torch.from_numpy(rows.copy())


def check_count(name: str, value: int) -> None:
    """Makes sure that a number of things is one.

    Raises:
        SettingsError: for a negative number, or one that is not whole.
    """
    if value != value // 1 or value < 0:
        raise SettingsError(f'{name} is "{value}"; give a whole number from 0 up')


def check_from_zero(name: str, value: float) -> None:
    """Makes sure that a count, a seed or a temperature is one.

    Raises:
        SettingsError: for a negative number, NaN or infinity.
    """
    if not 0 <= value < math.inf:
        raise SettingsError(f'{name} is "{value}"; give a number from 0 up')


def check_level(level: float, is_told_levels: bool) -> None:
    """Makes sure that a noise level is one, and that the model has such.

    Raises:
        SettingsError: for a level below 0 or above 1, or above 0 where the decoder is told of none.
    """
    if not 0 <= level <= 1:
        raise SettingsError(f'level is "{level}"; give a noise level from 0 (none) to 1 (nothing else)')
    if level > 0 and not is_told_levels:
        raise SettingsError(
            f'level is "{level}", but the decoder of this model is told of no noise; train one with '
            "--bottleneck noisy"
        )

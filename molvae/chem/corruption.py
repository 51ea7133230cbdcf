"""SELFIES in, SELFIES with some symbols wrong out: noise of a kind that a denoiser can be asked to undo.

Any row of symbols stands for some molecule, so what is corrupted is nearly always another molecule.
"""

from collections.abc import Sequence

import numpy as np

from molvae.chem.notation import split_symbols
from molvae.errors import SettingsError


def corrupt_selfies(text: str, rate: float, symbols: Sequence[str], generator: np.random.Generator) -> str:
    """Returns a SELFIES of which each symbol was corrupted with the probability `rate`.

    A symbol that is corrupted is replaced by another one, left out, or keeps its place behind one that is put
    in, each in a third of the cases. What is left may be "" where the SELFIES is short.

    Args:
        text: the SELFIES.
        rate: 0 to 1.
        symbols: what is put in, each as likely as often as it stands here: all symbols of some molecules, or
            an alphabet.
        generator: draws all that is random.

    Raises:
        MoleculeError: the text is not a row of symbols.
        SettingsError: the rate is no share, or the symbols are all the same.

    Example:
        >>> generator = np.random.default_rng(1)
        >>> corrupt_selfies("[C][C][O]", 0.0, ["[C]", "[N]"], generator)
        '[C][C][O]'
        >>> corrupt_selfies("[C][C][O]", 0.5, ["[C]", "[N]"], generator)
        '[C][O]'
    """
    if not 0 <= rate <= 1:
        raise SettingsError(f'rate is "{rate}"; give the share of symbols to corrupt, 0 to 1')
    if len(set(symbols)) < 2:
        raise SettingsError(f'"{len(set(symbols))}" different symbols replace nothing: give at least two')
    written: list[str] = []
    for symbol in split_symbols(text):
        if generator.random() >= rate:
            written.append(symbol)
            continue
        kind = generator.integers(3)
        if kind == 0:
            written.append(_another(symbol, symbols, generator))
        elif kind == 1:
            written += [symbols[int(generator.integers(len(symbols)))], symbol]
    return "".join(written)


def _another(symbol: str, symbols: Sequence[str], generator: np.random.Generator) -> str:
    """Returns a symbol drawn from those that are not the given one."""
    while True:
        drawn = symbols[int(generator.integers(len(symbols)))]
        if drawn != symbol:
            return drawn

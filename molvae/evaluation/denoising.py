"""Corrupted SELFIES in, how much of the molecules a model brings back out.

A model may give one answer or several; the likeliest comes first. Every number is one a molecule, so that two
models can be compared on the same corrupted strings, in pairs.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from molvae.chem.corruption import corrupt_selfies
from molvae.chem.notation import selfies_to_smiles, smiles_to_selfies
from molvae.errors import InputError
from molvae.evaluation.pairs import pair_similarities

#: Corrupted SELFIES to canonical SMILES: for each its answers, at least one, "" for no molecule.
Reconstruct = Callable[[Sequence[str]], Sequence[Sequence[str]]]

MaskArray = npt.NDArray[np.bool_]
SimilarityArray = npt.NDArray[np.float32]


class Denoising(NamedTuple):
    """What became of `N` molecules that were corrupted and brought back; each array is `(N,)`.

    Attributes:
        is_changed: whether the corrupted SELFIES stands for another molecule, or none.
        is_exact: whether the first answer is the molecule.
        is_among: whether any answer is.
        similarity: Tanimoto similarity of the first answer to the molecule, 0 to 1.
        best_similarity: that of the answer which is the most alike.
        unchanged_similarity: that of what the corrupted SELFIES stands for: of doing nothing.
        num_distinct: different molecules among the answers.
    """

    is_changed: MaskArray
    is_exact: MaskArray
    is_among: MaskArray
    similarity: SimilarityArray
    best_similarity: SimilarityArray
    unchanged_similarity: SimilarityArray
    num_distinct: npt.NDArray[np.intp]

    @property
    def gain(self) -> SimilarityArray:
        """How much more alike the first answer is than what was given, `(N,)`, -1 to 1."""
        return self.similarity - self.unchanged_similarity


def corrupt_each(smiles: Sequence[str], rate: float, symbols: Sequence[str], seed: int = 0) -> list[str]:
    """Returns the SELFIES of each molecule, corrupted (`molvae.chem.corruption`).

    A molecule's noise depends on the seed and its place alone, not on the other molecules.

    Args:
        smiles: canonical.
        rate: the share of symbols to corrupt, 0 to 1.
        symbols: what is put in.
        seed: of the noise.

    Raises:
        MoleculeError: a molecule can't be written in SELFIES.
        SettingsError: the rate is no share, or the symbols are all the same.

    Example:
        >>> corrupt_each(["CCO", "CCN"], 0.0, ["[C]", "[N]"])
        ['[C][C][O]', '[C][C][N]']
    """
    return [
        corrupt_selfies(smiles_to_selfies(text), rate, symbols, np.random.default_rng([seed, place]))
        for place, text in enumerate(smiles)
    ]


def measure_denoising(smiles: Sequence[str], corrupted: Sequence[str], reconstruct: Reconstruct) -> Denoising:
    """Returns what a model makes of corrupted molecules.

    Args:
        smiles: the molecules, canonical.
        corrupted: their SELFIES, corrupted.
        reconstruct: the model; asked once, for all of them.

    Raises:
        InputError: there are not as many corrupted SELFIES as molecules, or no answer for one of them.
        MoleculeError: what is corrupted holds a symbol that means nothing.

    Source: for the task, Vincent et al. 2008 (ICML, 1096).

    Example:
        >>> found = measure_denoising(["CCO"], ["[C][C][N]"], lambda selfies: [["CCN", "CCO"]])
        >>> found.is_exact.tolist(), found.is_among.tolist(), found.gain.tolist()
        ([False], [True], [0.0])
    """
    if len(smiles) != len(corrupted):
        raise InputError(
            f'"{len(corrupted)}" corrupted SELFIES of "{len(smiles)}" molecules: give one of each'
        )
    given = [selfies_to_smiles(text) for text in corrupted]
    answers = [list(texts) for texts in reconstruct(corrupted)]
    if len(answers) != len(smiles) or not all(answers):
        raise InputError(
            f'"{sum(map(bool, answers))}" of "{len(smiles)}" molecules have answers: give one each'
        )
    owners = [place for place, texts in enumerate(answers) for _ in texts]
    alike = pair_similarities(
        [smiles[place] for place in owners], [text for texts in answers for text in texts]
    )
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    pairs = list(zip(smiles, answers, strict=True))
    return Denoising(
        is_changed=np.array([text != before for text, before in zip(smiles, given, strict=True)], np.bool_),
        is_exact=np.array([text == texts[0] for text, texts in pairs], np.bool_),
        is_among=np.array([text in texts for text, texts in pairs], np.bool_),
        similarity=alike[starts],
        best_similarity=np.maximum.reduceat(alike, starts) if pairs else alike,
        unchanged_similarity=pair_similarities(smiles, given),
        num_distinct=np.array([len({*texts} - {""}) for texts in answers], np.intp),
    )

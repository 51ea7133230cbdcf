"""Molecules divided into train, valid and test parts: at random, or by scaffold.

A scaffold split keeps all molecules of one Murcko scaffold in one part, so that the valid and test parts
say how a model does on rings it has never seen.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from molvae.chem.molecules import murcko_scaffold
from molvae.errors import SettingsError

IndexArray = npt.NDArray[np.int64]


class Split(NamedTuple):
    """Indices of the molecules of each part, ascending; each molecule is in exactly one."""

    train: IndexArray
    valid: IndexArray
    test: IndexArray


@dataclass(frozen=True, kw_only=True)
class SplitSettings:
    """How molecules are divided into train, valid and test.

    Raises:
        SettingsError: a value is out of its range.
    """

    split: Literal["random", "scaffold"] = field(
        default="random", metadata={"help": "divide at random, or keep each scaffold in one part"}
    )
    valid_rate: float = field(default=0.05, metadata={"help": "share of molecules to validate on"})
    test_rate: float = field(default=0.05, metadata={"help": "share of molecules to test on at the end"})
    split_seed: int = field(default=0, metadata={"help": "seed of the division"})

    def __post_init__(self) -> None:
        if self.split not in ("random", "scaffold"):
            raise SettingsError(f'split is "{self.split}": give "random" or "scaffold"')
        if not 0 < self.valid_rate < 1:
            raise SettingsError(f'valid_rate is "{self.valid_rate}": give a number above 0 and below 1')
        if not 0 <= self.test_rate < 1:
            raise SettingsError(f'test_rate is "{self.test_rate}": give a number from 0, and below 1')
        if self.valid_rate + self.test_rate >= 1:
            total = self.valid_rate + self.test_rate
            raise SettingsError(f'valid_rate and test_rate sum to "{total:g}", which leaves none to train on')
        if self.split_seed < 0:
            raise SettingsError(f'split_seed is "{self.split_seed}": give 0 or a positive number')


def random_split(num_molecules: int, settings: SplitSettings) -> Split:
    """A random division; at least one molecule is in train and one in valid.

    Raises:
        SettingsError: there are fewer than two molecules.

    >>> [len(part) for part in random_split(100, SplitSettings(valid_rate=0.1, test_rate=0.2))]
    [70, 10, 20]
    """
    num_valid, num_test = _part_sizes(num_molecules, settings)
    order = np.random.default_rng(settings.split_seed).permutation(num_molecules).astype(np.int64)
    valid, test, train = np.split(order, [num_valid, num_valid + num_test])
    return Split(np.sort(train), np.sort(valid), np.sort(test))


def scaffold_split(smiles: Sequence[str], settings: SplitSettings) -> Split:
    """A division in which no scaffold is in two parts; molecules without a ring share one, the empty one.

    Scaffolds are dealt out in random order: a scaffold goes into the test part while it fits there, else
    into valid while it fits, else into train. Parts can so be a little smaller than asked for. If no
    scaffold fits into valid, the smallest one is put there.

    Raises:
        SettingsError: there are fewer than two molecules, or all have the same scaffold.
        MoleculeError: a SMILES can't be read.
    """
    num_valid, num_test = _part_sizes(len(smiles), settings)
    members: defaultdict[str, list[int]] = defaultdict(list)
    for index, text in enumerate(smiles):
        members[murcko_scaffold(text)].append(index)
    if len(members) < 2:
        raise SettingsError('all molecules have the same scaffold; use split "random" for them')
    groups = list(members.values())
    order = np.random.default_rng(settings.split_seed).permutation(len(groups))
    rest = [groups[i] for i in order]
    test, rest = _filled(rest, num_test)
    valid, rest = _filled(rest, num_valid)
    if not valid:
        smallest = min(range(len(rest)), key=lambda i: len(rest[i]))
        valid = rest.pop(smallest)
    return Split(_indices([i for group in rest for i in group]), _indices(valid), _indices(test))


def _part_sizes(num_molecules: int, settings: SplitSettings) -> tuple[int, int]:
    """How many molecules go into valid and test."""
    if num_molecules < 2:
        raise SettingsError(
            f'can\'t split "{num_molecules}" molecules: it takes two, to train on and validate on'
        )
    num_valid = max(1, round(settings.valid_rate * num_molecules))
    num_test = min(round(settings.test_rate * num_molecules), num_molecules - num_valid - 1)
    return min(num_valid, num_molecules - 1), max(0, num_test)


def _filled(groups: Sequence[list[int]], size: int) -> tuple[list[int], list[list[int]]]:
    """Members of the groups that fit, one after another, into a part of that size; and the other groups.

    Two groups at least are always left over, for the parts still to fill.
    """
    part: list[int] = []
    rest: list[list[int]] = []
    for position, group in enumerate(groups):
        enough_left = len(rest) + len(groups) - position > 2
        if len(part) + len(group) <= size and enough_left:
            part += group
        else:
            rest.append(group)
    return part, rest


def _indices(values: Sequence[int]) -> IndexArray:
    return np.sort(np.array(values, dtype=np.int64))

"""Parts are disjoint, of the asked size, the same for the same seed, and scaffolds stay whole."""

from itertools import pairwise

import numpy as np
import pytest
from rdkit.Chem.Scaffolds.MurckoScaffold import MurckoScaffoldSmiles

from molvae.data.splitting import Split, SplitSettings, random_split, scaffold_split
from molvae.errors import SettingsError

SMILES = [
    f"{'C' * n}{ring}" for n in range(1, 9) for ring in ("c1ccccc1", "C1CCCCC1", "n1cccc1", "C1CC1", "O")
]
SMILES += [f"C1{'C' * n}1" for n in range(3, 20)]


def assert_parts_are_everything_once(split: Split, num_molecules: int) -> None:
    assert sorted(np.concatenate(split)) == list(range(num_molecules))
    for part in split:
        assert part.dtype == np.int64
        assert all(before < after for before, after in pairwise(part))


@pytest.mark.parametrize("num_molecules", [2, 3, 5, 19, 1000])
def test_a_random_split_has_every_molecule_once_and_some_to_train_and_validate_on(num_molecules: int) -> None:
    split = random_split(num_molecules, SplitSettings())
    assert_parts_are_everything_once(split, num_molecules)
    assert len(split.train) >= 1
    assert len(split.valid) >= 1


def test_parts_have_the_asked_sizes() -> None:
    split = random_split(1000, SplitSettings(valid_rate=0.1, test_rate=0.25))
    assert [len(part) for part in split] == [650, 100, 250]
    assert [len(part) for part in random_split(10, SplitSettings(valid_rate=0.9, test_rate=0.05))] == [
        1,
        9,
        0,
    ]


def test_the_seed_alone_decides_a_split() -> None:
    def by_scaffold(seed: int) -> Split:
        return scaffold_split(SMILES, SplitSettings(split_seed=seed, valid_rate=0.2))

    for split in (lambda seed: random_split(57, SplitSettings(split_seed=seed)), by_scaffold):
        assert all(np.array_equal(a, b) for a, b in zip(split(1), split(1), strict=True))
        assert not all(np.array_equal(a, b) for a, b in zip(split(1), split(2), strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_no_scaffold_is_in_two_parts(seed: int) -> None:
    split = scaffold_split(SMILES, SplitSettings(valid_rate=0.2, test_rate=0.2, split_seed=seed))
    assert_parts_are_everything_once(split, len(SMILES))
    scaffolds = [{MurckoScaffoldSmiles(SMILES[i]) for i in part} for part in split]
    assert not scaffolds[0] & scaffolds[1]
    assert not scaffolds[0] & scaffolds[2]
    assert not scaffolds[1] & scaffolds[2]
    assert len(split.train)
    assert 0 < len(split.valid) <= 0.2 * len(SMILES) + 0.5
    assert len(split.test) <= 0.2 * len(SMILES) + 0.5


def test_with_two_scaffolds_the_smaller_is_validated_on() -> None:
    split = scaffold_split(["Cc1ccccc1", "CCc1ccccc1", "CC1CC1"], SplitSettings())
    assert [part.tolist() for part in split] == [[0, 1], [2], []]


def test_what_can_t_be_split_is_refused() -> None:
    with pytest.raises(SettingsError, match=r'can\'t split "1" molecules'):
        random_split(1, SplitSettings())
    with pytest.raises(SettingsError, match=r'can\'t split "0" molecules'):
        scaffold_split([], SplitSettings())
    with pytest.raises(SettingsError, match=r'all molecules have the same scaffold.*use split "random"'):
        scaffold_split(["CC", "CCC"], SplitSettings())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"split": "time"}, 'split is "time": give "random" or "scaffold"'),
        ({"valid_rate": 0.0}, 'valid_rate is "0.0"'),
        ({"test_rate": -0.1}, 'test_rate is "-0.1"'),
        ({"valid_rate": 0.6, "test_rate": 0.4}, 'valid_rate and test_rate sum to "1"'),
        ({"split_seed": -1}, 'split_seed is "-1"'),
    ],
)
def test_settings_out_of_range_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        SplitSettings(**values)  # type: ignore[arg-type]

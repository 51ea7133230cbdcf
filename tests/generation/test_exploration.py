"""Neighbors and walks, on the tiny model and on one whose answers are known."""

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator
from rdkit.DataStructs import TanimotoSimilarity

from molvae.data.dataset import TokenArrays
from molvae.errors import MoleculeError, SettingsError
from molvae.generation import exploration
from molvae.generation.exploration import MIN_NEIGHBORS, neighbors_of, neighbors_of_each
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.likeness import RADII, decode_with_slips, grid_of
from molvae.generation.molecules import Readable
from molvae.interfaces import FloatArray

QUERY, OTHER = "CCOc1ccccc1", "NC(=O)c1ccccc1"


class _Rings:
    """A model that finds so many rings of carbons at each radius, beside the query itself and nothing."""

    latent_dim = 4
    latent_scale = 2.0
    is_told_levels = False

    def __init__(self, num_at_radius: list[int]) -> None:
        self._num_at_radius = iter(num_at_radius)
        self.scales: list[float] = []

    def all_readable(self, smiles: list[str]) -> Readable:
        return Readable([Chem.CanonSmiles(smiles[0])], np.zeros(1, np.int64), TokenArrays.of([]), [])

    def posterior_of(self, _: TokenArrays) -> tuple[FloatArray, FloatArray]:
        return np.full((1, 4), 5.0), np.zeros((1, 4))

    def decode(self, latents: FloatArray) -> list[str]:
        if (latents == 5).all():  # the molecule's own latents
            return [QUERY]
        self.scales.append(float((latents - 5).std()))
        count = next(self._num_at_radius)
        return ["", QUERY, *("C1" + size * "C" + "C1" for size in range(1, count + 1))]


@pytest.fixture
def only_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoder does not slip."""
    monkeypatch.setattr(exploration, "SLIPS", ())


def found(model: _Rings, smiles: str, num_neighbors: int) -> list[tuple[str, float]]:
    """Names and radii of neighbors."""
    table = neighbors_of(model, smiles, num_neighbors, seed=0)  # type: ignore[arg-type]
    return list(zip(table["smiles"], table["noise"], strict=True))


@pytest.mark.usefixtures("only_noise")
def test_noise_grows_until_twice_as_many_are_found_as_asked_and_at_least_twenty() -> None:
    model = _Rings([0, 1, 8, 2 * MIN_NEIGHBORS])
    neighbors = dict(found(model, "c1ccccc1OCC", 3))
    assert len(neighbors) == 3
    np.testing.assert_allclose(model.scales, 2.0 * np.array(RADII[:4]), rtol=0.5)
    assert QUERY not in neighbors
    radii = {"C1" + size * "C" + "C1": RADII[1 if size == 1 else 2] for size in range(1, 9)}
    assert all(radii.get(name, RADII[3]) == radius for name, radius in neighbors.items())


def test_of_fewer_neighbors_the_same_are_found(tiny_model: MoleculeModel) -> None:
    few, more = (tiny_model.neighbors("c1ccccc1OCC", number, seed=1) for number in (3, MIN_NEIGHBORS))
    assert few["smiles"].tolist() == more["smiles"].tolist()[:3]


@pytest.mark.usefixtures("only_noise")
def test_a_model_that_knows_one_molecule_has_no_neighbors() -> None:
    table = neighbors_of(_Rings([0] * len(RADII)), QUERY, 3, seed=0)  # type: ignore[arg-type]
    assert list(table.columns) == ["smiles", "tanimoto", "noise"]
    assert len(table) == 0


@pytest.mark.parametrize("num_neighbors", [1, 8])
def test_neighbors_are_the_most_alike_of_those_found(num_neighbors: int, tiny_model: MoleculeModel) -> None:
    table = tiny_model.neighbors("c1ccccc1OCC", num_neighbors, seed=1)
    assert len(set(table["smiles"])) == len(table) == num_neighbors
    assert QUERY not in table["smiles"].tolist()
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    query, *others = (
        generator.GetFingerprint(Chem.MolFromSmiles(text)) for text in [QUERY, *table["smiles"]]
    )
    likeness = [TanimotoSimilarity(query, other) for other in others]
    np.testing.assert_allclose(table["tanimoto"], likeness, atol=1e-6)
    order = sorted(zip([-round(value, 6) for value in likeness], table["smiles"], strict=True))
    assert [name for _, name in order] == table["smiles"].tolist()
    assert set(table["noise"]) <= {0.0, *RADII}


def test_a_slip_changes_what_is_written_from_its_place_on(noisy_model: MoleculeModel) -> None:
    readable = noisy_model.readable([QUERY])
    centers = np.repeat(noisy_model.posterior_of(readable.arrays)[0], 200, axis=0)
    lengths = np.repeat(readable.arrays.lengths, 200)
    one, again, other = (
        decode_with_slips(noisy_model, centers, lengths, 2.0, np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    assert one == again
    assert one != other
    told = set(one) - {""}
    assert len(told) > 5
    assert QUERY not in told or noisy_model.decode(centers[0]) != [QUERY]


def test_slips_come_first_where_noise_finds_nothing_so_alike(
    noisy_model: MoleculeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    dial = noisy_model.likeness_dial
    assert dial is not None
    tried: list[float] = []

    def slipped(*_: object) -> list[str]:
        tried.append(0.0)
        return []

    def around(_model: MoleculeModel, _centers: FloatArray, noise: float, _generator: object) -> list[str]:
        tried.append(noise)
        return []

    monkeypatch.setattr(exploration, "decode_with_slips", slipped)
    monkeypatch.setattr(exploration, "decode_around", around)
    noisy_model.neighbors(QUERY, 1, similarity=dial.tanimoto[0] + 0.1)
    num_slips = len(exploration.SLIPS)
    num_first = num_slips * exploration.NUM_ROUNDS
    assert tried[:num_first] == [0.0] * num_first
    assert all(noise > 0 for noise in tried[num_first:])
    grid = list(grid_of(noisy_model))
    assert tried[-len(grid) :] == grid
    tried.clear()
    noisy_model.neighbors(QUERY, 1, similarity=dial.tanimoto[-1])
    num_near = len(exploration.SHARES) * exploration.NUM_ROUNDS
    assert all(noise > 0 for noise in tried[:num_near])
    assert tried[num_near : num_near + num_slips] == [0.0] * num_slips


def test_neighbors_follow_from_their_seed(tiny_model: MoleculeModel) -> None:
    one, again, other = (tiny_model.neighbors(QUERY, 8, seed=seed) for seed in (1, 1, 2))
    assert one.equals(again)
    assert not one.equals(other)


def test_neighbors_of_each_molecule_are_found_together_block_by_block(
    tiny_model: MoleculeModel, drug_smiles: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = tiny_model.readable(drug_smiles).smiles[:5]
    monkeypatch.setattr(exploration, "BLOCK_DRAWS", 30)  # two molecules of three neighbors a block
    table = tiny_model.neighbors_of_each(queries, 3, seed=2)
    assert table["place"].tolist() == [place for place in range(5) for _ in range(3)]
    assert table["query"].tolist() == [query for query in queries for _ in range(3)]
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    for query, part in table.groupby("query"):
        assert query not in set(part["smiles"])
        assert len(set(part["smiles"])) == 3
        prints = [generator.GetFingerprint(Chem.MolFromSmiles(text)) for text in (query, *part["smiles"])]
        likeness = [TanimotoSimilarity(prints[0], other) for other in prints[1:]]
        np.testing.assert_allclose(part["tanimoto"], likeness, atol=1e-6)
        assert likeness == sorted(likeness, reverse=True)
    assert table.equals(tiny_model.neighbors_of_each(queries, 3, seed=2))


def test_neighbors_of_one_alone_are_its_neighbors(tiny_model: MoleculeModel) -> None:
    table = tiny_model.neighbors_of_each([QUERY], 4, similarity=0.2, seed=1)
    one = tiny_model.neighbors(QUERY, 4, similarity=0.2, seed=1)
    assert table[["smiles", "tanimoto", "noise"]].equals(one)


@pytest.mark.usefixtures("only_noise")
def test_a_molecule_without_neighbors_has_a_row_where_there_are_several() -> None:
    table = neighbors_of_each(_Rings([0] * len(RADII)), [QUERY], 3, seed=0)  # type: ignore[arg-type]
    assert table[["place", "query", "smiles"]].to_numpy().tolist() == [[0, QUERY, ""]]
    assert table[["tanimoto", "noise"]].isna().all(axis=None)


def test_of_many_warnings_a_few_are_given_and_the_others_counted(
    tiny_model: MoleculeModel, drug_smiles: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    queries = tiny_model.readable(drug_smiles).smiles[:8]
    assert not tiny_model.reconstruct(queries)["same"].any()
    tiny_model.neighbors_of_each(queries, 1)
    assert caplog.text.count("itself: what it decodes nearby may have little to do with it") == 3
    assert "and the same of 5 other molecules" in caplog.text


def test_fewer_than_one_neighbor_is_refused(tiny_model: MoleculeModel) -> None:
    with pytest.raises(SettingsError, match=r'^num_neighbors is "0"; ask for at least 1$'):
        tiny_model.neighbors(QUERY, 0)


def test_a_walk_decodes_the_latents_between_the_reconstructions_of_its_ends(
    tiny_model: MoleculeModel,
) -> None:
    table = tiny_model.interpolate(QUERY, OTHER, 5)
    assert table["share"].tolist() == [0, 0.25, 0.5, 0.75, 1]
    ends = tiny_model.reconstruct([QUERY, OTHER])["reconstruction"].tolist()
    assert [table["smiles"].iloc[0], table["smiles"].iloc[-1]] == ends
    first, last = tiny_model.encode([QUERY, OTHER]).astype(np.float64)
    assert table["smiles"].tolist()[1:4] == tiny_model.decode(
        [0.75 * first + 0.25 * last, 0.5 * first + 0.5 * last, 0.25 * first + 0.75 * last]
    )
    back = tiny_model.interpolate(OTHER, QUERY, 5)
    assert back["smiles"].tolist() == table["smiles"].tolist()[::-1]


def test_a_walk_that_can_not_be_walked_is_refused(tiny_model: MoleculeModel) -> None:
    with pytest.raises(SettingsError, match=r'^num_steps is "1"; two ends need at least 2$'):
        tiny_model.interpolate(QUERY, OTHER, 1)
    with pytest.raises(MoleculeError, match=r'^"C1CC" \(molecule 2\) cannot be encoded'):
        tiny_model.interpolate(QUERY, "C1CC")


def test_a_molecule_that_the_model_does_not_give_back_is_named(
    tiny_model: MoleculeModel, caplog: pytest.LogCaptureFixture
) -> None:
    decoded = tiny_model.reconstruct([QUERY])["reconstruction"][0]
    assert decoded != QUERY
    tiny_model.neighbors(QUERY, 2)
    assert f'the model makes "{decoded}" of "{QUERY}" itself' in caplog.text
    caplog.clear()
    tiny_model.interpolate(QUERY, OTHER, 2)
    assert caplog.text.count("itself: what it decodes nearby may have little to do with it") == 2

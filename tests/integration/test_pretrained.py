"""The models that come with molvae: each is whole, small enough, described, and does what its card says."""

import re

import numpy as np
import pandas as pd
import pytest

import molvae
from molvae.data.shipped import shipped_csv
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import PRETRAINED, pretrained_names
from molvae.generation.sampling import check_draws, prior_draws
from tests.command_line import RunMolvae

MAX_BYTES = 30_000_000
EVERY = pytest.mark.parametrize("name", pretrained_names())


def card_of(name: str) -> str:
    return (PRETRAINED / name / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def moses() -> MoleculeModel:
    return molvae.load("moses")


def test_the_models_that_are_promised_are_there() -> None:
    assert pretrained_names() == ["moses", "zinc250k"]


@EVERY
def test_a_model_is_small_and_described(name: str) -> None:
    assert sum(path.stat().st_size for path in (PRETRAINED / name).iterdir()) <= MAX_BYTES
    headings = re.findall(r"^## (.+)$", card_of(name), re.MULTILINE)
    assert headings == ["Data", "Training", "Figures", "Limits"]


@EVERY
def test_a_model_samples_straight_after_install(name: str, molvae_command: RunMolvae) -> None:
    outcome = molvae_command("sample", name, "-n", 100, "--seed", 1)
    assert outcome.code == 0, outcome.err
    smiles = outcome.out.split()
    assert len(smiles) == 100
    assert len(set(smiles)) > 95
    assert smiles == molvae.load(name).sample(100, seed=1)


def test_moses_gives_back_molecules_that_it_was_not_trained_on(
    moses: MoleculeModel, drug_smiles: list[str]
) -> None:
    molecules = moses.sample(200, novel=True, unique=True, seed=2)
    assert not moses.training_keys.contains(molecules).any()
    readable = moses.readable(molecules).smiles  # a sample may hold what the data has not, such as [SH1]
    assert moses.reconstruct(readable)["same"].sum() / len(molecules) > 0.9
    assert set(moses.readable(drug_smiles).smiles) > {"CC(=O)Nc1ccc(O)cc1"}


def test_draws_are_read_as_any_latents_are_though_most_were_read_before(moses: MoleculeModel) -> None:
    latents, molecules = prior_draws(moses, 200, np.random.default_rng(3))
    checked = check_draws(moses, 200, seed=3)
    assert checked == moses.decode_checked(latents)
    assert len(set(molecules.values()) & set(checked.smiles)) > 150
    assert moses.sample(200, seed=3) == moses.decode(latents)


def test_moses_knows_the_properties_on_its_card(moses: MoleculeModel) -> None:
    table = pd.read_csv(shipped_csv()).head(500)
    predicted = moses.predict(moses.encode(table["smiles"].tolist())).mean
    for column, name in enumerate(moses.property_names):
        errors = predicted[:, column] - table[name]
        assert 1 - errors.var() / table[name].var() > 0.85, name


def test_neighbors_of_moses_are_as_alike_as_asked_for(moses: MoleculeModel) -> None:
    queries = pd.read_csv(shipped_csv())["smiles"].head(20).tolist()
    for similarity in (0.4, 0.6):
        table = moses.neighbors_of_each(queries, 5, similarity=similarity)
        own = table.groupby("place")["tanimoto"].mean()
        assert own.mean() == pytest.approx(similarity, abs=0.1)
        assert np.all(table["smiles"] != table["query"])


def test_zinc250k_gives_back_charges_and_stereo_marks() -> None:
    model = molvae.load("zinc250k")
    smiles = [
        "CC[C@@H](c1ccccc1)[C@@H]1CCCN1C(=O)CSc1ncn[nH]1",
        "CCN1C[C@H](C(=O)Nc2ccc(Cn3cncn3)cc2)CC1=O",
        "COc1ccc([C@@H](C)[NH2+]C[C@H](C)O)cc1",
        "C/C(=N/NC(=O)c1ccccc1)c1ccccc1",
        "O=C([O-])c1ccc(Cl)cc1",
    ]
    assert model.reconstruct(model.readable(smiles).smiles)["same"].sum() >= 4
    sampled = model.sample(200, seed=4)
    charged = sum("+" in text or "-]" in text for text in sampled)
    stereo = sum("@" in text for text in sampled)
    assert charged > 40
    assert stereo > 80

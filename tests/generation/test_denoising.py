"""What a model takes corrupted molecules for: answers of its posterior, and what can't be read."""

import numpy as np
import pytest

from molvae.chem.notation import selfies_to_smiles, smiles_to_selfies
from molvae.errors import SettingsError
from molvae.generation.denoising import denoise
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.sampling import posterior_draws


def test_answers_are_draws_of_the_posterior_with_their_shares(tiny_model: MoleculeModel) -> None:
    selfies = smiles_to_selfies("CCOc1ccccc1")
    found = denoise(tiny_model, [selfies, "CCO"], 40, seed=3)
    assert found.refused == []
    mean, spread = tiny_model.posterior(["CCOc1ccccc1", "CCO"])
    draws = posterior_draws(mean, spread, 40, seed=3)
    for place, given in enumerate(["CCOc1ccccc1", "CCO"]):
        rows = found.table[found.table["place"] == place]
        assert set(rows["given"]) == {given}
        decoded = tiny_model.decode(draws[place])
        shares = {text: decoded.count(text) / 40 for text in decoded}
        assert dict(zip(rows["smiles"], rows["probability"], strict=True)) == shares
        assert rows["probability"].is_monotonic_decreasing
        assert set(rows.loc[rows["is_mean"], "smiles"]) <= set(tiny_model.decode(mean[[place]]))
        assert rows["tanimoto"].between(0, 1).all()


def test_selfies_is_read_as_it_stands_and_smiles_as_a_molecule(tiny_model: MoleculeModel) -> None:
    corrupted = "[C][F][C][C][O]"  # symbols after fluorine are skipped
    found = denoise(tiny_model, [corrupted, "CF"], 5)
    assert found.table["given"].unique().tolist() == ["CF"] == [selfies_to_smiles(corrupted)]
    given, other = (tiny_model.tokenizer.to_ids(text) for text in (corrupted, "[C][F]"))
    assert not np.array_equal(given, other), "the two are encoded from different tokens"


def test_what_can_not_be_read_is_listed_with_a_reason(tiny_model: MoleculeModel) -> None:
    found = denoise(tiny_model, ["C1CC", "CCO", "[C][Si][C]", "", "[C][banana]"], 2)
    assert [(one.place, one.reason) for one in found.refused] == [
        (0, "unparseable"),
        (2, "unseen symbol"),
        (3, "empty"),
        (4, "unseen symbol"),
    ]
    assert set(found.table["place"]) == {1}
    assert len(denoise(tiny_model, ["C1CC"], 2).table) == 0


def test_a_point_has_one_answer_unless_noise_or_the_decoder_draws(noisy_model: MoleculeModel) -> None:
    assert len(denoise(noisy_model, ["CCOc1ccccc1"], 10).table) == 1
    assert len(denoise(noisy_model, ["CCOc1ccccc1"], 10, level=0.9).table) > 1
    assert len(denoise(noisy_model, ["CCOc1ccccc1"], 10, temperature=1.0).table) > 1


@pytest.mark.parametrize("changes", [{"num_draws": 0}, {"temperature": -1.0}, {"seed": -1}, {"level": 0.5}])
def test_settings_out_of_range_are_refused(changes: dict[str, float], tiny_model: MoleculeModel) -> None:
    (name,) = changes
    with pytest.raises(SettingsError, match=name):
        denoise(tiny_model, ["CCO"], **changes)  # type: ignore[arg-type]

"""Molecules at target values."""

import dataclasses
import logging
from typing import Any

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import Crippen, rdMolDescriptors

from molvae.errors import InputError, SettingsError
from molvae.generation import target_sampling
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.membership import MoleculeKeys
from molvae.generation.sampling import draw_molecules
from molvae.generation.target_sampling import draw_at_targets
from molvae.generation.targets import read_values, resolve_targets, values_of
from molvae.interfaces import Predictions


@pytest.fixture(scope="module")
def assay_model(tiny_model: MoleculeModel) -> MoleculeModel:
    """The tiny model, as if its head's first property were one that RDKit does not know."""
    assert tiny_model.scaler is not None
    scaler = tiny_model.scaler._replace(names=("pIC50", *tiny_model.scaler.names[1:]))
    return dataclasses.replace(tiny_model, scaler=scaler)


def log_ps(smiles: list[str]) -> np.ndarray:
    return np.array([Crippen.MolLogP(Chem.MolFromSmiles(text)) for text in smiles])


def test_what_is_kept_has_the_recomputed_value_that_was_asked_for(tiny_model: MoleculeModel) -> None:
    draws = draw_at_targets(tiny_model, 30, {"logp": 1.5}, tolerances={"logP": 0.4}, seed=3)
    assert len(draws.smiles) == 30
    np.testing.assert_allclose(draws.values[:, 0], log_ps(draws.smiles), atol=1e-9)
    assert (np.abs(log_ps(draws.smiles) - 1.5) <= 0.4).all()
    assert np.isnan(draws.spreads).all()
    assert 30 < draws.num_decoded <= draws.num_draws
    assert draws.acceptance == 30 / draws.num_draws


def test_several_targets_are_all_met_by_every_molecule(tiny_model: MoleculeModel) -> None:
    draws = draw_at_targets(
        tiny_model, 10, {"logP": 2.0, "num_rings": 1}, tolerances={"logP": 1.0, "num_rings": 0.5}
    )
    rings = [rdMolDescriptors.CalcNumRings(Chem.MolFromSmiles(text)) for text in draws.smiles]
    assert rings == [1] * 10
    assert (np.abs(log_ps(draws.smiles) - 2) <= 1).all()


def test_it_is_the_sample_of_the_prior_less_what_does_not_fit(tiny_model: MoleculeModel) -> None:
    draws = draw_at_targets(tiny_model, 20, {"logP": 1.5}, tolerances={"logP": 0.5}, seed=8)
    assert draws.num_decoded == draws.num_draws <= 200
    # both decode greedily, and the first round of both is the same 200 draws of the prior
    latents = tiny_model.sample_latents(200, np.random.default_rng(8))
    decoded = tiny_model.decode(latents)[: draws.num_draws]
    assert draws.smiles == [text for text in decoded if text and abs(log_ps([text])[0] - 1.5) <= 0.5]


def test_the_head_rules_out_what_it_predicts_further_off_than_it_errs(tiny_model: MoleculeModel) -> None:
    latents = tiny_model.sample_latents(300, np.random.default_rng(0))
    predicted = tiny_model.predict(latents).mean[:, 1]
    wanted = float(np.median(predicted))
    targets = tuple(resolve_targets(tiny_model, {"QED": wanted, "MW": 200}, {"QED": 1e-5, "MW": 50}, []))
    kept = target_sampling._Kept(tiny_model, targets, 20, unique=False, novel=False)
    assert len(kept.screen(latents)) == 300  # nothing is known of its errors
    errors = np.linspace(0, 1e-4, 300)
    errors[7] = np.nan  # decoded to no molecule
    kept.learn_margins(latents, np.column_stack([predicted + errors, np.zeros(300)]))
    is_near = np.abs(predicted - wanted) <= 1e-5 + np.nanquantile(errors, 0.9)
    np.testing.assert_array_equal(kept.screen(latents), np.flatnonzero(is_near))
    assert 0 < is_near.sum() < 300


def test_a_head_that_knows_nothing_keeps_nothing_away(tiny_model: MoleculeModel) -> None:
    draws = draw_at_targets(tiny_model, 40, {"QED": 0.35}, tolerances={"QED": 0.03}, seed=8)
    predicted = tiny_model.predict(tiny_model.sample_latents(200, np.random.default_rng(0))).mean[:, 1]
    assert predicted.min() > 0.7  # while what it decodes is far less like a drug
    assert len(draws.smiles) == 40


def test_with_a_head_that_is_right_what_is_far_off_is_not_decoded(
    tiny_model: MoleculeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def oracle(model: MoleculeModel, latents: np.ndarray) -> Predictions:
        values = log_ps(model.decode(latents))[:, None]
        return Predictions(np.column_stack([values, values]), np.ones((len(latents), 2)))

    monkeypatch.setattr(MoleculeModel, "predict", oracle)
    draws = draw_at_targets(tiny_model, 60, {"logP": 1.5}, tolerances={"logP": 0.1}, seed=8)
    num_after_first = draws.num_draws - 600
    assert num_after_first > 100
    assert draws.num_decoded - 600 < num_after_first / 4
    assert (np.abs(log_ps(draws.smiles) - 1.5) <= 0.1).all()


def test_a_property_that_only_the_head_knows_is_matched_by_its_prediction(
    assay_model: MoleculeModel,
) -> None:
    center = float(
        np.median(assay_model.predict(assay_model.sample_latents(200, np.random.default_rng(1))).mean[:, 0])
    )
    draws = draw_at_targets(assay_model, 10, {"pic50": center}, tolerances={"pIC50": 0.5}, seed=2)
    said = assay_model.predict(assay_model.encode(draws.smiles))
    np.testing.assert_allclose(draws.values[:, 0], said.mean[:, 0], rtol=1e-4)
    np.testing.assert_allclose(draws.spreads[:, 0], said.spread[:, 0], rtol=1e-4)
    assert (np.abs(draws.values[:, 0] - center) <= 0.5).all()
    assert draws.targets[0].column == "predicted_pIC50"


def test_the_sample_follows_from_its_seed_alone(tiny_model: MoleculeModel) -> None:
    one, again, other = (
        tiny_model.sample(8, targets={"logP": 1.5}, tolerances={"logP": 0.5}, seed=seed) for seed in (4, 4, 5)
    )
    assert one == again != other


def test_unique_novel_and_strict_molecules_are_that(tiny_model: MoleculeModel) -> None:
    near: dict[str, Any] = {"targets": {"logP": 1.5}, "tolerances": {"logP": 0.5}}
    plain = tiny_model.sample(150, **near)
    assert len(set(plain)) < 150
    unique = tiny_model.sample(30, unique=True, **near)
    assert len(set(unique)) == len(unique) == 30
    model = dataclasses.replace(tiny_model, training_keys=MoleculeKeys.of(plain[:1]))
    assert plain[0] not in model.sample(150, novel=True, **near)
    strict = tiny_model.sample(10, strict=True, temperature=0.7, **near)
    assert strict != tiny_model.sample(10, temperature=0.7, **near)


def test_a_target_that_nothing_comes_near_is_refused_after_few_draws(
    tiny_model: MoleculeModel,
) -> None:
    with pytest.raises(InputError, match=r"none of 200 draws has logP within .* of 400: they have logP from"):
        tiny_model.sample(5, targets={"logP": 400})
    with pytest.raises(InputError, match=r"none of 5,\d+ draws has QED within 0.01 of 1.05"):
        tiny_model.sample(5, targets={"QED": 1.05}, tolerances={"QED": 0.01})


def test_fewer_are_returned_with_a_warning_when_the_draws_are_used_up(
    tiny_model: MoleculeModel, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="molvae"):
        draws = draw_at_targets(
            tiny_model, 500, {"logP": 1.5}, tolerances={"logP": 0.5}, max_draws=300, seed=1
        )
    assert 0 < len(draws.smiles) < 500
    assert draws.num_draws == 300
    assert f"only {len(draws.smiles)} of 500 molecules: 300 draws held no more that fit" in caplog.text


def test_what_fits_but_is_not_new_is_no_reason_to_call_a_target_out_of_reach(
    tiny_model: MoleculeModel,
) -> None:
    wish: dict[str, Any] = {
        "targets": {"logP": 1.5},
        "tolerances": {"logP": 0.5},
        "max_draws": 200,
        "seed": 1,
    }
    all_of_them = MoleculeKeys.of(tiny_model.sample(200, **wish))
    model = dataclasses.replace(tiny_model, training_keys=all_of_them)
    assert model.sample(200, novel=True, **wish) == []


def test_a_tolerance_is_a_fifth_of_the_spread_unless_it_is_given(tiny_model: MoleculeModel) -> None:
    assert tiny_model.scaler is not None
    drawn = draw_molecules(tiny_model, 50).smiles
    logp, tpsa = resolve_targets(tiny_model, {"logP": 1, "tpsa": 60}, None, drawn)
    assert logp.tolerance == float(f"{tiny_model.scaler.deviations[0] / 5:.1g}")
    deviation = np.std([rdMolDescriptors.CalcTPSA(Chem.MolFromSmiles(text)) for text in drawn])
    assert (tpsa.name, tpsa.tolerance, tpsa.head_column) == ("TPSA", float(f"{deviation / 5:.1g}"), None)
    assert resolve_targets(tiny_model, {"TPSA": 60}, {"TPSA": 3.25}, [])[0].tolerance == 3.25


def test_values_are_missing_where_a_molecule_can_not_be_read(assay_model: MoleculeModel) -> None:
    targets = resolve_targets(assay_model, {"pIC50": 1, "MW": 46}, {"MW": 1}, [])
    found = values_of(assay_model, ["CCO", "", "C[Pt]"], targets)
    assert np.isnan(found.values).tolist() == [[False, False], [True, True], [True, False]]
    assert np.isnan(found.spreads).tolist() == [[False, True], [True, True], [True, True]]
    assert found.values[0, 1] == pytest.approx(46.069, abs=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"targets": {"pKi": 7}},
            'target has the unknown property "pKi": the model predicts logP, QED; RDKit',
        ),
        ({"targets": {"TPSB": 7}}, 'unknown property "TPSB": did you mean "TPSA"; the model predicts'),
        ({"targets": {"logP": float("nan")}}, 'target of logP is "nan"; give a finite number'),
        ({"targets": {"logP": 1, "LOGP": 2}}, "target of logP is given twice; give one"),
        ({"targets": {}}, 'targets are "none"; give a property and a value'),
        ({"targets": {"logP": 1}, "tolerances": {"logP": 0}}, 'tolerance of logP is "0"; it must be above 0'),
        ({"targets": {"logP": 1}, "tolerances": {"QED": 1}}, 'tolerance of "QED" is given, but no target'),
        ({"targets": {"logP": 1}, "max_draws": 0}, 'max_draws is "0"; give at least 1'),
        ({"max_draws": 10}, "tolerances and max_draws go with targets only"),
    ],
)
def test_requests_that_make_no_sense_are_refused(
    arguments: dict[str, Any], message: str, tiny_model: MoleculeModel
) -> None:
    with pytest.raises(SettingsError, match=r"^[^\n]*$") as caught:
        tiny_model.sample(5, **arguments)
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["logP", "=2", "logP=high", "logP=nan"])
def test_a_text_that_is_no_name_and_number_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=f'target is "{text}"; give a property and a number'):
        read_values([text], "target")


def test_a_name_that_is_given_twice_is_refused() -> None:
    with pytest.raises(SettingsError, match='target "logP" is given twice, as 1 and 2; give one'):
        read_values(["logP=1", "logP=2"], "target")

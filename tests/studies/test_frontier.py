"""A point of the frontier: what comes back, what a latent is worth, and what samples are like."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from molvae.errors import InputError, SettingsError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.sampling import SamplerSettings
from molvae.studies.evaluation import EvaluationRequest, evaluate_sample
from molvae.studies.frontier import (
    Yardstick,
    measure_arm,
    nll_rise,
    read_arm,
    reconstruction,
    same_twice,
)


@pytest.fixture(scope="module")
def known(tiny_csv: Path) -> list[str]:
    """Molecules that the tiny model was trained on."""
    return pd.read_csv(tiny_csv)["smiles"].tolist()[:60]


def test_an_arm_is_a_folder_and_what_differs_from_the_defaults() -> None:
    assert read_arm("a/b") == (Path("a/b"), SamplerSettings())
    arm = read_arm("model, prior=gaussian,level=0.3,temperature=1")
    assert arm == (Path("model"), SamplerSettings(prior="gaussian", level=0.3, temperature=1.0))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("m,levle=1", 'arm "m,levle=1": unknown key "levle"; did you mean "level"'),
        ("m,level=high", 'arm "m,level=high", level: "high" is not accepted: it must be a number'),
        ("m,level=2", 'arm "m,level=2": level is "2.0"; it must be from 0 to 1'),
        ("m,temperature=-1", 'temperature is "-1.0"; it must not be negative'),
        ("m,prior=best", 'arm "m,prior=best", prior: "best" is not accepted: it must be'),
    ],
)
def test_an_arm_that_can_not_be_is_refused(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_arm(text)
    assert message in str(caught.value)


def test_what_comes_back_is_counted_of_all_molecules_those_that_can_not_be_read_included(
    tiny_model: MoleculeModel, known: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:  # a model that writes benzene whatever it is asked for
        patch.setattr(MoleculeModel, "decode", lambda self, latents, **_: ["c1ccccc1"] * len(latents))
        found = reconstruction(tiny_model, SamplerSettings(), ["C1=CC=CC=C1", *known[:2], "C[Pt]"], seed=0)
    assert found["reconstruction_mean"] == found["reconstruction_draw"] == 0.25
    with pytest.raises(InputError, match='the model can read none of the "1" molecules'):
        reconstruction(tiny_model, SamplerSettings(), ["C[Pt]"], seed=0)


def test_the_latents_of_another_cost_what_the_decoder_reads_in_them(
    tiny_model: MoleculeModel, known: list[str]
) -> None:
    arrays = tiny_model.readable(known).arrays
    means = tiny_model.posterior_of(arrays)[0]
    assert nll_rise(tiny_model, arrays, means, 0.0, seed=0) > 0
    assert nll_rise(tiny_model, arrays, means[:1].repeat(len(means), axis=0), 0.0, seed=0) == 0


def test_molecules_are_decoded_from_latents_at_the_level_that_the_decoder_is_told(
    noisy_model: MoleculeModel, known: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[np.ndarray, float]] = []

    def decode(self: MoleculeModel, latents: np.ndarray, *, level: float, **_: object) -> list[str]:
        seen.append((latents, level))
        return [""] * len(latents)

    monkeypatch.setattr(MoleculeModel, "decode", decode)
    codes = noisy_model.encode(known)
    reconstruction(noisy_model, SamplerSettings(level=0.6), known, seed=0)
    (mean, told), (drawn, told_of_draw) = seen
    assert told == told_of_draw == 0.6
    np.testing.assert_allclose(mean, 0.8 * codes, rtol=1e-6)
    assert (drawn - mean).std() == pytest.approx(0.6, rel=0.05)


def test_a_latent_decodes_to_the_same_molecule_twice_if_greedily(tiny_model: MoleculeModel) -> None:
    assert same_twice(tiny_model, SamplerSettings(), 40, seed=0) == 1
    assert same_twice(tiny_model, SamplerSettings(temperature=1), 40, seed=0) < 0.5


def test_an_arm_is_measured_beside_the_floor(
    tiny_model: MoleculeModel, known: list[str], tmp_path: Path
) -> None:
    yardstick = Yardstick(
        held_out=known[:10],
        num_samples=30,
        references={"test": known[20:40], "test_scaffolds": known[40:]},
        training=known,
        known=set(known),
        seed=1,
        cache=tmp_path,
    )
    sampler = SamplerSettings(prior="gaussian", temperature=0.5)
    point = measure_arm(tiny_model, sampler, yardstick)
    request = EvaluationRequest(
        smiles=tiny_model.sample(30, prior="gaussian", temperature=0.5, seed=1),
        references=yardstick.references,
        training=known,
        known=set(known),
        seed=1,
        cache=tmp_path,
    )
    expected = evaluate_sample(request).table.set_index("metric")
    for name in ("fcd_test", "snn_test", "scaf_test_scaffolds", "filters", "novelty"):
        assert point.told[name] == pytest.approx(expected.loc[name, "value"], nan_ok=True)
    assert point.told["fcd_test_floor"] == point.floor["fcd_test"] == expected.loc["fcd_test", "floor"]
    assert np.isnan(point.told["uniqueness@10000"])
    assert 0 <= point.told["strict_rate"] <= 1
    assert point.metrics["num_molecules"] == 30

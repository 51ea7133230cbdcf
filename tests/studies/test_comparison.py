"""A VAE beside autoencoders: trained alike, measured on the same molecules, and told of on one page."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from molvae.errors import InputError, SettingsError
from molvae.generation.latent_model import MoleculeModel
from molvae.studies.comparison import run
from molvae.studies.comparison.arms import ARMS, arms_named
from molvae.studies.comparison.questions import QUESTIONS
from molvae.studies.comparison.run import CompareRequest, compare
from molvae.studies.comparison.sampling import SAMPLERS
from molvae.studies.comparison.subjects import Extent, Molecules

SMALL = Extent(
    num_known=100,
    num_unseen=60,
    num_samples=60,
    num_around=4,
    num_denoised=6,
    num_answers=3,
    flow_steps=3,
)


def test_arms_differ_in_the_bottleneck_and_what_is_paid_for_it_alone() -> None:
    allowed = {"bottleneck", "kl_weight", "corruption"}
    assert all(arm.settings.keys() <= allowed for arm in ARMS.values())
    assert len({json.dumps(dict(arm.settings), sort_keys=True) for arm in ARMS.values()}) == len(ARMS)
    with pytest.raises(SettingsError, match='there is no arm "vea"; choose of ae, regularized-ae'):
        arms_named(("ae", "vea"))


def test_every_model_is_measured_in_every_way_and_the_page_tells_of_it(
    tiny_model_dir: Path, tiny_csv: Path, tmp_path: Path
) -> None:
    request = CompareRequest(
        file=tiny_csv, out=tmp_path / "study", cache=tmp_path, models=(tiny_model_dir,), extent=SMALL
    )
    study = compare(request)
    (subject,) = study.subjects
    written = {path.stem.replace("_", " ") for path in (tmp_path / "study" / "tables").iterdir()}
    assert written == study.tables.keys()
    assert written <= QUESTIONS.keys()
    assert QUESTIONS.keys() - written <= {"two classes", "midpoints"}, "these take common scaffolds"
    results = json.loads((tmp_path / "study" / "results.json").read_text(encoding="utf-8"))
    for name, table in study.tables.items():
        assert set(table["arm"]) == {tiny_model_dir.name}, name
        again = pd.read_csv(tmp_path / "study" / "tables" / f"{name.replace(' ', '_')}.csv")
        assert list(again.columns) == list(table.columns)
        assert [row["arm"] for row in results[name]] == table["arm"].tolist()
    made = study.tables["generation"]
    assert made["sampler"].tolist() == list(SAMPLERS)
    assert (made["FCD"] > made["FCD of the floor"]).all()
    exact = study.tables["reconstruction"].loc[0, "exact, mean"]
    own = subject.model.reconstruct(list(subject.molecules.unseen))["same"].mean()
    assert exact == pytest.approx(own, abs=1e-9)
    unharmed = study.tables["denoising"].set_index("rate").loc[0.0]
    assert unharmed["unchanged by the noise"] == 1
    page = (tmp_path / "study" / "report.html").read_text(encoding="utf-8")
    titles = re.findall(r"<h2>(.*?)</h2>", page)
    assert [name for name in written if QUESTIONS[name][0] not in titles] == []
    with pytest.raises(SettingsError):
        compare(CompareRequest(**{**vars(request), "seed": 1}), resume=True)


def test_molecules_are_those_that_every_model_can_read(
    tiny_model: MoleculeModel, noisy_model: MoleculeModel, tiny_csv: Path, tmp_path: Path
) -> None:
    smiles = pd.read_csv(tiny_csv)["smiles"].tolist()
    models = [tiny_model, noisy_model]
    found = Molecules.readable_by(models, smiles, smiles, cache=tmp_path, extent=SMALL)
    assert len(found.known) == 100
    assert len(found.unseen) == 60
    with pytest.raises(InputError, match='only "1" molecules can be read by all models, at least "100"'):
        Molecules.readable_by(models, ["CCO", "[Si]"], smiles, cache=tmp_path, extent=SMALL)


def test_the_first_arm_is_trained_for_a_time_and_the_others_for_as_many_steps(
    tiny_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, MoleculeModel]] = []

    def look(models: Mapping[str, MoleculeModel], molecules: Molecules, _: Any) -> Any:
        assert not set(molecules.known) & set(molecules.unseen)
        seen.append(dict(models))
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "measure", look)
    monkeypatch.setattr(run, "TEST_RATE", 0.2)
    sizes = {"embedding_dim": 8, "encoder_dim": 8, "decoder_dim": 16, "batch_size": 32, "num_merges": 10}
    request = CompareRequest(
        file=tiny_csv,
        out=tmp_path / "study",
        cache=tmp_path,
        arms=("ae", "denoising-ae", "vae-0.2"),
        minutes=0.02,
        training=sizes,
        extent=SMALL,
    )
    for resume in (False, True):
        with pytest.raises(KeyboardInterrupt):
            compare(request, resume=resume)
    for models in seen:
        kinds = [model.bottleneck for model in models.values()]
        assert kinds == ["deterministic", "deterministic", "gaussian"]
        assert len({model.facts["steps"] for model in models.values()}) == 1
    (_, mended, vae) = seen[0].values()
    assert mended.facts["run"]["training"]["corruption"] == 0.15
    assert vae.facts["run"]["training"]["kl_weight"] == 0.2
    assert seen[1]["AE"].facts["seconds"] == seen[0]["AE"].facts["seconds"], "it was not trained anew"

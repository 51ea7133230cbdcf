"""A VAE beside autoencoders: trained alike, measured on the same molecules, and told of on one page."""

import dataclasses
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from molvae.errors import InputError, SettingsError
from molvae.generation.latent_model import MoleculeModel
from molvae.studies.comparison import matching, run, trained
from molvae.studies.comparison import study as study_module
from molvae.studies.comparison.arms import ARMS, arms_named
from molvae.studies.comparison.questions import QUESTIONS
from molvae.studies.comparison.request import CompareRequest
from molvae.studies.comparison.run import compare
from molvae.studies.comparison.sampling import SAMPLERS
from molvae.studies.comparison.study import Candidate, Plan
from molvae.studies.comparison.subjects import Molecules
from tests.small_study import SMALL


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
        file=tiny_csv,
        out=tmp_path / "study",
        cache=tmp_path,
        models=(tiny_model_dir,),
        extent=SMALL,
        num_workers=0,
    )
    study = compare(request)
    (subject,) = study.subjects
    written = {path.stem.replace("_", " ") for path in (tmp_path / "study" / "tables").iterdir()}
    assert written == study.tables.keys()
    assert written <= QUESTIONS.keys()
    assert QUESTIONS.keys() - written <= {
        *("two classes", "two classes placed", "midpoints", "matching", "differences"),
        *("own classes", "own classes placed", "own midpoints"),
    }, "these take common scaffolds, arms or a table of classes"
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
        compare(CompareRequest(**{**vars(request), "seeds": (1,)}), resume=True)


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

    def look(candidates: Sequence[Candidate], plan: Plan, *_: Any) -> Any:
        assert not set(plan.molecules.known) & set(plan.molecules.unseen)
        seen.append({one.label: one.model for one in candidates if one.model is not None})
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "measure", look)
    monkeypatch.setattr(trained, "TEST_RATE", 0.2)
    sizes = {"embedding_dim": 8, "encoder_dim": 8, "decoder_dim": 16, "batch_size": 32, "num_merges": 10}
    request = CompareRequest(
        file=tiny_csv,
        out=tmp_path / "study",
        cache=tmp_path,
        arms=("ae", "denoising-ae", "vae-0.2"),
        minutes=0.02,
        training=sizes,
        extent=SMALL,
        num_workers=0,
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


SIZES = {"embedding_dim": 8, "encoder_dim": 8, "decoder_dim": 16, "batch_size": 32, "num_merges": 10}


def test_a_study_goes_on_with_further_arms_and_does_nothing_twice(
    tiny_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trained, "VALID_RATE", 0.1)
    monkeypatch.setattr(trained, "TEST_RATE", 0.35)
    monkeypatch.setattr(matching, "MAX_ATTEMPTS", 2)
    out = tmp_path / "study"
    request = CompareRequest(
        file=tiny_csv,
        out=out,
        cache=tmp_path,
        arms=("regularized-ae",),
        minutes=0.01,
        training=SIZES | {"latent_dim": 8},
        samplers=("N(0, I)", "full Gaussian"),
        extent=SMALL,
        num_workers=0,
    )
    first = compare(request)
    kept = {path: path.stat().st_mtime_ns for path in (out / "measured").iterdir()}
    assert [path.name for path in kept] == ["regularized-ae.json"]
    seconds = first.subjects[0].model.facts["seconds"]

    more = ("vae-matched", "vae-hypercube", "vae-hypersphere")
    study = compare(dataclasses.replace(request, arms=more), resume=True)
    assert json.loads((out / "run.json").read_text())["arms"] == ["regularized-ae", *more]
    assert [subject.model.bottleneck for subject in study.subjects] == [
        "regularized", "gaussian", "hypercube", "hypersphere",
    ]  # fmt: skip
    assert len({subject.model.facts["steps"] for subject in study.subjects}) == 1
    assert study.subjects[0].model.facts["seconds"] == seconds, "it was not trained anew"
    for path, time in kept.items():
        assert path.stat().st_mtime_ns == time, "it was not measured anew"
    for name, table in first.tables.items():
        again = study.tables[name].query("arm == 'regularized AE'")[table.columns]
        pd.testing.assert_frame_equal(again.astype(table.dtypes), table)

    samplers = study.tables["generation"].groupby("arm", sort=False)["sampler"].agg(list)
    assert samplers["VAE (matched)"] == ["N(0, I)", "full Gaussian"]
    for label in ("VAE on a hypercube", "VAE on a hypersphere"):
        assert samplers[label] == ["own prior", "full Gaussian"]
    told = study.tables["reconstruction"].iloc[2:]
    assert np.isfinite(told["KL, nats"]).all()
    assert told["mutual information, nats"].between(0, np.log(60) + 1e-6).all()
    tried = study.tables["matching"]
    assert tried["training"].iloc[-1] == "full"
    assert tried["KL weight"].iloc[-1] == study.subjects[1].model.facts["run"]["training"]["kl_weight"]
    assert [path.name for path in (out / "matching").iterdir()] == ["attempts.json"]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert QUESTIONS["matching"][0] in page

    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("nothing is left to be measured")

    monkeypatch.setattr(study_module, "MEASUREMENTS", dict.fromkeys(study_module.MEASUREMENTS, never))
    monkeypatch.setattr(study_module, "drawn_latents", never)
    last = compare(request, resume=True)
    assert [subject.label for subject in last.subjects] == [subject.label for subject in study.subjects]
    assert last.samples == study.samples

    weights = out / "arms" / "regularized-ae" / "weights.safetensors"
    weights.rename(tmp_path / "taken.safetensors")
    without = compare(request, resume=True)
    assert [subject.label for subject in without.subjects] == [one.label for one in study.subjects[1:]]
    pd.testing.assert_frame_equal(without.tables["generation"], study.tables["generation"])
    (out / "measured" / "regularized-ae.json").unlink()
    with pytest.raises(InputError, match="has no weights, and not all that is asked for was measured of it"):
        compare(request, resume=True)


def test_an_arm_is_matched_only_to_one_that_is_compared(tiny_csv: Path, tmp_path: Path) -> None:
    request = CompareRequest(file=tiny_csv, out=tmp_path / "out", cache=tmp_path, arms=("ae", "vae-matched"))
    with pytest.raises(SettingsError, match='the arm "vae-matched" is matched to "regularized-ae"; compare'):
        compare(request)
    assert not (tmp_path / "out").exists()
    with pytest.raises(SettingsError, match="there is nothing to compare"):
        compare(dataclasses.replace(request, arms=()))

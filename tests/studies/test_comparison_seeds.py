"""Arms that are trained once a seed: what is trained, and means and spreads over seeds by hand."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from molvae.errors import SettingsError
from molvae.generation.model_folder import weights_checksum
from molvae.studies.comparison.arms import Training
from molvae.studies.comparison.page import with_intervals
from molvae.studies.comparison.request import CompareRequest, claimed, record_of
from molvae.studies.comparison.seeds import tables_of
from molvae.studies.comparison.subjects import Row, told_of_each
from molvae.studies.comparison.trained import trained
from tests.command_line import RunMolvae

AE, VAE, MATCHED = "AE", "VAE (beta .05)", "VAE (matched)"


def row(arm: str, seed: int, values: list[float], **others: float) -> Row:
    return {"arm": arm, "seed": seed, **told_of_each("exact, mean", np.array(values)), **others}


def test_one_seed_is_told_as_it_is() -> None:
    rows = [row(AE, 3, [0.0, 1.0], KL=np.inf), row(VAE, 3, [1.0, 1.0], KL=2.0)]
    tables = tables_of({"reconstruction": rows})
    table = tables["reconstruction"]
    assert list(table.columns) == ["arm", "exact, mean", "exact, mean from", "exact, mean to", "KL"]
    assert table["exact, mean"].tolist() == [0.5, 1.0]
    (found,) = tables["differences"].to_dict(orient="records")
    assert found == {
        "arm": VAE,
        "against": AE,
        "figure": "reconstruction: exact, mean",
        "difference": 0.5,
        "difference from": 0.0,
        "difference to": 1.0,
    }


def test_several_seeds_have_a_mean_and_a_spread_and_arms_may_have_more_than_others() -> None:
    rows = [
        row(AE, 0, [0.0, 0.0, 1.0, 1.0], KL=np.inf),
        row(VAE, 0, [0.0, 1.0, 0.0, 1.0], KL=2.0),
        row(VAE, 1, [1.0, 0.0, 1.0, 1.0], KL=4.0),
        row(VAE, 2, [1.0, 1.0, 1.0, 1.0], KL=6.0),
    ]
    tables = tables_of({"reconstruction": rows})
    table = tables["reconstruction"].set_index("arm")
    assert table["seeds"].to_dict() == {AE: 1, VAE: 3}
    assert table.loc[VAE, "exact, mean"] == 0.75
    assert table.loc[VAE, "exact, mean sd"] == pytest.approx(0.25)
    assert (table.loc[VAE, "KL"], table.loc[VAE, "KL sd"]) == (4.0, 2.0)
    assert table.loc[AE, "KL"] == np.inf
    assert table[["KL sd", "exact, mean sd"]].isna().all(axis=1).to_dict() == {AE: True, VAE: False}
    # the four molecules have 2/3, 2/3, 2/3 and 1 in the mean over the seeds: no resample is outside of those
    low, high = (float(table[f"exact, mean {end}"][VAE]) for end in ("from", "to"))
    assert 2 / 3 <= low <= 0.75 <= high <= 1
    (found,) = tables["differences"].to_dict(orient="records")
    assert found["seeds"] == 1, "the AE has one seed only"
    assert found["difference"] == 0.0
    shown = with_intervals(tables["reconstruction"])
    assert shown["exact, mean"][1].startswith("0.75 ± 0.25 (0.6")
    assert shown["KL"].tolist() == [np.inf, "4 ± 2"]


def test_rows_of_a_model_are_told_apart_by_their_keys() -> None:
    rows: list[Row] = [
        {"arm": AE, "seed": seed, "rate": rate, "gain": rate + seed} for seed in (0, 2) for rate in (0.1, 0.2)
    ]
    table = tables_of({"denoising": rows})["denoising"]
    assert table["rate"].tolist() == [0.1, 0.2]
    assert table["gain"].tolist() == pytest.approx([1.1, 1.2])
    assert table["gain sd"].tolist() == pytest.approx([np.sqrt(2)] * 2)


def test_an_arm_is_compared_with_the_one_it_was_matched_to_seed_by_seed() -> None:
    rows = [
        row(arm, seed, [share, share])
        for arm, shares in ((AE, (0.1, 0.1)), ("regularized AE", (0.5, 0.7)), (MATCHED, (0.6, 1.0)))
        for seed, share in enumerate(shares)
    ]
    table = tables_of({"reconstruction": rows})["differences"].set_index("arm")
    assert table["against"].to_dict() == {"regularized AE": AE, MATCHED: "regularized AE"}
    assert table.loc[MATCHED, "difference"] == pytest.approx(0.2)
    assert table.loc[MATCHED, "difference sd"] == pytest.approx(np.std([0.1, 0.3], ddof=1))
    assert table.loc[MATCHED, "seeds"] == 2


def test_intervals_of_a_study_that_kept_no_values_are_the_mean_ones() -> None:
    rows = [row(AE, 0, [0.0, 1.0]), row(AE, 1, [1.0, 1.0])]
    for one in rows:
        del one["exact, mean each"]
    table = tables_of({"reconstruction": rows})["reconstruction"]
    assert table[["exact, mean from", "exact, mean to"]].to_numpy().tolist() == [[0.5, 1.0]]


def test_seeds_are_added_to_some_arms_and_the_rest_stays(
    tiny_csv: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sizes = {"embedding_dim": 8, "encoder_dim": 8, "decoder_dim": 16, "latent_dim": 8, "batch_size": 32}
    request = CompareRequest(
        file=tiny_csv,
        out=tmp_path / "study",
        cache=tmp_path,
        arms=("ae", "vae-0.2"),
        steps=4,
        training=sizes | {"num_merges": 10},
        num_workers=0,
    )
    with claimed(request, resume=False, overwrite=False) as asked:
        first = trained(asked)
    more = dataclasses.replace(request, arms=("vae-0.2",), seeds=(1, 2))
    with claimed(more, resume=True, overwrite=False) as asked:
        study = trained(asked)
    assert "vae-0.2-seed-2: only 0.0% of held-out molecules come back" in caplog.text
    assert [(one.label, one.seed, one.folder.name) for one in study.candidates] == [
        ("AE", 0, "ae"),
        ("VAE (beta .2)", 0, "vae-0.2"),
        ("VAE (beta .2)", 1, "vae-0.2-seed-1"),
        ("VAE (beta .2)", 2, "vae-0.2-seed-2"),
    ]
    assert (study.known, study.unseen) == (first.known, first.unseen)
    checksums = [weights_checksum(candidate.folder) for candidate in study.candidates]
    assert checksums[:2] == [weights_checksum(candidate.folder) for candidate in first.candidates]
    assert len(set(checksums)) == 4
    record = record_of(request.out)
    assert record is not None
    assert record.trainings == tuple(
        Training(*pair) for pair in json.loads('[["ae", 0], ["vae-0.2", 0], ["vae-0.2", 1], ["vae-0.2", 2]]')
    )
    denoising = dataclasses.replace(request, arms=("denoising-ae",))
    with claimed(denoising, resume=True, overwrite=False) as same:
        assert [training for training in same.trainings if training.arm == "denoising-ae"] == [
            Training("denoising-ae", 0)
        ]


def test_what_a_study_has_is_not_filled_up_unasked(tiny_csv: Path, tmp_path: Path) -> None:
    request = CompareRequest(file=tiny_csv, out=tmp_path / "study", cache=tmp_path, arms=("ae",), seeds=(3,))
    with claimed(request, resume=False, overwrite=False):
        pass
    other = dataclasses.replace(request, arms=("vae-0.2",), seeds=(4, 5))
    with claimed(other, resume=True, overwrite=False):
        pass
    all_three = dataclasses.replace(request, arms=("ae", "vae-0.2", "vae-0.01"), seeds=None)
    with claimed(all_three, resume=True, overwrite=False) as found:
        pairs = [("ae", 3), ("vae-0.2", 4), ("vae-0.2", 5), ("vae-0.01", 3)]
        assert [tuple(training) for training in found.trainings] == pairs
        assert found.seed == 3


def test_a_record_from_before_there_were_seeds_is_read(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"arms": ["ae", "vae-0.2"], "minutes": 20, "seed": 5}')
    record = record_of(tmp_path)
    assert record is not None
    assert record.trainings == (Training("ae", 5), Training("vae-0.2", 5))
    assert (record.minutes, record.steps) == (20, None)


def test_seeds_that_can_not_be_are_refused(molvae_command: RunMolvae, tiny_csv: Path, tmp_path: Path) -> None:
    common = ("compare", "--data", tiny_csv, "--out", tmp_path / "out")
    assert 'seeds are "0 -1": give at least one' in molvae_command(*common, "--seeds", 0, -1).err
    with pytest.raises(SettingsError, match="models that are there already have no further seeds"):
        CompareRequest(
            file=tiny_csv, out=tmp_path / "out", cache=tmp_path, models=(tmp_path / "model",), seeds=(0, 1)
        )
    assert pd.isna(with_intervals(pd.DataFrame({"arm": [AE], "x": [np.nan], "x sd": [np.nan]}))["x"][0])

"""The arms of a study side by side, for a number of steps: the same as one by one, also when killed."""

import dataclasses
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest

from molvae.errors import SettingsError
from molvae.generation.model_folder import load_model, read_manifest, weights_checksum
from molvae.studies.comparison.arms import Training
from molvae.studies.comparison.page import study_page
from molvae.studies.comparison.request import CompareRequest, claimed
from molvae.studies.comparison.study import Candidate, Plan, measure
from molvae.studies.comparison.subjects import Extent, Molecules
from molvae.studies.comparison.trained import trained
from tests.command_line import RunMolvae

ARMS = ("ae", "vae-0.2")
SIZES = {"embedding_dim": 8, "encoder_dim": 8, "decoder_dim": 16, "latent_dim": 8, "batch_size": 32}


@pytest.fixture
def request_of(tiny_csv: Path, tmp_path: Path) -> CompareRequest:
    """A study of two small arms of eight steps, in this process."""
    return CompareRequest(
        file=tiny_csv,
        out=tmp_path / "alone",
        cache=tmp_path,
        arms=ARMS,
        steps=8,
        training=SIZES | {"num_merges": 10},
        samplers=("N(0, I)",),
        num_workers=0,
    )


def train(request: CompareRequest, *, resume: bool = False) -> list[str]:
    """Checksums of the weights of a study's arms, once they are trained."""
    with claimed(request, resume=resume, overwrite=False) as request:
        candidates = trained(request).candidates
    assert len({one.model.facts["steps"] for one in candidates if one.model is not None}) == 1
    return [weights_checksum(candidate.folder) for candidate in candidates]


def test_arms_side_by_side_come_to_the_same_as_one_by_one(request_of: CompareRequest, tmp_path: Path) -> None:
    beside = dataclasses.replace(request_of, out=tmp_path / "beside", num_workers=2)
    assert train(beside) == train(request_of)


def test_models_measured_side_by_side_are_measured_the_same_and_told_of_by_seed(
    tiny_model_dir: Path, tiny_csv: Path, tmp_path: Path
) -> None:
    other = shutil.copytree(tiny_model_dir, tmp_path / "other")
    smiles = pd.read_csv(tiny_csv)["smiles"].tolist()
    extent = Extent(
        num_known=100,
        num_unseen=30,
        num_samples=30,
        num_around=2,
        num_denoised=2,
        num_answers=2,
        num_calls=12,
        num_searches=2,
    )
    molecules = Molecules(known=smiles[:100], unseen=smiles[100:130], cache=tmp_path, extent=extent)
    candidates = [
        Candidate("one", seed, folder, load_model(folder))
        for seed, folder in enumerate((tiny_model_dir, other))
    ]
    alone, beside = (Plan(molecules, ("N(0, I)",), tmp_path / name) for name in ("alone", "beside"))
    expected = measure(candidates[:1], alone, 0)
    found = measure(candidates, beside, 2)
    assert list(found.each_seed) == list(expected.tables)
    for name, table in expected.tables.items():
        for _, part in found.each_seed[name].groupby("seed"):
            pd.testing.assert_frame_equal(part.drop(columns="seed").reset_index(drop=True), table)
        assert (found.tables[name]["seeds"] == 2).all()
    assert found.samples == expected.samples
    page = study_page(found)
    assert "Seeds: one 2." in page
    assert page.count("<h3>one</h3>") == 4, "a dial, mended molecules, a traversal and a path, of one seed"


def test_a_study_goes_on_for_the_steps_that_its_minutes_came_to(request_of: CompareRequest) -> None:
    begun = dataclasses.replace(request_of, arms=("ae",), minutes=0.005, steps=None)
    first = train(begun)
    steps = read_manifest(request_of.folder_of(Training("ae", 0)))["facts"]["steps"]
    with pytest.raises(SettingsError, match=rf'ae" had "{steps}" steps, and now it is to have "{steps + 1}"'):
        train(dataclasses.replace(request_of, steps=steps + 1), resume=True)
    both = train(dataclasses.replace(request_of, steps=steps), resume=True)
    assert both[:1] == first


def test_a_study_that_was_told_its_steps_takes_no_others(request_of: CompareRequest) -> None:
    first = train(dataclasses.replace(request_of, arms=("ae",)))
    with pytest.raises(SettingsError, match='had another minutes \\("None", now "1"\\)'):
        train(dataclasses.replace(request_of, steps=None, minutes=1), resume=True)
    with pytest.raises(SettingsError, match='had another steps \\("8", now "9"\\)'):
        train(dataclasses.replace(request_of, steps=9), resume=True)
    assert train(dataclasses.replace(request_of, steps=None), resume=True)[:1] == first


BEGIN = """
from pathlib import Path
from molvae.studies.comparison.request import CompareRequest, claimed
from molvae.studies.comparison.trained import trained
request = CompareRequest(
    file=Path({file!r}), out=Path({out!r}), cache=Path({cache!r}), arms={arms!r}, steps={steps!r},
    training={training!r}, samplers=("N(0, I)",), num_workers=2,
)
with claimed(request, resume=False, overwrite=False) as request:
    trained(request)
"""


def test_a_study_that_is_killed_in_the_middle_of_several_arms_goes_on_as_if_nothing_had_happened(
    request_of: CompareRequest, tmp_path: Path
) -> None:
    training = {**request_of.training, "checkpoint_seconds": 0.01}
    request = dataclasses.replace(request_of, steps=60, training=training)
    killed = dataclasses.replace(request, out=tmp_path / "killed", num_workers=2)
    places = {"file": str(killed.file), "out": str(killed.out), "cache": str(killed.cache)}
    text = BEGIN.format(**places, arms=ARMS, steps=60, training=training)
    process = psutil.Popen([sys.executable, "-c", text], stderr=subprocess.PIPE)
    last = [killed.folder_of(Training(arm, 0)) / "checkpoints" / "last.safetensors" for arm in ARMS]
    while not all(path.exists() for path in last):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    workers = process.children(recursive=True)
    process.kill()
    process.communicate()
    assert not psutil.wait_procs(workers, timeout=60)[1], "workers end with the program that started them"
    assert train(killed, resume=True) == train(request)


def test_minutes_and_steps_are_not_given_together(
    molvae_command: RunMolvae, tiny_csv: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    common = ("compare", "--data", tiny_csv, "--out", out)
    found = molvae_command(*common, "--minutes", 2, "--steps", 10)
    assert found.code == 1
    assert found.err == 'molvae: error: minutes is "2" and steps is "10": give one of the two\n'
    assert not out.exists()
    assert 'steps is "0"; it must be above 0' in molvae_command(*common, "--steps", 0).err
    assert 'num_workers is "-1"; it must be 0' in molvae_command(*common, "--num-workers", -1).err

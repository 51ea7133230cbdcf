"""A model there and back, and what is left of a folder when writing it goes wrong."""

import copy
import dataclasses
import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from molvae.chem.notation import constraints_in_force, set_constraints
from molvae.errors import CheckpointError, ModelFolderError
from molvae.generation import model_folder
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.membership import MoleculeKeys
from molvae.generation.model_folder import (
    FILES,
    MANIFEST,
    load_model,
    pretrained_names,
    read_manifest,
    save_model,
)

SMILES = ["CCOc1ccccc1", "NC(=O)c1ccccc1", "CCO"]


class _PowerCutError(BaseException):
    """Nothing in the program can catch it by accident."""


@pytest.fixture
def other_model(tiny_model: MoleculeModel) -> MoleculeModel:
    """A model of the same architecture with other weights, prior and training molecules."""
    network, prior = copy.deepcopy(tiny_model.network), copy.deepcopy(tiny_model.gaussian_prior)
    for tensor in [*network.parameters(), prior.mean]:
        tensor += 0.01
    keys = MoleculeKeys.of(SMILES)
    return dataclasses.replace(tiny_model, network=network, priors={"gaussian": prior}, training_keys=keys)


@pytest.fixture
def folder(tiny_model: MoleculeModel, tmp_path: Path) -> Path:
    """A folder that holds the tiny model and nothing else."""
    save_model(tiny_model, tmp_path / "model")
    return tmp_path / "model"


def outputs(model: MoleculeModel) -> list[Any]:
    """A bit of everything that a model can do."""
    mean, spread = model.posterior(SMILES)
    predictions = model.predict(mean)
    arrays = [mean, spread, predictions.mean, predictions.spread]
    return [*(array.tobytes() for array in arrays), model.sample(20, temperature=1, novel=True)]


def same(model: MoleculeModel, other: MoleculeModel) -> bool:
    """Whether two models are the same, told by what a folder holds of them."""
    weights = zip(model.network.state_dict().values(), other.network.state_dict().values(), strict=True)
    return all(torch.equal(one, two) for one, two in weights) and np.array_equal(
        model.training_keys.keys, other.training_keys.keys
    )


def test_a_model_that_was_saved_and_loaded_gives_the_same_outputs_bit_for_bit(
    tiny_model: MoleculeModel, folder: Path
) -> None:
    loaded = load_model(folder)
    assert outputs(loaded) == outputs(tiny_model)
    assert loaded.tokenizer.to_json() == tiny_model.tokenizer.to_json()
    assert loaded.scaler == tiny_model.scaler
    assert loaded.curation == tiny_model.curation
    assert (loaded.max_length, len(loaded.training_keys)) == (
        tiny_model.max_length,
        len(tiny_model.training_keys),
    )
    assert torch.equal(loaded.gaussian_prior.factor, tiny_model.gaussian_prior.factor)
    assert {path.name for path in folder.iterdir()} == {MANIFEST, *FILES}


@pytest.mark.parametrize("name", ["weights.safetensors", "prior.safetensors", "training_keys.npy"])
def test_a_file_that_was_swapped_for_another_models_is_refused(
    name: str, other_model: MoleculeModel, folder: Path, tmp_path: Path
) -> None:
    save_model(other_model, tmp_path / "other")
    shutil.copyfile(tmp_path / "other" / name, folder / name)
    with pytest.raises(ModelFolderError, match=f'{name}" is truncated, edited, or from another model; copy'):
        load_model(folder)


def test_a_model_of_other_selfies_constraints_is_refused_until_they_are_in_force(folder: Path) -> None:
    chosen = constraints_in_force()
    set_constraints(chosen | {"S": 4})
    try:
        with pytest.raises(ModelFolderError, match="was made under other SELFIES constraints than those in"):
            load_model(folder)
    finally:
        set_constraints(chosen)
    load_model(folder)


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_disk_that_is_full_is_said_in_one_line_and_leaves_the_model_that_was_there(
    number: int,
    tiny_model: MoleculeModel,
    other_model: MoleculeModel,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    syncs = iter(range(1, 6))

    def full(_: int) -> None:
        if next(syncs) == number:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointError) as caught:
        save_model(other_model, folder)
    message = str(caught.value)
    name = [*FILES, MANIFEST][number - 1]
    assert message.startswith(f'"{folder / name}" could not be written (No space left on device); free some')
    assert "save the model again (train goes on with --resume)" in message
    assert "\n" not in message
    assert {path.name for path in folder.iterdir()} == {MANIFEST, *FILES}
    assert same(load_model(folder), tiny_model)


def test_a_disk_that_is_full_leaves_nothing_where_there_was_no_model(
    tiny_model: MoleculeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointError, match="No space left on device"):
        save_model(tiny_model, tmp_path / "model")
    assert list((tmp_path / "model").iterdir()) == []


def test_a_folder_that_can_not_be_made_is_said_in_one_line(tiny_model: MoleculeModel, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"could not be written \(File exists\); .* choose a folder"):
        save_model(tiny_model, tmp_path / "taken")


@contextmanager
def power_cut_after(num_moves: int) -> Iterator[None]:
    """The program ends when it has moved so many files into their places."""
    replace, num_done = Path.replace, 0

    def counted(path: Path, target: Path) -> Path:
        nonlocal num_done
        if num_done == num_moves:
            raise _PowerCutError
        num_done += 1
        return replace(path, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", counted)
        yield


@pytest.mark.parametrize("num_moves", range(6))
def test_a_model_whose_replacement_was_cut_short_is_the_old_one_the_new_one_or_refused(
    num_moves: int, tiny_model: MoleculeModel, other_model: MoleculeModel, folder: Path
) -> None:
    with power_cut_after(num_moves):
        if num_moves == 5:
            save_model(other_model, folder)
        else:
            with pytest.raises(_PowerCutError):
                save_model(other_model, folder)
    if num_moves in (0, 5):
        assert same(load_model(folder), tiny_model if num_moves == 0 else other_model)
        return
    with pytest.raises(ModelFolderError, match="is truncated, edited, or from another model; copy the whole"):
        load_model(folder)
    save_model(other_model, folder)
    assert same(load_model(folder), other_model)


def test_half_precision_halves_the_weights_and_hardly_changes_a_model(
    tiny_model: MoleculeModel, folder: Path, tmp_path: Path
) -> None:
    save_model(tiny_model, tmp_path / "half", half_precision=True)
    sizes = [(path / "weights.safetensors").stat().st_size for path in (tmp_path / "half", folder)]
    assert sizes[0] < 0.6 * sizes[1]
    half = load_model(tmp_path / "half")
    assert {weight.dtype for weight in half.network.parameters()} == {torch.float32}
    np.testing.assert_allclose(half.encode(SMILES), tiny_model.encode(SMILES), atol=2e-2)


@pytest.fixture
def shelf(tiny_model: MoleculeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of models that come with molvae, with one in it, named "small"."""
    monkeypatch.setattr(model_folder, "PRETRAINED", tmp_path / "shelf")
    save_model(tiny_model, tmp_path / "shelf" / "small")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "shelf"


def test_a_model_that_comes_with_molvae_is_loaded_by_its_name(tiny_model: MoleculeModel, shelf: Path) -> None:
    assert pretrained_names() == ["small"]
    assert same(load_model("small"), tiny_model)
    assert read_manifest(Path("small")) == read_manifest(shelf / "small")
    with pytest.raises(ModelFolderError, match=r'no model folder "smal"; .* train wrote, or small'):
        load_model("smal")


def test_a_folder_that_is_there_comes_before_a_model_of_that_name(
    other_model: MoleculeModel, tiny_model: MoleculeModel, shelf: Path
) -> None:
    save_model(other_model, Path("small"))
    assert same(load_model("small"), other_model)
    assert not same(load_model("small"), tiny_model)

"""What a user gets wrong is said in one line, with exit code 1."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from molvae.generation.model_folder import FILES, MANIFEST
from tests.command_line import Outcome, RunMolvae

UNSEEN = "C[Se]C"


def message(outcome: Outcome) -> str:
    """The one line of an error."""
    assert outcome.code == 1
    assert outcome.out == ""
    assert outcome.err.startswith("molvae: error: ")
    assert outcome.err.count("\n") == 1
    return outcome.err.strip()


@pytest.mark.parametrize(
    ("content", "flags", "expected"),
    [
        (None, [], "is not there"),
        ("name,mass\nethanol,46\nbenzene,78\n", [], "holds SMILES"),
        ("smiles,logP\nC1CC,1\nnonsense,2\n", [], "2 rows"),
        ("smiles,logP\nCCO,1\nCCC,2\n", ["--property", "logp2"], 'did you mean "logP"?'),
        ("smiles,logP\nCCO,high\nCCC,low\n", ["--property", "logP"], '"logP"'),
        ("smiles,logP\nCCO,1\nCCC,2\n", ["--smiles-column", "smile"], 'did you mean "smiles"?'),
        ("smiles\n", [], "has a header but no rows"),
    ],
)
def test_a_table_that_can_not_be_trained_on_is_refused(
    content: str | None, flags: list[str], expected: str, molvae_command: RunMolvae, tmp_path: Path
) -> None:
    table, out = tmp_path / "table.csv", tmp_path / "model"
    if content is not None:
        table.write_text(content, encoding="utf-8")
    argv = ["train", table, "--out", out, "--num-workers", 0, *flags]
    found = message(molvae_command(*argv))
    assert expected in found
    assert str(table) in found
    assert not out.exists()


@pytest.mark.parametrize("name", FILES)
def test_a_model_folder_without_one_of_its_files_is_refused(
    name: str, molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    folder = _copy(tiny_model_dir, tmp_path)
    (folder / name).unlink()
    assert f'lacks "{name}"; copy the whole folder again' in message(molvae_command("info", folder))


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_a_model_folder_that_was_cut_is_refused(
    name: str, molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    folder = _copy(tiny_model_dir, tmp_path)
    (folder / name).write_bytes((folder / name).read_bytes()[:-10])
    expected = f'{name}" is truncated, edited, or from another model; copy the whole folder again'
    assert expected in message(molvae_command("sample", folder))


def _edited(text: str) -> str:
    return text.replace('"latent_dim": 16', '"latent_dim": 17')


def _from_the_future(text: str) -> str:
    return json.dumps(json.loads(text) | {"format_version": 99})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_edited, "was edited after it was written"),
        (_from_the_future, "has format 99, this molvae reads up to 1; update molvae"),
        (lambda text: text[:500], "is truncated or not JSON"),
        (lambda text: '{"name": "package"}', "is not from molvae; give the folder that train wrote"),
        (lambda text: "[]", "is truncated or not JSON"),
    ],
)
def test_a_manifest_that_is_not_as_it_was_written_is_refused(
    change: Callable[[str], str],
    expected: str,
    molvae_command: RunMolvae,
    tiny_model_dir: Path,
    tmp_path: Path,
) -> None:
    folder = _copy(tiny_model_dir, tmp_path)
    path = folder / MANIFEST
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert expected in message(molvae_command("info", folder))


def test_a_folder_without_a_model_is_refused(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    assert "there is no model folder" in message(molvae_command("info", tmp_path / "nowhere"))
    assert 'holds no "model.json"; is it one?' in message(molvae_command("info", tmp_path))
    folder = _copy(tiny_model_dir, tmp_path)
    (folder / MANIFEST).unlink()
    assert "its training has not ended: go on with train --resume" in message(molvae_command("info", folder))


def _copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("C1CC", '"C1CC" (molecule {place}) cannot be encoded: it can\'t be parsed ('),
        (UNSEEN, f'"{UNSEEN}" (molecule {{place}}) cannot be encoded: '),
        ("C[Pt]C", '"C[Pt]C" (molecule {place}) cannot be encoded: it holds an element that the model'),
        ("", '"" (molecule {place}) cannot be encoded: it is empty'),
    ],
)
def test_a_molecule_that_can_not_be_encoded_is_refused(
    smiles: str, expected: str, molvae_command: RunMolvae, tiny_model_dir: Path
) -> None:
    found = message(molvae_command("neighbors", tiny_model_dir, smiles))
    assert expected.format(place=1) in found
    found = message(molvae_command("interpolate", tiny_model_dir, "CCOc1ccccc1", smiles))
    assert expected.format(place=2) in found


def test_an_unseen_symbol_is_named(molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path) -> None:
    assert "[Se]" in message(molvae_command("neighbors", tiny_model_dir, UNSEEN))
    table, out = tmp_path / "table.smi", tmp_path / "latents.csv"
    table.write_text(f"CCOc1ccccc1\n{UNSEEN}\n", encoding="utf-8")
    assert molvae_command("encode", tiny_model_dir, table, "--out", out).code == 0
    ledger = Path(f"{out}.ledger.csv").read_text(encoding="utf-8").splitlines()
    assert ledger[1].startswith(f"2,{UNSEEN},unseen symbol,")
    assert "[Se]" in ledger[1]


def test_a_table_of_nothing_that_can_be_encoded_is_refused(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    table, out = tmp_path / "table.csv", tmp_path / "latents.npz"
    table.write_text(f"smiles\n{UNSEEN}\nC1CC\n", encoding="utf-8")
    found = message(molvae_command("encode", tiny_model_dir, table, "--out", out))
    assert "the model can read none of the 2 rows" in found
    assert "row 1: unseen symbol" in found
    assert not out.exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "[sample]\ntemprature = 1.0\n",
            'table [sample]: unknown key "temprature"; did you mean "temperature"?',
        ),
        ("[sampel]\nseed = 1\n", 'unknown table "sampel"; did you mean "sample"?'),
        ("[sample]\nseed = 'one'\n", '"seed" is "one"; it must be a whole number'),
        ("seed = 1\n", '"seed" stands outside a table; put it under [sample]'),
        ("[sample\n", "is not TOML"),
    ],
)
def test_a_mistake_in_the_settings_file_is_refused_with_advice(
    text: str, expected: str, molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "run.toml"
    settings.write_text(text, encoding="utf-8")
    assert expected in message(molvae_command("sample", tiny_model_dir, "--config", settings))


def test_output_that_exists_is_never_overwritten_without_being_told(
    molvae_command: RunMolvae, tiny_model_dir: Path, tiny_csv: Path, tmp_path: Path
) -> None:
    taken, latents = tmp_path / "taken.csv", tmp_path / "latents.npz"
    assert molvae_command("encode", tiny_model_dir, tiny_csv, "--out", latents).code == 0
    taken.write_text("mine", encoding="utf-8")
    commands = [
        ["sample", tiny_model_dir],
        ["encode", tiny_model_dir, tiny_csv],
        ["decode", tiny_model_dir, latents],
        ["reconstruct", tiny_model_dir, tiny_csv],
        ["neighbors", tiny_model_dir, "CCO"],
        ["interpolate", tiny_model_dir, "CCO", "CCC"],
        ["predict", tiny_model_dir, tiny_csv],
        ["evaluate", tiny_csv],
    ]
    for command in commands:
        found = message(molvae_command(*command, "--out", taken))
        assert "exists; give another file, or --overwrite" in found
        assert taken.read_text(encoding="utf-8") == "mine"
    assert molvae_command(*commands[3], "--out", taken, "--overwrite").code == 0
    assert taken.read_text(encoding="utf-8").startswith("row,smiles,reconstruction,same\n")
    found = message(molvae_command("train", tiny_csv, "--out", tiny_model_dir, "--num-workers", 0))
    assert "exists and is not empty; give another folder" in found

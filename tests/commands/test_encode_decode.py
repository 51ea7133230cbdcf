"""molvae encode, decode and reconstruct."""

import copy
import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import save_model
from tests.command_line import RunMolvae


@pytest.fixture
def mixed_csv(tiny_csv: Path, tmp_path: Path) -> Path:
    """Four molecules of the training data, in another spelling, among three rows that can't be encoded."""
    known = pd.read_csv(tiny_csv)["smiles"][:4].tolist()
    path = tmp_path / "mixed.csv"
    rows = [f"{known[0]} a name", "C1CC", known[1], "", known[2], "C[Pt]C", known[3]]
    path.write_text("\n".join(["structure", *rows]) + "\n", encoding="utf-8")
    return path


def test_an_npz_holds_latents_spreads_and_draws_without_pickling(
    molvae_command: RunMolvae,
    tiny_model_dir: Path,
    tiny_model: MoleculeModel,
    mixed_csv: Path,
    tmp_path: Path,
) -> None:
    out = tmp_path / "latents.npz"
    argv = ["encode", tiny_model_dir, mixed_csv, "--out", out, "--spread", "--draws", 2000]
    outcome = molvae_command(*argv)
    assert outcome.code == 0
    assert outcome.out.splitlines()[:2] == [
        "4 of 7 rows encoded: 16 latents each",
        f"3 rows can't be read by the model: listed in {out}.ledger.csv",
    ]
    with np.load(out, allow_pickle=False) as arrays:
        assert arrays["rows"].tolist() == [1, 3, 5, 7]
        smiles = arrays["smiles"].tolist()
        mean, spread = tiny_model.posterior(smiles)
        np.testing.assert_allclose(arrays["latents"], mean, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(arrays["spread"], spread, rtol=1e-5)
        scaled = (arrays["draws"] - mean[:, None]) / spread[:, None]
    assert scaled.shape == (4, 2000, 16)
    assert abs(scaled.mean()) < 0.02
    assert scaled.std() == pytest.approx(1, abs=0.02)


def test_rows_that_can_not_be_encoded_are_in_the_ledger(
    molvae_command: RunMolvae, tiny_model_dir: Path, mixed_csv: Path, tmp_path: Path
) -> None:
    molvae_command("encode", tiny_model_dir, mixed_csv, "--out", tmp_path / "latents.csv")
    ledger = pd.read_csv(tmp_path / "latents.csv.ledger.csv", keep_default_na=False)
    assert ledger["row"].tolist() == [2, 4, 6]
    assert ledger["smiles"].tolist() == ["C1CC", "", "C[Pt]C"]
    assert ledger["reason"].tolist() == ["unparseable", "empty", "element"]
    assert ledger["detail"].tolist()[2] == "Pt"


def test_a_csv_of_latents_has_a_column_each_and_decodes_like_the_npz(
    molvae_command: RunMolvae, tiny_model_dir: Path, tiny_model: MoleculeModel, tiny_csv: Path, tmp_path: Path
) -> None:
    smiles = {}
    for ending in ("csv", "npz"):
        latents, out = tmp_path / f"latents.{ending}", tmp_path / f"from_{ending}.csv"
        assert molvae_command("encode", tiny_model_dir, tiny_csv, "--out", latents, "--spread").code == 0
        outcome = molvae_command("decode", tiny_model_dir, latents, "--out", out)
        assert "of 200 latents decoded to a molecule" in outcome.out
        smiles[ending] = pd.read_csv(out, keep_default_na=False)["smiles"].tolist()
    table = pd.read_csv(tmp_path / "latents.csv")
    latent_names = [f"z{index}" for index in range(16)]
    assert list(table.columns) == [
        "row",
        "smiles",
        *latent_names,
        *(f"{name}_spread" for name in latent_names),
    ]
    assert smiles["csv"] == smiles["npz"] == tiny_model.decode(table[latent_names].to_numpy())


def test_decoded_molecules_say_which_row_they_come_from(
    molvae_command: RunMolvae, tiny_model_dir: Path, mixed_csv: Path, tmp_path: Path
) -> None:
    for ending in ("csv", "npz"):
        latents, out = tmp_path / f"latents.{ending}", tmp_path / "decoded.csv"
        assert molvae_command("encode", tiny_model_dir, mixed_csv, "--out", latents).code == 0
        assert molvae_command("decode", tiny_model_dir, latents, "--out", out, "--overwrite").code == 0
        table = pd.read_csv(out, keep_default_na=False)
        assert list(table.columns) == ["smiles", "row", "encoded"]
        assert table["row"].tolist() == [1, 3, 5, 7]
        reconstruction = molvae_command("reconstruct", tiny_model_dir, mixed_csv)
        num_same = sum(table["smiles"] == table["encoded"])
        assert reconstruction.out.startswith(f"{num_same} of 4 molecules come back the same")


def test_latents_of_another_model_are_refused(
    molvae_command: RunMolvae, tiny_model_dir: Path, tiny_model: MoleculeModel, tiny_csv: Path, tmp_path: Path
) -> None:
    network = copy.deepcopy(tiny_model.network)
    next(network.parameters()).add_(0.01)
    save_model(dataclasses.replace(tiny_model, network=network), tmp_path / "other")
    latents = tmp_path / "latents.npz"
    assert molvae_command("encode", tmp_path / "other", tiny_csv, "--out", latents).code == 0
    outcome = molvae_command("decode", tiny_model_dir, latents, "--out", tmp_path / "out.csv")
    assert (outcome.code, outcome.err.count("\n")) == (1, 1)
    assert "are of another model than" in outcome.err
    assert molvae_command("decode", tmp_path / "other", latents, "--out", tmp_path / "out.csv").code == 0


def test_reconstruction_is_counted_by_comparing_the_two_columns(
    molvae_command: RunMolvae,
    tiny_model_dir: Path,
    tiny_model: MoleculeModel,
    mixed_csv: Path,
    tmp_path: Path,
) -> None:
    out = tmp_path / "table.csv"
    outcome = molvae_command("reconstruct", tiny_model_dir, mixed_csv, "--out", out)
    table = pd.read_csv(out, keep_default_na=False)
    assert list(table.columns) == ["row", "smiles", "reconstruction", "same"]
    assert table["row"].tolist() == [1, 3, 5, 7]
    num_same = sum(table["smiles"] == table["reconstruction"])
    first = f"{num_same} of 4 molecules come back the same: {num_same / 4:.3f}"
    assert outcome.out.splitlines()[0] == first
    expected = tiny_model.reconstruct(table["smiles"].tolist())
    assert table["reconstruction"].tolist() == expected["reconstruction"].tolist()
    assert molvae_command("reconstruct", tiny_model_dir, mixed_csv).out.splitlines() == [
        first,
        "4 of 4 were in the table of the model: on those it flatters",
        "3 rows can't be read by the model: give --out for a ledger of them",
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.npz", b"no zip", "is not an .npz of plain arrays; write it with molvae encode"),
        ("a.npz", {"z": np.zeros((2, 16))}, 'has no array "latents"; its arrays: z'),
        ("a.npz", {"latents": np.array([None, "a"])}, "is not an .npz of plain arrays"),
        ("a.npz", {"latents": np.zeros((2, 3))}, "holds latents of shape (2, 3); the model has 16"),
        ("a.npz", {"latents": np.zeros((0, 16))}, "holds no latents"),
        (
            "a.npz",
            {"latents": np.array([[0.0] * 16, [np.nan] * 16])},
            "row 2: a latent is missing or not finite",
        ),
        ("a.csv", b"smiles\nCCO\n", "has no columns z0, z1, ...; write it with molvae encode"),
        ("a.csv", b"z0,z2\n1,2\n", "is not a table of latents z0, z1, ..."),
        ("a.csv", b"z0,z1\n1,two\n", "is not a table of latents z0, z1, ..."),
        ("a.csv", b"", "is not a table of latents z0, z1, ..."),
        ("a.txt", b"1 2 3", 'has an unknown ending ".txt"; give an .npz or a .csv'),
        (None, b"", "there is no file"),
    ],
)
def test_a_file_that_holds_no_latents_is_refused(
    name: str | None,
    content: bytes | dict[str, object],
    message: str,
    molvae_command: RunMolvae,
    tiny_model_dir: Path,
    tmp_path: Path,
) -> None:
    path = tmp_path / (name or "nowhere.npz")
    if isinstance(content, dict):
        np.savez(path, **content)  # type: ignore[arg-type]
    elif name is not None:
        path.write_bytes(content)
    outcome = molvae_command("decode", tiny_model_dir, path, "--out", tmp_path / "out.csv")
    assert outcome.code == 1
    assert message in outcome.err
    assert outcome.err.count("\n") == 1


def test_draws_need_a_file_that_holds_them(
    molvae_command: RunMolvae, tiny_model_dir: Path, tiny_csv: Path, tmp_path: Path
) -> None:
    argv = ["encode", tiny_model_dir, tiny_csv, "--out", tmp_path / "latents.csv", "--draws", 3]
    assert "draws are an array of three dimensions" in molvae_command(*argv).err

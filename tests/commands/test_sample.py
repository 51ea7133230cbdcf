"""molvae sample."""

import dataclasses
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem
from rdkit.Chem import Crippen, Descriptors, rdMolDescriptors

from molvae.generation import sampling
from molvae.generation.decoding import Codes
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.membership import MoleculeKeys
from molvae.generation.sampling import draw_molecules
from tests.command_line import RunMolvae


def test_molecules_go_to_the_terminal_without_a_file(molvae_command: RunMolvae, tiny_model_dir: Path) -> None:
    outcome = molvae_command("sample", tiny_model_dir, "-n", 12)
    smiles = outcome.out.splitlines()
    assert len(smiles) == 12
    assert all(Chem.CanonSmiles(text) == text for text in smiles)
    assert molvae_command("sample", tiny_model_dir, "--num-samples", 12, "--greedy").out == outcome.out
    assert molvae_command("sample", tiny_model_dir, "-n", 12, "--seed", 1).out != outcome.out


def test_the_table_holds_computed_and_predicted_properties(
    molvae_command: RunMolvae, tiny_model_dir: Path, tiny_model: MoleculeModel, tmp_path: Path
) -> None:
    out = tmp_path / "sample.csv"
    assert molvae_command("sample", tiny_model_dir, "-n", 30, "--temperature", 1, "--out", out).code == 0
    table = pd.read_csv(out)
    predicted = [f"predicted_{name}{end}" for name in ("logP", "QED") for end in ("", "_spread")]
    assert list(table.columns) == ["smiles", "logP", "QED", "SA", "MW", *predicted]
    mols = [Chem.MolFromSmiles(text) for text in table["smiles"]]
    np.testing.assert_allclose(table["logP"], [Crippen.MolLogP(mol) for mol in mols], atol=1e-9)
    np.testing.assert_allclose(table["MW"], [Descriptors.MolWt(mol) for mol in mols], atol=1e-9)
    readable = tiny_model.readable(list(table["smiles"]))
    assert set(np.flatnonzero(table["predicted_QED"].notna())) == set(readable.places)
    alone = tiny_model.predict(tiny_model.encode([readable.smiles[3]]))
    row = table.loc[readable.places[3]]
    np.testing.assert_allclose(
        row[["predicted_logP", "predicted_QED"]].astype(float), alone.mean[0], rtol=1e-4
    )
    np.testing.assert_allclose(row["predicted_QED_spread"], alone.spread[0, 1], rtol=1e-4)


def test_unique_and_novel_molecules_are_that(
    molvae_command: RunMolvae, tiny_model_dir: Path, tiny_csv: Path, tmp_path: Path
) -> None:
    out = tmp_path / "sample.smi"
    assert molvae_command("sample", tiny_model_dir, "-n", 40, "--unique", "--novel", "--out", out).code == 0
    smiles = out.read_text(encoding="utf-8").split()
    known = {Chem.CanonSmiles(text) for text in pd.read_csv(tiny_csv)["smiles"]}
    assert len(smiles) == len(set(smiles)) == 40
    assert not known & set(smiles)


def test_the_counts_that_are_printed_are_those_of_the_table(
    molvae_command: RunMolvae, tiny_model_dir: Path, tiny_csv: Path, tmp_path: Path
) -> None:
    out = tmp_path / "sample.csv"
    outcome = molvae_command("sample", tiny_model_dir, "-n", 50, "--property", "TPSA", "--out", out)
    table = pd.read_csv(out)
    assert list(table.columns[:2]) == ["smiles", "TPSA"]
    known = {Chem.CanonSmiles(text) for text in pd.read_csv(tiny_csv)["smiles"]}
    asked, kept, draws, valid, unique, novel = map(
        int, re.findall(r"\d+", outcome.out.partition("molecules:")[0])
    )
    assert (asked, kept, valid) == (50, 50, 50)
    assert draws >= 50
    assert unique == table["smiles"].nunique()
    assert novel == len(set(table["smiles"]) - known)


def test_sampling_counts_its_draws_and_gives_up_in_the_end(
    tiny_model: MoleculeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def every_other(_: MoleculeModel, codes: Iterable[Codes], *__: object) -> list[str]:
        return ["CCO" if row % 2 else "" for some in codes for row in range(len(some.latents))]

    monkeypatch.setattr(sampling, "decode_latents", every_other)
    model = dataclasses.replace(tiny_model, training_keys=MoleculeKeys.of(["CCO"]))
    # of three the middle one, then two of as many as should hold two more
    assert draw_molecules(model, 3) == (["CCO"] * 3, 7, 3, None)
    assert draw_molecules(model, 10, unique=True)[:3] == (["CCO"], 200, 100)
    assert draw_molecules(model, 10, novel=True).smiles == []


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["-n", "0"], 'command line: num_samples is "0"; ask for at least 1 molecule'),
        (
            ["--greedy", "--temperature", "1"],
            'greedy decoding has no temperature "1.0"; leave one of them out',
        ),
        (["--temperature", "-1"], 'temperature is "-1.0"; it must not be negative'),
        (["--level", "2"], 'level is "2.0"; it must be from 0 to 1'),
        (["--level", "0.5"], 'level is "0.5", but the decoder of this model is told of no noise'),
        (["--property", "qad"], 'unknown property "qad": did you mean "QED"?'),
        (["--target", "logP"], 'target is "logP"; give a property and a number, such as logP=2.5'),
        (["--target", "logP=400", "-n", "5"], "none of 200 draws has logP within"),
        (
            ["--tolerance", "logP=1"],
            "tolerance and max_draws go with a target only; give --target NAME=VALUE",
        ),
    ],
)
def test_settings_out_of_range_are_refused(
    flags: list[str], message: str, molvae_command: RunMolvae, tiny_model_dir: Path
) -> None:
    outcome = molvae_command("sample", tiny_model_dir, *flags)
    assert outcome.code == 1
    assert message in outcome.err
    assert outcome.err.count("\n") == 1


def test_targets_are_met_and_how_far_off_each_molecule_is_stands_in_the_table(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    out = tmp_path / "sample.csv"
    flags = ["--target", "TPSA=50", "--tolerance", "TPSA=10", "--property", "MW", "-n", 25]
    outcome = molvae_command("sample", tiny_model_dir, *flags, "--out", out)
    table = pd.read_csv(out)
    assert list(table.columns[:3]) == ["smiles", "TPSA", "MW"]
    assert table.columns[-1] == "TPSA_error"
    values = np.array([Descriptors.TPSA(Chem.MolFromSmiles(text)) for text in table["smiles"]])
    np.testing.assert_allclose(table["TPSA_error"], values - 50, atol=1e-9)
    assert (np.abs(values - 50) <= 10).all()
    lines = outcome.out.splitlines()
    error = f"{np.abs(values - 50).mean():.3g}"
    assert lines[0] == "25 asked for: 25 molecules"
    assert lines[1] == f"TPSA 50 +- 10: recomputed mean {values.mean():.4g}, mean absolute error {error}"
    assert lines[2].startswith(f"uniqueness {table['smiles'].nunique() / 25:.3f}, novelty ")
    num_draws, num_decoded = map(int, re.findall(r"(\d+) (?:draws|of them)", lines[3]))
    assert lines[3].startswith(f"acceptance {25 / num_draws:.1%}: ")
    assert num_decoded == num_draws >= 25
    assert lines[4] == f"molecules: {out}"


def test_molecules_at_targets_go_to_the_terminal_without_a_file(
    molvae_command: RunMolvae, tiny_model_dir: Path
) -> None:
    flags = ["--target", "logP=1.5", "--target", "num_rings=1", "--tolerance", "logP=1"]
    smiles = molvae_command("sample", tiny_model_dir, *flags, "-n", 5).out.splitlines()
    assert len(smiles) == 5
    assert all(abs(Crippen.MolLogP(Chem.MolFromSmiles(text)) - 1.5) <= 1 for text in smiles)
    assert all(rdMolDescriptors.CalcNumRings(Chem.MolFromSmiles(text)) == 1 for text in smiles)

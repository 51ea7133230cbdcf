"""Classes of the user's: what is read of a file, what is left of it, and what is said of a known geometry."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from molvae.errors import InputError, SettingsError
from molvae.generation.decoding import Checked
from molvae.generation.latent_model import MoleculeModel
from molvae.interfaces import FloatArray
from molvae.models.posteriors import GAUSSIANS
from molvae.studies.comparison.class_file import ClassFile, Labelled, placeable, read_classes
from molvae.studies.comparison.classes import two_class_placed_rows
from molvae.studies.comparison.own_classes import OWN, OWN_MIDPOINTS, PLACED, own_class_tables
from molvae.studies.comparison.subjects import Extent, Molecules, Subject
from tests.command_line import RunMolvae

TABLE = """smiles,label,pKi
CCO,active,7.5
OCC,active,
CCN,inactive,4.0
NCC,active,6.0
CCC,-,
CCCl,inactive,7
no molecule,active,9
CCF,weak,high
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "assay.csv").write_text(TABLE, encoding="utf-8")
    return tmp_path / "assay.csv"


def labels_in(file: ClassFile) -> dict[str, str]:
    found = read_classes(file)
    return dict(zip(found.smiles, found.labels.tolist(), strict=True))


def test_a_molecule_has_the_label_that_all_its_rows_agree_on(path: Path) -> None:
    assert labels_in(ClassFile(path=path, column="label")) == {
        "CCO": "active",
        "CCCl": "inactive",
        "CCF": "weak",
    }


def test_numbers_are_divided_at_a_threshold_by_their_median(path: Path) -> None:
    assert labels_in(ClassFile(path=path, column="pKi", threshold=7)) == {
        "CCO": "pKi >= 7",
        "CCN": "pKi < 7",
        "CCCl": "pKi >= 7",
    }


def test_what_holds_no_class_is_said_in_a_line(path: Path) -> None:
    with pytest.raises(InputError, match=r'the column "label" of ".*assay.csv" has no number of a molecule'):
        read_classes(ClassFile(path=path, column="label", threshold=1))
    with pytest.raises(InputError, match="has no property column"):
        read_classes(ClassFile(path=path, column="activity"))
    with pytest.raises(SettingsError, match='class_threshold is "nan"'):
        ClassFile(path=path, column="pKi", threshold=float("nan"))


def test_only_what_no_model_was_trained_on_and_all_can_read_is_placed(
    tiny_model: MoleculeModel, tiny_csv: Path
) -> None:
    known = pd.read_csv(tiny_csv)["smiles"].tolist()
    chains = ["C" * length for length in range(8, 30)]
    acids = [f"{chain}C(=O)O" for chain in chains]
    smiles = [*chains, *acids, *known[:5], "[Si]"]
    labels = np.array(["chain"] * len(chains) + ["acid"] * (len(acids) + 6))
    found = placeable(Labelled(smiles, labels), [tiny_model], known[:2], 0, "a file")
    assert list(found.smiles) == [*chains, *acids, *known[:2]]
    assert found.labels.tolist() == ["chain"] * 22 + ["acid"] * 24
    rows = np.r_[:32, 44:50]
    few = Labelled([smiles[row] for row in rows.tolist()], labels[rows])
    with pytest.raises(InputError, match=r'5 were trained on, and of the others all .* 22 of "chain", 10 of'):
        placeable(few, [tiny_model], [], 0, "a file")


class Line:
    """Molecules on a line by their length: those of one class around 10 or 50, with a spread of 2."""

    posterior_family = GAUSSIANS

    def posterior(self, smiles: Sequence[str]) -> tuple[FloatArray, FloatArray]:
        means = np.array([[len(text), 0.0] for text in smiles])
        return means, np.full_like(means, 2.0)

    def decode_checked(self, latents: FloatArray) -> Checked:
        return Checked(["C" * int(place) for place in latents[:, 0]], [20 < z < 40 for z in latents[:, 0]])


def test_two_classes_that_lie_apart_are_told_so(tmp_path: Path) -> None:
    smiles = ["C" * length for length in (*range(5, 16), *range(45, 56), *range(45, 54))]
    labels = np.array(["near"] * 11 + ["far"] * 11 + ["near"] * 9)  # nine that lie in the other cluster
    molecules = Molecules(known=[], unseen=[], cache=tmp_path, extent=Extent(num_around=8))
    subject = Subject("line", cast("MoleculeModel", Line()), molecules)
    tables = own_class_tables(subject, Labelled(smiles[:22], labels[:22]))
    (pair,) = tables[OWN]
    assert pair["classes"] == "far / near"
    assert pair["distance"] == 40
    assert pair["distance, widths of q(z|x)"] == 20
    assert pair["distance, widths of a cluster"] == pytest.approx(40 / np.sqrt(220 / 20))
    assert (pair["land among their own"], pair["of the larger class"], pair["linear"]) == (1.0, 0.5, 1.0)
    counts = {(row["class"], row["lands in"]): row["molecules"] for row in tables[PLACED]}
    assert counts == {("far", "far"): 6, ("far", "near"): 0, ("near", "far"): 0, ("near", "near"): 6}
    strict = {row["midpoints"]: row["strict"] for row in tables[OWN_MIDPOINTS]}
    assert strict == {"between classes": 1.0, "within a class": 0.0}

    (mixed,) = own_class_tables(subject, Labelled(smiles, labels))[OWN]
    assert 0.2 < float(cast("Any", mixed["land among their own"])) < 1


def test_unseen_molecules_of_two_scaffolds_are_placed_among_both(tmp_path: Path) -> None:
    benzenes = ["C" * length + "c1ccccc1" for length in range(1, 21)]
    pyridines = ["C" * length + "c1ccccn1" for length in range(1, 21)]
    molecules = Molecules(
        known=[*benzenes[:14], *pyridines[:12], "CCO"],
        unseen=[*benzenes[14:], *pyridines[12:17], "CCO"],
        cache=tmp_path,
    )

    class Told:
        """Puts pyridines far from benzenes, but for the one with a chain of 13 carbons."""

        posterior_family = GAUSSIANS

        def posterior(self, smiles: Sequence[str]) -> tuple[FloatArray, FloatArray]:
            is_far = [text.endswith("n1") and text.count("C") != 13 for text in smiles]
            means = np.array(
                [[100.0 * far + text.count("C")] for far, text in zip(is_far, smiles, strict=True)]
            )
            return means, np.ones_like(means)

    subject = Subject("told", cast("MoleculeModel", Told()), molecules)
    counts = {(row["class"], row["lands in"]): row["molecules"] for row in two_class_placed_rows(subject)}
    benzene, pyridine = "c1ccccc1", "c1ccncc1"
    assert counts == {
        (benzene, benzene): 6,
        (benzene, pyridine): 0,
        (pyridine, benzene): 1,
        (pyridine, pyridine): 4,
    }


def test_the_flags_of_classes_belong_together(
    molvae_command: RunMolvae, tiny_csv: Path, tmp_path: Path
) -> None:
    found = molvae_command("compare", "--data", tiny_csv, "--out", tmp_path / "out", "--classes", tiny_csv)
    assert found.code == 1
    assert "classes are said by --classes FILE and --class-column NAME: give both" in found.err
    assert not (tmp_path / "out").exists()

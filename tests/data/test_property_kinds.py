"""Which kind a column of measured values is, found or declared, and what its cells then say."""

import math
from pathlib import Path

import numpy as np
import pytest

from molvae.data.values import KindSurvey, UnreadableValueError, read_value
from molvae.errors import InputError
from tests.data.curated_text import curated_text, ledger_of


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["0", "1", "1.0", ""], "yes/no"),
        (["yes", "no", "maybe"], "yes/no"),
        (["yes", "no", "yes", "7"], "yes/no"),
        (["0", "1", "2"], "regression"),
        (["2.5", "yes", "3"], "regression"),
        (["", "NA", "abc", "inf", "1,5"], None),
    ],
)
def test_the_kind_of_a_property_follows_from_its_cells(cells: list[str], kind: str | None) -> None:
    survey = KindSurvey()
    survey.add(cells)
    assert survey.kind() == kind


def test_a_column_of_0_and_1_can_be_declared_a_regression(tmp_path: Path) -> None:
    text = "smiles,rings\nC1CC1,1\nCC,0\nC1CC1,0\n"
    found = curated_text(tmp_path, text, property_columns=["rings"])
    assert found.property_kinds == ("yes/no",)
    np.testing.assert_array_equal(found.properties()[:, 0], [math.nan, 0])
    options = {"property_columns": ["rings"], "property_kinds": {"Rings": "regression"}}
    declared = curated_text(tmp_path, text, **options)
    assert declared.property_kinds == ("regression",)
    np.testing.assert_array_equal(declared.properties()[:, 0], [0.5, 0])
    assert declared.key != found.key
    assert curated_text(tmp_path, text, **options).key == declared.key


def test_a_column_of_numbers_can_be_declared_yes_or_no(tmp_path: Path) -> None:
    text = "smiles,hit,x\nC,1,1.5\nCC,0,2\nCCC,2,0\nCCCC,1.0,1\n"
    options = {"property_columns": ["hit", "x"], "property_kinds": {"hit": "yes/no"}}
    curated = curated_text(tmp_path, text, **options)
    assert curated.property_kinds == ("yes/no", "regression")
    np.testing.assert_array_equal(curated.properties()[:, 0], [1, 0, math.nan, 1])
    assert ledger_of(curated) == [(3, "CCC", "property", 'hit: "2" is neither yes nor no')]


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        (
            {"hits": "regression"},
            'declared to be "regression", but no property column: "hits"; did you mean "hit"? '
            'those named with --property: "hit"',
        ),
        (
            {"smiles": "yes/no"},
            'declared to be "yes/no", but no property column: "smiles"; those named with --property: "hit"',
        ),
        ({"hit": "binary"}, 'the kind of "hit" is "binary"; it must be one of regression, yes/no'),
        (
            {"hit": "regression", "Hit": "yes/no"},
            'the property column "hit" is declared to be of two kinds; leave one',
        ),
    ],
)
def test_a_declared_kind_that_makes_no_sense_is_refused(
    kinds: dict[str, str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        curated_text(tmp_path, "smiles,hit\nC,1\n", property_columns=["hit"], property_kinds=kinds)
    assert str(caught.value) == message


def test_a_kind_without_a_property_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        curated_text(tmp_path, "smiles,hit\nC,1\n", property_kinds={"hit": "regression"})
    message = 'declared to be "regression", but no property column: "hit"; those named with --property: none'
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("kind", "cell", "message"),
    [
        ("regression", "yes", r'column "x" of ".*" has no number in it; row 1 has "yes"'),
        ("yes/no", "2.5", r'column "x" of ".*" has no yes or no in it; row 1 has "2.5"'),
    ],
)
def test_a_column_without_a_value_of_its_declared_kind_is_refused(
    kind: str, cell: str, message: str, tmp_path: Path
) -> None:
    text = f"smiles,x\nC,{cell}\n"
    with pytest.raises(InputError, match=message):
        curated_text(tmp_path, text, property_columns=["x"], property_kinds={"x": kind})


@pytest.mark.parametrize("cell", ["1_000", "1e999", "-inf", "0x10", "1.2.3", "5 nM", "2"])
def test_a_cell_that_is_no_value_is_refused(cell: str) -> None:
    with pytest.raises(UnreadableValueError):
        read_value(cell, "yes/no")
    if cell != "2":
        with pytest.raises(UnreadableValueError):
            read_value(cell, "regression")

"""The oracle's budget, cache and ledger."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from molvae.errors import InputError, SettingsError
from molvae.optimization.objectives import Evaluations, Objective
from molvae.optimization.oracle import BudgetedOracle


class Counting:
    """Scores a molecule by the length of its SMILES and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, smiles: Sequence[str]) -> Evaluations:
        self.asked.extend(smiles)
        if "Cl" in smiles:
            raise RuntimeError("no\nchlorine, please")
        lengths = np.array([float(len(text)) for text in smiles])
        lengths[[text == "Br" for text in smiles]] = np.nan
        return Evaluations(scores=lengths, values={"length": lengths})


def counting_oracle(
    budget: int, path: Path | None = None, name: str = "length"
) -> tuple[BudgetedOracle, Counting]:
    function = Counting()
    return BudgetedOracle(Objective(name=name, function=function), budget, path), function


def test_a_repeat_is_free_in_any_spelling() -> None:
    oracle, function = counting_oracle(10)
    assert oracle(["OCC", "CCO", "C(C)O"]).tolist() == [3.0, 3.0, 3.0]
    assert oracle(["CCO"]).tolist() == [3.0]
    assert function.asked == ["CCO"]
    assert oracle.remaining == 9


def test_what_is_no_molecule_is_free_and_has_no_score() -> None:
    oracle, function = counting_oracle(10)
    assert np.isnan(oracle(["", "C1CC", "not a molecule"])).all()
    assert function.asked == []
    assert oracle.remaining == 10


def test_beyond_the_budget_new_molecules_get_no_score_and_known_ones_keep_theirs() -> None:
    oracle, function = counting_oracle(2)
    scores = oracle(["C", "CC", "CCC", "C"])
    assert scores.tolist()[:2] == [1.0, 2.0]
    assert np.isnan(scores[2])
    assert scores[3] == 1.0
    assert oracle(["CC"]).tolist() == [2.0]
    assert np.isnan(oracle(["CCCC"])[0])
    assert function.asked == ["C", "CC"]
    assert oracle.remaining == 0


def test_a_molecule_that_fails_costs_its_call_and_spoils_no_other() -> None:
    oracle, _ = counting_oracle(10)
    scores = oracle(["CCO", "Cl", "Br", "CC"])
    assert scores[[0, 3]].tolist() == [3.0, 2.0]
    assert np.isnan(scores[[1, 2]]).all()
    assert [call.error for call in oracle.history] == [
        "",
        "RuntimeError: no chlorine, please",
        "the score is nan",
        "",
    ]
    assert oracle.remaining == 6


def test_a_wrong_number_of_scores_is_recorded_and_not_fatal() -> None:
    objective = Objective(name="two", function=lambda smiles: Evaluations(np.zeros(2), {}))
    oracle = BudgetedOracle(objective, 5)
    assert np.isnan(oracle(["C", "CC", "CCC"])).all()
    assert "expected one number for each of 1 molecules" in oracle.history[0].error


def test_the_curve_is_the_best_so_far_and_skips_failures() -> None:
    oracle, _ = counting_oracle(10)
    assert oracle.best is None
    assert oracle.curve().shape == (0,)
    oracle(["Br", "CC", "C", "CCC"])
    assert np.isnan(oracle.curve()[0])
    assert oracle.curve()[1:].tolist() == [2.0, 2.0, 3.0]
    assert [oracle.best] == [oracle.history[3]]


def test_the_ledger_holds_each_call_before_the_answer_is_given(tmp_path: Path) -> None:
    path = tmp_path / "oracle.csv"
    oracle, _ = counting_oracle(10, path)
    oracle(["OCC", "Cl"], operators=["prior", "cma"], parents=["", "CCO"])
    assert path.read_text(encoding="utf-8").splitlines() == [
        "call,smiles,score,values,operator,parent,error,objective",
        '1,CCO,3.0,"{""length"": 3.0}",prior,,,length',
        '2,Cl,,{},cma,CCO,"RuntimeError: no chlorine, please",length',
    ]


def test_a_new_oracle_on_the_same_ledger_goes_on_where_the_old_one_stopped(tmp_path: Path) -> None:
    path = tmp_path / "oracle.csv"
    first, _ = counting_oracle(4, path)
    first(["CCO", "Cl", "Br"], operators=["a", "b", "c"])
    second, function = counting_oracle(4, path)
    assert second.remaining == 1
    assert repr(second.history) == repr(first.history)  # repr, as NaN is not equal to itself
    assert second(["OCC", "C", "CC"]).tolist()[:2] == [3.0, 1.0]
    assert function.asked == ["C"]
    third, _ = counting_oracle(4, path)
    assert [call.number for call in third.history] == [1, 2, 3, 4]


def test_failures_that_are_retried_are_made_again_under_new_numbers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "oracle.csv"
    counting_oracle(9, path)[0](["CCO", "Cl", "Br", "CC"])
    function = Counting()
    again = BudgetedOracle(Objective(name="length", function=function), 9, path, retry_failed=True)
    assert [(call.number, call.smiles) for call in again.history] == [(1, "CCO"), (2, "CC")]
    assert len(path.read_text().splitlines()) == 3
    again(["CCO", "Br", "CC", "C"])
    assert function.asked == ["Br", "C"]
    assert [call.number for call in again.history] == [1, 2, 3, 4]
    assert not [record for record in caplog.records if "another way" in record.message]


def test_what_is_known_is_in_the_ledger_before_the_next_part_is_and_one_that_fails_spoils_no_other(
    tmp_path: Path,
) -> None:
    path = tmp_path / "oracle.csv"
    asked: list[list[str]] = []

    def parts(smiles: Sequence[str]) -> Iterator[tuple[Sequence[int], Evaluations]]:
        asked.append(list(smiles))
        for place, text in enumerate(smiles):
            if text == "CC":
                raise RuntimeError("no more")
            yield [place], Evaluations(np.array([1.0]), {})
            assert f",{text},1.0," in path.read_text().splitlines()[-1]

    def whole(smiles: Sequence[str]) -> Evaluations:
        raise AssertionError("parts are there to be asked for")

    oracle = BudgetedOracle(Objective(name="length", function=whole, parts=parts), 9, path)
    assert np.nan_to_num(oracle(["C", "CC", "CCC"]), nan=-1).tolist() == [1.0, -1.0, 1.0]
    assert asked == [["C", "CC", "CCC"], ["CC"], ["CCC"]]
    assert [call.error for call in oracle.history] == ["", "RuntimeError: no more", ""]


def test_a_search_that_goes_another_way_than_its_ledger_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "oracle.csv"
    counting_oracle(9, path)[0](["CCO", "Cl", "Br"])
    same, _ = counting_oracle(9, path)
    same(["CCO", "Cl"])
    same(["OCC", "Br", "C"])
    assert not [record for record in caplog.records if "another way" in record.message]
    other, _ = counting_oracle(9, path)
    other(["OCC", "CC"])
    other(["CCC"])
    (said,) = [record.message for record in caplog.records if "another way" in record.message]
    assert f"another way than {path}: 3 molecules there" in said


def test_a_last_line_cut_short_by_a_crash_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "oracle.csv"
    first, _ = counting_oracle(4, path)
    first(["CCO", "CC"])
    path.write_bytes(path.read_bytes()[:-9])
    second, function = counting_oracle(4, path)
    assert second.remaining == 3
    assert second(["CCO", "CC"]).tolist() == [3.0, 2.0]
    assert function.asked == ["CC"]
    assert counting_oracle(4, path)[0].remaining == 2


@pytest.mark.parametrize("kept", [0, 10])
def test_a_ledger_without_a_whole_header_is_begun_again(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "oracle.csv"
    counting_oracle(4, path)[0](["C"])
    path.write_bytes(path.read_bytes()[:kept])
    counting_oracle(4, path)[0](["CC"])
    assert [call.smiles for call in counting_oracle(4, path)[0].history] == ["CC"]


def test_the_ledger_of_another_objective_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "oracle.csv"
    counting_oracle(4, path)[0](["C"])
    with pytest.raises(InputError, match='was written for the objective "length", not "width"'):
        counting_oracle(4, path, name="width")


def test_a_file_that_is_no_ledger_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("my notes\nno line end", encoding="utf-8")
    with pytest.raises(InputError, match="is no oracle ledger"):
        counting_oracle(4, path)
    assert path.read_text(encoding="utf-8") == "my notes\nno line end"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("3.0,", "three,", "could not convert"),
        ("1,CCO", "7,CCO", 'is call "7"'),
        ("1,CCO,", "1,", "can't be read"),
    ],
)
def test_a_spoilt_ledger_row_is_refused_with_its_number(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    path = tmp_path / "oracle.csv"
    counting_oracle(4, path)[0](["CCO"])
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        counting_oracle(4, path)
    assert "row 1 of the oracle ledger" in str(caught.value)
    assert problem in str(caught.value)


def test_a_budget_below_one_is_refused() -> None:
    with pytest.raises(SettingsError, match='the oracle budget is "0": give at least 1 call'):
        counting_oracle(0)


def test_it_knows_what_was_asked_about_in_any_spelling() -> None:
    oracle = counting_oracle(1)[0]
    oracle(["CCO", "CCC"])
    assert "OCC" in oracle
    assert "CCC" not in oracle, "it was beyond the budget"
    assert "" not in oracle

"""A sample, its references and the floor: what is drawn, compared and kept."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from molvae.studies import evaluation
from molvae.studies.evaluation import EvaluationRequest, draw, evaluate_sample


@pytest.fixture
def request_of_drugs(drug_smiles: list[str], tmp_path: Path) -> EvaluationRequest:
    """Ten known molecules, beside ten others, from a training set of twenty."""
    return EvaluationRequest(
        smiles=drug_smiles[:10],
        references={"test": drug_smiles[10:20]},
        training=drug_smiles[20:],
        known=set(drug_smiles),
        cache=tmp_path,
    )


def test_a_draw_has_no_copies_keeps_the_order_and_follows_its_seed() -> None:
    texts = [str(number) for number in range(100)]
    drawn = draw(texts, 10, seed=3)
    assert drawn == sorted(set(drawn), key=int)
    assert len(drawn) == 10
    assert drawn == draw(texts, 10, seed=3) != draw(texts, 10, seed=4)
    assert draw(texts, 1000, seed=0) == texts


def column(table: pd.DataFrame, name: str) -> dict[str, float]:
    return dict(zip(table["metric"], table[name], strict=True))


def test_the_floor_is_as_large_as_the_sample_and_drawn_from_the_training_set(
    request_of_drugs: EvaluationRequest,
) -> None:
    request = request_of_drugs
    result = evaluate_sample(request)
    assert list(result.table.columns) == ["metric", "value", "floor"]
    assert set(result.seconds) == {"references", "sample", "floor"}
    floor = column(result.table, "floor")
    assert floor["num_molecules"] == column(result.table, "value")["num_molecules"] == 10
    assert floor["fcd_test"] > 0
    assert request.training is not None
    drawn = draw(request.training, 10, request.seed)
    expected = column(evaluate_sample(replace(request, smiles=drawn, training=None)).table, "value")
    assert floor == pytest.approx(expected, rel=1e-6, nan_ok=True)


def test_the_floor_is_measured_once_but_its_novelty_each_time(
    request_of_drugs: EvaluationRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = column(evaluate_sample(request_of_drugs).table, "floor")
    measured: list[int] = []
    measure = evaluation._metrics_of

    def count(*arguments: Any) -> dict[str, float]:
        measured.append(1)
        return measure(*arguments)

    monkeypatch.setattr(evaluation, "_metrics_of", count)
    again = column(evaluate_sample(replace(request_of_drugs, known=set())).table, "floor")
    assert len(measured) == 1  # the sample only
    assert (first.pop("novelty"), again.pop("novelty")) == (0, 1)
    assert again == pytest.approx(first, nan_ok=True)
    evaluate_sample(replace(request_of_drugs, seed=1))
    assert len(measured) == 3


def test_peers_are_described_but_not_compared(request_of_drugs: EvaluationRequest) -> None:
    request = replace(request_of_drugs, training=None, peers={"reference": request_of_drugs.smiles})
    table = evaluate_sample(request).table
    value, peer = column(table, "value"), column(table, "reference")
    assert peer["logP_mean"] == value["logP_mean"]
    assert np.isnan(peer["snn_test"])
    assert not np.isnan(value["snn_test"])


def test_a_sample_whose_strict_part_is_known_is_measured_with_and_without_the_rest(
    request_of_drugs: EvaluationRequest,
) -> None:
    strict = [True] * 6 + [False] * 4
    table = evaluate_sample(replace(request_of_drugs, strict=strict)).table
    assert list(table.columns) == ["metric", "all", "strict", "floor"]
    every, passed = column(table, "all"), column(table, "strict")
    assert every.pop("strict_rate") == 0.6
    expected = column(evaluate_sample(replace(request_of_drugs, training=None)).table, "value")
    assert every == pytest.approx(expected, nan_ok=True)
    part = replace(request_of_drugs, smiles=request_of_drugs.smiles[:6], training=None)
    expected = column(evaluate_sample(part).table, "value")
    del expected["validity"]
    assert np.isnan([passed.pop("strict_rate"), passed.pop("validity")]).all()
    assert passed == pytest.approx(expected, nan_ok=True)


def test_a_sample_of_which_nothing_is_strict_has_no_column_for_it(
    request_of_drugs: EvaluationRequest,
) -> None:
    table = evaluate_sample(replace(request_of_drugs, strict=[False] * 10, training=None)).table
    assert list(table.columns) == ["metric", "all"]
    assert column(table, "all")["strict_rate"] == 0

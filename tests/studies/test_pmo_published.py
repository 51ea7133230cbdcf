"""What others published of PMO: that the figures add up, and beside which edition of a task each stands."""

import numpy as np
import pandas as pd
import pytest

from molvae.optimization.pmo_objectives import PMO_SCORES, PUBLISHED_TASKS
from molvae.studies.pmo_published import (
    SUMS_AS_PUBLISHED,
    SUMS_MENDED,
    SUMS_OF_UNKNOWN,
    beside_published,
)


def beside(tasks: list[str]) -> pd.DataFrame:
    return beside_published(pd.DataFrame({"task": tasks, "graph-ga": 0.5})).set_index("task")


@pytest.mark.parametrize(
    ("sums", "tasks"), [(SUMS_AS_PUBLISHED, PUBLISHED_TASKS), (SUMS_MENDED, tuple(PMO_SCORES))]
)
def test_the_tasks_add_up_to_the_published_sums(sums: dict[str, float], tasks: tuple[str, ...]) -> None:
    table = beside(list(tasks))
    known = [method for method in sums if method in table]
    assert len(known) >= 2
    for method in known:
        assert table[method].sum(skipna=False) == pytest.approx(sums[method], abs=0.0025)


def test_a_figure_stands_beside_the_edition_that_it_was_measured_on() -> None:
    table = beside(["qed", "zaleplon_mpo_prev", "zaleplon_mpo", "sum"])
    assert table["graph-ga"].tolist() == [0.5] * 4
    assert table["REINVENT"].tolist()[:2] == [0.941, 0.358]
    assert table["InVirtuoGen"].tolist()[::2][0] == 0.942
    assert table.loc["zaleplon_mpo", "InVirtuoGen"] == 0.536
    (unknown,) = [method for method in SUMS_OF_UNKNOWN if method in table]
    missing = {
        "zaleplon_mpo_prev": {"Genetic GFN", "InVirtuoGen", unknown},
        "zaleplon_mpo": {method for method in SUMS_AS_PUBLISHED if method in table} | {unknown},
        "sum": set(table.columns) - {"graph-ga"},
        "qed": set(),
    }
    for task, methods in missing.items():
        row = table.loc[task]
        assert {name for name in table.columns if np.isnan(row[name])} == methods

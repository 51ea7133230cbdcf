"""Latents as descriptors in scikit-learn."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from molvae.errors import InputError, MoleculeError
from molvae.generation.latent_model import MoleculeModel

SMILES = ["CCOc1ccccc1", "NC(=O)c1ccccc1", "CCO"]
ODD_INDEX = [7, 3, 5]


@pytest.mark.parametrize(
    "form",
    [
        list,
        tuple,
        np.array,
        lambda smiles: np.array(smiles, dtype=object),
        lambda smiles: np.array(smiles)[:, None],
        lambda smiles: [[text] for text in smiles],
        lambda smiles: pd.Series(smiles, index=ODD_INDEX),
        lambda smiles: pd.Series(smiles, dtype="string"),
        lambda smiles: pd.Series(smiles, dtype="category"),
        lambda smiles: pd.DataFrame({"smiles": smiles}, index=ODD_INDEX),
    ],
)
def test_a_column_of_smiles_is_read_in_every_form(
    form: Callable[[list[str]], Any], tiny_model: MoleculeModel
) -> None:
    latents = tiny_model.transformer().fit_transform(form(SMILES))
    assert isinstance(latents, np.ndarray)
    np.testing.assert_array_equal(latents, tiny_model.encode(SMILES))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (pd.DataFrame({"smiles": SMILES, "name": SMILES}), "an array of shape (3, 2) is not one column of"),
        (np.zeros((2, 16)), "an array of shape (2, 16) is not one column of SMILES; give a list, or the"),
        (np.zeros((2, 1, 1)), "an array of shape (2, 1, 1) is not one column"),
        ("CCO", '"CCO" is not one column of SMILES; give a list, or the column alone'),
        ("CCO\nCCN", '"CCO\\nCCN" is not one column'),
        (None, '"None" is not one column'),
        ([1.5, 2.5], 'row 1 holds "1.5", which is no text; give SMILES'),
        (pd.Series(["CCO", None]), "which is no text; give SMILES"),
        (pd.Series(["CCO", np.nan]), 'row 2 holds "nan", which is no text'),
        ([["CCO"], ["CCO", "CCC"]], "row 1 holds \"['CCO']\", which is no text"),
    ],
)
def test_what_is_not_one_column_of_texts_is_refused_in_one_line(
    values: Any, message: str, tiny_model: MoleculeModel
) -> None:
    with pytest.raises(InputError) as caught:
        tiny_model.transformer().fit(values).transform(values)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_smiles_that_can_not_be_read_is_named_with_its_place(tiny_model: MoleculeModel) -> None:
    with pytest.raises(MoleculeError, match=r'"C1CC" \(molecule 2\) cannot be encoded'):
        tiny_model.transformer().transform(pd.Series(["CCO", "C1CC"]))


def test_no_smiles_give_no_latents(tiny_model: MoleculeModel) -> None:
    assert tiny_model.transformer().transform([]).shape == (0, 16)


def test_a_clone_shares_the_model_and_nothing_else(tiny_model: MoleculeModel) -> None:
    transformer = tiny_model.transformer().set_output(transform="pandas")
    twin = clone(transformer)
    assert twin is not transformer
    assert twin.model is tiny_model
    assert isinstance(twin.transform(SMILES), pd.DataFrame)
    twin.set_output(transform="default")
    assert isinstance(transformer.transform(SMILES), pd.DataFrame)
    assert clone(make_pipeline(transformer, Ridge()))[0].model is tiny_model


def test_a_pickled_transformer_gives_the_same_latents(tiny_model: MoleculeModel) -> None:
    twin = pickle.loads(pickle.dumps(tiny_model.transformer()))  # noqa: S301 (as joblib does)
    np.testing.assert_array_equal(twin.transform(SMILES), tiny_model.encode(SMILES))


@pytest.mark.parametrize("form", [pd.Series, lambda *a, **k: pd.DataFrame({"smiles": pd.Series(*a, **k)})])
def test_as_a_table_latents_keep_their_names_and_the_index_of_what_they_describe(
    form: Callable[..., Any], tiny_model: MoleculeModel
) -> None:
    table = tiny_model.transformer().set_output(transform="pandas").transform(form(SMILES, index=ODD_INDEX))
    assert table.columns.tolist() == [f"z{index}" for index in range(16)]
    assert table.index.tolist() == ODD_INDEX
    np.testing.assert_array_equal(table.to_numpy(), tiny_model.encode(SMILES))


@pytest.mark.parametrize("column", ["smiles", ["smiles"]])
def test_latents_stand_beside_other_descriptors(column: str | list[str], tiny_model: MoleculeModel) -> None:
    table = pd.DataFrame({"mass": [122.0, 121.0, 46.0], "smiles": SMILES}, index=ODD_INDEX)
    joined = ColumnTransformer(
        [("latents", tiny_model.transformer(), column), ("mass", StandardScaler(), ["mass"])],
    ).set_output(transform="pandas")
    found = joined.fit_transform(table)
    assert found.columns.tolist() == [*(f"latents__z{index}" for index in range(16)), "mass__mass"]
    assert found.index.tolist() == ODD_INDEX
    np.testing.assert_array_equal(found.to_numpy()[:, :16], tiny_model.encode(SMILES))


def test_a_grid_search_over_a_column_transformer_finds_what_ridge_finds_on_the_latents(
    tiny_model: MoleculeModel, tiny_csv: Path
) -> None:
    table = pd.read_csv(tiny_csv).iloc[:60]
    columns = ColumnTransformer([("latents", tiny_model.transformer(), "smiles")])
    grid = {"alpha": [0.01, 1.0, 100.0]}
    search = GridSearchCV(
        make_pipeline(columns, Ridge()), {f"ridge__{name}": values for name, values in grid.items()}, cv=3
    )
    search.fit(table[["smiles"]], table["logP"])
    latents = tiny_model.encode(table["smiles"].tolist())
    expected = GridSearchCV(Ridge(), grid, cv=3).fit(latents, table["logP"])
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"], rtol=1e-3
    )
    assert search.best_params_ == {"ridge__alpha": expected.best_params_["alpha"]}


def test_a_grid_search_may_choose_among_models(tiny_model: MoleculeModel, tiny_csv: Path) -> None:
    table = pd.read_csv(tiny_csv).iloc[:30]
    pipeline = make_pipeline(tiny_model.transformer(), Ridge())
    search = GridSearchCV(pipeline, {"latenttransformer__model": [tiny_model]}, cv=2)
    search.fit(table["smiles"], table["logP"])
    assert search.best_params_["latenttransformer__model"] is not None
    assert len(cross_val_predict(pipeline, table["smiles"], table["logP"], cv=2)) == 30

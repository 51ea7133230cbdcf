"""A scikit-learn transformer from SMILES to latents."""

import copy
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin

from molvae.chem.molecules import quotable
from molvae.errors import InputError
from molvae.generation.latent_model import MoleculeModel
from molvae.interfaces import FloatArray


class LatentTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """SMILES `(B,)` -> latents `(B, L)`, for `sklearn.pipeline.make_pipeline` and `ColumnTransformer`.

    The SMILES may come as a list, an array `(B,)` or `(B, 1)`, a Series, or a table with one column.

    Args:
        model: a trained model; it stays as it is when a pipeline is fitted, and clones share it.

    Example:
        >>> from sklearn.linear_model import Ridge
        >>> from sklearn.pipeline import make_pipeline
        >>> make_pipeline(model.transformer(), Ridge()).fit(smiles, values)  # doctest: +SKIP
    """

    def __init__(self, model: MoleculeModel) -> None:
        self.model = model

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002, N803
        """Does nothing: the model is trained already."""
        return self

    def transform(self, X: Any) -> FloatArray:  # noqa: N803
        """Latents `(B, L)` of `B` SMILES.

        Raises:
            InputError: if `X` is not one column of texts.
            MoleculeError: for the first SMILES that can't be read.
        """
        return self.model.encode(_one_column(X))

    def get_feature_names_out(
        self,
        input_features: Any = None,  # noqa: ARG002
    ) -> npt.NDArray[np.object_]:
        """Names of the columns: z0, z1, ..."""
        return np.array([f"z{index}" for index in range(self.model.latent_dim)], dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_clone__(self) -> Self:
        """A copy of all but the model, which never changes and may be large."""
        return copy.deepcopy(self, {id(self.model): self.model})


def _one_column(values: Any) -> list[str]:
    """The texts of whatever scikit-learn's users keep one column in."""
    cells = np.asarray(values, dtype=object)
    if cells.ndim == 2 and cells.shape[1] == 1:
        cells = cells[:, 0]
    if cells.ndim != 1:
        shape = f"an array of shape {cells.shape}" if cells.ndim else f'"{quotable(str(values))}"'
        raise InputError(f"{shape} is not one column of SMILES; give a list, or the column alone")
    for row, cell in enumerate(cells):
        if not isinstance(cell, str):
            raise InputError(f'row {row + 1} holds "{quotable(str(cell))}", which is no text; give SMILES')
    return cells.tolist()

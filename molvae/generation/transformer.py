"""A scikit-learn transformer from SMILES to latents."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from molvae.generation.latent_model import MoleculeModel
from molvae.interfaces import FloatArray


class LatentTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """SMILES `(B,)` -> latents `(B, L)`, for `sklearn.pipeline.make_pipeline`.

    Args:
        model: a trained model; it stays as it is when a pipeline is fitted.

    Example:
        >>> from sklearn.linear_model import Ridge
        >>> from sklearn.pipeline import make_pipeline
        >>> make_pipeline(model.transformer(), Ridge()).fit(smiles, values)  # doctest: +SKIP
    """

    def __init__(self, model: MoleculeModel) -> None:
        self.model = model

    def fit(self, X: Sequence[str], y: Any = None) -> Self:  # noqa: ARG002, N803
        """Does nothing: the model is trained already."""
        return self

    def transform(self, X: Sequence[str]) -> FloatArray:  # noqa: N803
        """Latents `(B, L)` of `B` SMILES.

        Raises:
            MoleculeError: for the first SMILES that can't be read.
        """
        return self.model.encode(list(X))

    def get_feature_names_out(
        self,
        input_features: Any = None,  # noqa: ARG002
    ) -> np.ndarray[Any, np.dtype[np.object_]]:
        """Names of the columns: z0, z1, ..."""
        return np.array([f"z{index}" for index in range(self.model.latent_dim)], dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return True

"""Latents and a property in, how well the property can be read off latents out.

A model is fitted to some molecules and predicts others; it gives its predictions and not R2, so that an
interval over molecules can be put on any measure of them. How rough the property is: `roughness`.
"""

import warnings

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from molvae.errors import InputError
from molvae.evaluation.scales import latent_spread
from molvae.interfaces import FloatArray

#: Penalties that the ridge regression chooses from.
PENALTIES = np.logspace(-2, 6, 17)

_Doubles = npt.NDArray[np.float64]


def ridge_predictions(latents: FloatArray, values: FloatArray, unseen: FloatArray) -> _Doubles:
    """Returns what a ridge regression says of unseen latents `(M, L)`: `(M,)`, in the property's unit.

    Each latent is standardised; the penalty is the one with the least error when each molecule is left out.

    Args:
        latents: to fit, `(N, L)`.
        values: of the property, `(N,)`.
        unseen: to predict, `(M, L)`.

    Raises:
        InputError: there is not one value for each of the latents, or one is NaN.

    Source: Hoerl and Kennard, Technometrics 12 (1970) 55.
    """
    _check_values(latents, values)
    fitted = make_pipeline(StandardScaler(), RidgeCV(PENALTIES)).fit(latents, values)
    predictions: _Doubles = fitted.predict(unseen)
    return predictions


def process_predictions(
    latents: FloatArray, values: FloatArray, unseen: FloatArray, seed: int = 0
) -> _Doubles:
    """Returns what a Gaussian process says of unseen latents `(M, L)`: `(M,)`, in the property's unit.

    Its kernel is a squared exponential of the distance in the latent space, all latents in the same unit, and
    noise; width, height and noise are those of the largest marginal likelihood. The time grows with the cube
    of the molecules: 1,000 take seconds, 3,000 minutes.

    Args:
        latents: to fit, `(N, L)`.
        values: of the property, `(N,)`.
        unseen: to predict, `(M, L)`.
        seed: of the search.

    Raises:
        InputError: there is not one value for each of the latents, one is NaN, or all latents are the same.

    Source: Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), eqs. 2.25 and 5.8.
    """
    _check_values(latents, values)
    unit = latent_spread(latents) * np.sqrt(latents.shape[1])
    if unit == 0:
        raise InputError(f'all "{len(latents)}" latents are the same: nothing can be read off them')
    kernel = ConstantKernel(1.0, (1e-2, 1e2)) * RBF(1.0, (1e-2, 1e2)) + WhiteKernel(0.1, (1e-4, 1e1))
    process = GaussianProcessRegressor(kernel, normalize_y=True, random_state=seed)
    with warnings.catch_warnings():  # a width or a noise at its bound is an answer too
        warnings.simplefilter("ignore", ConvergenceWarning)
        process.fit(latents / unit, values)
    predictions: _Doubles = process.predict(unseen / unit)
    return predictions


def r_squared(values: FloatArray, predictions: FloatArray) -> float:
    """Returns the share of the variance of values `(M,)` that predictions `(M,)` explain: 1 for all of it.

    0 is as good as their mean, below 0 is worse; NaN where all values are the same.

    Example:
        >>> r_squared(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0]))
        0.5
    """
    residual = float(((values - predictions) ** 2).sum())
    total = float(((values - values.mean()) ** 2).sum())
    return 1 - residual / total if total > 0 else float("nan")


def _check_values(latents: FloatArray, values: FloatArray) -> None:
    if values.shape != (len(latents),):
        raise InputError(f'values of shape "{values.shape}" for "{len(latents)}" latents: give one for each')
    if not np.isfinite(values).all():
        raise InputError(
            f'"{int((~np.isfinite(values)).sum())}" values are not finite: leave those molecules out'
        )

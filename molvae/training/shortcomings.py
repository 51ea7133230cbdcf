"""What was measured on held-out molecules -> what a model can't be used for, in sentences, and what helps."""

from collections.abc import Iterator, Mapping
from typing import Any

#: A model that gives back fewer held-out molecules than this does not know the molecules it is shown.
LEAST_RECONSTRUCTION = 0.1
#: A prediction that explains less of a property than this is no better than its mean.
LEAST_R2 = 0.1


def shortcomings(measured: Mapping[str, Any] | None) -> Iterator[str]:
    """A sentence for each thing that is too bad to go unsaid; none for a model that is fit for use.

    Args:
        measured: the facts about held-out molecules in a model folder; None where none were held out.

    Example:
        >>> measured = {"reconstruction": 0.9, "property_r2": {"pIC50": 0.0}}
        >>> [text.split(":")[0] for text in shortcomings(measured)]
        ['pIC50 is predicted no better than by its mean']
    """
    if measured is None:
        return
    if measured["reconstruction"] < LEAST_RECONSTRUCTION:
        yield (
            f"only {measured['reconstruction']:.1%} of held-out molecules come back from their latents: what "
            "is decoded near a molecule has little to do with it; train longer or on more molecules, or "
            "start from a model that has seen many (--base-model)"
        )
    for name, r2 in measured["property_r2"].items():
        if r2 is not None and r2 < LEAST_R2:
            yield (
                f"{name} is predicted no better than by its mean: R2 {r2:.2f} on held-out molecules; measure "
                "more, train longer, or start from a model that has seen many molecules (--base-model)"
            )

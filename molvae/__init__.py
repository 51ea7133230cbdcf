"""molvae: autoencoders over molecules, variational or plain, from any CSV of SMILES.

The idea in four lines::

    SMILES CSV -> curation -> SELFIES -> tokens -> encoder -> bottleneck -> latent -> decoder -> molecules
                                                        (VAE or AE)        |
                                     property head, priors, neighbours ----+---- optimisers <- oracle
    evaluation and reports read molecules and latents; they never change them

The bottleneck is the only difference between the VAE and the deterministic autoencoder.

``model = molvae.train("molecules.csv", "my_model")`` trains one, and ``molvae.load("my_model")`` opens the
folder again.
Nothing heavy is imported before it is asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from molvae.generation.model_folder import load_model as load
    from molvae.training.run import train

    __version__: str

__all__ = ["__version__", "load", "train"]


def __getattr__(name: str) -> Any:
    """The public names, imported when first asked for."""
    if name == "load":
        from molvae.generation.model_folder import load_model

        return load_model
    if name == "train":
        from molvae.training.run import train

        return train
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("molvae")
        except PackageNotFoundError:  # used from a checkout that is not installed
            return "0+checkout"
    raise AttributeError(f'module "molvae" has no attribute "{name}"')


def __dir__() -> list[str]:
    return __all__

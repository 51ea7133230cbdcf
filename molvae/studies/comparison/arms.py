"""What is compared: arms that differ in the bottleneck and what is paid for it, and in nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from molvae.errors import SettingsError


@dataclass(frozen=True)
class Arm:
    """A way to train.

    Attributes:
        name: of its folder.
        label: in tables and pictures.
        settings: of the network and the training, where they differ from the plain autoencoder's.
        matches: name of the arm whose reconstruction its KL weight is to equal; None where that is given.
    """

    name: str
    label: str
    settings: Mapping[str, Any]
    matches: str | None = None


class Training(NamedTuple):
    """An arm, by its name, and the seed of its initial weights, the order of its batches, and its noise."""

    arm: str
    seed: int


#: The first one is trained for a time, and the others for as many steps as that took.
ARMS: dict[str, Arm] = {
    arm.name: arm
    for arm in (
        Arm("ae", "AE", {"bottleneck": "deterministic"}),
        Arm("regularized-ae", "regularized AE", {"bottleneck": "regularized", "kl_weight": 0.05}),
        Arm("denoising-ae", "denoising AE", {"bottleneck": "deterministic", "corruption": 0.15}),
        Arm("vae-0.01", "VAE (beta .01)", {"bottleneck": "gaussian", "kl_weight": 0.01}),
        Arm("vae-0.05", "VAE (beta .05)", {"bottleneck": "gaussian", "kl_weight": 0.05}),
        Arm("vae-0.2", "VAE (beta .2)", {"bottleneck": "gaussian", "kl_weight": 0.2}),
        Arm("vae-matched", "VAE (matched)", {"bottleneck": "gaussian"}, matches="regularized-ae"),
        Arm("vae-hypercube", "VAE on a hypercube", {"bottleneck": "hypercube", "kl_weight": 0.05}),
        Arm("vae-hypersphere", "VAE on a hypersphere", {"bottleneck": "hypersphere", "kl_weight": 0.05}),
        Arm("vae-collapsed", "VAE (beta 2, collapsed)", {"bottleneck": "gaussian", "kl_weight": 2.0}),
    )
}
#: Those of a quick look.
QUICK_ARMS = ("ae", "regularized-ae", "vae-0.05", "vae-collapsed")


def arm_named(name: str) -> Arm:
    """The arm of a name.

    Raises:
        SettingsError: there is none.
    """
    if name not in ARMS:
        raise SettingsError(f'there is no arm "{name}"; choose of {", ".join(ARMS)}')
    return ARMS[name]


def arms_named(names: tuple[str, ...]) -> list[Arm]:
    """The arms of these names.

    Raises:
        SettingsError: there is no arm of a name, or one is to match an arm that is not among them.

    >>> [arm.label for arm in arms_named(("ae", "vae-0.05"))]
    ['AE', 'VAE (beta .05)']
    """
    arms = [arm_named(name) for name in names]
    for arm in arms:
        if arm.matches is not None and arm.matches not in names:
            raise SettingsError(f'the arm "{arm.name}" is matched to "{arm.matches}"; compare that one too')
    return arms

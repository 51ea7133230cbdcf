"""A trained model -> the start of another: the settings it imposes, and its weights, for fine-tuning."""

import dataclasses

import torch

from molvae.data.preparation import TokenizerSettings
from molvae.data.scaling import PropertyScaler
from molvae.errors import ModelFolderError, OutputExistsError, SettingsError
from molvae.generation.latent_model import MoleculeModel
from molvae.models.autoencoder import Autoencoder
from molvae.models.property_head import PropertyHead
from molvae.training.request import RunRequest, RunSettings

#: What a fine-tuned network may have that its base has not: a finished model is not asked for it.
FREE = frozenset({"fingerprint_bits"})


def adopted_settings(settings: RunSettings, base: MoleculeModel) -> RunSettings:
    """The settings of a run that fine-tunes `base`: its network, tokens and curation.

    What the user chose about curation stands, so that a base model can be taught new elements.

    Raises:
        SettingsError: the user chose a size or a tokenizer that the base model has not.
    """
    num_merges = base.facts["run"]["tokenizer"]["num_merges"]
    for name in (entry.name for entry in dataclasses.fields(settings.network) if entry.name not in FREE):
        _refuse_other(name, getattr(settings.network, name), getattr(base.network.settings, name), settings)
    _refuse_other("num_merges", settings.tokenizer.num_merges, num_merges, settings)
    chosen = {
        entry.name: getattr(settings.curation, entry.name)
        for entry in dataclasses.fields(settings.curation)
        if entry.name in settings.given
    }
    free = {name: getattr(settings.network, name) for name in FREE & settings.given}
    return dataclasses.replace(
        settings,
        network=dataclasses.replace(base.network.settings, **free),
        tokenizer=TokenizerSettings(num_merges=num_merges),
        curation=dataclasses.replace(base.curation, **chosen),
    )


def _refuse_other(name: str, value: object, base_value: object, settings: RunSettings) -> None:
    if name in settings.given and value != base_value:
        raise SettingsError(
            f'{name} is "{value}", but the base model has "{base_value}", and fine-tuning keeps it: leave '
            f"{name} out, or train without a base model"
        )


def check_out_of_base(request: RunRequest) -> None:
    """Makes sure that a run does not write into the model that it starts from.

    Raises:
        OutputExistsError: it would.
    """
    if request.base_model is not None and request.base_model.resolve() == request.out.resolve():
        raise OutputExistsError(
            f'"{request.out}" is the base model itself; give another folder for the model that comes of it'
        )


def transfer(base: MoleculeModel, network: Autoencoder, scaler: PropertyScaler | None) -> None:
    """Copies the base's weights in place; its head too, if the properties are the same, in other units.

    Args:
        base: the trained model.
        network: of the same sizes, with at least as many tokens.
        scaler: the properties of `network`'s head.

    Raises:
        ModelFolderError: if the sizes differ otherwise.
    """
    with_head = has_same_head(base, scaler)
    transfer_weights(base.network, network, with_head=with_head)
    if with_head and base.scaler is not None and scaler is not None and network.head is not None:
        _restandardize(network.head, base.scaler, scaler)


def has_same_head(base: MoleculeModel, scaler: PropertyScaler | None) -> bool:
    """Whether the base's head predicts these properties, whatever their scales."""
    before = base.scaler
    if before is None or scaler is None:
        return False
    return (before.names, before.kinds) == (scaler.names, scaler.kinds)


def _restandardize(head: PropertyHead, before: PropertyScaler, after: PropertyScaler) -> None:
    """Makes a head say in one standardisation what it said in another."""
    pairs = zip(before.means, before.deviations, after.means, after.deviations, strict=True)
    factors, shifts = [], []
    for mean, deviation, new_mean, new_deviation in pairs:
        factors.append(deviation / new_deviation)
        shifts.append((mean - new_mean) / new_deviation)
    head.rescale(torch.tensor(factors), torch.tensor(shifts))


@torch.no_grad()
def transfer_weights(base: Autoencoder, network: Autoencoder, *, with_head: bool) -> None:
    """Copies weights in place. Tokens that `base` lacks keep the rows they have; so do heads unlike its own.

    Args:
        base: the trained network.
        network: of the same sizes, with at least as many tokens.
        with_head: whether both heads predict the same properties.

    Raises:
        ModelFolderError: if the sizes differ otherwise.
    """
    known = base.state_dict()
    for name, weight in network.state_dict().items():
        if name.startswith("head.") and not with_head:
            continue
        if name.startswith("fingerprint_head.") and weight.shape != known.get(name, weight[:0]).shape:
            continue
        source = known[name]
        rows = len(source) if source.dim() > 0 else 0
        if source.shape[1:] != weight.shape[1:] or rows > len(weight):
            raise ModelFolderError(f'the base model\'s "{name}" does not fit: {source.shape}, {weight.shape}')
        weight[:rows].copy_(source)

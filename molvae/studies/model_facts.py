"""A model in, what there is to know about it in words out."""

from collections.abc import Mapping
from typing import Any

from molvae.generation.latent_model import MoleculeModel


def describe_model(model: MoleculeModel) -> dict[str, str]:
    """What there is to know about a model, in words."""
    facts, sizes = model.facts, model.network.settings
    run, training = facts["run"], facts["run"]["training"]
    ending = "" if facts["is_complete"] else ", interrupted: go on with train --resume"
    described = {
        "kind": {
            "gaussian": "VAE",
            "deterministic": "plain autoencoder",
            "regularized": "regularized autoencoder",
            "noisy": "noise-conditioned autoencoder",
            "hypercube": "VAE on a hypercube",
            "hypersphere": "VAE on a hypersphere",
        }[model.bottleneck],
        "latents": str(model.latent_dim),
        "weights": f"{model.network.num_weights:,}",
        "encoder": f"bidirectional GRU, {sizes.encoder_dim} units each direction",
        "decoder": f"GRU, {sizes.decoder_layers} x {sizes.decoder_dim} units",
        "tokens": f"{len(model.tokenizer.tokens):,}, {len(model.tokenizer.merges):,} of them merges",
        "properties": ", ".join(model.property_names) or "none",
        "data": f"{run['file']}: {facts['data']['summary']}; {facts['data']['train']:,} trained on",
        "training": f"{facts['steps']:,} steps, {facts['molecules_seen']:,} molecules, "
        f"{facts['seconds']:,.0f} s{ending}",
        "kl_weight": f"{training['kl_weight']}, {training['kl_schedule']}",
        "priors": ", ".join(
            f"{name} (default)" if name == model.default_prior else name for name in model.prior_names
        ),
        "seed": str(training["seed"]),
        "base model": run["base_model"] or "none",
    }
    for part in ("valid", "test"):
        if facts[part] is not None:
            described[part] = _figures(facts[part], sizes.latent_dim)
    if facts["alarm"]:
        described["warning"] = facts["alarm"]
    return described | {"versions": ", ".join(f"{name} {text}" for name, text in facts["versions"].items())}


def _figures(report: Mapping[str, Any], latent_dim: int) -> str:
    """One line on a part that was held out."""
    head = [f"R2 of {name} {value:.3f}" for name, value in report["property_r2"].items() if value is not None]
    figures = [
        f"reconstruction {report['reconstruction']:.3f}",
        f"KL {report['kl_divergence']:.1f} nats",
        f"{report['active_units']} of {latent_dim} latents active",
        *head,
    ]
    return ", ".join(figures)

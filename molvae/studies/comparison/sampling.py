"""Can molecules be made of nothing but a prior, and what are they like, sampler by sampler?"""

from collections.abc import Callable

import numpy as np
import torch

from molvae.evaluation.coverage import density_and_coverage
from molvae.evaluation.holes import cycle_errors, idempotence, round_trip
from molvae.evaluation.intervals import mean_interval
from molvae.evaluation.model_calls import encoder_of
from molvae.evaluation.prior_match import mean_discrepancy, network_test
from molvae.generation.prior_fitting import PriorSettings
from molvae.interfaces import FloatArray
from molvae.studies.comparison.subjects import Row, Subject, told
from molvae.studies.evaluation import EvaluationRequest, evaluate_sample

#: Latents that a kernel compares, and places that are decoded and encoded again, at most.
NUM_COMPARED, NUM_PLACES = 1_000, 500
#: Neighbors whose distance is the radius around a code, for density and coverage.
NUM_NEIGHBORS = 5
#: What is told of a sample.
TOLD = {
    "validity": "valid",
    "uniqueness": "unique",
    "novelty": "novel",
    "fcd": "FCD",
    "snn": "SNN",
    "internal_diversity": "diversity",
    "filters": "filters",
    "QED_mean": "mean QED",
    "SA_mean": "mean SA",
}

STANDARD_NORMAL, FULL_GAUSSIAN, OWN_PRIOR = "N(0, I)", "full Gaussian", "own prior"

Sampler = Callable[[Subject, int], FloatArray]


def _own(subject: Subject, num_draws: int) -> FloatArray:
    return subject.model.sample_latents(num_draws, np.random.default_rng(subject.seed), "uniform")


def _standardized(subject: Subject, num_draws: int) -> FloatArray:
    """N(0, I) with each latent's own mean and spread over the codes."""
    draws = subject.known_draws
    scaled: FloatArray = draws.mean(axis=0) + draws.std(axis=0) * _noise(subject, num_draws)
    return scaled.astype(np.float32)


def _fitted(name: str) -> Sampler:
    def sample(subject: Subject, num_draws: int) -> FloatArray:
        settings = PriorSettings(steps=subject.extent.flow_steps, seed=subject.seed)
        model = subject.model.with_prior(name, subject.known_draws, settings)  # type: ignore[arg-type]
        return model.sample_latents(num_draws, np.random.default_rng(subject.seed), name)  # type: ignore[arg-type]

    return sample


def _noise(subject: Subject, num_draws: int) -> FloatArray:
    generator = np.random.default_rng(subject.seed)
    return generator.standard_normal((num_draws, subject.model.latent_dim)).astype(np.float32)


SAMPLERS: dict[str, Sampler] = {
    STANDARD_NORMAL: _noise,
    "N(0, I), standardized": _standardized,
    FULL_GAUSSIAN: _fitted("gaussian"),
    "mixture": _fitted("mixture"),
    "flow": _fitted("flow"),
}
QUICK_SAMPLERS = (STANDARD_NORMAL, FULL_GAUSSIAN)


def drawn_latents(subject: Subject, samplers: tuple[str, ...]) -> dict[str, FloatArray]:
    """Draws `(num_samples, L)` of each sampler, by name.

    A model that is trained towards another prior than N(0, I) is drawn from that one in its place.
    """
    drawn: dict[str, FloatArray] = {}
    for name in samplers:
        if name == STANDARD_NORMAL and subject.model.prior_names[0] == "uniform":
            drawn[OWN_PRIOR] = _own(subject, subject.extent.num_samples)
        else:
            latents = torch.from_numpy(SAMPLERS[name](subject, subject.extent.num_samples))
            drawn[name] = subject.model.posterior_family.nearest(latents).numpy()
    return drawn


def generation_rows(subject: Subject, drawn: dict[str, FloatArray]) -> list[Row]:
    """What draws of each sampler decode to, beside molecules that were trained on (the floor)."""
    rows: list[Row] = []
    for name, latents in drawn.items():
        checked = subject.model.decode_checked(latents)
        request = EvaluationRequest(
            smiles=checked.smiles,
            references={"": subject.molecules.unseen},
            training=subject.molecules.known,
            known=subject.model.training_keys.__contains__,
            seed=subject.seed,
            cache=subject.molecules.cache,
        )
        table = evaluate_sample(request).table.set_index("metric")
        strict = mean_interval(np.array(checked.is_strict, np.float64))
        rows.append(
            {"arm": subject.label, "sampler": name, **told("strict", strict)}
            | {shown: float(table["value"].get(metric, np.nan)) for metric, shown in TOLD.items()}
            | {"FCD of the floor": float(table["floor"].get("fcd", np.nan))}
        )
    return rows


def match_rows(subject: Subject, drawn: dict[str, FloatArray]) -> list[Row]:
    """Whether draws of each sampler can be told from draws of q(z|x) of unseen molecules, and cover them."""
    codes = subject.unseen_draws[:NUM_COMPARED]
    rows: list[Row] = []
    for name, latents in drawn.items():
        some = latents[: len(codes)]
        discrepancy = mean_discrepancy(codes, some, seed=subject.seed)
        classifier = network_test(codes, some, subject.seed)
        covered = density_and_coverage(codes, some, NUM_NEIGHBORS)
        rows.append(
            {
                "arm": subject.label,
                "sampler": name,
                "MMD^2": discrepancy.value,
                "MMD^2 by chance": discrepancy.floor,
                "told apart": classifier.accuracy,
                "its error": classifier.standard_error,
                "density": covered.density,
                "coverage": covered.coverage,
                "coverage expected": covered.expected_coverage,
            }
        )
    return rows


def hole_rows(subject: Subject, drawn: dict[str, FloatArray]) -> list[Row]:
    """Whether the encoder puts what is decoded at a place back there, for each sampler and for codes."""
    places = {"codes of unseen molecules": subject.unseen_draws, **drawn}
    rows: list[Row] = []
    for name, latents in places.items():
        trip = round_trip(latents[:NUM_PLACES], subject.model.decode, encoder_of(subject.model))
        errors = cycle_errors(trip, subject.scale.neighbor_distance)
        known = errors[np.isfinite(errors)]
        same = idempotence(trip).astype(np.float64)
        rows.append(
            {
                "arm": subject.label,
                "places": name,
                "cycle error, neighbors": float(np.median(known)) if len(known) else float("nan"),
                "can be encoded": float(np.isfinite(errors).mean()),
                **told("idempotent", mean_interval(same)),
            }
        )
    return rows

"""What is said of VAEs, judged on tables worked out by hand."""

import math

import pandas as pd
import pytest

from molvae.studies.comparison.claims import BORNE_OUT, NO_DIFFERENCE, NOT_SO, claims, pair_of

AE, LOW, HIGH = "AE", "VAE (beta .01)", "VAE (beta .2)"
ARMS = [AE, LOW, HIGH]
#: The figure of the table of differences behind a claim, and whether the claim is that the VAE's is higher.
JUDGED_BY_DIFFERENCE = {
    "gives back more": ("reconstruction: exact, mean", False),
    "decodes molecules like it": ("continuity: Tanimoto, radius, spreads 1.0", True),
    "better compressor": ("compression: exact, step, spreads 0.5", False),
    "change less from step to step": ("interpolation: mean jump", False),
    "(osimertinib_mpo)": ("optimization: best ten, objective osimertinib_mpo", True),
}


def of_arms(**columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"arm": ARMS} | columns)


def tables() -> dict[str, pd.DataFrame]:
    """A study in which nothing makes a difference, but for what a test changes."""
    same = [0.5, 0.5, 0.5]
    differences = pd.DataFrame(
        [
            {
                "arm": arm,
                "against": AE,
                "figure": figure,
                "difference": 0.0,
                "difference from": -0.1,
                "difference to": 0.1,
            }
            for figure, _ in JUDGED_BY_DIFFERENCE.values()
            for arm in (LOW, HIGH)
        ]
    )
    return {
        "reconstruction": of_arms(**{"exact, mean": [0.97, 0.96, 0.7]}),
        "compression": of_arms(**{"step, spreads": same, "bits": [300.0, 310, 200], "exact": same}),
        "generation": of_arms(FCD=[20.0, 19, 9], strict=same, **{"FCD of the floor": same}).assign(
            sampler="N(0, I)"
        ),
        "prior match": pd.concat(
            of_arms(**{"told apart": same, "its error": [0.01] * 3}).assign(sampler=sampler)
            for sampler in ("N(0, I)", "full Gaussian")
        ).reset_index(drop=True),
        "continuity": of_arms(**{"radius, spreads": [1.0] * 3, "Tanimoto": same}),
        "interpolation": of_arms(**{"mean jump": same, "largest jump": same, "num distinct": [5.0] * 3}),
        "two classes": of_arms(
            **{
                "land among their own": [0.9, 0.91, 0.92],
                "unseen molecules": [400.0] * 3,
                "distance, widths of a cluster": same,
            }
        ),
        "midpoints": of_arms(strict=[0.3, 0.32, 0.5], **{"mean QED": same}).assign(
            midpoints="between classes"
        ),
        "denoising": of_arms(
            rate=[0.1] * 3,
            exact=[0.03] * 3,
            **{
                "among 21": [0.03] * 3,
                "unchanged by the noise": [0.03] * 3,
                "gain in Tanimoto": [0.0] * 3,
                "gain in Tanimoto from": [-0.01] * 3,
                "gain in Tanimoto to": [0.01] * 3,
                "different answers": [1.0, 15, 20],
            },
        ),
        "optimization": of_arms(
            **{"best ten": same, "calls": [200.0] * 3, "best ten of the data": same}
        ).assign(objective="osimertinib_mpo"),
        "differences": differences,
    }


def verdict_of(words: str, changed: dict[str, pd.DataFrame]) -> str:
    (verdict,) = [claim.verdict for claim in claims(changed, 500) if words in claim.said]
    return verdict


def test_the_vae_of_the_same_reconstruction_is_judged_and_every_arm_shown() -> None:
    assert pair_of(tables()) == (LOW, AE)
    found = claims(tables(), 500)
    assert len(found) == 11
    assert [claim.said for claim in found if claim.verdict != NO_DIFFERENCE] == [
        "A VAE gives several answers where an autoencoder gives one.",
    ]
    assert all(f"{arm} " in claim.shown for claim in found for arm in ARMS)


@pytest.mark.parametrize("words", JUDGED_BY_DIFFERENCE)
@pytest.mark.parametrize("is_higher", [True, False])
def test_the_interval_of_a_difference_decides(words: str, is_higher: bool) -> None:
    changed = tables()
    figure, is_said_higher = JUDGED_BY_DIFFERENCE[words]
    ends = [0.05, 0.2] if is_higher else [-0.2, -0.05]
    row = (changed["differences"]["figure"] == figure) & (changed["differences"]["arm"] == LOW)
    changed["differences"].loc[row, ["difference from", "difference to"]] = ends
    assert verdict_of(words, changed) == (BORNE_OUT if is_higher == is_said_higher else NOT_SO)


@pytest.mark.parametrize(("spread", "expected"), [(0.03, BORNE_OUT), (0.05, NO_DIFFERENCE)])
def test_after_several_trainings_a_difference_must_be_more_than_they_differ_by(
    spread: float, expected: str
) -> None:
    """Of three trainings the interval reaches 4.303 standard errors: .075 and .124 around .1."""
    changed = tables()
    row = changed["differences"]["figure"] == "continuity: Tanimoto, radius, spreads 1.0"
    changed["differences"] = changed["differences"].assign(**{"seeds": 3, "difference sd": spread})
    changed["differences"].loc[row, ["difference", "difference from", "difference to"]] = [0.1, 0.09, 0.11]
    assert verdict_of("decodes molecules like it", changed) == expected


@pytest.mark.parametrize(
    ("words", "table", "column", "value", "expected"),
    [
        ("sampled from N(0, I)", "generation", "FCD", 10.4, NO_DIFFERENCE),
        ("sampled from N(0, I)", "generation", "FCD", 10.2, BORNE_OUT),
        ("sampled from N(0, I)", "generation", "FCD", 30.0, NOT_SO),
        ("sampled from N(0, I)", "generation", "FCD", math.nan, NO_DIFFERENCE),
        ("nearer to N(0, I)", "prior match", "told apart", 0.48, NO_DIFFERENCE),
        ("nearer to N(0, I)", "prior match", "told apart", 0.47, BORNE_OUT),
        ("better compressor", "compression", "bits", 340.0, BORNE_OUT),
        ("better compressor", "compression", "bits", 320.0, NO_DIFFERENCE),
        ("better compressor", "compression", "bits", 250.0, NOT_SO),
        ("better clusters", "two classes", "land among their own", 0.95, BORNE_OUT),
        ("better clusters", "two classes", "land among their own", 0.84, NOT_SO),
        ("Between the clusters", "midpoints", "strict", 0.37, BORNE_OUT),
        ("Between the clusters", "midpoints", "strict", 0.35, NO_DIFFERENCE),
        ("noisy version", "denoising", "gain in Tanimoto from", 0.001, BORNE_OUT),
        ("noisy version", "denoising", "gain in Tanimoto from", 0.0, NO_DIFFERENCE),
        ("noisy version", "denoising", "gain in Tanimoto to", -0.001, NOT_SO),
        ("several answers", "denoising", "different answers", 1.6, BORNE_OUT),
        ("several answers", "denoising", "different answers", 1.5, NOT_SO),
    ],
)
def test_figures_of_shares_and_of_samples_decide(
    words: str, table: str, column: str, value: float, expected: str
) -> None:
    changed = tables()
    changed[table].loc[1, column] = value
    assert verdict_of(words, changed) == expected


def test_nothing_is_claimed_without_an_autoencoder_in_front_and_a_vae() -> None:
    for arms in ([LOW, HIGH], [LOW, AE], [AE, "mine"]):
        changed = tables() | {"reconstruction": pd.DataFrame({"arm": arms, "exact, mean": 0.5})}
        changed["differences"] = changed["differences"][changed["differences"]["arm"].isin(arms)]
        assert pair_of(changed) is None
        assert claims(changed, 500) == []


def test_a_vae_is_compared_that_was_trained_with_a_seed_of_the_autoencoder_and_did_not_collapse() -> None:
    changed = tables()
    changed["differences"] = changed["differences"].query("arm != @LOW")
    assert pair_of(changed) == (HIGH, AE)
    collapsed = "VAE (beta 2, collapsed)"
    changed["differences"]["arm"] = collapsed
    changed["reconstruction"] = pd.DataFrame({"arm": [AE, collapsed], "exact, mean": [0.0, 0.0]})
    assert pair_of(changed) is None

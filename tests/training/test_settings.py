"""What training settings are refused, and in which words."""

from typing import Any

import pytest

from molvae.errors import SettingsError
from molvae.training.settings import TrainingSettings


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_steps": 0}, 'max_steps is "0"; it must be above 0'),
        ({"max_minutes": -1.0}, 'max_minutes is "-1.0"; it must be above 0'),
        ({"batch_size": 0}, 'batch_size is "0"; it must be above 0'),
        ({"kl_weight": -0.1}, 'kl_weight is "-0.1"; it must not be negative'),
        ({"patience": -1}, 'patience is "-1"; it must not be negative'),
        ({"augmentation": -1}, 'augmentation is "-1"; it must not be negative'),
        ({"token_dropout": 1.0}, 'token_dropout is "1.0"; it must be at least 0 and below 1'),
        ({"corruption": -0.1}, 'corruption is "-0.1"; it must be at least 0 and below 1'),
        ({"kl_schedule": "lineal"}, 'kl_schedule is "lineal"; choose one of constant, linear, cyclical'),
        ({"precision": "half"}, 'precision is "half"; choose one of auto, float32, bfloat16'),
        ({"device": "gpu"}, 'device is "gpu"; choose one of auto, cpu, cuda'),
    ],
)
def test_a_value_out_of_its_range_is_refused_by_name(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        TrainingSettings(**changes)
    assert str(caught.value) == message


def test_the_defaults_are_accepted_and_no_limit_is_needed() -> None:
    settings = TrainingSettings()
    assert settings.max_minutes is None
    assert settings.max_steps is None

"""How much is measured of a model where a test takes a whole study."""

from molvae.studies.comparison.subjects import Extent

SMALL = Extent(
    num_known=100,
    num_unseen=60,
    num_samples=60,
    num_around=4,
    num_denoised=6,
    num_answers=3,
    flow_steps=3,
    num_calls=14,
    num_searches=2,
)

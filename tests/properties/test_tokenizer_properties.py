"""Whatever the symbols, ids say the same molecule."""

from hypothesis import given
from hypothesis import strategies as st

from molvae.data.tokenizer import NUM_SPECIAL, Tokenizer

SYMBOLS = ["[C]", "[=C]", "[N]", "[O]", "[Ring1]", "[Branch1]", "[C@@H1]", "[N+1]"]
STRINGS = st.lists(st.sampled_from(SYMBOLS), max_size=40).map("".join)


@given(texts=st.lists(STRINGS, min_size=1, max_size=12), num_merges=st.integers(0, 30), probe=STRINGS)
def test_ids_say_the_same_molecule_whatever_was_merged(texts: list[str], num_merges: int, probe: str) -> None:
    tokenizer = Tokenizer.learn(texts, num_merges, SYMBOLS)
    again = Tokenizer.from_json(tokenizer.to_json())
    for text in [*texts, probe]:
        ids = tokenizer.to_ids(text)
        assert tokenizer.to_text(ids) == text
        assert all(NUM_SPECIAL <= number < tokenizer.vocab_size for number in ids)
        assert again.to_ids(text).tolist() == ids.tolist()

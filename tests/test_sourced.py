"""Names of what sources make: each can be read back, and each is a name that a class may have."""

from hypothesis import given
from hypothesis import strategies as st

from firsthand import sourced

words = st.text(st.characters(codec="utf-8"), min_size=1)
dashed = st.text("-_ab0D5F1", min_size=1)
plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words
values = st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(words, inner))


def options(key: str, *, name: str, **told: object) -> None:
    """Take anything."""


@given(
    st.from_regex(r"[a-z]+(-[a-z]+)?", fullmatch=True),
    (words | dashed).filter(lambda name: "?" not in name),
    st.dictionaries(st.from_regex(r"[a-z_]+", fullmatch=True).filter("name".__ne__), values),
)
def test_a_name_reads_back_as_what_it_was_written_from(source, name, told):
    text = sourced.written(source, name, told)
    domain, family = text.split("/")
    assert all(part.replace("_", "").isalnum() for part in (domain, family))
    assert "__" not in text
    read = sourced.read(text)
    assert read is not None and (read.source, read.name) == (source, name)
    kept = {key: value for key, value in told.items() if value is not None}
    assert sourced.arguments(options, read) == kept
    assert sourced.written(source, name, sourced.arguments(options, read)) == text


@given(words)
def test_what_is_no_such_name_is_not_read(family):
    read = sourced.read(f"post/{family}")
    if read is not None and ":" not in family:
        assert sourced.written("post", read.name, {}) == f"post/{family}" or read.told


def test_names_of_gymnasium_stay_readable():
    names = ["CartPole-v1", "BabyAI-GoToRedBall-v0", "MiniGrid-Empty-16x16-v0"]
    assert [sourced.written("gymnasium", name, {}) for name in names] == [
        "gymnasium/CartPole_v1",
        "gymnasium/BabyAI_GoToRedBall_v0",
        "gymnasium/MiniGrid_Empty_2D16x16_v0",
    ]

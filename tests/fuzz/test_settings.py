"""The operator's environment: settings always have usable values, and values without effect are reported."""

from __future__ import annotations

from dataclasses import fields

from hypothesis import strategies as st

from nst_core.settings import Settings, problems, variable_of
from tests.fuzz.fuzzing import assert_is_one_sentence, fuzz

_NAMES = [variable_of(setting).name for setting in fields(Settings)]
_VALUES = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30),
    st.floats().map(str),
    st.integers().map(str),
    st.sampled_from(["1", "yes", "~", "~root/x", "~nobody-of-this-name", "auto", "1_000", "9" * 5000, "٣", "1e400"]),
)
_OTHER = st.from_regex(r"NST_[A-Z_]{0,20}", fullmatch=True)


@fuzz(environment=st.dictionaries(st.sampled_from(_NAMES), _VALUES) | st.dictionaries(_OTHER, _VALUES, max_size=3))
def test_any_environment(environment: dict[str, str]) -> None:
    read, told = Settings.read(environment), problems(environment)
    for sentence in told:
        assert_is_one_sentence(ValueError(sentence))
    for setting in fields(Settings):
        name = variable_of(setting).name
        if any(sentence.startswith(f"{name} must be") for sentence in told):
            assert getattr(read, setting.name) == getattr(Settings(), setting.name)
        elif environment.get(name, "").strip():
            assert getattr(read, setting.name) == variable_of(setting).values.read(environment[name].strip())
    for name in environment:
        assert name in _NAMES or any(name in sentence for sentence in told)

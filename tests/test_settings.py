"""Settings: the same dataclass from TOML, from flags, and to JSON and back."""

import argparse
import json
from dataclasses import FrozenInstanceError, dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molvae.errors import InputError, MissingFileError, SettingsError
from molvae.settings import add_flags, build, command_table, from_dict, gather, read_toml, to_dict


@dataclass(frozen=True, kw_only=True)
class Network:
    """The shape of the network."""

    bottleneck: Literal["gaussian", "deterministic"] = field(
        default="gaussian", metadata={"help": "VAE or AE"}
    )
    num_layers: int = field(default=1, metadata={"help": "stacked layers"})
    dropout: float = field(default=0.1, metadata={"help": "share of units dropped, 0 to 1 (10 % = 0.1)"})

    def __post_init__(self) -> None:
        if not 0 <= self.dropout < 1:
            raise SettingsError(f'dropout is "{self.dropout}"; it must be at least 0 and below 1')


@dataclass(frozen=True, kw_only=True)
class Run:
    """How long, on what."""

    max_minutes: float | None = field(default=None, metadata={"help": "stop after so many minutes"})
    resume: bool = field(default=False, metadata={"help": "go on with a run that was stopped"})
    properties: tuple[str, ...] = field(
        default=(), metadata={"help": "a column to predict", "flag": "property"}
    )
    log_path: Path | None = field(default=None, metadata={"help": "where the log goes"})


@dataclass(frozen=True, kw_only=True)
class Needed:
    """A setting without a default."""

    budget: int = field(metadata={"help": "oracle calls"})


def parse(*flags: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="x", allow_abbrev=False)
    add_flags(parser, Network)
    add_flags(parser, Run)
    return vars(parser.parse_args(flags))


def refusal_of_flags(capsys: pytest.CaptureFixture[str], *flags: str) -> str:
    with pytest.raises(SystemExit) as stop:
        parse(*flags)
    assert stop.value.code == 2
    return capsys.readouterr().err


def test_values_become_the_python_types_of_their_fields() -> None:
    values = {"max_minutes": 30, "resume": True, "properties": ["logP", "QED"], "log_path": "runs/log.csv"}
    run = build(Run, values, "here")
    assert run == Run(
        max_minutes=30.0, resume=True, properties=("logP", "QED"), log_path=Path("runs/log.csv")
    )
    assert isinstance(run.max_minutes, float)


def test_nothing_given_means_the_defaults() -> None:
    assert build(Network, {}, "here") == Network()


@pytest.mark.parametrize(
    ("cls", "values", "message"),
    [
        (Network, {"num_layer": 2}, 'here: unknown key "num_layer"; did you mean "num_layers"?'),
        (Network, {"num-layers": 2}, 'here: unknown key "num-layers"; did you mean "num_layers"?'),
        (Network, {"zzz": 2}, 'here: unknown key "zzz"; known: bottleneck, num_layers, dropout'),
        (Network, {"num_layers": "two"}, 'here: "num_layers" is "two"; it must be a whole number'),
        (Network, {"num_layers": 2.0}, 'here: "num_layers" is "2.0"; it must be a whole number'),
        (Network, {"num_layers": True}, 'here: "num_layers" is "True"; it must be a whole number'),
        (Network, {"dropout": "1"}, 'here: "dropout" is "1"; it must be a number'),
        (Network, {"dropout": False}, 'here: "dropout" is "False"; it must be a number'),
        (Network, {"dropout": float("nan")}, 'here: "dropout" is "nan"; it must be a number'),
        (Network, {"dropout": float("-inf")}, 'here: "dropout" is "-inf"; it must be a number'),
        (Network, {"dropout": 1}, 'here: dropout is "1.0"; it must be at least 0 and below 1'),
        (Network, {"dropout": None}, 'here: "dropout" is "None"; it must be a number'),
        (
            Network,
            {"bottleneck": "gausian"},
            'here: "bottleneck" is "gausian"; it must be one of "gaussian", "deterministic"',
        ),
        (Run, {"resume": 1}, 'here: "resume" is "1"; it must be true or false'),
        (Run, {"max_minutes": "long"}, 'here: "max_minutes" is "long"; it must be a number, or "none"'),
        (Run, {"properties": "logP"}, 'here: "properties" is "logP"; it must be a list, each item text'),
        (
            Run,
            {"properties": ["logP", 3]},
            'here: "properties" is "[\'logP\', 3]"; it must be a list, each item text',
        ),
        (Run, {"log_path": 3}, 'here: "log_path" is "3"; it must be a path'),
        (Needed, {}, 'here: "budget" is required; give --budget'),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_the_place_and_what_would_fit(
    cls: type[Network | Run | Needed], values: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingsError) as error:
        build(cls, values, "here")
    assert str(error.value) == message


def test_settings_cannot_be_changed_after_they_are_made() -> None:
    with pytest.raises(FrozenInstanceError):
        build(Network, {}, "here").num_layers = 3  # type: ignore[misc]


def test_json_holds_every_setting_and_gives_back_the_same() -> None:
    run = Run(max_minutes=1.5, resume=True, properties=("a", "b"), log_path=Path("x") / "y")
    text = json.dumps(to_dict(run))
    assert json.loads(text) == {
        "max_minutes": 1.5,
        "resume": True,
        "properties": ["a", "b"],
        "log_path": str(Path("x") / "y"),
    }
    assert from_dict(Run, json.loads(text), "model.json") == run


@given(
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.lists(st.text(min_size=1)).map(tuple),
)
def test_any_settings_come_back_from_json_unchanged(
    minutes: float | None, resume: bool, names: tuple[str, ...]
) -> None:
    run = Run(max_minutes=minutes, resume=resume, properties=names)
    assert from_dict(Run, json.loads(json.dumps(to_dict(run))), "model.json") == run


def test_json_with_a_setting_taken_out_or_put_in_is_refused() -> None:
    values = to_dict(Network())
    with pytest.raises(SettingsError, match=r'model\.json: unknown key "extra"'):
        from_dict(Network, values | {"extra": 1}, "model.json")
    del values["dropout"]
    with pytest.raises(SettingsError, match=r'model\.json: "dropout" is missing'):
        from_dict(Network, values, "model.json")


def test_a_flag_wins_over_the_table_and_the_table_over_the_default() -> None:
    table = {"num_layers": 2, "dropout": 0.2, "properties": ["from_table"]}
    flags = parse("--num-layers", "3", "--property", "logP", "--property", "my column")
    network, run = gather((Network, Run), table, flags | {"command": "train"}, "run.toml")
    assert network == Network(num_layers=3, dropout=0.2)
    assert run == Run(properties=("logP", "my column"))


def test_a_flag_that_is_not_given_leaves_no_trace() -> None:
    assert parse() == {}


def test_a_flag_can_undo_what_the_table_says() -> None:
    table = {"resume": True, "max_minutes": 30}
    _, run = gather((Network, Run), table, parse("--no-resume", "--max-minutes", "none"), "run.toml")
    assert run == Run(resume=False, max_minutes=None)


def test_the_word_none_is_text_where_text_is_asked_for() -> None:
    assert gather((Run,), {}, parse("--log-path", "none"), "run.toml") == [Run(log_path=Path("none"))]


def test_a_key_of_no_class_of_the_command_is_refused_with_the_nearest_of_all_of_them() -> None:
    with pytest.raises(SettingsError, match=r'run\.toml: unknown key "resum"; did you mean "resume"\?'):
        gather((Network, Run), {"resum": True}, {}, "run.toml")


@pytest.mark.parametrize(
    ("table", "flags", "place"),
    [
        ({"dropout": 2}, (), "run.toml: "),
        ({}, ("--dropout", "2"), "command line: "),
        ({"num_layers": 2}, ("--dropout", "2"), "run.toml and command line: "),
        ({"resume": True}, ("--dropout", "2"), "command line: "),
    ],
)
def test_a_value_out_of_range_is_laid_to_where_it_came_from(
    table: dict[str, Any], flags: tuple[str, ...], place: str
) -> None:
    with pytest.raises(SettingsError) as error:
        gather((Network, Run), table, parse(*flags), "run.toml")
    assert str(error.value) == f'{place}dropout is "2.0"; it must be at least 0 and below 1'


def test_two_classes_that_share_a_name_are_a_mistake_of_the_programmer() -> None:
    with pytest.raises(TypeError, match="field name occurs twice"):
        gather((Network, Network), {}, {}, "run.toml")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--num-layers", "two"), 'argument --num-layers: "two" is not accepted: it must be a whole number'),
        (("--dropout", "nan"), 'argument --dropout: "nan" is not accepted: it must be a number'),
        (("--max-minutes", "x"), '"x" is not accepted: it must be a number, or "none"'),
        (("--bottleneck", "vae"), '"vae" is not accepted: it must be one of "gaussian", "deterministic"'),
        (("--num-layer", "2"), "unrecognized arguments: --num-layer 2"),
        (
            ("--num-layers", "2", "--num-layers", "3"),
            '--num-layers is given twice, "2" and "3"; give it once',
        ),
    ],
)
def test_a_flag_with_a_wrong_value_is_a_usage_error(
    flags: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in refusal_of_flags(capsys, *flags)


def test_the_help_shows_each_setting_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse("--help")
    text = " ".join(capsys.readouterr().out.split())
    assert "The shape of the network:" in text
    assert "--dropout X share of units dropped, 0 to 1 (10 % = 0.1) (default: 0.1)" in text
    assert "--bottleneck {gaussian,deterministic} VAE or AE (default: gaussian)" in text
    assert "--resume, --no-resume go on with a run that was stopped (default: off)" in text
    assert "--property TEXT a column to predict (default: none)" in text
    assert "--max-minutes X stop after so many minutes (default: none)" in text


def test_a_field_of_a_type_that_settings_cannot_hold_is_a_mistake_of_the_programmer() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Odd:
        """Odd."""

        names: dict[str, str] = field(default_factory=dict)

    with pytest.raises(TypeError, match='the settings field "names"'):
        build(Odd, {}, "here")


def test_toml_is_read_with_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_bytes(b"\xef\xbb\xbf[train]\r\nnum_layers = 2\r\n")
    assert read_toml(path) == {"train": {"num_layers": 2}}


def test_a_settings_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "no.toml", tmp_path):
        with pytest.raises(MissingFileError) as error:
            read_toml(path)
        assert str(error.value) == f'settings file "{path}" is not there; give the path of a TOML file'


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"[train]\nx = \n", "line 2"), (b"[train]\n# caf\xe9\n", "line 2: not UTF-8 text")],
)
def test_a_settings_file_that_cannot_be_read_is_refused_with_the_line(
    content: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "run.toml"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_toml(path)
    assert message in str(error.value)
    assert str(path) in str(error.value)


def test_a_command_finds_its_table_in_the_file_or_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text("[train]\nnum_layers = 2\n", encoding="utf-8")
    assert command_table(path, "train", ["train", "sample"]) == (
        {"num_layers": 2},
        f'"{path}", table [train]',
    )
    assert command_table(path, "sample", ["train", "sample"]) == ({}, f'"{path}", table [sample]')


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[trian]\n", 'unknown table "trian"; did you mean "train"?'),
        ("num_layers = 2\n", '"num_layers" stands outside a table; put it under [train]'),
    ],
)
def test_a_table_of_no_command_is_refused(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        command_table(path, "train", ["train", "sample"])
    assert str(error.value) == f'"{path}": {message}'

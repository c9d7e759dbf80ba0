# SPDX-License-Identifier: Apache-2.0
"""The text of errors: everything that helps to find the fault, without values of the row."""

import datetime
import decimal
import sys

import numpy as np
import pytest

from pyflink_ml_embedded import ConversionError, PredictFunction, Row
from pyflink_ml_embedded._batch.results import ResultWriter
from pyflink_ml_embedded._exceptions import DescribedError, ModelError
from pyflink_ml_embedded._native import Columns
from pyflink_ml_embedded._properties import Properties
from pyflink_ml_embedded._runtime.describe import describe, describe_step
from pyflink_ml_embedded._runtime.loader import load_class
from pyflink_ml_embedded._runtime.private_modules import PrivateModules
from pyflink_ml_embedded._schema import describe_column


def raised(function, *args):
    """Returns what the function raises, with its traceback."""
    try:
        function(*args)
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def raiser(error, cause=None):
    """Returns a function that raises the error."""

    def predict():
        raise error from cause

    return predict


class NeverConfigured(PredictFunction):
    """Has none of the attributes of its configuration."""

    def predict(self, data):
        return None


def text_of(error, row=None, column=None):
    """Describes an error of row 17."""
    return describe(error, "fraud", 17, row, column)


def message_with(value, template="got {}"):
    """Returns the text for an error whose message shows the value of the column 'field'."""
    return text_of(ValueError(template.format(value)), Row(field=value))


def test_text_names_model_row_and_error_and_ends_with_the_traceback():
    """This is all that a user of Flink sees of Python."""

    def predict():
        raise ValueError("bad threshold")

    lines = text_of(raised(predict)).splitlines()
    assert lines[:3] == [
        "model 'fraud', row 17: predict failed with ValueError: bad threshold",
        "",
        "Traceback (most recent call last):",
    ]
    assert 'raise ValueError("bad threshold")' in "".join(lines)
    assert lines[-1] == "ValueError: bad threshold"


def test_field_that_was_meant_is_named():
    """A model's class and the columns of its INPUT are in different files."""
    error = raised(lambda row: row.amont, Row(amount=1, country="DE"))
    expected = "no field 'amont'; the fields are ('amount', 'country'); the nearest is 'amount'"
    assert text_of(error).splitlines()[0].endswith(expected)
    for name, row in (("other", Row(amount=1)), ("amount", Row(1))):
        error = raised(getattr, row, name)
        assert "nearest" not in text_of(error).splitlines()[0]


def test_field_that_was_meant_is_named_for_an_item_too():
    """``row["amont"]`` is as common."""
    error = raised(lambda row: row["amont"], Row(amount=1))
    assert text_of(error).splitlines()[0].endswith("are ('amount',); the nearest is 'amount'")


def test_words_of_a_row_that_lacks_a_field_are_kept():
    """A text of the row may be one of them, but also the name that was asked for."""
    inner = Row(street="there")
    row = Row(a="there", b="fields", c="secret", d=[inner])
    text = text_of(raised(lambda: row.secret), row)
    assert "there is no field <column 'c'>; the fields are ('a', 'b', 'c', 'd')" in text
    text = text_of(raised(lambda: inner["secret"]), row)
    assert "there is no field <column 'c'>; the fields are ('street',)" in text

    def predict():
        try:
            row.other  # noqa: B018
        except AttributeError as error:
            raise ValueError(f"secret: {error}") from None

    text = text_of(raised(predict), row)
    assert "ValueError: <column 'c'>: there is no field 'other'; the fields are ('a'" in text


def test_open_and_close_are_named_as_the_step():
    """These steps run outside of a row."""
    text = describe_step(raised(raiser(OSError("disk full"))), "fraud", "open")
    assert text.startswith("model 'fraud': open failed with OSError: disk full\n\nTraceback")


def test_finished_text_is_kept():
    """Native code describes whatever open_function raises."""
    assert describe(DescribedError("done"), None, None, None, None) == "done"


def test_failure_of_native_code_itself_is_described():
    """The model is not known if the request could not be read."""
    text = describe(MemoryError(), None, None, None, None)
    assert text == "a model: opening or closing failed with MemoryError\n\nMemoryError"


def test_conversion_error_is_its_message():
    """The converters name column and types, and are not written in Python."""
    error = ConversionError("column 'age': expected INT, got str")
    error.column = "age"
    expected = "model 'fraud', row 17: column 'age': expected INT, got str"
    assert text_of(error, column="age") == expected


def test_cause_of_a_conversion_error_is_shown():
    """The object that could not be converted is of the user's class."""
    error = ConversionError("column 'age': __index__ of Age failed")
    error.__cause__ = raised(raiser(ZeroDivisionError("division by zero")))
    text = text_of(error)
    assert text.startswith("model 'fraud', row 17: column 'age': __index__ of Age failed\n\nTrace")
    assert text.endswith("\nZeroDivisionError: division by zero")


def test_error_with_an_attribute_column_names_it():
    """Libraries that validate data have one."""
    error = ValueError("too large")
    assert text_of(error, column="age").startswith("model 'fraud', row 17, column 'age': predict")
    assert text_of(error, column=7).startswith("model 'fraud', row 17: predict failed")


def test_misconfiguration_is_reported_without_a_traceback():
    """The message says what to change; the frames are internal."""
    error = raised(raiser(ModelError("set the option 'x'")))
    assert describe_step(error, "fraud", "open") == "model 'fraud': set the option 'x'"


def test_cause_of_a_misconfiguration_is_shown():
    """E.g. why a library cannot be imported."""
    error = raised(raiser(ModelError("install it"), cause=ImportError("no libfoo.so")))
    text = describe_step(error, "fraud", "open")
    assert text == "model 'fraud': install it\n\nImportError: no libfoo.so"


@pytest.mark.parametrize("error", [SystemExit(1), SystemExit("bye"), SystemExit()])
def test_exit_is_explained(error):
    """A model must not end the TaskManager."""
    text = text_of(raised(raiser(error)))
    assert text.startswith(
        "model 'fraud', row 17: sys.exit() was called in predict; raise an exception instead\n"
    )
    assert "raise error from cause" in text


def test_keyboard_interrupt_is_explained():
    """Its message is empty."""
    text = text_of(raised(raiser(KeyboardInterrupt())))
    assert text.startswith("model 'fraud', row 17: KeyboardInterrupt was raised in predict\n")


def test_whole_chain_is_shown_in_the_order_of_python():
    """The first cause comes first."""

    def predict():
        try:
            try:
                {}["key"]
            except KeyError:
                1 / 0  # noqa: B018
        except ZeroDivisionError as error:
            raise RuntimeError("at last") from error

    text = text_of(raised(predict))
    parts = ["KeyError: 'key'", "During handling", "ZeroDivisionError: ", "direct cause"]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert text.endswith("\nRuntimeError: at last")


def test_suppressed_context_is_not_shown():
    """``raise ... from None`` says so."""

    def predict():
        try:
            1 / 0  # noqa: B018
        except ZeroDivisionError:
            raise ValueError("only this") from None

    assert "ZeroDivisionError" not in text_of(raised(predict))


def test_circle_of_causes_ends():
    """Code can create one."""
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    text = text_of(first)
    assert text.count("ValueError: second") == 1
    assert "\n\nValueError: second\n" in text


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups came with Python 3.11")
def test_members_of_a_group_are_shown_with_notes():
    """asyncio and anyio raise groups."""
    inner = raised(raiser(ValueError("inner secret")))
    silent = OSError()
    silent.add_note("a note on secret: nothing")
    text = text_of(ExceptionGroup("several", [inner, silent]), Row(word="secret"))  # noqa: F821
    assert "ValueError: inner <column 'word'>\n" in text
    assert "OSError\n  | a note on <column 'word'>: nothing" in text


def test_internal_frames_are_cut_if_the_user_has_some(tmp_path):
    """They do not help the user."""
    (tmp_path / "broken.py").write_text("import helper_of_broken\n")
    (tmp_path / "helper_of_broken.py").write_text("1 / 0\n")
    error = raised(load_class, "broken.Model", PrivateModules.of(str(tmp_path)))
    # The frame of this file is the caller's, as native code is in a job.
    error.__traceback__ = error.__traceback__.tb_next
    text = describe_step(error, "fraud", "open")
    assert [line for line in text.splitlines() if line.startswith("  File")] == [
        f'  File "{tmp_path}/broken.py", line 1, in <module>',
        f'  File "{tmp_path}/helper_of_broken.py", line 1, in <module>',
    ]


def test_result_that_does_not_fit_is_reported_without_internal_frames():
    """The message says what to return; where this package found it does not help the user."""
    output = Columns([describe_column("p", "INT")])
    error = raised(ResultWriter(output).write, np.ones((2, 2)), 2)
    error.__traceback__ = error.__traceback__.tb_next  # in a job native code calls write
    assert type(error) is ConversionError
    assert text_of(error) == f"model 'fraud', row 17: {error}"


def test_internal_frames_stay_if_there_are_no_others():
    """A fault in this package must be found as well."""
    error = raised(load_class, None, None)
    error.__traceback__ = error.__traceback__.tb_next
    assert "loader.py" in describe_step(error, "fraud", "open")


def test_private_names_of_modules_are_not_shown(tmp_path):
    """The author knows them by other names."""
    code = "class MyError(Exception): pass\nraise MyError(__name__)\n"
    (tmp_path / "broken.py").write_text(code)
    text = describe_step(
        raised(load_class, "broken.Model", PrivateModules.of(str(tmp_path))), "fraud", "open"
    )
    assert text.endswith("\nbroken.MyError: broken")
    assert "pyflink_ml_embedded._models" not in text


@pytest.mark.parametrize(
    "value",
    [
        "Müller",
        'it\'s "quoted"',
        "two\nlines",
        "tail\\",
        b"\x00secret\xff",
        12345,
        -12345,
        123.25,
        4096.0,
        1e-7,
        float("inf"),
        decimal.Decimal("12.50"),
        datetime.date(2024, 5, 17),
        datetime.time(12, 30, 59),
        datetime.datetime(2024, 5, 17, 12, 30),
        datetime.datetime(2024, 5, 17, tzinfo=datetime.timezone.utc),
    ],
    ids=repr,
)
@pytest.mark.parametrize("template", ["got {}", "got {!r}", "got {}!", "x={} y", "{}", "'{}'"])
def test_values_of_the_row_are_replaced(value, template):
    """The text goes to logs and to the web interface; the row may hold anything."""
    text = text_of(raised(raiser(ValueError(template.format(value)))), Row(field=value))
    summary, _, details = text.partition("\n\n")
    assert str(value) not in text
    assert repr(value) not in text
    assert "<column 'field'>" in summary
    assert "<column 'field'>" in details.splitlines()[-1]


def test_words_of_our_own_message_are_kept():
    """A text of the row may be a word of it, and the message has no values of the row."""
    columns = Columns([describe_column("way", "STRING NOT NULL"), describe_column("n", "INT")])
    error = raised(columns.write, [{"way": None, "n": 1}])
    text = describe(error.with_traceback(None), "m", 1, Row(way="null", name="STRING"), "way")
    assert text == "model 'm', row 1: column 'way': null in a column of type STRING NOT NULL"
    error = raised(columns.write, [{"wax": "x", "n": 1}])
    text = describe(error.with_traceback(None), "m", 1, Row(a="dict", b="names"), None)
    assert "got a dict whose names do not fit" in text


def test_words_of_an_error_from_this_package_are_kept():
    """E.g. from the functions for models without code, or for the results of a batch."""
    error = raised(ResultWriter(Columns([describe_column("y", "INT")])).write, None, 1)
    text = text_of(error, Row(a="OUTPUT", b="array", c="None"))
    assert "predict_batch returned None; expected an array for the model's OUTPUT (y)" in text


def test_words_of_a_missing_property_are_kept():
    """A class may read a property, or an attribute, for each row."""
    row = Row(a="option", b="class", c="set_model_config", d="open", e="none")
    text = text_of(raised(lambda: Properties()["threshold"]), row)
    assert "option 'properties.threshold' is not set, but the model's class reads it" in text
    text = text_of(raised(lambda: NeverConfigured().init_properties), row)
    assert "init_properties is not set yet. set_model_config sets it, after __init__" in text


def test_name_of_a_missing_property_is_hidden_where_it_is_a_value():
    """A class may have a property for each country."""
    text = text_of(raised(lambda: Properties()["GERMANY"]), Row(country="GERMANY"))
    assert "option 'properties.<column 'country'>' is not set" in text
    assert "GERMANY" not in text


@pytest.mark.parametrize("value", ["I hate my boss", "it's"])
def test_names_in_our_own_message_are_hidden_where_they_are_values(value):
    """A model may return a Row, or a dict, from a text of the row to its score."""
    columns = Columns([describe_column("label", "INT"), describe_column("score", "INT")])
    error = raised(columns.write, [Row(**{value: 1, "Score": 2})])
    text = text_of(error.with_traceback(None), Row(field=value))
    assert "no name matches column 'label' (left over: '<column 'field'>')" in text


def test_column_of_our_own_message_is_kept():
    """The first thing to know is where the error is."""
    error = ConversionError("null in it", "label")
    assert text_of(error, Row(field="label")).endswith("column 'label': null in it")


@pytest.mark.parametrize("kind", [ConversionError, ModelError])
def test_values_are_hidden_in_an_error_of_this_package_that_a_user_raises(kind):
    """Its class is public, so that the message may be anybody's."""
    error = raised(raiser(kind("cannot read 'secret'")))
    text = text_of(error, Row(field="secret"))
    assert text.startswith("model 'fraud', row 17: cannot read <column 'field'>")
    assert "secret" not in text.replace("kind(\"cannot read 'secret'\")", "")


def test_values_are_hidden_in_the_cause_of_our_own_error():
    """Code of the user that runs in a conversion may raise anything."""

    class Age:
        def __index__(self):
            raise ConversionError("got missing text")

    columns = Columns([describe_column("age", "INT")])
    error = raised(columns.write, [(Age(),)])
    text = describe(error, "fraud", 1, Row(field="missing text"), "age")
    assert text.startswith("model 'fraud', row 1: got <column 'field'>")


def test_values_are_hidden_where_a_user_raises_on_our_error():
    """The message of the user is hidden, and ours is not."""
    columns = Columns([describe_column("age", "INT")])

    def predict():
        try:
            columns.write([("x",)])
        except ConversionError as error:
            raise ValueError("no INT in secret") from error

    text = text_of(raised(predict), Row(field="secret"))
    assert "predict failed with ValueError: no INT in <column 'field'>" in text


def test_integral_number_is_replaced_without_its_point():
    """Messages often contain ``int(value)``."""
    assert "<column 'field'>" in text_of(ValueError("got 4096"), Row(field=4096.0))


def test_key_error_is_replaced():
    """Its message is the repr of the key."""
    text = text_of(raised(lambda: {}["GERMANY"]), Row(country="GERMANY"))
    assert "failed with KeyError: <column 'country'>" in text
    assert text.splitlines()[-1] == "KeyError: <column 'country'>"


@pytest.mark.parametrize(
    "show", [repr, str, lambda row: list(row), tuple, lambda row: row.as_dict()]
)
def test_whole_row_is_replaced(show):
    """``raise ValueError(f'bad row {row}')`` is a common message."""
    row = Row(name="x", age=7, flag=True)
    text = text_of(ValueError(f"bad row {show(row)}"), row)
    assert text.splitlines()[0].endswith("ValueError: bad row <row>")


def test_longest_value_is_replaced_first():
    """A value may be part of a longer one."""
    row = Row(a="secret", b="secret word")
    text = text_of(ValueError("secret word, secret"), row)
    assert text.splitlines()[0].endswith(": <column 'b'>, <column 'a'>")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("art", "starting at cart and artful"),
        (123, "error 51234 in x123 and 123y"),
        ("ab", "ab is too short to hide"),
        ("   ", "a    b"),
        (True, "True is not secret"),
        (None, "None is not secret"),
    ],
)
def test_what_only_looks_like_a_value_is_kept(value, message):
    """Otherwise messages would be hard to read."""
    assert text_of(ValueError(message), Row(field=value)).splitlines()[0].endswith(message)


def test_type_of_the_error_and_code_are_kept():
    """A value may be any word, also one of the traceback."""

    def predict():
        raise ValueError("predict")

    text = text_of(raised(predict), Row(a="ValueError", b="predict", c="raise"))
    assert text.splitlines()[0].endswith("failed with ValueError: <column 'b'>")
    assert text.splitlines()[-1] == "ValueError: <column 'b'>"
    assert 'raise ValueError("predict")' in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (["Ada", "Grace"], "Grace"),
        ({"Ada": 36000, "Grace": 37000}, "Ada 37000"),
        ([{"name": Row(first="Ada")}], "Ada"),
        (np.array([1.25, 2.5]), "2.5"),
        (np.array([1.25, 2.5]), "[1.25 2.5 ]"),
    ],
    ids=repr,
)
def test_values_inside_of_a_value_are_replaced(value, shown):
    """Messages often show one element of an ARRAY."""
    text = text_of(ValueError(f"bad {shown}"), Row(field=value))
    assert not any(word in text.splitlines()[0] for word in shown.split())
    assert "<column 'field'>" in text


def test_row_without_names_is_replaced():
    """Code may create one."""
    assert "<column '1'>" in text_of(ValueError("got secret"), Row(1, "secret"))


class Hostile(Exception):
    """Fails in all conversions to text."""

    def __str__(self):
        raise SystemExit("str")

    __repr__ = __str__


class MoreHostile(Hostile):
    """Fails for attributes as well."""

    def __getattribute__(self, name):
        raise KeyboardInterrupt(name)


@pytest.mark.parametrize("hostile", [Hostile, MoreHostile])
def test_error_that_cannot_be_shown_is_named(hostile):
    """Describing an error must not raise one in native code."""
    text = text_of(hostile("x"), Row(a="secret"))
    assert text.startswith(f"model 'fraud', row 17: predict failed with {hostile.__name__}")


def test_text_can_be_encoded():
    """Java does not accept half of a surrogate pair."""
    assert "\\ud800" in text_of(ValueError("\ud800"))


def test_errors_are_not_kept():
    """A traceback holds the frames, and these the model."""
    error = raised(raiser(ValueError("x")))
    before = sys.getrefcount(error)
    text_of(error)
    assert sys.getrefcount(error) == before

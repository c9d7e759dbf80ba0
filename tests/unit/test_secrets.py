# SPDX-License-Identifier: Apache-2.0
"""Secrets are read where the model opens, and no text of this package shows them."""

import io
import json
import logging
import sys
from urllib.parse import quote

import pytest

from pyflink_ml_embedded import Row
from pyflink_ml_embedded._exceptions import DescribedError, ModelError
from pyflink_ml_embedded._properties import Properties
from pyflink_ml_embedded._runtime import output_streams
from pyflink_ml_embedded._runtime.describe import describe, describe_step
from pyflink_ml_embedded._runtime.open import close_function, open_function
from pyflink_ml_embedded._runtime.slf4j import Slf4jHandler
from pyflink_ml_embedded._secrets import hide, read_secrets

from .requests import make_request

SECRET = 'tr0ub4dor & 3/"x"'


@pytest.fixture
def secret_file(tmp_path):
    """A file that only its owner can read, as an editor saves it."""
    file = tmp_path / "key"
    file.write_text(SECRET + "\n")
    file.chmod(0o600)
    return file


def test_secret_is_a_property_without_its_prefix(secret_file, monkeypatch):
    """The class does not see where the value comes from, or how the file ends."""
    monkeypatch.setenv("API_TOKEN", "from-environment")
    properties = {"a": "b", "secret.key": f"file:{secret_file}", "secret.t": "env:API_TOKEN"}
    assert read_secrets(properties) == {"a": "b", "key": SECRET, "t": "from-environment"}
    assert read_secrets({"secret.key": f"file://{secret_file}"}) == {"key": SECRET}


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("hunter2-literal", r"must be 'file:/path' or 'env:NAME', .*; its value is not shown"),
        ("file:hunter2-literal", r"must be 'file:/path'"),
        ("env:NO_SUCH_VARIABLE", r"'env:NO_SUCH_VARIABLE', and this process has no such"),
        ("file:/no/such/file", r"'file:/no/such/file', which cannot be read .*: No such file"),
        ("file:/dev/zero", r"is longer than 65536 bytes"),
        ("env:SHORT", r"has 3 characters. A secret needs at least 4"),
    ],
)
def test_secret_that_cannot_be_read_is_named_without_a_value(reference, message, monkeypatch):
    """A literal may be the secret itself, put at the wrong place."""
    monkeypatch.setenv("SHORT", "abc")
    with pytest.raises(ModelError, match=f"'properties.secret.key'.*{message}") as raised:
        read_secrets({"secret.key": reference})
    assert "hunter2" not in str(raised.value)


def test_property_and_secret_of_one_name_are_refused(secret_file):
    """Another provider's factory does not check it."""
    with pytest.raises(ModelError, match=r"'properties\.key' and 'properties\.secret\.key' both"):
        read_secrets({"key": "x", "secret.key": f"file:{secret_file}"})


def test_file_that_everybody_can_read_is_a_warning(secret_file, caplog):
    """Kubernetes mounts secrets so, unless told otherwise."""
    read_secrets({"secret.key": f"file:{secret_file}"})
    assert not caplog.records
    secret_file.chmod(0o644)
    for _ in range(2):
        read_secrets({"secret.key": f"file:{secret_file}"})
    (record,) = caplog.records
    assert f"which all users of this host can read (mode 644). Run: chmod 600 '{secret_file}'" in (
        record.getMessage()
    )


@pytest.mark.parametrize(
    "form",
    [
        str,
        repr,
        lambda secret: repr({"Authorization": f"Bearer {secret}"}),
        lambda secret: f"https://host/?key={quote(secret)}",
        lambda secret: json.dumps([secret]),
    ],
    ids=["str", "repr", "dict", "url", "json"],
)
def test_errors_of_a_model_do_not_have_the_secret(form, secret_file):
    """Clients put the URL or the headers of a request into their errors."""
    read_secrets({"secret.key": f"file:{secret_file}"})
    try:
        try:
            raise KeyError(form(SECRET))
        except KeyError as cause:
            raise ValueError(form(SECRET)) from cause
    except ValueError as error:
        texts = [describe(error, "m", 1, Row(x=1), None), describe_step(error, "m", "open")]
    for text in texts:
        assert "<property 'key'>" in text
        assert "tr0ub4dor" not in text


def test_lines_of_a_long_secret_are_hidden_alone(tmp_path):
    """A library that cannot parse a key shows the line."""
    key = tmp_path / "key.pem"
    key.write_text("-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQ\n-----END KEY-----\n")
    key.chmod(0o600)
    read_secrets({"secret.pem": f"file:{key}"})
    assert hide("bad line 'hkiG9w0BAQ'") == "bad line '<property 'pem'>'"


def test_plain_properties_that_flink_masks_are_hidden_too():
    """They are in clear text in the catalog already, but need not be in logs."""
    read_secrets({"auth-token": "plain-token-1", "max-new-tokens": "128"}, {"auth-token"})
    read_secrets({"max-new-tokens": "128", "use-token": "true"}, {"max-new-tokens", "use-token"})
    assert hide("plain-token-1, 128, true") == "<property 'auth-token'>, 128, true"


def test_properties_do_not_show_secrets(secret_file):
    """Models log their settings."""
    properties = Properties(read_secrets({"a": "b", "secret.key": f"file:{secret_file}"}))
    assert properties["key"] == SECRET
    for text in (repr(properties), str(properties), f"{properties}"):
        assert "'a': 'b'" in text
        assert "tr0ub4dor" not in text


def test_records_and_output_do_not_have_the_secret(secret_file, monkeypatch):
    """A library may log its requests at DEBUG."""
    read_secrets({"secret.key": f"file:{secret_file}"})
    written = []
    handler = Slf4jHandler(lambda *record: written.append(record))
    handler.emit(logging.LogRecord("http", 10, "", 1, "sent %s", (SECRET,), None))
    stream = io.TextIOWrapper(io.BytesIO())
    for name in ("stdout", "stderr", "__stdout__", "__stderr__"):
        monkeypatch.setattr(sys, name, stream)
    output_streams.install()
    print("printed", SECRET)
    assert written == [(10, "http", "sent <property 'key'>")]
    assert stream.buffer.getvalue() == b"printed <property 'key'>\n"


MODEL = """
from pyflink_ml_embedded import PredictFunction

class Model(PredictFunction):
    def open(self, context):
        self.seen = [context.properties["key"], self.init_properties["key"]]
        self.shown = f"{context.properties} {self.init_properties} {context}"
        if "fail" in context.properties:
            raise OSError(f"401 for {self.seen[0]}")

    def predict(self, data):
        return [(self.seen == [data.x] * 2, self.shown)]
"""


def test_opened_model_has_the_secret_and_its_errors_do_not(tmp_path, secret_file):
    """The failed open has freed everything when its text is written."""
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "model.py").write_text(MODEL)
    properties = {"secret.key": f"file:{secret_file}"}
    columns = (tmp_path / "m", "x STRING", "same BOOLEAN, shown STRING")
    opened = open_function(make_request(*columns, properties, python_class="model.Model"))
    ((same, shown),) = opened((SECRET,))
    close_function(opened)
    assert same
    assert shown.count("<property 'key'>") == 3
    assert "tr0ub4dor" not in shown
    request = make_request(*columns, {**properties, "fail": "1"}, python_class="model.Model")
    with pytest.raises(DescribedError, match="401 for <property 'key'>"):
        open_function(request)

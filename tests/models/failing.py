# SPDX-License-Identifier: Apache-2.0
"""Predict functions that fail on the row whose ``id`` is 2, or in open or close.

Their input is ``(id BIGINT, secret STRING)``; some put the secret into the error, as users do.
"""

import sys
from abc import abstractmethod
from decimal import Decimal

from pyflink_ml_embedded import PredictFunction, Row


class _FailsOnSecondRow(PredictFunction):
    def predict(self, data):
        return self.fail(data.secret) if data.id == 2 else [Row(None)]

    @abstractmethod
    def fail(self, secret):
        """Raises, or returns an invalid result."""


class RaisesValue(_FailsOnSecondRow):
    """Raises an error that contains a value of the row, as its cause does too."""

    def fail(self, secret):
        try:
            raise KeyError(secret)
        except KeyError as error:
            raise ValueError(f"cannot score {secret}") from error


class RaisesWhileIterated(_FailsOnSecondRow):
    """Yields a valid row and then raises."""

    def fail(self, secret):
        yield Row(-2)
        raise ValueError(f"cannot go on with {secret}")


class RaisesUnprintable(_FailsOnSecondRow):
    """Raises an error that cannot be turned into text."""

    def fail(self, secret):
        class Unprintable(Exception):
            def __str__(self):
                raise RuntimeError(secret)

        raise Unprintable(secret)


class Exits(_FailsOnSecondRow):
    """Calls sys.exit, which must not end the TaskManager."""

    def fail(self, secret):
        sys.exit(f"bye {secret}")


class Interrupts(_FailsOnSecondRow):
    """Raises KeyboardInterrupt, which is not a subclass of Exception."""

    def fail(self, secret):
        raise KeyboardInterrupt(secret)


class RecursesEndlessly(_FailsOnSecondRow):
    """Uses up Python's stack."""

    def fail(self, secret):
        return self.fail(secret)


class TooManyColumns(_FailsOnSecondRow):
    """Answers with one column more than the model has."""

    def fail(self, secret):
        return [Row(1, secret)]


class TooFewColumns(_FailsOnSecondRow):
    """Answers with an empty row."""

    def fail(self, secret):
        return [Row()]


class UnknownColumn(_FailsOnSecondRow):
    """Answers with a dict that has an unknown column."""

    def fail(self, secret):
        return [{"y": 1, secret: 2}]


class MissingColumn(_FailsOnSecondRow):
    """Answers with a dict that lacks the model's column."""

    def fail(self, secret):
        return [{}]


class NotIterable(_FailsOnSecondRow):
    """Answers with a bare number."""

    def fail(self, secret):
        return 5


class NullResult(_FailsOnSecondRow):
    """Answers with None for its only column, after rows that contain a number."""

    def predict(self, data):
        return self.fail(data.secret) if data.id == 2 else [Row(data.id)]

    def fail(self, secret):
        return [Row(None)]


class TooLargeInt(_FailsOnSecondRow):
    """Answers with an int that needs 65 bits."""

    def fail(self, secret):
        return [Row(2**63)]


class TooLargeDecimal(_FailsOnSecondRow):
    """Answers with a Decimal of seven digits."""

    def fail(self, secret):
        return [Row(Decimal("12345.67"))]


class SecretText(_FailsOnSecondRow):
    """Answers with the secret, for outputs of a different type or a shorter length."""

    def fail(self, secret):
        return [Row(secret)]


class SecretBytes(_FailsOnSecondRow):
    """Answers with the secret's bytes, for outputs of a different type or a shorter length."""

    def fail(self, secret):
        return [Row(secret.encode())]


class LoneSurrogate(_FailsOnSecondRow):
    """Answers with a str that UTF-8 cannot encode."""

    def fail(self, secret):
        return [Row("\ud800")]


class FailsInOpen(PredictFunction):
    """Fails before the first row."""

    def open(self, context):
        raise OSError("the weights are not there")

    def predict(self, data):
        return [Row(data.id)]


class ExitsInOpen(PredictFunction):
    """Calls sys.exit before the first row."""

    def open(self, context):
        sys.exit("no licence")

    def predict(self, data):
        return [Row(data.id)]


class FailsInClose(PredictFunction):
    """Fails after the last row."""

    def predict(self, data):
        return [Row(data.id)]

    def close(self):
        raise OSError("the connection is lost")


class NoPredictFunction:
    """Has a predict method, but is not a PredictFunction."""

    def predict(self, data):
        return [Row(data.id)]


class Good(PredictFunction):
    """Returns the first column."""

    def predict(self, data):
        return [Row(data[0])]


class NeedsProperty(PredictFunction):
    """Reads a property that may not be set."""

    def open(self, context):
        self.init_properties["threshold"]

    def predict(self, data):
        return [data[0]]

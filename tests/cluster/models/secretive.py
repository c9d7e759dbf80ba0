# SPDX-License-Identifier: Apache-2.0
"""A predict function that does with its secrets what careless code does."""

import logging
import sys
import threading
import time
from pathlib import Path

from pyflink_ml_embedded import PredictFunction

_log = logging.getLogger(__name__)


class Secretive(PredictFunction):
    """Returns the length of its secret, and fails for negative numbers with its secret.

    Before the first row it waits for a file.
    """

    def open(self, context):
        self._secrets = [context.properties["key"], context.properties["auth-token"]]
        self._go_on = Path(context.properties["go-on"])
        _log.warning("opened with %s, %r", self.init_properties, context)
        for secret in self._secrets:
            _log.warning("logged %s", secret)
            print("printed", secret)
            print("printed as an error", secret, file=sys.stderr)
            thread = threading.Thread(target=self._fail, args=[secret])
            thread.start()
            thread.join()

    def predict(self, data):
        while not self._go_on.exists():
            time.sleep(0.01)
        if data.x < 0:
            self._fail(" and ".join(self._secrets))
        return [len(self._secrets[0])]

    def _fail(self, secret):
        try:
            raise KeyError(secret)
        except KeyError as error:
            raise ValueError(f"401 Unauthorized: https://host/?key={secret}") from error

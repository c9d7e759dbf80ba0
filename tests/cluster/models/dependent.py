# SPDX-License-Identifier: Apache-2.0
"""A predict function that needs what the job brings."""

import sys

from pyflink_ml_embedded import PredictFunction, Row


class Dependent(PredictFunction):
    """Returns what a module and an archive of the job hold, and the running Python."""

    def open(self, context):
        self.brought = "nothing"
        if context.properties.get("needs") == "files":
            import brought_by_job

            self.brought = brought_by_job.NAME
        if context.archives is not None and (context.archives / "data").exists():
            self.brought += " and " + (context.archives / "data" / "name.txt").read_text()

    def predict(self, data):
        return [Row(self.brought, sys.executable)]

# SPDX-License-Identifier: Apache-2.0
"""Runs the statements of a file at a Flink SQL gateway, and prints the rows of their results.

Usage: python submit_to_gateway.py http://localhost:8083 fraud.sql
"""

import json
import sys
import time
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

gateway, file = sys.argv[1:]


def call(path: str, method: str = "GET", **body: Any) -> Any:
    """Returns the gateway's answer."""
    data = json.dumps(body).encode() if body else None
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(gateway + path, data, headers, method=method), timeout=60) as answer:
        return json.load(answer)


session = "/v1/sessions/" + call("/v1/sessions", "POST")["sessionHandle"]
for statement in filter(str.strip, Path(file).read_text().split(";")):
    operation = call(f"{session}/statements", "POST", statement=statement)["operationHandle"]
    page = f"{session}/operations/{operation}/result/0?rowFormat=JSON"
    while page:
        result = call(page)
        for row in result.get("results", {}).get("data", []):
            print(*row["fields"], sep="\t")
        if result["resultType"] == "NOT_READY":
            time.sleep(0.1)
        page = result.get("nextResultUri")
call(session, "DELETE")

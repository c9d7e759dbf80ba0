# SPDX-License-Identifier: Apache-2.0
"""A model server that answers one row per request, as JSON over HTTP."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

from ..._native import Row
from .model import load_model
from .workload import load

__all__ = ["model_server"]

_START_SECONDS = 300.0
_POLL_SECONDS = 0.02

_Message = MutableMapping[str, Any]


@contextlib.contextmanager
def model_server(directory: str) -> Iterator[str]:
    """Serves the model of a workload from a new process during the block.

    Yields:
        the URL of the server.

    Raises:
        RuntimeError: the server does not answer.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    process = subprocess.Popen([sys.executable, "-m", __name__, directory, str(port)])
    try:
        _wait(url, process)
        yield url
    finally:
        process.kill()
        process.wait()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError), urllib.request.urlopen(url):
            return
        time.sleep(_POLL_SECONDS)
    raise RuntimeError(f"the model server does not answer at {url}")


class _Application:
    """An ASGI application that answers the POST of a row with a line for each result."""

    def __init__(self, directory: str) -> None:
        import orjson

        workload = load(directory)
        self._names = workload.inputs.names
        self._outputs = workload.outputs.names
        self._function: Any = load_model(workload)
        self._read = orjson.loads
        self._write = orjson.dumps
        self._options = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE

    async def __call__(
        self,
        scope: _Message,
        receive: Callable[[], Awaitable[_Message]],
        send: Callable[[_Message], Awaitable[None]],
    ) -> None:
        body = b""
        if scope["method"] == "POST":
            more = True
            while more:
                message = await receive()
                body += message["body"]
                more = message["more_body"]
            body = self._predict(body)
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _predict(self, body: bytes) -> bytes:
        values = self._read(body)
        row = Row(*map(values.get, self._names))
        row.set_field_names(self._names)
        return b"".join(
            self._write(dict(zip(self._outputs, result, strict=True)), option=self._options)
            for result in self._function.predict(row)
        )


def _serve(directory: str, port: int) -> None:
    import uvicorn

    uvicorn.run(
        _Application(directory),
        port=port,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_keep_alive=60,  # the client reuses its connections
    )


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]))

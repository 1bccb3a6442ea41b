"""A scripted OpenAI-compatible server on loopback, for answers and faults on demand."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HALF, BAD_JSON, ENDLESS = "half", "bad_json", "endless"


class LanguageServer(ThreadingHTTPServer):
    """Answers every chat request with the scripted pieces; remembers what it was asked."""

    daemon_threads = True

    def __init__(
        self, pieces: list[str], status: int = 200, pause_seconds: float = 0, fault: str = ""
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pieces, self.status, self.pause_seconds = pieces, status, pause_seconds
        self.fault = fault
        self.streaming = threading.Event()
        self.requests: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        """The base address that `COACH_LLM_BASE_URL` takes."""
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: LanguageServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = json.loads(body)
        self.server.requests.append(request)
        if self.server.status != 200:
            self.send_error(self.server.status)
            return
        streamed = bool(request.get("stream"))
        self.send_response(200)
        kind = "text/event-stream" if streamed else "application/json"
        self.send_header("Content-Type", kind)
        self.end_headers()
        if streamed:
            self._stream()
        else:
            message = {"role": "assistant", "content": "".join(self.server.pieces)}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            self.wfile.write(json.dumps(_envelope("chat.completion", choice)).encode())

    def _stream(self) -> None:
        self.server.streaming.set()
        pieces = itertools.cycle(self.server.pieces) if self.server.fault == ENDLESS else None
        try:
            for piece in pieces or self.server.pieces:
                time.sleep(self.server.pause_seconds)
                self._send({"index": 0, "delta": {"content": piece}, "finish_reason": None})
            if self.server.fault == HALF:
                return  # the connection closes without an end
            if self.server.fault == BAD_JSON:
                self.wfile.write(b"data: {not json\n\n")
                return
            self._send({"index": 0, "delta": {}, "finish_reason": "stop"})
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            return
        finally:
            self.server.streaming.clear()

    def _send(self, choice: dict[str, Any]) -> None:
        row = json.dumps(_envelope("chat.completion.chunk", choice))
        self.wfile.write(f"data: {row}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def _envelope(kind: str, choice: dict[str, Any]) -> dict[str, Any]:
    return {"id": "1", "object": kind, "created": 0, "model": "scripted", "choices": [choice]}


@contextmanager
def serve_language(
    pieces: list[str], *, status: int = 200, pause_seconds: float = 0, fault: str = ""
) -> Iterator[LanguageServer]:
    """Run a scripted server for the length of a `with` block."""
    server = LanguageServer(pieces, status, pause_seconds, fault)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()

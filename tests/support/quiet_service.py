"""A service that decides nothing: it shows what a process of the stack is told, and how it ends.

Usage: python quiet_service.py SERVICE ROLE

"""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import FrameType
from typing import NoReturn


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        told = {name: text for name, text in os.environ.items() if name.startswith("DUBAN_")}
        body = json.dumps({"pid": os.getpid(), "environment": told}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def end(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(0)


def main(service: str, role: str) -> None:
    sys.stderr.write(f"{service} {role}\n")
    if role == "all":
        signal.signal(signal.SIGTERM, end)
        HTTPServer(("127.0.0.1", int(os.environ["DUBAN_HTTP_PORT"])), Answer).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])

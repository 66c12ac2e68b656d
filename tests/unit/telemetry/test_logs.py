"""Log lines: JSON, with the trace, without secrets."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from shared.kernel.errors import GuardFailedError
from shared.telemetry.logs import HIDDEN, configure_logs, logger
from shared.telemetry.propagation import current_trace_id
from shared.telemetry.spans import work_span

SECRET = "张三 13800000000"


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logs("feedback", stream=stream)
    yield stream
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)


def line_of(out: io.StringIO) -> dict[str, Any]:
    [line] = out.getvalue().splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


class TestLogs:
    def test_carry_service_trace_and_what_was_said(self, out: io.StringIO) -> None:
        with work_span("a command"):
            logger("http").info("command", correlation="P7", position=12)
            trace_id = current_trace_id()

        line = line_of(out)
        told = {"event": "command", "correlation": "P7", "position": 12, "level": "info"}
        assert line.items() >= told.items()
        assert (line["service"], line["trace_id"]) == ("feedback", trace_id)

    def test_of_libraries_have_the_same_form(self, out: io.StringIO) -> None:
        logging.getLogger("uvicorn.error").warning("started %s", "well")

        assert line_of(out)["event"] == "started well"

    @pytest.mark.parametrize("key", ["body", "data", "authorization", "service_token", "Password"])
    def test_never_hold_secrets_or_bodies(self, out: io.StringIO, key: str) -> None:
        logger("http").info("request", **{key: SECRET})

        assert line_of(out)[key] == HIDDEN

    def test_tell_where_it_broke_but_not_the_text(self, out: io.StringIO) -> None:
        try:
            raise ValueError(SECRET) from KeyError(SECRET)
        except ValueError as error:
            logger("http").error("failed", exc_info=error)

        line = line_of(out)
        assert SECRET not in out.getvalue()
        assert (line["error"], line["caused_by"]) == ("ValueError", ["KeyError"])
        assert line["places"][0].startswith("test_logs.py:")

    def test_tell_our_own_refusals_in_full(self, out: io.StringIO) -> None:
        refused = GuardFailedError("G06", "not signed", problem="P7")
        logger("http").warning("refused", exc_info=refused)

        told = {"guard": "G06", "code": "guard-failed", "problem": "P7"}
        assert line_of(out).items() >= told.items()

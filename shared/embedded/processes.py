"""Child processes of the local stack: started, watched, stopped, never left behind."""

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from shared.kernel.errors import UnavailableError

LOG_TAIL_BYTES = 2000


class ChildProcess:
    """One operating-system process, its output kept in a log file.

    It runs in a session of its own, so that Ctrl-C in a terminal reaches the launcher only. With
    a `pid_file`, a process that a killed launcher left behind is found and ended at the next
    start.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log_file: Path,
        *,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        user: str | None = None,
        pid_file: Path | None = None,
    ) -> None:
        self.name = name
        self.log_file = log_file
        self._command = [str(part) for part in command]
        self._environment = environment
        self._directory = directory
        self._user = user
        self._pid_file = pid_file
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id; `UnavailableError` before the first start."""
        if self._process is None:
            raise UnavailableError(f"{self.name} has not been started")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """The exit code (negative: a signal), or None while it runs or before it was started."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Start the process; what a killed launcher left behind is ended first."""
        self.end_leftover()
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                cwd=self._directory,
                start_new_session=True,
                **as_user(self._user),
            )
        if self._pid_file is not None:
            record_process(self._pid_file, self._process.pid)

    def end_leftover(self) -> None:
        """End the process that a killed launcher left behind, if there is one."""
        if self._pid_file is not None and not self.is_running:
            end_recorded_process(self._pid_file)

    def ask_to_end(self, with_signal: signal.Signals) -> None:
        """Send the signal and do not wait: `stop` waits."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(with_signal)

    def stop(self, with_signal: signal.Signals, within: float) -> None:
        """Ask the process to end, and kill it when it has not ended `within` seconds."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(with_signal)
            try:
                self._process.wait(within)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._pid_file is not None:
            self._pid_file.unlink(missing_ok=True)

    def wait_until(self, ready: Callable[[], bool], within: float) -> None:
        """Wait until `ready` holds; an exit before, or too long a wait, is `UnavailableError`."""
        deadline = time.monotonic() + within
        while not ready():
            self.require_running()
            if time.monotonic() > deadline:
                raise UnavailableError(
                    f"{self.name} was not ready within {within:g} s; its log ends:\n"
                    f"{self.log_tail()}"
                )
            time.sleep(0.02)
        self.require_running()

    def wait_until_done(self, within: float) -> None:
        """Wait for the end; another exit code than 0, or too long a wait, is `UnavailableError`."""
        assert self._process is not None
        try:
            code = self._process.wait(within)
        except subprocess.TimeoutExpired as late:
            self.stop(signal.SIGKILL, within)
            raise UnavailableError(f"{self.name} did not end within {within:g} s") from late
        if self._pid_file is not None:
            self._pid_file.unlink(missing_ok=True)
        if code != 0:
            raise UnavailableError(
                f"{self.name} ended with exit code {code}; its log ends:\n{self.log_tail()}"
            )

    def require_running(self) -> None:
        """Refuse with the end of the log when the process has ended, whatever its exit code."""
        if not self.is_running:
            raise UnavailableError(
                f"{self.name} ended with exit code {self.exit_code}; its log ends:\n"
                f"{self.log_tail()}"
            )

    def log_tail(self) -> str:
        """Return the last lines of the log."""
        if not self.log_file.exists():
            return ""
        return self.log_file.read_bytes()[-LOG_TAIL_BYTES:].decode("utf-8", "replace")


SAME_TIME = 5.0
"""Seconds by which two readings of one process's start may differ: they follow the clock."""


def record_process(pid_file: Path, pid: int) -> None:
    """Write down which process this is: its id alone would name another one some day."""
    with suppress(psutil.NoSuchProcess):  # it may have ended at once
        pid_file.write_text(f"{pid} {psutil.Process(pid).create_time()}\n", encoding="ascii")


def end_recorded_process(pid_file: Path) -> None:
    """End the process that `record_process` wrote down, if it still runs."""
    if not pid_file.exists():
        return
    pid, created = pid_file.read_text(encoding="ascii").split()
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(int(pid))
        if abs(process.create_time() - float(created)) < SAME_TIME:
            # It lost its launcher; all that runs here keeps its promises through a kill.
            end_process(process, signal.SIGKILL, within=10)
    pid_file.unlink(missing_ok=True)


def end_process(process: psutil.Process, with_signal: signal.Signals, within: float) -> None:
    """End a process that is not our child; kill it when it has not ended `within` seconds.

    Raises `UnavailableError` when even that does not end it.
    """
    with suppress(psutil.NoSuchProcess):
        process.send_signal(with_signal)
        if _ends(process, within):
            return
        process.kill()
        if not _ends(process, within):
            raise UnavailableError(f"process {process.pid} cannot be ended", pid=process.pid)


def _ends(process: psutil.Process, within: float) -> bool:
    """Wait for the end; a zombie has ended, though nobody may ever ask for its exit code."""
    deadline = time.monotonic() + within
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def inherited_environment(*names: str) -> dict[str, str]:
    """Return only these variables of our environment: a server must not read the others."""
    return {name: os.environ[name] for name in names if name in os.environ}


def as_user(name: str | None) -> dict[str, Any]:
    """Return the arguments that make `subprocess` drop to this user; None stays who we are."""
    if name is None:
        return {}
    user = pwd.getpwnam(name)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

"""One runnable service: its parts, put together in the same way everywhere."""

from shared.service.assembly import Service, Timer
from shared.service.run import main

__all__ = ["Service", "Timer", "main"]

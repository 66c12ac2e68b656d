"""Looking at processes from outside."""

import psutil


def has_ended(pid: int) -> bool:
    """Return whether nothing runs under this id; a zombie has ended."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True

"""A program that serves pages on this machine, for as long as a test looks at them."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def served(command: Sequence[str | Path], page: str) -> Iterator[str]:
    """Runs `command`, in which {port} is a free port, until it serves `page`; gives its address, and ends it afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    words = [str(word).format(port=port) for word in command]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            until = time.monotonic() + 120
            while not _answers(url + page):
                assert process.poll() is None, process.communicate()[1]
                assert time.monotonic() < until, f"{words[0]} does not serve {page}"
                time.sleep(0.2)
            yield url
        finally:
            process.terminate()
            process.communicate(timeout=30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False

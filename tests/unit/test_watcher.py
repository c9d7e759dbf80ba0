# SPDX-License-Identifier: Apache-2.0
"""One thread looks at open functions, and only while there are some."""

import os
import threading

import pytest

from pyflink_ml_embedded._runtime.watcher import Watcher

LIMIT = 30


class Looked:
    """Something to look at, which says when it was looked at."""

    interval = 0.001

    def __init__(self, fails=False):
        self.fails = fails
        self.looked = threading.Event()
        self.may_end = threading.Event()
        self.may_end.set()
        self.looks = 0

    def look(self):
        self.looks += 1
        self.looked.set()
        assert self.may_end.wait(LIMIT)
        if self.fails:
            raise ValueError("cannot look")


def threads():
    """Returns the number of the threads of watchers."""
    return [thread.name for thread in threading.enumerate()].count("pyflink-ml-embedded-watcher")


@pytest.fixture
def watcher():
    """Returns a watcher; its thread must have ended at the end of the test."""
    before = threads()
    yield Watcher()
    assert threads() == before


def test_thread_lives_as_long_as_there_is_something_to_look_at(watcher):
    """A process without models that are watched has nothing to do."""
    before = threads()
    first, second = Looked(), Looked()
    for looked in (first, second, first):
        watcher.add(looked)
        assert looked.looked.wait(LIMIT)
    assert threads() == before + 1
    watcher.remove(first)
    second.looked.clear()
    assert second.looked.wait(LIMIT)
    watcher.remove(second)
    assert threads() == before
    watcher.add(first)
    watcher.remove(first)


def test_look_that_fails_does_not_end_the_others(watcher, caplog):
    """The model of somebody else may be watched too."""
    failing, other = Looked(fails=True), Looked()
    watcher.add(failing)
    assert failing.looked.wait(LIMIT)
    watcher.add(other)
    assert other.looked.wait(LIMIT)
    watcher.remove(failing)
    watcher.remove(other)
    assert "A look at an open model failed" in caplog.text


def test_what_is_removed_is_not_looked_at_any_more(watcher):
    """A closed function must not be used."""
    looked = Looked()
    looked.may_end.clear()
    watcher.add(looked)
    assert looked.looked.wait(LIMIT)
    ended = threading.Event()
    remover = threading.Thread(target=lambda: (watcher.remove(looked), ended.set()))
    remover.start()
    assert not ended.wait(0.05)
    looked.may_end.set()
    remover.join(LIMIT)
    assert ended.is_set()
    assert looked.looks == 1


def test_forked_child_has_nothing_to_look_at(watcher):
    """It has no threads, and must not wait for one that it does not have."""
    looked = Looked()
    looked.may_end.clear()
    watcher.add(looked)
    assert looked.looked.wait(LIMIT)
    child = os.fork()
    if child == 0:
        watcher.remove(looked)
        os._exit(7)
    looked.may_end.set()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    watcher.remove(looked)

"""A question beside the work: the work goes on while it is unanswered."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps

import pytest

from shared.messaging.recurring import Recurring


def in_a_loop(story: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run a test in an event loop of its own."""

    @wraps(story)
    def run(self: object) -> None:
        asyncio.run(story(self))  # type: ignore[arg-type]  # an async def gives a coroutine

    return run


class Oracle:
    """Answers when it is told to; counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.now = 0.0

    async def __call__(self) -> None:
        self.asked += 1
        await self.answer

    def monotonic(self) -> float:
        return self.now


async def settled() -> None:
    """Let everything run that can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def asked_when_due(oracle: Oracle) -> Recurring:
    """Return a question that was put when it was due, and is not answered yet."""
    question = Recurring(oracle, 15, oracle.monotonic)
    oracle.now = 15
    question.turn()
    await settled()
    return question


class TestRecurring:
    @in_a_loop
    async def test_asks_when_it_is_due_and_does_not_wait_for_the_answer(self) -> None:
        oracle = Oracle()
        question = Recurring(oracle, 15, oracle.monotonic)
        question.turn()
        await settled()
        assert oracle.asked == 0

        oracle.now = 15
        question.turn()
        await settled()
        assert oracle.asked == 1
        await question.end()

    @in_a_loop
    async def test_asks_again_only_after_an_answer(self) -> None:
        oracle = Oracle()
        question = Recurring(oracle, 15, oracle.monotonic)
        for oracle.now in (15, 30, 45):
            question.turn()
            await settled()
        assert oracle.asked == 1

        oracle.answer.set_result(None)
        await settled()
        question.turn()
        await settled()
        assert oracle.asked == 2

    @in_a_loop
    async def test_raises_at_the_next_turn_what_the_answer_raised(self) -> None:
        oracle = Oracle()
        question = await asked_when_due(oracle)
        oracle.answer.set_exception(ConnectionError("another cluster answers"))
        await settled()

        with pytest.raises(ConnectionError, match="another cluster"):
            question.turn()

    @in_a_loop
    async def test_ends_with_an_answer_still_to_come(self) -> None:
        oracle = Oracle()
        question = await asked_when_due(oracle)
        await question.end()
        assert oracle.answer.cancelled()

"""Work that those share who ask for it at the same time."""

import asyncio

from kconv._verbs.memory.shared_work import SharedWork


def test_shared_work_begins_after_those_it_answers_have_asked() -> None:
    began: list[list[int]] = []

    async def work(asked: list[int]) -> list[int]:
        began.append(asked)
        await asyncio.sleep(0.01)
        if 13 in asked:
            raise ValueError("13")
        return [each * 2 for each in asked]

    async def run() -> None:
        shared: SharedWork[int, int] = SharedWork(work)
        first = asyncio.gather(shared.ask(1), shared.ask(2))
        await asyncio.sleep(0.005)
        cancelled = asyncio.ensure_future(shared.ask(3))
        last = asyncio.ensure_future(shared.ask(4))
        await asyncio.sleep(0)
        cancelled.cancel()
        assert list(await first) == [2, 4]
        assert await last == 8
        assert began == [[1, 2], [3, 4]]
        failed = await asyncio.gather(shared.ask(13), shared.ask(14), return_exceptions=True)
        assert all(isinstance(each, ValueError) for each in failed)
        assert await shared.ask(5) == 10

    asyncio.run(run())


def served(clients: int, rounds: int, *, gathers: bool) -> list[int]:
    """How many each run answers, of clients that ask again some turns after they are answered."""
    sizes: list[int] = []

    async def work(asked: list[int]) -> list[int]:
        sizes.append(len(asked))
        await asyncio.sleep(0.001)
        return asked

    async def run() -> None:
        shared: SharedWork[int, int] = SharedWork(work, gathers=gathers)

        async def client(number: int) -> None:
            # One half comes while the other waits for its answer.
            await asyncio.sleep(0.0005 * (number % 2))
            for _ in range(rounds):
                await shared.ask(number)
                for _ in range(1 + number % 3 // 2):
                    await asyncio.sleep(0)

        await asyncio.gather(*map(client, range(clients)))

    asyncio.run(run())
    return sizes


def test_clients_that_ask_again_and_again_come_to_share_each_run() -> None:
    """Else one half of them waits while the other is answered, and each run answers one half."""
    assert len(served(8, 30, gathers=True)) <= 40
    assert len(served(8, 30, gathers=False)) >= 50


def turns_until_a_run(known: int, more: int) -> int:
    """Turns in which somebody waits, after a run of so many, where more ask in the turns after."""
    begun: list[int] = []

    async def work(asked: list[int]) -> list[int]:
        begun.append(len(asked))
        return asked

    async def run() -> int:
        shared: SharedWork[int, int] = SharedWork(work, gathers=True)
        if known:
            await asyncio.gather(*map(shared.ask, range(known)))
        before = len(begun)
        asks = [asyncio.ensure_future(shared.ask(0))]
        turns = 0
        while len(begun) == before:
            await asyncio.sleep(0)
            turns += 1
            if len(asks) <= more:
                asks.append(asyncio.ensure_future(shared.ask(0)))
        await asyncio.gather(*asks)
        return turns

    return asyncio.run(run())


def test_nobody_waits_long_for_others() -> None:
    alone = turns_until_a_run(1, 0)
    assert alone == turns_until_a_run(0, 0) <= 2
    assert turns_until_a_run(100, 0) == alone + 3
    assert turns_until_a_run(100, 50) == alone + 16
    # As many as there were are enough.
    assert turns_until_a_run(4, 50) <= alone + 4

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

"""Small graphs of names: what refers to what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Graph = Mapping[str, Sequence[str]]
"""The names that each name refers to; every name is a key."""


def users_of(graph: Graph) -> dict[str, list[str]]:
    """For each name, the names that refer to it, sorted."""
    users: dict[str, set[str]] = {name: set() for name in graph}
    for name, targets in graph.items():
        for target in targets:
            users[target].add(name)
    return {name: sorted(users[name]) for name in graph}


def closure(graph: Graph, roots: Iterable[str], without: str | None = None) -> set[str]:
    """The roots and all they reach, on ways that do not touch ``without``."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name != without and name not in found:
            found.add(name)
            waiting += graph[name]
    return found


def groups(graph: Graph) -> list[list[str]]:
    """All names, parts first: each group holds one name, or names that reach each other.

    Tarjan's strongly connected components, without recursion. The order depends on the names
    and, within a name's references, on their order.
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    result: list[list[str]] = []
    for root in sorted(graph):
        if root in index:
            continue
        work = [(root, iter(graph[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            name, targets = work[-1]
            target = next((t for t in targets if t not in index or t in on_stack), None)
            if target is not None and target not in index:
                index[target] = low[target] = len(index)
                stack.append(target)
                on_stack.add(target)
                work.append((target, iter(graph[target])))
            elif target is not None:
                low[name] = min(low[name], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == index[name]:
                    group = [stack.pop()]
                    while group[-1] != name:
                        group.append(stack.pop())
                    on_stack -= set(group)
                    result.append(group)
    return result

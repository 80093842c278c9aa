"""Print every figure as a line: name value unit budget bound; end with 1 if one is over budget.

`python -m bench serve-get migrate` measures the parts whose names begin so; `--list` names them.
"""

import sys

from bench import (
    client,
    cluster_migration,
    conversion,
    dask_workers,
    migration,
    own_tables,
    samples,
    serving,
    start_up,
    table_memory,
    table_migration,
    typed_objects,
    webhook,
    writes,
)
from bench.part import LeftOut, Part

PARTS = [
    Part("start", start_up.figures),
    Part("convert", conversion.figures),
    Part("read-typed", typed_objects.figures),
    Part("client", client.figures),
    Part("webhook", webhook.figures),
    Part("own-table", own_tables.figures),
    Part("migrate", migration.figures),
    Part("cluster-migration", cluster_migration.figures),
    Part("table-migration", table_migration.figures),
    Part("table-memory", table_memory.figures),
    Part("dask", dask_workers.figures),
    *writes.PARTS,
    *serving.PARTS,
]


def main(words: list[str]) -> int:
    parts = [part for part in PARTS if not words or part.is_named(words)]
    if "--list" in words or not parts:
        print(*(part.name for part in PARTS), sep="\n")
        return 0 if "--list" in words else 2
    recorded = samples.RECORDED.is_dir()
    print("# name value unit budget bound")
    print(f"# full objects: {'recorded from Kubernetes' if recorded else 'made from the schemas'}")
    over = []
    for part in parts:
        try:
            for figure in part.figures():
                print(figure, flush=True)
                if figure.over:
                    over.append(figure.name)
        except LeftOut as left_out:
            print(f"# {part.name}: left out: {left_out}", flush=True)
    if over:
        print(f"over budget: {', '.join(over)}", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    finally:
        serving.close()

"""Print every figure as a line: name value unit budget bound; end with 1 if one is over budget."""

import sys

from bench import conversion, migration, samples, serving, start_up


def main() -> int:
    recorded = samples.RECORDED.is_dir()
    print("# name value unit budget bound")
    print(f"# full objects: {'recorded from Kubernetes' if recorded else 'made from the schemas'}")
    over = []
    for figures in (start_up.figures, conversion.figures, migration.figures, serving.figures):
        for figure in figures():
            print(figure, flush=True)
            if figure.over:
                over.append(figure.name)
    if over:
        print(f"over budget: {', '.join(over)}", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())

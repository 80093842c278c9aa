"""Print every figure as a line: name value unit budget bound; end with 1 if one is over budget."""

import sys

from bench import conversion


def main() -> int:
    print("# name value unit budget bound")
    over = []
    for figures in (conversion.figures,):
        for figure in figures():
            print(figure, flush=True)
            if figure.over:
                over.append(figure.name)
    if over:
        print(f"over budget: {', '.join(over)}", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())

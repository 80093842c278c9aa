"""The run that `kconv migrate` has told of last: `python -m shop.last_run run.txt`."""

import re
import sys
from pathlib import Path

if __name__ == "__main__":
    print(re.findall(r"run (\S+)$", Path(sys.argv[1]).read_text(), re.M)[-1])

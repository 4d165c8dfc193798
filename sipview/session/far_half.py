"""The program of the process that reads the later part of a big capture: see `index.far_half`.

python -m sipview.session.far_half CAPTURE SHARE
"""

import gc
import sys
from pathlib import Path

from sipview.index.far_reader import serve
from sipview.sip.facts import skim

if __name__ == "__main__":
    gc.disable()
    serve(Path(sys.argv[1]), float(sys.argv[2]), skim, sys.stdout.buffer)

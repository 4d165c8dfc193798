import sys

from sipview.app import main

if __name__ == "__main__":
    sys.exit(main())

import sys

from .lab import main

sys.exit(main(sys.argv[1:]))

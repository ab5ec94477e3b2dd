#!/bin/sh
# Makes ./configure from the sources. Needed once after a checkout; make
# notices new files by itself afterwards.
set -eu
cd "$(dirname "$0")"
scripts/sources sources.am
autoreconf --force --install

"""Reads each text of a JSON list on stdin as python-dotenv reads a file of it; prints its version and what it got."""

import json
import logging
import sys

import dotenv
from dotenv.version import __version__

logging.disable(logging.CRITICAL)
path = sys.argv[1]
readings = []
for text in json.load(sys.stdin):
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    readings.append({"values": list(dotenv.dotenv_values(path).items())})
json.dump({"version": __version__, "readings": readings}, sys.stdout)

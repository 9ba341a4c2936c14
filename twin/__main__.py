"""``python -m twin`` is the program ``twin``."""

from twin.cli import main

main()

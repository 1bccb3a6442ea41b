"""Say in one clear line why this machine cannot install Coach (runs on any Python 3)."""

import os
import sys

if sys.version_info < (3, 11):
    sys.exit(
        "Нужен Python 3.11 или новее, а здесь %d.%d. Поставьте его и повторите: "
        "make PYTHON=python3.11 run" % sys.version_info[:2]
    )
try:
    import ensurepip  # noqa: F401
    import venv  # noqa: F401
except ImportError:
    sys.exit("Не хватает модуля venv: выполните «sudo apt install python3-venv» и повторите.")
if not os.access(".", os.W_OK):
    sys.exit("Нет права писать в папку %s: дайте его или скопируйте проект." % os.getcwd())

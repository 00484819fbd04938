"""memoryview divides by the itemsize: an exporter with items of no bytes, asked for no shape, crashes the interpreter with SIGFPE."""
import os
import subprocess
import sys

if sys.version_info < (3, 12):
    print("does not apply: __buffer__ takes flags since 3.12")
    sys.exit()
try:
    import common_mistakes
except ImportError:
    print("does not apply: the module of tests/python/common_mistakes is not here")
    sys.exit()
CODE = "import sys; sys.path.insert(0, sys.argv[1]); import common_mistakes; common_mistakes.Nothing().__buffer__(0)"
folder = os.path.dirname(common_mistakes.__file__)
status = subprocess.run([sys.executable, "-c", CODE, folder], stderr=subprocess.DEVNULL).returncode
print(f"exit status {status}")
print("reproduced" if status not in (0, 1) else "not reproduced")

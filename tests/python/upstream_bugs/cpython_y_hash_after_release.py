"""y# keeps a pointer to memory of a temporary, if a class exports it by __buffer__ and has no __release_buffer__.

The check that an exporter has nothing to release looks at the class, and not at the object in obj.
"""
import subprocess
import sys

CODE = """
import sys
import _testcapi

class Temporary:
    def __buffer__(self, flags):
        return memoryview(bytearray(1 << 20))

for _ in range(50):
    _testcapi.getargs_y_hash(Temporary())
"""
if sys.version_info < (3, 12):
    print("does not apply: classes export since 3.12")
    sys.exit()
status = subprocess.run([sys.executable, "-c", CODE], stderr=subprocess.DEVNULL).returncode
print(f"exit status {status}")
print("reproduced" if status not in (0, 1) else "not reproduced")

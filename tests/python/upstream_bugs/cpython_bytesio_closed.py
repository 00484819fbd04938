"""The inner buffer of a closed BytesIO crashes the interpreter with SIGSEGV."""
import subprocess
import sys

CODE = """
import io
stream = io.BytesIO(b"x")
view = stream.getbuffer()
inner = view.obj
view.release()
stream.close()
memoryview(inner)
"""
status = subprocess.run([sys.executable, "-c", CODE], stderr=subprocess.DEVNULL).returncode
print(f"exit status {status}")
print("reproduced" if status not in (0, 1) else "not reproduced")

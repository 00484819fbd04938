"""The inner buffer of a closed BytesIO ends the interpreter."""
# Seen on: 3.9.18 3.10.13 3.11.7 3.12.1 3.13.0
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

"""__buffer__ cuts flags below INT_MIN, where those above INT_MAX raise OverflowError."""
import sys

if sys.version_info < (3, 12):
    print("does not apply: __buffer__ takes flags since 3.12")
    sys.exit()
try:
    b"abc".__buffer__(2**31)
except OverflowError as error:
    print(f"2**31: OverflowError: {error}")
try:
    print(f"-2**32: {b'abc'.__buffer__(-(2**32)).tobytes()!r}")
    print("reproduced")
except OverflowError:
    print("not reproduced")

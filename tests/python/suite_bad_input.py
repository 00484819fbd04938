"""Calls that are wrong in many ways, made to this crate's `_testbuffer` and to CPython's: the same result, or the same exception.

    suite_bad_input.py FOLDER
"""

import gc
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from suite_modules import load_both

CALLS = """
ndarray()
ndarray([1],[1],[1],0,'B',0,0x11c,5)
ndarray([1],[1],offset=2**62)
ndarray([1],[1],offset=2**64)
ndarray([1],[1],offset=-2**63)
ndarray([1],[1],flags=2**40)
ndarray([1],[1],strides=[2**62]).strides
ndarray([1],[1],strides=[-2**63]).strides
ndarray([1],[1]*128).ndim
ndarray([1],[1]*129)
ndarray([1],[0]*128).tolist() == 0
ndarray(b'abc', getbuf=2**40)
ndarray(b'abc', getbuf='x')
ndarray(b'abc', getbuf=-1)
ndarray(5)
ndarray(None)
ndarray([1],[1]).pop()
ndarray([1],[1]).push()
ndarray([1],[1]).push([1])
ndarray([1],[1]).push(1,[1])
ndarray([1],[1]).push([1],[1],format='Q'*300)
ndarray([1],[1])['x']
ndarray([1],[1])[None]
ndarray([1],[1])[1.5]
ndarray([1],[1])[2**70]
ndarray([1],[1])[0:1:2**70].tolist()
ndarray([1],[1])[-2**70:2**70].tolist()
ndarray([1],[1]).__setitem__(0,1)
ndarray([1],[1],flags=2).__setitem__(0,None)
ndarray([1],[1],flags=2).__setitem__(slice(0,1),5)
ndarray([1],[1],flags=2).__setitem__(slice(0,1),b'ab')
ndarray([1],[1],flags=2).__setitem__('a',1)
ndarray([1],[1],flags=2).__delitem__(0)
hash(ndarray([1],[1],flags=2))
len(ndarray([1],[1]))
get_pointer(b'abc',[3])
get_pointer(b'abc',[-1])
get_pointer(b'abc',[])
get_pointer(b'abc',None)
get_pointer(1,[1])
get_pointer(b'abc',[2**70])
get_contiguous(1,0x100,'C')
get_contiguous(b'abc',0x100,None)
get_contiguous(b'abc',None,'C')
get_contiguous(b'abc',-1,'C')
get_contiguous(b'abc',0x200,'C')
py_buffer_to_contiguous(b'abc','C',0x11d)
py_buffer_to_contiguous(b'abc','C','x')
py_buffer_to_contiguous(b'abc',5,0)
py_buffer_to_contiguous(1,'Q',0)
is_contiguous(b'abc','Q')
is_contiguous(5,'C')
is_contiguous(b'abc',None)
cmp_contig(1,2)
cmp_contig(b'a',2)
cmp_contig(ndarray([1,2,3,4],[2],[2]), b'ab')
slice_indices(1,2)
slice_indices(slice(0,1,0),2)
slice_indices(slice(0,1),2**70)
slice_indices(slice('a',1),2)
staticarray(1,2)
staticarray(x=1)
memoryview(staticarray(legacy_mode=True)).tolist()
memoryview(ndarray([1],[1],flags=0xc0))
ndarray([1],[1],flags=0x40)[0]
ndarray([1],[1],flags=0x40)[0:1]
ndarray([1],[1]).memoryview_from_buffer().tolist()
ndarray(1,[]).memoryview_from_buffer().tolist()
ndarray([1],[0]).memoryview_from_buffer().tolist()
ndarray(b'abc').memoryview_from_buffer().tolist()
ndarray(ndarray(ndarray([1],[1]))).memoryview_from_buffer()
ndarray([1],[1]).add_suboffsets(1)
ndarray([1]*4,[2,2],flags=0x10).add_suboffsets()
ndarray([1],[1],flags=0x20).flags
ndarray(ndarray([1],[1]),flags=0x20).obj is None
ndarray(ndarray([1],[1]),flags=2)
ndarray([1.5],[1],format='f').tolist()
ndarray([1.5],[1],format='B')
ndarray(1.5,[],format='f').tolist()
ndarray(1j,[],format='d')
ndarray(1j,[],format='Zd').tolist()
ndarray([1j],[1],format='d')
ndarray([1j],[1],format='Zf').tolist()
ndarray([1j],[1],format='2Zd')
ndarray([(1j,2j)],[1],format='2Zd').tolist()
ndarray([2**70],[1],format='Q')
ndarray([(1,)],[1],format='B').tolist()
ndarray([b'x'],[1],format='s').tolist()
ndarray(['x'],[1],format='s').tolist()
ndarray([1],[1],format='P').tolist()
ndarray([1],[1],format='O')
ndarray([1],[1],format='&B')
ndarray([1],[1],format='T{B:x:}')
ndarray([1],[1],format='(2)B')
ndarray([1],[1],format='Zd')
ndarray([1],[1],format='B:x:')
ndarray([1],[1],format='g')
ndarray([1,2],[2],format='<P')
ndarray([1],(1,),(1,)).strides
ndarray([1],range(1))
ndarray(range(1),[1])
""".strip().splitlines()

# On these CPython's module reads past its arrays, computes with numbers that overflowed, or crashes the interpreter.
OURS_ALONE = {
    "ndarray.__new__(ndarray)": "TypeError",
    "ndarray([1], [2**62, 2**62])": "ValueError",
    "ndarray([1, 2], [2], strides=[2**63 - 1])": "ValueError",
    "ndarray([1, 2], [1])[slice(0, 1), slice(0, 1)]": "TypeError",
    "ndarray(ndarray([1, 2], [2], format='L'), getbuf=0)[9]": "IndexError",
}


def outcome(module, call):
    try:
        value = eval(call, {"memoryview": memoryview}, vars(module))
    except Exception as error:
        return type(error).__name__
    return "an object" if isinstance(value, (module.ndarray, memoryview)) else value


def after_pop(module):
    """Views outlive the structure that they are of, and the array."""
    seen = []
    array = module.ndarray([1, 2, 3], [3], flags=module.ND_VAREXPORT)
    first = memoryview(array)
    array.push([4, 5], [2])
    second = memoryview(array)
    for action in (array.pop, first.release, second.release, array.pop, array.pop):
        try:
            seen.append(action())
        except Exception as error:
            seen.append(type(error).__name__)
    array = module.ndarray([1, 2, 3], [3], flags=module.ND_VAREXPORT)
    view = memoryview(array)
    array.push([4], [1])
    array.pop()
    array.push([9], [1])
    part = array[0:1]
    del array
    gc.collect()
    seen += [view.tolist(), part.tolist(), memoryview(part).tolist()]
    return seen


ours, theirs = load_both(sys.argv[1])
wrong = [
    f"{call}: ours {outcome(ours, call)!r}, theirs {outcome(theirs, call)!r}"
    for call in CALLS
    if outcome(ours, call) != outcome(theirs, call)
]
wrong += [
    f"{call}: {outcome(ours, call)!r}, expected {expected}"
    for call, expected in OURS_ALONE.items()
    if outcome(ours, call) != expected
]
if after_pop(ours) != after_pop(theirs):
    wrong.append(f"after pop: ours {after_pop(ours)}, theirs {after_pop(theirs)}")
print("\n".join(wrong) or f"{len(CALLS)} calls alike, {len(OURS_ALONE)} of ours alone")
sys.exit(bool(wrong))
